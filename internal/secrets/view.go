package secrets

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// maxLevels bounds how often the escapes of JSON are taken out of a text.
const maxLevels = 4

// Unescaped gives text and, where it has escapes of JSON, or such as \x22, text without them: of JSON that holds JSON
// as a string, each level. The last one has the fewest escapes. What is no escape stays as it is.
func Unescaped(text []byte) [][]byte {
	levels := [][]byte{text}
	for range maxLevels {
		next, changed := unescape(text)
		if !changed {
			break
		}
		levels = append(levels, next)
		text = next
	}
	return levels
}

// plain gives s without escapes of JSON.
func plain(s string) string {
	levels := Unescaped([]byte(s))
	return string(levels[len(levels)-1])
}

// unescape takes one level of escapes out of text.
func unescape(text []byte) (out []byte, changed bool) {
	i := bytes.IndexByte(text, '\\')
	if i < 0 {
		return text, false
	}
	out = make([]byte, 0, len(text))
	for i >= 0 {
		out = append(out, text[:i]...)
		text = text[i:]
		size := 2
		switch next(text) {
		case '"', '\\', '/':
			out = append(out, text[1])
		case 'b', 'f':
			if n := len(out); n > 0 && alphanumeric(out[n-1]) && len(text) > 2 && letter(text[2]) { // DOMAIN\bob
				size = 0
				break
			}
			out = append(out, map[byte]byte{'b': '\b', 'f': '\f'}[text[1]])
		case 'x': // of programs
			if size = 0; len(text) >= 4 && unhex(text[2]) >= 0 && unhex(text[3]) >= 0 {
				if c := byte(unhex(text[2])<<4 | unhex(text[3])); c >= ' ' && c < 0x7f {
					out, size = append(out, c), 4
				}
			}
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			var r rune
			if r, size = unescapeRune(text); size > 0 {
				out = utf8.AppendRune(out, r)
			}
		default:
			size = 0
		}
		if size > 0 {
			changed = true
		} else {
			out = append(out, '\\')
			size = 1
		}
		text = text[size:]
		i = bytes.IndexByte(text, '\\')
	}
	return append(out, text...), changed
}

// glued reports whether what stands at text[at:] begins with what belongs to an escape of any level, such as the n of
// \n and \\n.
func glued(text []byte, at int) bool {
	if at == 0 || text[at-1] != '\\' {
		return false
	}
	plain, _ := unescape(text[at-1 : min(len(text), at+len("u0000"))])
	return plain[0] != '\\'
}

func next(text []byte) byte {
	if len(text) < 2 {
		return 0
	}
	return text[1]
}

// unescapeRune reads \uXXXX, or a pair of them, at the start of text. Its size is 0 if there is none.
func unescapeRune(text []byte) (r rune, size int) {
	r, ok := hex4(text)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if second, ok := hex4(text[6:]); ok {
			if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
				return pair, 12
			}
		}
		return utf8.RuneError, 6
	}
	return r, 6
}

// hex4 reads \uXXXX at the start of text.
func hex4(text []byte) (r rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, c := range text[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
