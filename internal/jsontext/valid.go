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

// valid reports whether text is one JSON value that nests no deeper than maxDepth; whether strings are UTF-8 it does
// not look at. It is what encoding/json's Valid is, several times as fast: every event passes it when it is written and
// when it is checked.
func valid(text []byte, maxDepth int) bool {
	end := endOfValue(text, 0, maxDepth)
	return end >= 0 && skipSpace(text, end) == len(text)
}

// endOfValue gives the index behind the JSON value that begins at i, or behind white space there, and -1 if there is
// none that nests no deeper than maxDepth. Whether strings are UTF-8 it does not look at.
func endOfValue(text []byte, i, maxDepth int) int {
	var few [8]uint64
	objects := few[:] // a bit for each level: set in an object
	depth := 0
value:
	if i = skipSpace(text, i); i == len(text) {
		return -1
	}
	switch c := text[i]; {
	case c == '"':
		if i = endOfString(text, i); i < 0 {
			return -1
		}
	case c == '{' || c == '[':
		if depth++; depth > maxDepth {
			return -1
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
			return -1
		}
	case c == 't' && i+4 <= len(text) && string(text[i:i+4]) == "true":
		i += 4
	case c == 'f' && i+5 <= len(text) && string(text[i:i+5]) == "false":
		i += 5
	case c == 'n' && i+4 <= len(text) && string(text[i:i+4]) == "null":
		i += 4
	default:
		return -1
	}
	for { // behind a value
		if depth == 0 {
			return i
		}
		if i = skipSpace(text, i); i == len(text) {
			return -1
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
			return -1
		}
	}
name:
	if _, i = nameAndColon(text, i); i < 0 {
		return -1
	}
	goto value
}

// nameAndColon gives the indexes behind the name of a member that begins at i, or behind white space there, and behind
// the colon that follows; the latter is -1 if there is no such name.
func nameAndColon(text []byte, i int) (name, colon int) {
	if i = skipSpace(text, i); i == len(text) || text[i] != '"' {
		return 0, -1
	}
	if name = endOfString(text, i); name < 0 {
		return 0, -1
	}
	if i = skipSpace(text, name); i == len(text) || text[i] != ':' {
		return 0, -1
	}
	return name, i + 1
}

// endOfString gives the index behind the string that begins at i, and -1 if there is none.
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
		case i+1 >= len(text) || text[i] != '\\':
			return -1
		}
		i++
		switch text[i] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			if i+4 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2]) || !isHex(text[i+3]) || !isHex(text[i+4]) {
				return -1
			}
			i += 4
		default:
			return -1
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

// endOfNumber gives the index behind the number that begins at i, and -1 if there is none.
func endOfNumber(text []byte, i int) int {
	if text[i] == '-' {
		i++
	}
	begin := i
	if i = skipDigits(text, i); i == begin || text[begin] == '0' && i > begin+1 {
		return -1
	}
	if i < len(text) && text[i] == '.' {
		begin = i + 1
		if i = skipDigits(text, begin); i == begin {
			return -1
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		begin = i
		if i = skipDigits(text, begin); i == begin {
			return -1
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
