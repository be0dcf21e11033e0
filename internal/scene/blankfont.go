package scene

import (
	"encoding/binary"
	"slices"
)

// blankFont is a TrueType font of two glyphs without outlines, half as wide as high, with the tables that ISO 32000-1,
// 9.9 asks for in a CIDFontType2.
func blankFont() []byte {
	be := binary.BigEndian
	tables := []struct {
		tag  string
		data []byte
	}{
		{"glyf", make([]byte, 4)},
		{"head", words(1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 500, 1000, 0, 8, 2, 0, 0)},
		{"hhea", words(1, 0, 1000, 0, 0, 500, 0, 0, 500, 1, 0, 0, 0, 0, 0, 0, 0, 2)},
		{"hmtx", words(500, 0, 500, 0)},
		{"loca", words(0, 0, 0)},
		{"maxp", words(1, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)},
	}
	// 64 is the search range of 6 tables, 2 its logarithm, 32 what is left
	font := words(1, 0, uint16(len(tables)), 64, 2, 32)
	at := 12 + 16*len(tables)
	var body []byte
	head := 0
	for _, t := range tables {
		padded := append(slices.Clone(t.data), make([]byte, (4-len(t.data)%4)%4)...)
		font = append(font, t.tag...)
		font = be.AppendUint32(font, sum32(padded))
		font = be.AppendUint32(font, uint32(at+len(body)))
		font = be.AppendUint32(font, uint32(len(t.data)))
		if t.tag == "head" {
			head = at + len(body)
		}
		body = append(body, padded...)
	}
	font = append(font, body...)
	be.PutUint32(font[head+8:], 0xb1b0afba-sum32(font))
	return font
}

func words(list ...uint16) (b []byte) {
	for _, n := range list {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return b
}

// sum32 is the checksum of a table, whose length is a multiple of 4.
func sum32(b []byte) (sum uint32) {
	for ; len(b) >= 4; b = b[4:] {
		sum += binary.BigEndian.Uint32(b)
	}
	return sum
}
