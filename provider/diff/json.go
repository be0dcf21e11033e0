package diff

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// Limits past which JSON values are compared as a whole.
const (
	maxSize  = 4 << 20
	maxDepth = 64
)

// A walker reports what differs between two JSON values of a field.
type walker struct {
	*pairing
	head   Difference
	before int64 // how many differences had been reported
}

// value compares two valid JSON values whose texts may differ and tells whether anything in them does besides how they are
// written.
func (w *walker) value(pointer string, a, b json.RawMessage, depth int) (differs bool, err error) {
	if bytes.Equal(a, b) {
		return false, nil
	}
	if w.ignore.pointer(pointer) {
		return true, nil
	}
	if depth < maxDepth && len(a) <= maxSize && len(b) <= maxSize && len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		switch a[0] {
		case '{':
			before, err1 := members(a)
			after, err2 := members(b)
			if err1 == nil && err2 == nil {
				differs, err = w.objects(pointer, before, after, depth)
				return w.spelling(pointer, a, b, depth, differs, err)
			}
		case '[':
			var before, after []json.RawMessage
			if json.Unmarshal(a, &before) == nil && json.Unmarshal(b, &after) == nil {
				differs, err = w.arrays(pointer, before, after, depth)
				return w.spelling(pointer, a, b, depth, differs, err)
			}
		}
	}
	if sameScalar(a, b) {
		return false, w.report(Rewritten, pointer, a, b)
	}
	return true, w.report(Changed, pointer, a, b)
}

// spelling reports two objects or arrays that differ in nothing but how they are written, the whole value once: parts that
// are written differently have been reported.
func (w *walker) spelling(pointer string, a, b json.RawMessage, depth int, differs bool, err error) (bool, error) {
	if err != nil || differs || depth > 0 || w.reported() {
		return differs, err
	}
	return false, w.report(Rewritten, pointer, a, b)
}

// reported tells whether a difference of this field has been.
func (w *walker) reported() bool { return w.summary.Differences != w.before }

func (w *walker) report(sort Sort, pointer string, a, b json.RawMessage) error {
	if w.ignore.pointer(pointer) || sort == Rewritten && w.ignore.spelling {
		return nil
	}
	d := w.head
	d.Sort, d.Pointer, d.A, d.B = sort, pointer, jsonValue(pointer, a), jsonValue(pointer, b)
	if w.x.r.RecordKind() == provider.KindIteration {
		if parts := strings.SplitN(pointer, "/", 4); len(parts) > 2 {
			d.Agent = unescapePointer(parts[2])
		}
	}
	return w.found(d)
}

// jsonValue is the value at a pointer, nil if there is none.
func jsonValue(pointer string, text json.RawMessage) *Value {
	if text == nil {
		return nil
	}
	v := &Value{JSON: text}
	if strings.HasPrefix(pointer, "/costs_per_agent/") {
		if c, err := provider.ParseCents(string(text)); err == nil {
			v.Cents = &c
		}
	}
	return v
}

// An object is a JSON object with its members in order.
type object struct {
	names  []string
	values map[string]json.RawMessage
}

func members(text json.RawMessage) (object, error) {
	o := object{values: map[string]json.RawMessage{}}
	err := jsontext.Members(text, func(name string, value []byte) error {
		o.names = append(o.names, name)
		o.values[name] = value
		return nil
	})
	return o, err
}

func (w *walker) objects(pointer string, before, after object, depth int) (differs bool, err error) {
	for _, name := range before.names {
		at := pointer + "/" + escapePointer(name)
		value, kept := after.values[name]
		d := true
		if kept {
			d, err = w.value(at, before.values[name], value, depth+1)
		} else {
			err = w.report(Changed, at, before.values[name], nil)
		}
		if differs = differs || d; err != nil {
			return differs, err
		}
	}
	for _, name := range after.names {
		if _, had := before.values[name]; had {
			continue
		}
		differs = true
		if err := w.report(Changed, pointer+"/"+escapePointer(name), nil, after.values[name]); err != nil {
			return differs, err
		}
	}
	return differs, nil
}

func (w *walker) arrays(pointer string, before, after []json.RawMessage, depth int) (differs bool, err error) {
	for i := range max(len(before), len(after)) {
		at := pointer + "/" + strconv.Itoa(i)
		d := true
		switch {
		case i >= len(after):
			err = w.report(Changed, at, before[i], nil)
		case i >= len(before):
			err = w.report(Changed, at, nil, after[i])
		default:
			d, err = w.value(at, before[i], after[i], depth+1)
		}
		if differs = differs || d; err != nil {
			return differs, err
		}
	}
	return differs, nil
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// escapePointer makes a name a part of a JSON pointer (RFC 6901 section 3).
func escapePointer(name string) string { return pointerEscapes.Replace(name) }

func unescapePointer(part string) string {
	return strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
}

// sameScalar compares two values, which are not both objects or both arrays unless they are too large or too deep to be
// walked.
func sameScalar(a, b json.RawMessage) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	switch {
	case a[0] == '"' && b[0] == '"':
		x, errX := jsontext.Unquote(a)
		y, errY := jsontext.Unquote(b)
		return errX == nil && errY == nil && x == y
	case isNumber(a) && isNumber(b):
		x, okX := parseNumber(string(a))
		y, okY := parseNumber(string(b))
		return okX && okY && x == y
	}
	return bytes.Equal(jsontext.Compact(a), jsontext.Compact(b))
}

func isNumber(text json.RawMessage) bool { return text[0] == '-' || text[0] >= '0' && text[0] <= '9' }

// A number is a decimal number: 0.digits times ten to the exponent, without zeros at the ends of digits; zero has none.
type number struct {
	negative bool
	digits   string
	exponent int64
}

// parseNumber reads a JSON number exactly. It is false if the exponent is too large.
func parseNumber(text string) (n number, ok bool) {
	text, n.negative = strings.CutPrefix(text, "-")
	mantissa, exponent := text, ""
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		mantissa, exponent = text[:at], text[at+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	n.digits = strings.TrimLeft(whole+fraction, "0")
	n.exponent = int64(len(whole) - (len(whole) + len(fraction) - len(n.digits)))
	n.digits = strings.TrimRight(n.digits, "0")
	if n.digits == "" {
		return number{}, true
	}
	if exponent == "" {
		return n, true
	}
	e, err := strconv.ParseInt(exponent, 10, 62)
	n.exponent += e
	return n, err == nil
}
