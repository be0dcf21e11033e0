package redact

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/provider"
)

// StandIn is what a masked value has in the place of what was found in it.
const StandIn = "[withheld]"

// mask puts [StandIn] in the place of what the filter finds in a field of r, and gives the value that r then has. It is
// false, and r is as it was, if that cannot be done: what is found is no text in quotes, as a cost is, or is packed.
func (s *Plan) mask(r provider.Record, f provider.Field) (value []byte, ok bool) {
	m := masker{filter: s.filter, texts: s.textsIn(f.Value(r))}
	switch p := f.Addr(r).(type) {
	case *string:
		if text := m.text(*p); s.clean([]byte(text)) {
			*p = text
			return []byte(text), true
		}
	case **string:
		if text := m.text(**p); s.clean([]byte(text)) {
			*p = &text
			return []byte(text), true
		}
	case *[]byte:
		data := []byte(m.text(string(*p)))
		if f.Name != "data" { // of an attachment; all others are JSON
			if data, ok = m.json(*p); !ok {
				return nil, false
			}
		}
		if s.clean(data) {
			*p = data
			return data, true
		}
	case *map[string]json.RawMessage:
		masked := make(map[string]json.RawMessage, len(*p))
		for name, text := range *p {
			if masked[name], ok = m.json(text); !ok {
				return nil, false
			}
		}
		if value = provider.AppendPolicies(nil, masked); s.clean(value) {
			*p = masked
			return value, true
		}
	}
	return nil, false
}

// textsIn gives the texts that are looked for in a value as they are, the longest first: the secrets found in it, and
// what was found elsewhere.
func (s *Plan) textsIn(value []byte) (texts []string) {
	if s.filter.Secrets == nil {
		return nil
	}
	hits, _ := s.filter.Secrets(value)
	for _, h := range hits {
		texts = append(texts, h.Text)
		for _, view := range secrets.Unescaped([]byte(h.Text)) { // without the escapes with which it was found
			if len(view) >= MinSearch {
				texts = append(texts, string(view))
			}
		}
	}
	for _, view := range secrets.Views(value) {
		s.search.In(view, func(_ int, text string) bool { texts = append(texts, text); return true })
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(texts)
}

// clean reports whether a masked value has nothing any more that is looked for.
func (s *Plan) clean(value []byte) bool {
	return len(s.filter.Hits(value)) == 0 && (s.filter.Secrets == nil || !s.has(value))
}

// A masker replaces what is found in one value.
type masker struct {
	filter *Filter
	texts  []string
}

// text replaces what is found in a text.
func (m masker) text(text string) string {
	for _, found := range m.texts {
		text = replaceWord(text, found)
	}
	for _, expr := range m.filter.Match {
		text = expr.ReplaceAllStringFunc(text, func(found string) string {
			if found == "" {
				return ""
			}
			return StandIn
		})
	}
	return text
}

// replaceWord replaces a text, but that a short one has to be a word.
func replaceWord(text, found string) string {
	if len(found) >= MinSearch {
		return strings.ReplaceAll(text, found, StandIn)
	}
	var b strings.Builder
	for {
		i := strings.Index(text, found)
		if i < 0 {
			return b.String() + text
		}
		end := i + len(found)
		b.WriteString(text[:i])
		if i > 0 && wordByte(text[i-1]) || end < len(text) && wordByte(text[end]) {
			b.WriteString(found)
		} else {
			b.WriteString(StandIn)
		}
		text = text[end:]
	}
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// json replaces what is found in the texts of a JSON value, and leaves everything else as it is written. It is false
// for a text that cannot be written again as it was.
func (m masker) json(value []byte) (masked []byte, ok bool) {
	for {
		start := bytes.IndexByte(value, '"')
		if start < 0 {
			return append(masked, value...), true
		}
		end := start + 1
		for end < len(value) && value[end] != '"' {
			if value[end] == '\\' {
				end++
			}
			end++
		}
		if end++; end > len(value) {
			return nil, false // no JSON
		}
		masked = append(masked, value[:start]...)
		quoted := value[start:end]
		var text string
		if err := json.Unmarshal(quoted, &text); err != nil {
			return nil, false
		}
		if changed := m.text(text); changed == text {
			masked = append(masked, quoted...)
		} else if strings.ContainsRune(text, '\ufffd') { // half a surrogate pair, perhaps, which a text cannot keep
			return nil, false
		} else {
			masked = appendQuoted(masked, changed)
		}
		value = value[end:]
	}
}

// appendQuoted appends a text as JSON.
func appendQuoted(dst []byte, text string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		panic(err) // a string always encodes
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

// maskedKey gives the key of a masked value of a salted run. The value's own would let everybody check guesses at what
// is masked against a commitment to the value, of which another copy may have one; it cannot be computed from this one.
func maskedKey(key provider.Key) provider.Key {
	h := sha256.New()
	h.Write([]byte("exparchive masked value\x00"))
	h.Write(key[:])
	return provider.Key(h.Sum(nil))
}
