// Package jsontext handles JSON (RFC 8259) as text: values keep the bytes they were written with. It checks, splits
// objects into their members without touching the values, compares, and writes strings in one canonical form.
package jsontext

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
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
	i := end(text, maxDepth)
	if i < 0 {
		if all := end(text, len(text)); all < 0 {
			return syntaxError(text, ^all)
		}
	}
	switch {
	case !utf8.Valid(text):
		return ErrUTF8
	case i < 0:
		return ErrDepth
	}
	return nil
}

// syntaxError says that text stops being JSON at index i, and names what stands there, a whole word if it is one.
func syntaxError(text []byte, i int) error {
	if i == len(text) {
		return fmt.Errorf("%w: byte %d: unexpected end", ErrSyntax, i)
	}
	_, n := utf8.DecodeRune(text[i:])
	for n < min(len(text)-i, 20) && isLetter(text[i]) && isLetter(text[i+n]) {
		n++
	}
	return fmt.Errorf("%w: byte %d: unexpected %q", ErrSyntax, i+1, text[i:i+n])
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

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
	text = Trim(text)
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' && plain(text[1:n-1]) {
		return string(text[1 : n-1]), nil
	}
	if len(text) == 0 || text[0] != '"' || endOfString(text, 0) != len(text) {
		return "", fmt.Errorf("%w: %.80q is no string", ErrSyntax, text)
	}
	if !utf8.Valid(text) {
		return "", ErrUTF8
	}
	s := make([]byte, 0, len(text))
	for rest := text[1 : len(text)-1]; ; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 {
			return string(append(s, rest...)), nil
		}
		s = append(s, rest[:i]...)
		c := rest[i+1]
		rest = rest[i+2:]
		switch c {
		case 'b', 'f', 'n', 'r', 't':
			c = "\b\f\n\r\t"[strings.IndexByte("bfnrt", c)]
		case 'u':
			r := hex4(rest)
			if rest = rest[4:]; utf16.IsSurrogate(r) {
				low := rune(0)
				if bytes.HasPrefix(rest, []byte(`\u`)) {
					low = hex4(rest[2:])
				}
				if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
					return "", fmt.Errorf("%w in %.80s", ErrSurrogate, text)
				}
				rest = rest[6:]
			}
			s = utf8.AppendRune(s, r)
			continue
		}
		s = append(s, c)
	}
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

// hex4 gives the number that four hexadecimal digits are.
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

// Compact gives text without white space between its tokens: text itself if there is none. The text must have passed
// [Check].
func Compact(text []byte) []byte {
	var out []byte
	from := 0 // where what is not yet in out begins
	for i := 0; i < len(text); {
		switch {
		case text[i] == '"':
			i = skipString(text, i)
		case isSpace(text[i]):
			out = append(out, text[from:i]...)
			i = skipSpace(text, i)
			from = i
		default:
			i++
		}
	}
	if from == 0 {
		return text
	}
	return append(out, text[from:]...)
}
