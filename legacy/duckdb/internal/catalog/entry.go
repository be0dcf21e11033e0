package catalog

import (
	"cmp"
	"fmt"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A Path is where an entry is found: its schema and its name there.
type Path struct{ Schema, Name string }

func (p Path) path() Path { return p }

// An entry has a Path.
type entry interface{ path() Path }

// NewPath is the path of a name in a schema, which is main when it is not said.
func NewPath(schema, name string) Path { return Path{cmp.Or(schema, "main"), name} }

// String is the path as SQL, without the schema main.
func (p Path) String() string {
	if p.Schema == "main" {
		return quote.Identifier(p.Name)
	}
	return quote.Identifier(p.Schema) + "." + quote.Identifier(p.Name)
}

// pathOf gives where what a CreateInfo creates lives; from 2.0 on a dotted name may hold both.
func pathOf(n *tree.Node, nameField int) Path {
	schema, name := n.Text(102), n.Text(nameField)
	if q := n.Node(111); q != nil {
		path := q.Texts(100)
		if len(path) > 0 {
			name = cmp.Or(name, path[len(path)-1])
		}
		if len(path) > 1 {
			schema = cmp.Or(schema, path[len(path)-2])
		}
	}
	return NewPath(schema, name)
}

// A Schema is a namespace of tables.
type Schema struct {
	Name    string
	Comment string
}

// A View is a stored query.
type View struct {
	Path
	SQL     string // its CREATE VIEW statement
	Comment string
	refers  []Path // tables and views that the query names, folded
}

// A Sequence is a counter.
type Sequence struct {
	Path
	Start, Increment int64
	Min, Max         int64
	Cycle            bool
	Uses             uint64 // how often it has been drawn from
	SQL              string // its CREATE SEQUENCE statement
	Comment          string
}

func newSequence(n *tree.Node) Sequence {
	q := Sequence{Path: pathOf(n, 200), Uses: n.Uint(201), Increment: n.Int(202), Min: n.Int(203), Max: n.Int(204),
		Start: n.Int(205), Cycle: n.Bool(206), SQL: n.Text(106), Comment: n.Comment(107)}
	if q.SQL == "" {
		cycle := "NO CYCLE"
		if q.Cycle {
			cycle = "CYCLE"
		}
		q.SQL = fmt.Sprintf("CREATE SEQUENCE %s INCREMENT BY %d MINVALUE %d MAXVALUE %d START %d %s;",
			q.Path, q.Increment, q.Min, q.Max, q.Start, cycle)
	}
	return q
}

// An Index is an index made by CREATE INDEX.
type Index struct {
	Path
	Table   string
	Unique  bool
	SQL     string // its CREATE INDEX statement
	Comment string
}

// A UserType is a type made by CREATE TYPE.
type UserType struct {
	Path
	Type    *types.Type
	Comment string
}

func newUserType(n *tree.Node) UserType {
	u := UserType{Path: pathOf(n, 200), Type: n.Type(201), Comment: n.Comment(107)}
	if u.Type != nil && u.Type.Finish() == nil {
		own := *u.Type
		own.Alias = ""
		u.Type = &own
	}
	return u
}
