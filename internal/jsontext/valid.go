package jsontext

import (
	"encoding/binary"
	"math/bits"
)

// stringByte says what a byte is inside a string: 0 for one that stands for itself, 1 for one that does not.
var stringByte = func() (t [256]byte) {
	for c := range 0x20 {
		t[c] = 1
	}
	t['"'], t['\\'] = 1, 1
	return t
}()

// What follows gives an index into a text, or where there is no such, the complement of an index, which is negative:
// that of the first byte that cannot stand where it does, the length of the text if that ends too early. Whether
// strings are UTF-8 is not looked at. It is what encoding/json's Valid is, several times as fast: every event passes it
// when it is written and when it is checked.

// end gives the length of text if it is one JSON value that nests no deeper than maxDepth.
func end(text []byte, maxDepth int) int {
	i := endOfValue(text, 0, maxDepth)
	if i < 0 {
		return i
	}
	if i = skipSpace(text, i); i < len(text) {
		return ^i
	}
	return i
}

// endOfValue gives the index behind the JSON value that begins at i, or behind white space there, if it nests no deeper
// than maxDepth.
func endOfValue(text []byte, i, maxDepth int) int {
	var few [8]uint64
	objects := few[:] // a bit for each level: set in an object
	depth := 0
value:
	if i = skipSpace(text, i); i == len(text) {
		return ^i
	}
	switch c := text[i]; {
	case c == '"':
		if i = endOfString(text, i); i < 0 {
			return i
		}
	case c == '{' || c == '[':
		if depth++; depth > maxDepth {
			return ^i
		}
		if depth/64 == len(objects) {
			objects = append(objects, 0)
		}
		if i = skipSpace(text, i+1); i < len(text) && text[i] == c+2 { // '}' or ']'
			i++
			depth--
			break
		}
		if c == '[' {
			objects[depth/64] &^= 1 << (depth % 64)
			goto value
		}
		objects[depth/64] |= 1 << (depth % 64)
		goto name
	case c == '-' || '0' <= c && c <= '9':
		if i = endOfNumber(text, i); i < 0 {
			return i
		}
	case c == 't':
		if i = endOfLiteral(text, i, "true"); i < 0 {
			return i
		}
	case c == 'f':
		if i = endOfLiteral(text, i, "false"); i < 0 {
			return i
		}
	case c == 'n':
		if i = endOfLiteral(text, i, "null"); i < 0 {
			return i
		}
	default:
		return ^i
	}
	for { // behind a value
		if depth == 0 {
			return i
		}
		if i = skipSpace(text, i); i == len(text) {
			return ^i
		}
		object := objects[depth/64]&(1<<(depth%64)) != 0
		switch c := text[i]; {
		case c == ',' && object:
			i++
			goto name
		case c == ',':
			i++
			goto value
		case c == '}' && object, c == ']' && !object:
			i++
			depth--
		default:
			return ^i
		}
	}
name:
	if _, i = nameAndColon(text, i); i < 0 {
		return i
	}
	goto value
}

// nameAndColon gives the indexes behind the name of a member that begins at i, or behind white space there, and behind
// the colon that follows; if there is no such name it is the latter that is negative.
func nameAndColon(text []byte, i int) (name, colon int) {
	if i = skipSpace(text, i); i == len(text) || text[i] != '"' {
		return 0, ^i
	}
	if name = endOfString(text, i); name < 0 {
		return 0, name
	}
	if i = skipSpace(text, name); i == len(text) || text[i] != ':' {
		return 0, ^i
	}
	return name, i + 1
}

// endOfLiteral gives the index behind the literal that begins at i, as one does with the first byte of this one.
func endOfLiteral(text []byte, i int, literal string) int {
	if rest := text[i:]; len(rest) >= len(literal) && string(rest[:len(literal)]) == literal {
		return i + len(literal)
	}
	n := 1
	for i+n < len(text) && text[i+n] == literal[n] {
		n++
	}
	return ^(i + n)
}

// endOfString gives the index behind the string that begins at i.
func endOfString(text []byte, i int) int {
	for i++; ; i++ {
		for i+8 <= len(text) {
			special := specials(binary.LittleEndian.Uint64(text[i:]))
			if special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
			i += 8
		}
		for i < len(text) && stringByte[text[i]] == 0 {
			i++
		}
		switch {
		case i < len(text) && text[i] == '"':
			return i + 1
		case i == len(text) || text[i] != '\\':
			return ^i
		}
		if i++; i == len(text) {
			return ^i
		}
		switch text[i] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			for range 4 {
				if i++; i == len(text) || !isHex(text[i]) {
					return ^i
				}
			}
		default:
			return ^i
		}
	}
}

// specials tells of eight bytes of a string, the first lowest, which may not be simply a part of it: the highest bit of
// each such byte is set, and no other bit. Those are the quote, the backslash, what is below the space, and what is no
// ASCII. No sum below has a carry into the next byte unless that is no ASCII; then bits above it mean nothing.
func specials(x uint64) uint64 {
	const ones, highest = 0x0101010101010101, 0x8080808080808080
	plain := (x + ones*(128-' ')) & ((x ^ ones*'"') + ones*127) & ((x ^ ones*'\\') + ones*127)
	return (^plain | x) & highest
}

// plainLength gives how many bytes of s, from its beginning, stand for themselves in a string.
func plainLength(s []byte) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if special := specials(binary.LittleEndian.Uint64(s[i:])); special != 0 {
			break
		}
	}
	for i < len(s) && stringByte[s[i]] == 0 {
		i++
	}
	return i
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// endOfNumber gives the index behind the number that begins at i.
func endOfNumber(text []byte, i int) int {
	if text[i] == '-' {
		i++
	}
	begin := i
	switch i = skipDigits(text, i); {
	case i == begin:
		return ^i
	case text[begin] == '0' && i > begin+1:
		return ^(begin + 1)
	}
	if i < len(text) && text[i] == '.' {
		begin = i + 1
		if i = skipDigits(text, begin); i == begin {
			return ^i
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		begin = i
		if i = skipDigits(text, begin); i == begin {
			return ^i
		}
	}
	return i
}

func skipDigits(text []byte, i int) int {
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	return i
}
