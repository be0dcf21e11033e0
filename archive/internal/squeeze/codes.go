package squeeze

import "math/bits"

// A code stands for lengths from a base on, of which it is followed by so many bits (RFC 8878 section 3.1.1.3.2.1.1).
type code struct {
	base uint32
	bits uint8
}

const (
	literalCodes = 36
	matchCodes   = 53
	offsetCodes  = 32
)

var (
	literalTable = codeTable(literalCodes, 0, 16, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
	matchTable   = codeTable(matchCodes, minMatch, 32, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		16)

	literalCode = lookup(literalTable, 0, 64)
	matchCode   = lookup(matchTable, minMatch, 128)
)

// codeTable makes codes of which the first stand for one length each, and those behind them have extra bits.
func codeTable(n int, base uint32, plain int, extra ...uint8) []code {
	table := make([]code, 0, n)
	for i := range n {
		c := code{base: base}
		if i >= plain {
			c.bits = extra[i-plain]
		}
		table = append(table, c)
		base += 1 << c.bits
	}
	return table
}

// lookup gives the codes of n short lengths.
func lookup(table []code, first uint32, n int) []uint8 {
	list := make([]uint8, n)
	for i := range list {
		for int(list[i])+1 < len(table) && table[list[i]+1].base <= first+uint32(i) {
			list[i]++
		}
	}
	return list
}

// codeOfLiterals gives the code of a number of literals.
func codeOfLiterals(n uint32) uint8 {
	if n < uint32(len(literalCode)) {
		return literalCode[n]
	}
	return uint8(bits.Len32(n)) + 18
}

// codeOfMatch gives the code of the length of a match.
func codeOfMatch(n uint32) uint8 {
	if n-minMatch < uint32(len(matchCode)) {
		return matchCode[n-minMatch]
	}
	return uint8(bits.Len32(n-minMatch)) + 35
}

// codeOfOffset gives the code of the value of an offset, which is also how many bits follow it.
func codeOfOffset(value uint32) uint8 { return uint8(bits.Len32(value) - 1) }

// A sequence is a number of literals and a match behind them. The value of an offset is the offset and three more, or
// 1 to 3 for one of those used last.
type sequence struct{ literals, length, offset uint32 }

// history are the offsets that were used last.
type history [3]uint32

var firstReps = history{1, 4, 8}

// offset gives the offset that a value of 1 to 3 stands for behind so many literals, 0 for none.
func (h *history) offset(value, literals uint32) uint32 {
	if literals == 0 {
		if value == 3 {
			return h[0] - 1
		}
		return h[value]
	}
	return h[value-1]
}

// after gives the history behind the use of an offset, whose value is given too.
func (h history) after(offset, value, literals uint32) history {
	if literals == 0 && value <= 3 {
		value++
	}
	switch value {
	case 1:
		return h
	case 2:
		return history{offset, h[0], h[2]}
	}
	return history{offset, h[0], h[1]}
}
