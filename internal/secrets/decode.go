package secrets

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

// A segment is a part of a text that is an encoding of another text.
type segment struct {
	span
	encoding string
	decoded  []byte
}

// segments yields the parts of text that stand for something else, until yield is false.
func segments(text []byte, yield func(segment) bool) {
	_ = wideSegments(text, yield) && percentSegments(text, yield) && entitySegments(text, yield) &&
		base64Segments(text, yield)
}

const (
	wideLeast   = 8  // characters of the shortest text in UTF-16 that is noticed
	base64Least = 16 // characters of the shortest base64
	base64Long  = 64 // and of one that is decoded even if it stands for no text
	hexLeast    = 32 // digits likewise
	hexLong     = 128
	lineLeast   = 16 // characters of the lines of base64 that is broken into lines
	lineLong    = 60 // and of those that are taken together even if they stand for no text
	lineIndent  = 16 // blanks in front of them, at most
)

// wideSegments yields texts of which every second byte is zero, as in UTF-16 of either order.
func wideSegments(text []byte, yield func(segment) bool) bool {
	for i := 0; i+1 < len(text); {
		if text[i] == 0 || text[i+1] != 0 {
			i++
			continue
		}
		start := i
		for i+1 < len(text) && text[i] != 0 && text[i+1] == 0 {
			i += 2
		}
		if i+1 == len(text) && text[i] != 0 { // of the other order
			i++
		}
		if i-start < 2*wideLeast {
			continue
		}
		var decoded []byte
		for k := start; k < i; k += 2 {
			decoded = utf8.AppendRune(decoded, rune(text[k]))
		}
		if !yield(segment{span{start, i}, "UTF-16", decoded}) {
			return false
		}
	}
	return true
}

// percentSegments yields words that have bytes written as %41 (RFC 3986).
func percentSegments(text []byte, yield func(segment) bool) bool {
	inWord := func(c byte) bool {
		return c > ' ' && c != 0x7f && c != '"' && c != '\'' && c != '`' && c != '<' && c != '>' && c != '\\'
	}
	behind := 0
	for i := 0; i+2 < len(text); i++ {
		if text[i] != '%' || unhex(text[i+1]) < 0 || unhex(text[i+2]) < 0 {
			continue
		}
		start, end := i, i
		for start > behind && inWord(text[start-1]) {
			start--
		}
		for end < len(text) && inWord(text[end]) {
			end++
		}
		decoded := make([]byte, 0, end-start)
		form := false // has a plus sign, which in forms is a blank
		for k := start; k < end; k++ {
			if text[k] == '%' && k+2 < end && unhex(text[k+1]) >= 0 && unhex(text[k+2]) >= 0 {
				decoded = append(decoded, byte(unhex(text[k+1])<<4|unhex(text[k+2])))
				k += 2
			} else {
				decoded = append(decoded, text[k])
				form = form || text[k] == '+'
			}
		}
		if !yield(segment{span{start, end}, "percent-encoding", decoded}) {
			return false
		}
		if form {
			decoded = bytes.ReplaceAll(decoded, []byte("+"), []byte(" "))
			if !yield(segment{span{start, end}, "percent-encoding", decoded}) {
				return false
			}
		}
		behind, i = end, end-1
	}
	return true
}

// entitySegments yields stretches of text with characters of HTML by name or number, such as &quot; and &#34;. Blanks are
// in them only behind what joins a value to a name.
func entitySegments(text []byte, yield func(segment) bool) bool {
	in := func(i int) bool {
		if text[i] > ' ' {
			return text[i] != 0x7f && strings.IndexByte("\"'<>", text[i]) < 0
		}
		return text[i] == ' ' && i > 0 && strings.IndexByte(":=,;", text[i-1]) >= 0
	}
	behind := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '&' || !isEntity(text[i:]) {
			continue
		}
		start, end := i, i
		for start > behind && i-start < longestForm/4 && in(start-1) {
			start--
		}
		for end < len(text) && end-i < longestForm/4 && in(end) {
			end++
		}
		decoded := html.UnescapeString(string(text[start:end]))
		if !yield(segment{span{start, end}, "HTML", []byte(decoded)}) {
			return false
		}
		behind, i = end, end-1
	}
	return true
}

// isEntity reports whether text begins with a character of HTML by name or number.
func isEntity(text []byte) bool {
	for i := 1; i < len(text) && i < 10; i++ {
		switch c := text[i]; {
		case c == ';':
			entity := string(text[:i+1])
			return html.UnescapeString(entity) != entity
		case !alphanumeric(c) && !(c == '#' && i == 1):
			return false
		}
	}
	return false
}

// unhex gives the value of a hexadecimal digit, -1 if c is none.
func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// inBase64 tells the characters of both alphabets of base64 (RFC 4648).
var inBase64 = func() (of [256]bool) {
	for c := range 256 {
		of[c] = alphanumeric(byte(c)) || strings.IndexByte(betweenWords, byte(c)) >= 0
	}
	return of
}()

// betweenWords are those of them that also stand between words, the ones that part longer texts first.
const betweenWords = "/+-_"

// base64Segments yields what stands in base64 or in hexadecimal digits, also over several lines of the same length.
func base64Segments(text []byte, yield func(segment) bool) bool {
	parted := 0 // up to here lines are not taken together
	for i := 0; i < len(text); {
		if !inBase64[text[i]] {
			i++
			continue
		}
		end := endOfRun(text, i)
		if end-i < base64Least {
			i = end
			continue
		}
		first := span{i, end}
		whole, stop := text[i:end:end], end
		if i >= parted {
			whole, stop = joinLines(text, i, end)
		}
		joined, sure := decodeWord(whole)
		switch {
		case stop > end && sure:
			joined.span = span{i, stop}
			if !yield(joined) {
				return false
			}
			end = stop
		default:
			more, any := decodeParts(text, first, betweenWords, yield)
			if !more {
				return false
			}
			if stop > end && first.end-first.start < lineLong {
				parted = stop
				break
			}
			if joined.decoded == nil || any {
				break
			}
			joined.span = span{i, stop} // many characters that stand for no text, but for something
			if !yield(joined) {
				return false
			}
			end = stop
		}
		i = end
	}
	return true
}

// endOfRun gives where the characters of base64 end that begin at text[at:].
func endOfRun(text []byte, at int) int {
	for at < len(text) && inBase64[text[at]] {
		at++
	}
	return at
}

// joinLines gives base64 that is perhaps broken into lines, of which the first is text[start:end], and where the last
// one ends.
func joinLines(text []byte, start, end int) (whole []byte, stop int) {
	width := end - start
	whole = text[start:end:end]
	for width >= lineLeast {
		next := nextLine(text, end)
		if next < 0 {
			break
		}
		stop := endOfRun(text, next)
		if stop == next || stop-next > width {
			break
		}
		whole, end = append(whole, text[next:stop]...), stop
		if stop-next < width {
			break
		}
	}
	return whole, end
}

// nextLine gives where the line behind text[at:] begins, blanks left out, -1 if at is not the end of a line.
func nextLine(text []byte, at int) int {
	if at < len(text) && text[at] == '\r' {
		at++
	}
	if at >= len(text) || text[at] != '\n' {
		return -1
	}
	return skip(text, at+1, " \t", lineIndent)
}

// decodeParts yields what a run of characters of base64 surely stands for: as a whole or, where that is nothing, in its
// parts between separators. It is false if yield was, and says whether there was anything.
func decodeParts(text []byte, at span, separators string, yield func(segment) bool) (more, any bool) {
	if at.end-at.start < base64Least {
		return true, false
	}
	run := text[at.start:at.end]
	if s, sure := decodeWord(run); sure {
		s.span = at
		return yield(s), true
	}
	for separators != "" && bytes.IndexByte(run, separators[0]) < 0 {
		separators = separators[1:]
	}
	if separators == "" {
		return true, false
	}
	more = true
	for from := at.start; from <= at.end && more; {
		to := at.end
		if i := bytes.IndexByte(text[from:at.end], separators[0]); i >= 0 {
			to = from + i
		}
		var found bool
		more, found = decodeParts(text, span{from, to}, separators[1:], yield)
		any = any || found
		from = to + 1
	}
	return more, any
}

// decodeWord decodes hexadecimal digits or base64 that surely stand for something: for a text, or for something packed.
// What long ones stand for is given, too, without being sure.
func decodeWord(run []byte) (s segment, sure bool) {
	if len(run) >= hexLeast && len(run)%2 == 0 && unhex(run[0]) >= 0 {
		if decoded, err := hex.AppendDecode(nil, run); err == nil && (len(run) >= hexLong || meaningful(decoded)) {
			return segment{encoding: "hexadecimal", decoded: decoded}, meaningful(decoded)
		}
	}
	standard := slices.Clone(run)
	for i, c := range standard {
		switch c {
		case '-':
			standard[i] = '+'
		case '_':
			standard[i] = '/'
		}
	}
	if len(standard)%4 == 1 { // which no base64 has
		standard = standard[:len(standard)-1]
	}
	// The first bytes tell for nearly all words that they are no base64.
	var first [9]byte
	if n, err := base64.RawStdEncoding.Decode(first[:], standard[:12]); err != nil || len(run) < base64Long &&
		!meaningful(first[:n]) {
		return s, false
	}
	decoded, err := base64.RawStdEncoding.AppendDecode(nil, standard)
	if err != nil || len(run) < base64Long && !meaningful(decoded) {
		return s, false
	}
	return segment{encoding: "base64", decoded: decoded}, meaningful(decoded)
}

// meaningful reports whether b begins something that somebody would encode: a text, UTF-16, something packed.
func meaningful(b []byte) bool {
	return textual(b) || wide(b) || formatOf(b) != nil
}

// textual reports whether b is UTF-8 without control characters, but that it may be cut behind any byte.
func textual(b []byte) bool {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return !utf8.FullRune(b[i:])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return false
		}
		i += size
	}
	return true
}

// wide reports whether b begins a text in UTF-16, of either order.
func wide(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	return b[1] == 0 && b[3] == 0 && b[0] != 0 && b[2] != 0 || b[0] == 0 && b[2] == 0 && b[1] != 0 && b[3] != 0 ||
		byteOrder(b) != nil
}
