package duckdb

import (
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"

	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// The catalog holds expressions and whole queries inline, so that reading a table means walking over any of
// them. Their classes are a table, and one walker reads them all.
//
//go:embed classes.txt
var classText string

// kind is a type of the class table.
type kind struct {
	name  string // "u", "i", "str", "bool", "f64", "Value", "LogicalType", "*", "[", "map", "pair", "opt" or a class
	args  []*kind
	class *class
}

type class struct {
	name     string
	fields   map[int]*kind
	selector int // field that picks the subclass; -1 when there is none
	subs     map[uint64]*class
	base     *class // whose fields come first; nil for a class of its own
}

// classes is the parsed table. It panics on a table that is wrong, which any test shows.
var classes = sync.OnceValue(func() map[string]*class {
	all := map[string]*class{}
	var kinds []*kind
	var top, cur *class
	for line := range strings.Lines(classText) {
		words := strings.Fields(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case len(words) == 0 || line[0] == '#':
			continue
		case indent == 0: // "Class:" or "Class by N:"
			cur = all[strings.TrimSuffix(words[0], ":")]
			if cur == nil {
				cur = newClass(strings.TrimSuffix(words[0], ":"))
				all[cur.name] = cur
			}
			top = cur
			words = words[1:]
			if len(words) > 1 && words[0] == "by" {
				cur.selector = atoi(strings.TrimSuffix(words[1], ":"))
				words = words[2:]
			}
		case indent < 8: // "1|2 = Class:"
			name := strings.TrimSuffix(words[2], ":")
			if cur = all[name]; cur == nil {
				cur = newClass(name)
				all[name] = cur
			}
			for n := range strings.SplitSeq(words[0], "|") {
				top.subs[uint64(atoi(n))] = cur
			}
			cur.base = top
			words = words[3:]
		}
		for ; len(words) > 1; words = words[2:] {
			_, expr, _ := strings.Cut(words[1], ":")
			k := parseKind(expr)
			kinds = append(kinds, k)
			cur.fields[atoi(words[0])] = k
		}
	}
	var resolve func(k *kind)
	resolve = func(k *kind) {
		k.class = all[k.name]
		for _, a := range k.args {
			resolve(a)
		}
	}
	for _, k := range kinds {
		resolve(k)
	}
	return all
})

func newClass(name string) *class {
	return &class{name: name, fields: map[int]*kind{}, selector: -1, subs: map[uint64]*class{}}
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("classes.txt: %v", err))
	}
	return n
}

func parseKind(s string) *kind {
	if inner, ok := strings.CutSuffix(s, "*"); ok {
		return &kind{name: "*", args: []*kind{parseKind(inner)}}
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		return &kind{name: "[", args: []*kind{parseKind(strings.TrimSuffix(inner, "]"))}}
	}
	name, inner, ok := strings.Cut(s, "(")
	if !ok {
		return &kind{name: s}
	}
	k := &kind{name: name}
	inner = strings.TrimSuffix(inner, ")")
	depth, from := 0, 0
	for i := 0; i <= len(inner); i++ {
		if i == len(inner) || inner[i] == ',' && depth == 0 {
			k.args = append(k.args, parseKind(inner[from:i]))
			from = i + 1
			continue
		}
		switch inner[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		}
	}
	return k
}

// A node is an object of the class table as read: field id to uint64, int64, string, bool, float64, *node, *Type, *value,
// []any, [2]any (of pair) or nil.
type node struct {
	class  string // the most derived class known
	fields map[int]any
}

func (n *node) str(id int) string {
	s, _ := n.fields[id].(string)
	return s
}

func (n *node) uint(id int) uint64 {
	u, _ := n.fields[id].(uint64)
	return u
}

func (n *node) int(id int) int64 {
	i, _ := n.fields[id].(int64)
	return i
}

func (n *node) bool(id int) bool {
	b, _ := n.fields[id].(bool)
	return b
}

func (n *node) node(id int) *node {
	x, _ := n.fields[id].(*node)
	return x
}

func (n *node) list(id int) []any {
	l, _ := n.fields[id].([]any)
	return l
}

func (n *node) strings(id int) []string {
	var out []string
	for _, x := range n.list(id) {
		s, _ := x.(string)
		out = append(out, s)
	}
	return out
}

// comment is the text of a comment Value; "" when it is NULL or absent.
func (n *node) comment(id int) string {
	v, _ := n.fields[id].(*value)
	if v == nil || v.null {
		return ""
	}
	return v.str
}

// lookupField finds what field id of the subclass with that selector number holds; nil when it is unknown.
func lookupField(name string, selector uint64, id int) *kind {
	c := classes()[name]
	if k := c.fields[id]; k != nil {
		return k
	}
	if sub := c.subs[selector]; sub != nil {
		return sub.fields[id]
	}
	return nil
}

// walkClass reads an object of the named class.
func walkClass(s *storage.Stream, name string) *node { return walkObject(s, classes()[name]) }

// walkObject reads an object of class c.
func walkObject(s *storage.Stream, c *class) *node {
	n := &node{class: c.name, fields: map[int]any{}}
	line := []*class{c} // c and the subclasses picked so far
	for o := s.Object(c.name); o.Next(); {
		k := find(line, o.ID)
		if last := line[len(line)-1]; k == nil && last.selector >= 0 && last.subs[0] != nil {
			line = append(line, last.subs[0]) // a selector that was left out has its default, 0
			n.class = last.subs[0].name
			k = find(line, o.ID)
		}
		if k == nil {
			o.Class = n.class
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
			n.class = sub.name
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
