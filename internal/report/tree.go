package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
)

const (
	maxInline = 64   // characters of a value that stays on one line
	maxNested = 40   // levels of a value that are written out
	maxNodes  = 400  // parts of a value that are written out
	maxGone   = 2000 // characters of a value that is no more
)

// oneLine writes a JSON value on one line, with blanks behind commas and colons. Strings and numbers stay as they were
// recorded.
func oneLine(value []byte) string {
	var b strings.Builder
	inside, escaped := false, false
	for _, c := range jsontext.Compact(value) {
		b.WriteByte(c)
		switch {
		case escaped:
			escaped = false
		case inside && c == '\\':
			escaped = true
		case c == '"':
			inside = !inside
		case !inside && (c == ',' || c == ':'):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// A grower makes trees of nodes, of a bounded number of them.
type grower struct{ left int }

// tree writes out a JSON value.
func tree(value []byte) []Node {
	g := grower{maxNodes}
	return g.kids(value, 0)
}

// differing writes out what differs between two JSON values.
func differing(old, new []byte) []Node {
	g := grower{maxNodes}
	if nodes, _, ok := g.between(old, new, 0); ok {
		return nodes
	}
	if jsontext.SameSpelling(old, new) {
		return nil
	}
	return []Node{g.changed(Node{}, old, new, 0)}
}

// kids gives the parts of an object or array; a value that is none has one node, its value.
func (g *grower) kids(value []byte, depth int) (nodes []Node) {
	parts, ok := partsOf(value)
	if !ok || depth > maxNested {
		return []Node{{Value: Text(oneLine(value))}}
	}
	for _, p := range parts {
		if g.left--; g.left < 0 {
			return append(nodes, Node{Value: "…"})
		}
		nodes = append(nodes, g.node(p, depth))
	}
	return nodes
}

func (g *grower) node(p part, depth int) Node {
	n := Node{Name: Text(p.name), Named: true}
	text := oneLine(p.value)
	if _, inner := partsOf(p.value); inner && len(text) > maxInline {
		n.Kids = g.kids(p.value, depth+1)
		return n
	}
	n.Value = Text(text)
	return n
}

// A part is a member of an object or an element of an array.
type part struct {
	name  string
	value []byte
}

// partsOf gives the parts of an object or array that is not empty; ok is false for another value.
func partsOf(value []byte) (parts []part, ok bool) {
	value = jsontext.Trim(value)
	switch {
	case len(value) == 0:
		return nil, false
	case value[0] == '{':
		if jsontext.Members(value, func(name string, v []byte) error {
			parts = append(parts, part{name, v})
			return nil
		}) != nil {
			return nil, false
		}
	case value[0] == '[':
		var list []json.RawMessage
		if json.Unmarshal(value, &list) != nil {
			return nil, false
		}
		for i, v := range list {
			parts = append(parts, part{fmt.Sprintf("[%d]", i), v})
		}
	}
	return parts, len(parts) > 0
}

// between gives the parts in which two objects, or two arrays, differ, and how many; ok is false for other values.
func (g *grower) between(old, new []byte, depth int) (nodes []Node, changes int, ok bool) {
	before, ok1 := partsOf(old)
	after, ok2 := partsOf(new)
	if !ok1 || !ok2 || depth > maxNested || bytes.TrimSpace(old)[0] != bytes.TrimSpace(new)[0] {
		return nil, 0, false
	}
	was := map[string][]byte{}
	for _, p := range before {
		was[p.name] = p.value
	}
	is := map[string]bool{}
	var same []Text
	for _, p := range after {
		is[p.name] = true
		v, had := was[p.name]
		if had && jsontext.SameSpelling(v, p.value) {
			same = append(same, Text(p.name))
			continue
		}
		if g.left--; g.left < 0 {
			return append(nodes, Node{Value: "…"}), changes + 1, true
		}
		changes++
		n := Node{Name: Text(p.name), Named: true}
		if kids, _, inner := g.between(v, p.value, depth+1); had && inner {
			n.Kids = kids
		} else {
			n = g.changed(n, v, p.value, depth)
		}
		nodes = append(nodes, n)
	}
	for _, p := range before {
		if !is[p.name] {
			changes++
			nodes = append(nodes, g.changed(Node{Name: Text(p.name), Named: true}, p.value, nil, depth))
		}
	}
	if len(same) > 0 {
		nodes = append(nodes, Node{Same: same})
	}
	return nodes, changes, true
}

// changed is a node whose value became another one. A new value that is long is written out as a tree.
func (g *grower) changed(n Node, old, new []byte, depth int) Node {
	n.Changed = true
	if old != nil {
		n.Old = Text(shortened(oneLine(old), maxGone))
	}
	if new == nil {
		return n
	}
	text := oneLine(new)
	if _, inner := partsOf(new); inner && len(text) > maxInline {
		n.New, n.Kids = "written out below", g.kids(new, depth+1)
		return n
	}
	n.New = Text(text)
	return n
}
