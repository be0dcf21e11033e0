package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
)

// A Definition is what every entry has.
type Definition struct {
	Path
	Comment *string // nil if there is none
	needs   []need  // what has to be made before it
	arrow   bool    // whether it has a lambda with an arrow
	node    *tree.Node
}

func (d *Definition) definition() *Definition { return d }

// An entry of the catalog has a Definition.
type entry interface{ definition() *Definition }

// A need is something that a definition names: a table or view, a macro or a type.
type need struct {
	kind Kind // KindTable of a view too
	path Path // folded
	or   Path // where it is if it is not there; the same if it can be nowhere else
	// It is a table or a view of the database, not something that the engine has or reads, provided that the database has
	// its schema, which is named if with is set: else the name may be that of another database.
	table, with bool
}

// define gives the definition that a CreateInfo has.
func define(n *tree.Node, kind Kind) Definition {
	d := Definition{Path: pathOf(n, 200), Comment: n.Comment(107), arrow: n.HasArrow(), node: n}
	d.needs = needs(n, d.Path)
	return d
}

// needs gives what the expressions and queries of a definition name, sorted. A name without a schema may be of that of
// the definition or of main.
func needs(n *tree.Node, at Path) (all []need) {
	within := map[string]bool{} // names that the definition itself gives to rows
	n.Walk(func(n *tree.Node) {
		switch n.Class {
		case "CommonTableExpressionMap":
			for _, x := range n.Map(100) {
				within[quote.Fold(x.Name)] = true
			}
		case "RecursiveCTENode", "CTENode":
			within[quote.Fold(n.Text(200))] = true
		case "CreateTriggerInfo":
			within[quote.Fold(n.Text(209))], within[quote.Fold(n.Text(210))] = true, true
		}
	})
	add := func(kind Kind, names []string) {
		if len(names) == 0 {
			return
		}
		x := needOf(kind, names, at)
		x.table = x.table && (x.with || !within[quote.Fold(names[len(names)-1])])
		all = append(all, x)
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
				add(KindTable, []string{n.Text(204)})
			}
		}
	})
	slices.SortFunc(all, func(a, b need) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.path.Schema, b.path.Schema),
			cmp.Compare(a.path.Name, b.path.Name))
	})
	return slices.Compact(all)
}

// needOf is what names stand for in a definition that is at a path.
func needOf(kind Kind, names []string, at Path) need {
	schemas, name := names[:len(names)-1], names[len(names)-1]
	for len(schemas) > 0 && schemas[0] == "" {
		schemas = schemas[1:]
	}
	x := need{kind: kind, table: kind == KindTable && ordinary(name)}
	switch len(schemas) {
	case 0:
		x.path, x.or = Path{at.Schema, name, at.Nested}, NewPath("", name)
	case 1:
		x.path, x.or = NewPath(schemas[0], name), NewPath(schemas[0], name)
		if at.Nested { // named from within the outer schema
			x.or = Path{at.Schema, name, true}
		}
		x.with = true
	default: // perhaps with the database
		x.path, x.or = NestedPath(schemas, name), NestedPath(schemas[1:], name)
		x.table = false
	}
	x.path, x.or = x.path.folded(), x.or.folded()
	return x
}

// ordinary reports whether a name is that of a table or view that a database holds. Others are of the engine's own, or
// of a file that it reads.
func ordinary(name string) bool {
	for _, s := range []string{"duckdb_", "pg_", "sqlite_", "pragma_"} {
		if strings.HasPrefix(quote.Fold(name), s) {
			return false
		}
	}
	return !strings.ContainsAny(name, `./\:*?`)
}

func (p Path) folded() Path { return Path{quote.Fold(p.Schema), quote.Fold(p.Name), p.Nested} }
