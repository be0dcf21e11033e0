package castro

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// An object is a JSON object that is being written. The zero value is empty.
type object struct{ text []byte }

// add appends a member; a nil value adds nothing.
func (o *object) add(name string, value json.RawMessage) {
	if value == nil {
		return
	}
	if len(o.text) == 0 {
		o.text = append(o.text, '{')
	} else {
		o.text = append(o.text, ',', ' ')
	}
	o.text = append(jsontext.AppendString(o.text, name), ':', ' ')
	o.text = append(o.text, value...)
}

func (o *object) addText(name, value string) { o.add(name, jsontext.AppendString(nil, value)) }

// addFloat appends a finite number in its shortest form. One that is whole is written as an integer, unless its
// magnitude is at least rounds: with an exponent nobody takes it for an exact one.
func (o *object) addFloat(name string, value, rounds float64) {
	if math.Abs(value) >= rounds {
		o.add(name, strconv.AppendFloat(nil, value, 'e', -1, 64))
		return
	}
	text, _ := json.Marshal(value) // of a finite number: no error
	o.add(name, text)
}

func (o *object) addCents(name string, value *provider.Cents) {
	if value != nil {
		o.add(name, fmt.Appendf(nil, "%d", int64(*value)))
	}
}

func (o *object) addBool(name string, value *bool) {
	if value != nil {
		o.add(name, fmt.Appendf(nil, "%t", *value))
	}
}

// json gives the object, nil if it has no members.
func (o *object) json() json.RawMessage {
	if len(o.text) == 0 {
		return nil
	}
	return append(o.text[:len(o.text):len(o.text)], '}')
}

// members reads the members of a JSON object. It is false for another value and where a name stands twice.
func members(text json.RawMessage) (map[string]json.RawMessage, bool) {
	m := map[string]json.RawMessage{}
	err := jsontext.Members(text, func(name string, value []byte) error {
		m[name] = value
		return nil
	})
	return m, err == nil
}

// errStop ends a walk through members.
var errStop = errors.New("stop")

// member gives one member of a JSON object, nil if there is none or the value is null or no object.
func member(text json.RawMessage, names ...string) json.RawMessage {
	for _, want := range names {
		var found json.RawMessage
		_ = jsontext.Members(text, func(name string, value []byte) error { // text that is no object has no member
			if name == want {
				found = value
				return errStop
			}
			return nil
		})
		if jsontext.IsNull(found) {
			return nil
		}
		text = found
	}
	return text
}

// centsOf reads an integer amount; nil for anything else.
func centsOf(text json.RawMessage) *provider.Cents {
	if text == nil {
		return nil
	}
	c, err := provider.ParseCents(string(text))
	if err != nil {
		return nil
	}
	return &c
}

// stringOf reads a string; ok is false for anything else.
func stringOf(text json.RawMessage) (s string, ok bool) {
	if len(text) == 0 || text[0] != '"' {
		return "", false
	}
	s, err := jsontext.Unquote(text)
	return s, err == nil
}

// sameJSON reports whether two texts are the same JSON value: white space, the order of members and the spelling of
// numbers do not matter.
func sameJSON(a, b json.RawMessage) bool {
	if string(a) == string(b) {
		return true
	}
	x, errX := decode(a)
	y, errY := decode(b)
	return errX == nil && errY == nil && sameValue(x, y)
}

func sameValue(x, y any) bool {
	switch x := x.(type) {
	case map[string]any:
		y, ok := y.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for name, v := range x {
			if w, ok := y[name]; !ok || !sameValue(v, w) {
				return false
			}
		}
		return true
	case []any:
		y, ok := y.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !sameValue(x[i], y[i]) {
				return false
			}
		}
		return true
	case json.Number:
		y, ok := y.(json.Number)
		return ok && sameNumber(string(x), string(y))
	}
	return x == y
}

// sameNumber compares numbers exactly, unless one is so long or has such an exponent that this would be costly.
func sameNumber(x, y string) bool {
	if x == y {
		return true
	}
	const long = 64
	if len(x) > long || len(y) > long {
		return false
	}
	a, errA := json.Number(x).Float64()
	b, errB := json.Number(y).Float64()
	if errA != nil || errB != nil || a != b {
		return false
	}
	p, okP := new(big.Rat).SetString(x)
	q, okQ := new(big.Rat).SetString(y)
	return okP && okQ && p.Cmp(q) == 0
}

func decode(text json.RawMessage) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}
