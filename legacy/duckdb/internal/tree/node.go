package tree

import (
	"maps"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// A Node is an object of the class table as read. Each of its methods gives what the field with an id holds, and the
// zero value when the field is absent or holds something else.
type Node struct {
	Class string // the most derived class known

	// By id: uint64, int64, string, bool, float64, *Node, *types.Type, *Value, []any, [2]any (of a pair) or nil.
	fields map[int]any
}

// Has reports whether the field is there.
func (n *Node) Has(id int) bool {
	_, ok := n.fields[id]
	return ok
}

// Text gives a text.
func (n *Node) Text(id int) string {
	s, _ := n.fields[id].(string)
	return s
}

// Uint gives an unsigned number.
func (n *Node) Uint(id int) uint64 {
	u, _ := n.fields[id].(uint64)
	return u
}

// Int gives a signed number.
func (n *Node) Int(id int) int64 {
	i, _ := n.fields[id].(int64)
	return i
}

// Bool gives a flag.
func (n *Node) Bool(id int) bool {
	b, _ := n.fields[id].(bool)
	return b
}

// Node gives an object.
func (n *Node) Node(id int) *Node {
	x, _ := n.fields[id].(*Node)
	return x
}

// Nodes gives a list of objects, without those that are absent.
func (n *Node) Nodes(id int) []*Node {
	var nodes []*Node
	for _, x := range n.list(id) {
		if m, ok := x.(*Node); ok {
			nodes = append(nodes, m)
		}
	}
	return nodes
}

// Texts gives a list of texts.
func (n *Node) Texts(id int) []string {
	var out []string
	for _, x := range n.list(id) {
		s, _ := x.(string)
		out = append(out, s)
	}
	return out
}

// SetLastText sets the last of a list of texts.
func (n *Node) SetLastText(id int, s string) {
	if l := n.list(id); len(l) > 0 {
		l[len(l)-1] = s
	}
}

func (n *Node) list(id int) []any {
	l, _ := n.fields[id].([]any)
	return l
}

// Rows gives how long each of a list of lists is.
func (n *Node) Rows(id int) (lengths []int) {
	for _, x := range n.list(id) {
		row, _ := x.([]any)
		lengths = append(lengths, len(row))
	}
	return lengths
}

// Type gives a logical type, whose layout is not known yet.
func (n *Node) Type(id int) *types.Type {
	t, _ := n.fields[id].(*types.Type)
	return t
}

// Types gives a list of logical types.
func (n *Node) Types(id int) []*types.Type {
	var out []*types.Type
	for _, x := range n.list(id) {
		t, _ := x.(*types.Type)
		out = append(out, t)
	}
	return out
}

// Name gives the names by which something is called: those of the path in one field, if it is there, else the texts of
// others, of which some may be empty.
func (n *Node) Name(path int, texts ...int) []string {
	if q := n.Node(path); q != nil {
		return q.Texts(100)
	}
	names := make([]string, len(texts))
	for i, id := range texts {
		names[i] = n.Text(id)
	}
	return names
}

// A Named is an entry of a map by names: an object or a constant.
type Named struct {
	Name  string
	Node  *Node
	Value *Value
}

// Map gives a map by names.
func (n *Node) Map(id int) []Named {
	var all []Named
	for _, x := range n.list(id) {
		p, _ := x.([2]any)
		name, _ := p[0].(string)
		node, _ := p[1].(*Node)
		value, _ := p[1].(*Value)
		all = append(all, Named{name, node, value})
	}
	return all
}

// Values gives a list of constants.
func (n *Node) Values(id int) []*Value {
	var out []*Value
	for _, x := range n.list(id) {
		v, _ := x.(*Value)
		out = append(out, v)
	}
	return out
}

// Value gives a constant.
func (n *Node) Value(id int) *Value {
	v, _ := n.fields[id].(*Value)
	return v
}

// Comment gives the text of a constant that is a comment; nil when it is NULL or absent.
func (n *Node) Comment(id int) *string { return n.Value(id).Comment() }

// Comment gives the text of a comment; nil when it is NULL or absent.
func (v *Value) Comment() *string {
	if v == nil || v.Null {
		return nil
	}
	return &v.Str
}

// Read reads an object of the named class.
func Read(s *storage.Stream, name string) *Node { return walkObject(s, classes()[name]) }

// walkObject reads an object of class c.
func walkObject(s *storage.Stream, c *class) *Node {
	n := &Node{Class: c.name, fields: map[int]any{}}
	line := []*class{c} // c and the subclasses picked so far
	for o := s.Object(c.name); o.Next(); {
		k := find(line, o.ID)
		if last := line[len(line)-1]; k == nil && last.selector >= 0 && last.subs[0] != nil {
			line = append(line, last.subs[0]) // a selector that was left out has its default, 0
			n.Class = last.subs[0].name
			k = find(line, o.ID)
		}
		if k == nil {
			o.Class = n.Class
			o.Unknown()
			return n
		}
		x := walkKind(s, k)
		n.fields[o.ID] = x
		last := line[len(line)-1]
		if last.selector == o.ID {
			u, _ := x.(uint64)
			sub := last.subs[u]
			if sub == nil {
				s.Fail(last.name, fault.Unsupportedf("subclass %d of %s", u, last.name))
				return n
			}
			line = append(line, sub)
			n.Class = sub.name
		}
	}
	return n
}

func find(line []*class, id int) *kind {
	for _, c := range line {
		if k := c.fields[id]; k != nil {
			return k
		}
	}
	return nil
}

func walkKind(s *storage.Stream, k *kind) any {
	switch k.name {
	case "u":
		return s.ULEB(64, "number")
	case "i":
		return s.SLEB(64, "number")
	case "str":
		return s.Text("text")
	case "bool":
		return s.Bool("flag")
	case "f64":
		return s.Float64("number")
	case "Value":
		return readValue(s, nil)
	case "LogicalType":
		return readType(s)
	case "*", "opt":
		if !s.Bool("pointer") {
			return nil
		}
		return walkKind(s, k.args[0])
	case "[":
		list := []any{}
		s.List("list", func() { list = append(list, walkKind(s, k.args[0])) })
		return list
	case "map":
		list := []any{}
		s.List("map", func() { list = append(list, walkPair(s, k)) })
		return list
	case "pair":
		return walkPair(s, k)
	}
	if k.class == nil {
		s.Fail(k.name, fault.Unsupportedf("class %s", k.name))
		return nil
	}
	if k.class.base != nil {
		return walkObject(s, k.class.base)
	}
	return walkObject(s, k.class)
}

func walkPair(s *storage.Stream, k *kind) any {
	var p [2]any
	for o := s.Object("pair"); o.Next(); {
		if o.ID > 1 {
			o.Unknown()
			break
		}
		p[o.ID] = walkKind(s, k.args[o.ID])
	}
	return p
}

// Below calls f for every object directly below n, by ascending ids of the fields.
func (n *Node) Below(f func(*Node)) {
	var below func(x any)
	below = func(x any) {
		switch x := x.(type) {
		case *Node:
			if x != nil {
				f(x)
			}
		case []any:
			for _, y := range x {
				below(y)
			}
		case [2]any:
			below(x[0])
			below(x[1])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(n.fields)) {
		below(n.fields[id])
	}
}

// Walk calls f for n and every object below it, in no order.
func (n *Node) Walk(f func(*Node)) {
	f(n)
	for _, x := range n.fields {
		walkBelow(x, f)
	}
}

func walkBelow(x any, f func(*Node)) {
	switch x := x.(type) {
	case *Node:
		if x != nil {
			x.Walk(f)
		}
	case []any:
		for _, y := range x {
			walkBelow(y, f)
		}
	case [2]any:
		walkBelow(x[0], f)
		walkBelow(x[1], f)
	}
}
