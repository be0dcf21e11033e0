package diff

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// A walker reports what differs between two JSON values of a field.
type walker struct {
	*pairing
	head    Difference
	touched bool // something in the values has been reported, or is ignored
}

// value compares two valid JSON values at a pointer whose texts differ. Where nothing in them does but how they are
// written, it says so once, of the whole.
func (w *walker) value(pointer string, a, b json.RawMessage) error {
	err := jsontext.Compare(a, b, func(path jsontext.Path, a, b []byte, inner bool) (bool, error) {
		at := pointer + path.Pointer()
		sort := Changed
		switch {
		case w.ignore.pointer(at):
			w.touched = true
			return false, nil
		case inner:
			return true, nil
		case a != nil && b != nil && sameValue(a, b):
			sort = Rewritten
		}
		return false, w.report(sort, at, a, b)
	})
	if err != nil || w.touched {
		return err
	}
	return w.report(Rewritten, pointer, a, b)
}

func (w *walker) report(sort Sort, pointer string, a, b json.RawMessage) error {
	if sort == Rewritten && w.ignore.spelling {
		return nil
	}
	w.touched = true
	d := w.head
	d.Sort, d.Pointer, d.A, d.B = sort, pointer, jsonValue(pointer, a), jsonValue(pointer, b)
	if w.x.r.RecordKind() == provider.KindIteration {
		if parts := strings.SplitN(pointer, "/", 4); len(parts) > 2 {
			d.Agent = jsontext.UnescapePointer(parts[2])
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

// sameValue compares two JSON values without looking at how they are written.
func sameValue(a, b json.RawMessage) bool {
	if isNumber(a) && isNumber(b) {
		x, okX := parseNumber(string(a))
		y, okY := parseNumber(string(b))
		return okX && okY && x == y
	}
	return jsontext.SameSpelling(a, b)
}

func isNumber(text json.RawMessage) bool {
	return len(text) > 0 && (text[0] == '-' || text[0] >= '0' && text[0] <= '9')
}

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
