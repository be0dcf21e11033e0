package jsontext

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// A Step leads from a JSON value to one in it: to the member Name of an object or, if Index is not negative, to an
// element of an array.
type Step struct {
	Name  string
	Index int
}

// A Path leads to a value within a JSON value, from the outside in.
type Path []Step

// Pointer gives the path as a JSON pointer (RFC 6901).
func (p Path) Pointer() string {
	var b strings.Builder
	for _, s := range p {
		b.WriteByte('/')
		if s.Index >= 0 {
			b.WriteString(strconv.Itoa(s.Index))
		} else {
			b.WriteString(EscapePointer(s.Name))
		}
	}
	return b.String()
}

// Limits past which [Compare] does not go into values.
const (
	maxCompared      = 4 << 20 // bytes
	maxComparedDepth = 64
)

// Compare walks through two valid JSON values side by side, and calls visit with each pair of values whose texts
// differ, the outer ones first, in the order of the members of a and then of those that only b has. A nil value is
// absent. Where both are objects or both are arrays, unless they are too large or too deep or have a name twice, inner
// is true and visit says whether to go into them. The path is only valid until visit returns. Compare stops at the
// first error of visit.
func Compare(a, b []byte, visit func(path Path, a, b []byte, inner bool) (enter bool, err error)) error {
	return (&comparison{visit: visit}).value(a, b)
}

type comparison struct {
	visit func(path Path, a, b []byte, inner bool) (bool, error)
	path  Path
}

// at calls value for what a step leads to.
func (c *comparison) at(s Step, a, b []byte) error {
	c.path = append(c.path, s)
	err := c.value(a, b)
	c.path = c.path[:len(c.path)-1]
	return err
}

func (c *comparison) value(a, b []byte) error {
	if a != nil && b != nil && bytes.Equal(a, b) {
		return nil
	}
	into := func() error { return nil }
	inner := len(c.path) < maxComparedDepth && max(len(a), len(b)) <= maxCompared && min(len(a), len(b)) > 0 &&
		a[0] == b[0]
	switch {
	case !inner:
	case a[0] == '{':
		before, errA := membersOf(a)
		after, errB := membersOf(b)
		inner = errA == nil && errB == nil
		into = func() error { return c.objects(before, after) }
	case a[0] == '[':
		var before, after []json.RawMessage
		inner = json.Unmarshal(a, &before) == nil && json.Unmarshal(b, &after) == nil
		into = func() error { return c.arrays(before, after) }
	default:
		inner = false
	}
	enter, err := c.visit(c.path, a, b, inner)
	if err != nil || !enter || !inner {
		return err
	}
	return into()
}

// An object is a JSON object with its members in order.
type object struct {
	names  []string
	values map[string][]byte
}

func membersOf(text []byte) (object, error) {
	o := object{values: map[string][]byte{}}
	err := Members(text, func(name string, value []byte) error {
		o.names = append(o.names, name)
		o.values[name] = value
		return nil
	})
	return o, err
}

func (c *comparison) objects(before, after object) error {
	for _, name := range before.names {
		if err := c.at(Step{name, -1}, before.values[name], after.values[name]); err != nil {
			return err
		}
	}
	for _, name := range after.names {
		if _, had := before.values[name]; had {
			continue
		}
		if err := c.at(Step{name, -1}, nil, after.values[name]); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) arrays(before, after []json.RawMessage) error {
	element := func(list []json.RawMessage, i int) []byte {
		if i < len(list) {
			return list[i]
		}
		return nil
	}
	for i := range max(len(before), len(after)) {
		if err := c.at(Step{Index: i}, element(before, i), element(after, i)); err != nil {
			return err
		}
	}
	return nil
}

// SameSpelling compares two valid JSON values without looking at white space and, for two strings, at escapes. Numbers
// are the same if they are spelt the same.
func SameSpelling(a, b []byte) bool {
	if len(a) > 0 && len(b) > 0 && a[0] == '"' && b[0] == '"' {
		x, errX := Unquote(a)
		y, errY := Unquote(b)
		if errX == nil && errY == nil {
			return x == y
		}
	}
	return bytes.Equal(Compact(a), Compact(b))
}

var (
	pointerEscapes   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescapes = strings.NewReplacer("~1", "/", "~0", "~")
)

// EscapePointer makes a name a part of a JSON pointer (RFC 6901, section 3).
func EscapePointer(name string) string { return pointerEscapes.Replace(name) }

// UnescapePointer undoes [EscapePointer].
func UnescapePointer(part string) string { return pointerUnescapes.Replace(part) }
