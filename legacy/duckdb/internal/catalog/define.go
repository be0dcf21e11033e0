package catalog

import (
	"cmp"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
)

// A Definition is what every entry has.
type Definition struct {
	Path
	Comment string
	needs   []need // what has to be made before it
}

func (d *Definition) definition() *Definition { return d }

// An entry of the catalog has a Definition.
type entry interface{ definition() *Definition }

// A need is something that a definition names: a table or view, a macro or a type.
type need struct {
	kind Kind // KindTable of a view too
	path Path // folded
}

// define gives the definition that a CreateInfo has.
func define(n *tree.Node, kind Kind) Definition {
	d := Definition{Path: pathOf(n, 200), Comment: n.Comment(107)}
	d.needs = needs(n, d.Path)
	return d
}

// needs gives what the expressions and queries of a definition name, sorted. A name without a schema may be of that of
// the definition or of main.
func needs(n *tree.Node, at Path) (all []need) {
	add := func(kind Kind, names []string) {
		if len(names) == 0 {
			return
		}
		schemas, name := names[:len(names)-1], names[len(names)-1]
		for len(schemas) > 0 && schemas[0] == "" {
			schemas = schemas[1:]
		}
		switch len(schemas) {
		case 0:
			all = append(all, need{kind, Path{at.Schema, name, at.Nested}.folded()})
			all = append(all, need{kind, NewPath("", name).folded()})
		case 1:
			all = append(all, need{kind, NewPath(schemas[0], name).folded()})
			if at.Nested { // named from within the outer schema
				all = append(all, need{kind, Path{at.Schema, name, true}.folded()})
			}
		default: // perhaps with the database
			all = append(all, need{kind, NestedPath(schemas, name).folded()})
			all = append(all, need{kind, NestedPath(schemas[1:], name).folded()})
		}
	}
	n.Walk(func(n *tree.Node) {
		switch n.Class {
		case "BaseTableRef":
			add(KindTable, n.Name(205, 203, 200, 201))
		case "InsertQueryNode":
			add(KindTable, n.Name(210, 204, 203, 202))
		case "FunctionExpression":
			add(KindMacro, n.Name(210, 208, 201, 200))
		case "WindowExpression":
			add(KindMacro, n.Name(219, 202, 201, 200))
		case "ForeignKeyConstraint":
			const referring = 1
			if n.Uint(202) == referring { // keys stay within a schema
				all = append(all, need{KindTable, Path{at.Schema, n.Text(204), at.Nested}.folded()})
			}
		}
	})
	slices.SortFunc(all, func(a, b need) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.path.Schema, b.path.Schema),
			cmp.Compare(a.path.Name, b.path.Name))
	})
	return slices.Compact(all)
}

func (p Path) folded() Path { return Path{fold(p.Schema), fold(p.Name), p.Nested} }
