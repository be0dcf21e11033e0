package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/scope"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
)

// An order puts the steps of a script into order.
type order struct {
	catalog *Catalog
	steps   []step
	places  map[place][]int // a scalar macro and one that gives rows may have the same name
	schemas map[string]bool // of the database
	types   map[string]bool // by their names as SQL, with and without the schema
	columns map[*Definition]scope.Table
}

type place struct {
	kind Kind
	path Path
}

// inOrder moves steps behind those that they need, and says which are left out. A circle, which only a damaged file
// has, stays as it is.
func (c *Catalog) inOrder(steps []step) []step {
	o := &order{catalog: c, steps: steps, places: map[place][]int{}, schemas: map[string]bool{},
		types: map[string]bool{}, columns: map[*Definition]scope.Table{}}
	for _, s := range c.Schemas {
		o.schemas[quote.Fold(s.Name)] = s.Name == "main" || !slices.Contains(builtIn, s.Name)
	}
	for _, u := range c.Types {
		o.types[quote.Fold(quote.Identifier(u.Name))], o.types[quote.Fold(u.Path.String())] = true, true
	}
	for i, s := range steps {
		p := place{s.kind, s.entry.folded()}
		o.places[p] = append(o.places[p], i)
	}
	ordered := make([]step, 0, len(steps))
	begun := make([]bool, len(steps))
	type visit struct {
		step int
		left []need
	}
	var stack []visit // of its own: a chain may be as long as the list
	begin := func(i int) {
		if !begun[i] {
			begun[i] = true
			stack = append(stack, visit{i, steps[i].entry.needs})
		}
	}
	for i := range steps {
		for begin(i); len(stack) > 0; {
			top := &stack[len(stack)-1]
			if len(top.left) > 0 {
				to := o.find(top.left[0])
				top.left = top.left[1:]
				for _, k := range to {
					begin(k)
				}
				continue
			}
			s := &steps[top.step]
			stack = stack[:len(stack)-1]
			if s.left == "" {
				s.left = o.lost(s)
			}
			ordered = append(ordered, *s)
		}
	}
	return ordered
}

// find gives the steps that make what is needed.
func (o *order) find(n need) []int {
	if at := o.places[place{n.kind, n.path}]; at != nil {
		return at
	}
	return o.places[place{n.kind, n.or}]
}

// lost says why a step cannot be made; empty if it can, as far as this is certain. What a step needs has been seen.
func (o *order) lost(s *step) string {
	for _, n := range s.entry.needs {
		to := o.find(n)
		for _, k := range to {
			if other := &o.steps[k]; other.left != "" {
				return fmt.Sprintf("it needs %s %s, which is left out", strings.ToLower(other.name), other.entry)
			}
		}
		// What others need is kept from being dropped.
		query := s.name == "VIEW" || s.name == "MACRO" || s.name == "MACRO TABLE"
		if to == nil && query && n.table && (!n.with || o.schemas[n.path.Schema]) {
			return fmt.Sprintf("there is no table or view %s", Path{n.path.Schema, n.path.Name, n.path.Nested})
		}
	}
	return string(o.missing(s))
}

// missing says what a step names that there is not.
func (o *order) missing(s *step) scope.Missing {
	n, names := s.entry.node, &names{o, s.entry.Path}
	switch s.name {
	case "VIEW":
		query := n.Node(203)
		if query == nil {
			return ""
		}
		t, missing := scope.View(query.Node(100), s.view.aliases, names)
		o.columns[s.entry] = t
		return missing
	case "MACRO", "MACRO TABLE":
		for _, f := range append([]*tree.Node{n.Node(201)}, n.Nodes(202)...) {
			body := f.Node(200)
			if body == nil {
				continue
			}
			var parameters []string
			for _, p := range f.Nodes(101) {
				parameters = append(parameters, p.Texts(200)...)
			}
			for _, d := range f.Map(102) { // until 1.3 they are no parameters else
				parameters = append(parameters, d.Name)
			}
			if missing := scope.Macro(body, parameters, names); missing != "" {
				return missing
			}
		}
	case "TABLE", "INDEX":
		if from(o.catalog.file.Library, "0", "1.0") { // they let a macro be dropped that a table or an index has
			return scope.Others(n, names)
		}
	}
	return ""
}

// names are what names stand for in a definition that is at a path.
type names struct {
	*order
	at Path
}

// Table implements [scope.Database]. What has not been made yet, as in a circle, has columns that are not known.
func (n *names) Table(path []string) scope.Table {
	at := n.find(needOf(KindTable, path, n.at))
	if at == nil {
		return scope.Table{Open: true}
	}
	s := &n.steps[at[0]]
	t, ok := n.columns[s.entry]
	if !ok {
		t.Open = s.name != "TABLE"
		for _, c := range s.columns {
			t.Columns = append(t.Columns, c.Name)
		}
		n.columns[s.entry] = t
	}
	return t
}

// Unused implements [scope.Database]. Of queries that nobody uses, releases up to 1.3 look into those that are kept,
// 1.4 into all, and later ones into none.
func (n *names) Unused(kept bool) bool {
	v := n.catalog.file.Library
	return from(v, "1.4") || kept && (beforeLambda(v) || from(v, "1.3"))
}

// Macro implements [scope.Database].
func (n *names) Macro(path []string) bool { return n.find(needOf(KindMacro, path, n.at)) != nil }

// Type implements [scope.Database].
func (n *names) Type(name string) bool {
	schema, _, with := strings.Cut(name, ".")
	return n.types[quote.Fold(name)] || with && !n.schemas[quote.Fold(schema)]
}

// Sequence implements [scope.Database]. A name in quotes, and one of another database, is taken for right.
func (n *names) Sequence(name string) bool {
	path := strings.Split(name, ".")
	if strings.Contains(name, `"`) || len(path) > 2 || len(path) == 2 && !n.schemas[quote.Fold(path[0])] {
		return true
	}
	return n.find(needOf(KindSequence, path, n.at)) != nil
}
