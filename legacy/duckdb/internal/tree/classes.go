package tree

import (
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
