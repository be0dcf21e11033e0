package evolution

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/simexp/exparchive/internal/jsontext"
)

// A Change is one difference between two JSON values. Old is nil where something was added, New where it was removed.
type Change struct {
	Path     string // names joined by points, and [n] for elements of arrays; empty for the whole value
	Old, New json.RawMessage
}

// Limits past which values are compared as a whole.
const (
	maxSize  = 1 << 20
	maxDepth = 64
)

// Diff gives the differences between two valid JSON values, in the order of the members of the first and then of those that only
// the second has. White space, the order of members and the escapes in strings do not matter; numbers are the same if they are
// spelt the same.
func Diff(old, proposed json.RawMessage) []Change {
	if len(old) > maxSize || len(proposed) > maxSize {
		if same(old, proposed) {
			return nil
		}
		return []Change{{"", old, proposed}}
	}
	return diff(nil, "", old, proposed, 0)
}

func diff(changes []Change, path string, old, proposed json.RawMessage, depth int) []Change {
	if bytes.Equal(old, proposed) {
		return changes
	}
	if depth < maxDepth && len(old) > 0 && len(proposed) > 0 && old[0] == proposed[0] {
		switch old[0] {
		case '{':
			if before, after, ok := objects(old, proposed); ok {
				return diffObjects(changes, path, before, after, depth)
			}
		case '[':
			var before, after []json.RawMessage
			if json.Unmarshal(old, &before) == nil && json.Unmarshal(proposed, &after) == nil {
				return diffArrays(changes, path, before, after, depth)
			}
		}
	}
	if same(old, proposed) {
		return changes
	}
	return append(changes, Change{path, old, proposed})
}

// An object is a JSON object with its members in order.
type object struct {
	names  []string
	values map[string]json.RawMessage
}

func objects(old, proposed json.RawMessage) (before, after object, ok bool) {
	read := func(text json.RawMessage) (object, error) {
		o := object{values: map[string]json.RawMessage{}}
		err := jsontext.Members(text, func(name string, value []byte) error {
			o.names = append(o.names, name)
			o.values[name] = value
			return nil
		})
		return o, err
	}
	before, err := read(old)
	if err != nil {
		return before, after, false
	}
	after, err = read(proposed)
	return before, after, err == nil
}

func diffObjects(changes []Change, path string, before, after object, depth int) []Change {
	at := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	for _, name := range before.names {
		if value, kept := after.values[name]; kept {
			changes = diff(changes, at(name), before.values[name], value, depth+1)
		} else {
			changes = append(changes, Change{at(name), before.values[name], nil})
		}
	}
	for _, name := range after.names {
		if _, had := before.values[name]; !had {
			changes = append(changes, Change{at(name), nil, after.values[name]})
		}
	}
	return changes
}

func diffArrays(changes []Change, path string, before, after []json.RawMessage, depth int) []Change {
	for i := range max(len(before), len(after)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(after):
			changes = append(changes, Change{at, before[i], nil})
		case i >= len(before):
			changes = append(changes, Change{at, nil, after[i]})
		default:
			changes = diff(changes, at, before[i], after[i], depth+1)
		}
	}
	return changes
}

// same compares values without looking at white space and, for strings, at escapes.
func same(a, b json.RawMessage) bool {
	if len(a) > 0 && len(b) > 0 && a[0] == '"' && b[0] == '"' {
		x, errX := jsontext.Unquote(a)
		y, errY := jsontext.Unquote(b)
		if errX == nil && errY == nil {
			return x == y
		}
	}
	return bytes.Equal(compact(a), compact(b))
}

func compact(text json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}
