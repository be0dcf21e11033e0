package jsonl

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// Members that every line may have when the run comes from a redacted copy.
var redactionMembers = []string{"withheld", "field_keys"}

// redaction reads what the record lacks, nil for nothing.
func (f *fields) redaction() *provider.Redaction {
	r := &provider.Redaction{Withheld: hexMap[provider.Commitment](f, "withheld"),
		FieldKeys: hexMap[provider.Key](f, "field_keys")}
	if r.Withheld == nil && r.FieldKeys == nil {
		return nil
	}
	for field := range f.kind.Committed() {
		for _, name := range []string{field.Name, field.Name + textSuffix} {
			if _, withheld := r.Withheld[field.Name]; withheld && f.value(name, false) != nil {
				f.fail(name, errWithheldThere)
			}
		}
	}
	return r
}

// withheld reports whether the line says that a member was taken out of it.
func (f *fields) withheld(name string) bool {
	withheld := f.value("withheld", false)
	if withheld == nil || withheld[0] != '{' {
		return false
	}
	found := false
	_ = jsontext.Members(withheld, func(n string, _ []byte) error { // its faults are told by redaction
		found = found || n == name
		return nil
	})
	return found
}

func (f *fields) hex32(name string, v []byte) *[32]byte {
	if v == nil {
		return nil
	}
	var b [32]byte
	s, err := jsontext.Unquote(v)
	if n, errHex := hex.Decode(b[:], []byte(s[:min(len(s), 64)])); err != nil || errHex != nil || n != len(b) ||
		len(s) != 64 {
		f.wrong(name, v, "a string of 64 hexadecimal digits")
		return nil
	}
	return &b
}

func hexMap[T ~[32]byte](f *fields, name string) map[string]T {
	v := f.value(name, false)
	if v == nil {
		return nil
	}
	m := map[string]T{}
	err := jsontext.Members(v, func(field string, value []byte) error {
		if b := f.hex32(name, value); b != nil {
			m[field] = T(*b)
		}
		return nil
	})
	if err != nil {
		f.fail(name, fmt.Errorf("%s: %w", clip(v), err))
	}
	return m
}

func (w *Writer) redaction(r *provider.Redaction) {
	if r == nil {
		return
	}
	writeHexMap(w, "withheld", r.Withheld)
	writeHexMap(w, "field_keys", r.FieldKeys)
}

func writeHexMap[T ~[32]byte](w *Writer, name string, m map[string]T) {
	if len(m) == 0 {
		return
	}
	w.member(name)
	w.line = append(w.line, '{')
	for i, field := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			w.line = append(w.line, ',')
		}
		w.line = append(jsontext.AppendString(w.line, field), ':', '"')
		v := m[field]
		w.line = append(hex.AppendEncode(w.line, v[:]), '"')
	}
	w.line = append(w.line, '}')
}
