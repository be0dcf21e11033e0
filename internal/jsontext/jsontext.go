// Package jsontext handles JSON (RFC 8259) as text: values keep the bytes they were written with. It checks, splits
// objects into their members without touching the values, compares, and writes strings in one canonical form.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest. SQLite's JSON functions stop at 1000.
const MaxDepth = 500

var (
	// ErrSyntax means that the text is not one JSON value.
	ErrSyntax = errors.New("not valid JSON")
	// ErrUTF8 means that the text is not UTF-8.
	ErrUTF8 = errors.New("not valid UTF-8")
	// ErrDepth means that the value is nested deeper than [MaxDepth].
	ErrDepth = fmt.Errorf("nested too deep: more than %d levels, or than what surrounds the value leaves", MaxDepth)
	// ErrNotObject means that the value is not an object.
	ErrNotObject = errors.New("not a JSON object")
	// ErrKey means that a member's name stands twice in an object, or is not valid Unicode.
	ErrKey = errors.New("bad member name")
	// ErrSurrogate means that a string has half a surrogate pair without the other half, which no text in UTF-8 can
	// hold.
	ErrSurrogate = errors.New("unpaired surrogate")
)

// Space has the characters that are white space in JSON.
const Space = " \t\r\n"

// Trim drops JSON's white space from both ends of text.
func Trim(text []byte) []byte {
	for len(text) > 0 && isSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	for len(text) > 0 && isSpace(text[0]) {
		text = text[1:]
	}
	return text
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// IsNull reports whether text, already trimmed, is empty or the literal null.
func IsNull(text []byte) bool { return len(text) == 0 || string(text) == "null" }

// Check reports whether text is one JSON value in UTF-8 that nests no deeper than [MaxDepth].
func Check(text []byte) error { return CheckWithin(text, MaxDepth) }

// CheckWithin is [Check] with another limit, for a value that will stand inside another one.
func CheckWithin(text []byte, maxDepth int) error {
	if valid(text, maxDepth) {
		if !utf8.Valid(text) {
			return ErrUTF8
		}
		return nil
	}
	if !json.Valid(text) {
		return syntaxError(text)
	}
	if !utf8.Valid(text) {
		return ErrUTF8
	}
	if bytes.Count(text, []byte{'{'})+bytes.Count(text, []byte{'['}) > maxDepth && depth(text) > maxDepth {
		return ErrDepth
	}
	return nil
}

// syntaxError says where text stops being JSON.
func syntaxError(text []byte) error {
	var v json.RawMessage
	err := json.Unmarshal(text, &v)
	if syn := (*json.SyntaxError)(nil); errors.As(err, &syn) {
		return fmt.Errorf("%w: byte %d: %v", ErrSyntax, syn.Offset, syn)
	}
	return ErrSyntax
}

// depth gives the deepest nesting of text, which must be valid.
func depth(text []byte) int {
	deepest, now, inString := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString:
			if c == '\\' {
				i++
			} else if c == '"' {
				inString = false
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// Members calls f with the name and the text of each member of the object text, in order. The text must have passed
// [Check]. It stops at f's first error. A name that comes twice is an error, and so is one with an unpaired surrogate,
// which no string in UTF-8 can hold.
func Members(text []byte, f func(name string, value []byte) error) error {
	text = Trim(text)
	if len(text) == 0 || text[0] != '{' {
		return ErrNotObject
	}
	var seen names
	i := skipSpace(text, 1)
	for i < len(text) && text[i] != '}' {
		end := skipValue(text, i)
		name, err := Unquote(text[i:end])
		if errors.Is(err, ErrSurrogate) {
			return fmt.Errorf("%w: %w", ErrKey, err)
		}
		if err != nil {
			return err
		}
		if !seen.add(name) {
			return fmt.Errorf("%w: %.80q stands twice", ErrKey, name)
		}
		i = skipSpace(text, end) // at the colon
		i = skipSpace(text, i+1) // at the value
		end = skipValue(text, i) // behind it
		if end <= i || end > len(text) {
			return ErrSyntax
		}
		if err := f(name, text[i:end:end]); err != nil {
			return err
		}
		i = skipSpace(text, end)
		if i < len(text) && text[i] == ',' {
			i = skipSpace(text, i+1)
		}
	}
	return nil
}

// names is a set of names that needs no map while it is small, as it mostly is.
type names struct {
	few  [16]string
	n    int
	many map[string]struct{}
}

// add adds a name and reports whether it was new.
func (s *names) add(name string) bool {
	if s.many == nil {
		for _, have := range s.few[:s.n] {
			if have == name {
				return false
			}
		}
		if s.n < len(s.few) {
			s.few[s.n] = name
			s.n++
			return true
		}
		s.many = make(map[string]struct{}, 2*len(s.few))
		for _, have := range s.few {
			s.many[have] = struct{}{}
		}
	}
	before := len(s.many)
	s.many[name] = struct{}{}
	return len(s.many) > before
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}

// skipValue gives the index behind the value that starts at i of valid JSON, and len(text) if there is no end.
func skipValue(text []byte, i int) int {
	nesting := 0
	for i < len(text) {
		switch text[i] {
		case '"':
			i = skipString(text, i)
		case '{', '[':
			nesting++
			i++
		case '}', ']':
			nesting--
			i++
		case ' ', '\n', '\t', '\r', ',', ':':
			i++
		default: // a number or a literal
			for i < len(text) && !strings.ContainsRune(" \n\t\r,:]}", rune(text[i])) {
				i++
			}
		}
		if nesting == 0 {
			return i
		}
	}
	return len(text)
}

func skipString(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// Unquote decodes a JSON string with its quotes. Unlike encoding/json it refuses an unpaired surrogate instead of
// putting U+FFFD in its place.
func Unquote(text []byte) (string, error) {
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' && plain(text[1:n-1]) {
		return string(text[1 : n-1]), nil
	}
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return "", fmt.Errorf("%w: %.80q", ErrSyntax, text)
	}
	if !utf8.Valid(text) {
		return "", ErrUTF8
	}
	if bytes.Contains(text, []byte(`\u`)) && unpaired(text) {
		return "", fmt.Errorf("%w in %.80s", ErrSurrogate, text)
	}
	return s, nil
}

// plain reports whether text stands for itself between quotes.
func plain(text []byte) bool {
	ascii := true
	for _, c := range text {
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.Valid(text)
}

// unpaired reports whether the string text, valid JSON, has half a surrogate pair without the other half.
func unpaired(text []byte) bool {
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++ // the escaped byte
		if text[i] != 'u' {
			continue
		}
		switch hex4(text[i+1:]) >> 10 {
		case 0xD800 >> 10: // high half: the low half must follow
			if j := i + 5; j+6 > len(text) || text[j] != '\\' || text[j+1] != 'u' || hex4(text[j+2:])>>10 != 0xDC00>>10 {
				return true
			}
			i += 10
		case 0xDC00 >> 10:
			return true
		default:
			i += 4
		}
	}
	return false
}

func hex4(text []byte) (n rune) {
	for _, c := range text[:4] {
		switch {
		case c >= 'a':
			c -= 'a' - 10
		case c >= 'A':
			c -= 'A' - 10
		default:
			c -= '0'
		}
		n = n<<4 | rune(c)
	}
	return n
}

// AppendString appends s as a JSON string in its canonical form: the quote, the backslash and the characters below
// U+0020 are escaped, the latter as \u00xx in lower-case hexadecimal; everything else stands as it is.
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	begin := len(dst)
	if dst = append(dst, s...); plainLength(dst[begin:]) == len(s) {
		return append(dst, '"')
	}
	dst = dst[:begin]
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		if c < ' ' {
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			dst = append(dst, '\\', c)
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// Compact gives text without white space between its tokens, and text itself if it is not valid.
func Compact(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}
