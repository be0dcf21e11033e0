package squeeze

import (
	"errors"

	"github.com/klauspost/compress/huff0"
)

// A blockWriter writes compressed blocks (RFC 8878 section 3.1.1.3).
type blockWriter struct {
	huffman  huff0.Scratch
	literals []byte
	symbols  [3][]uint8 // of each sequence its codes: number of literals, offset, length
}

const (
	ofLiterals = iota
	ofOffset
	ofMatch
)

// append appends a block of data. It is false if that is not possible in this form.
func (w *blockWriter) append(dst, data []byte, sequences []sequence) ([]byte, bool) {
	w.literals = w.literals[:0]
	for i := range w.symbols {
		w.symbols[i] = w.symbols[i][:0]
	}
	for _, s := range sequences {
		w.literals = append(w.literals, data[:s.literals]...)
		data = data[s.literals+s.length:]
		w.symbols[ofLiterals] = append(w.symbols[ofLiterals], codeOfLiterals(s.literals))
		w.symbols[ofOffset] = append(w.symbols[ofOffset], codeOfOffset(s.offset))
		w.symbols[ofMatch] = append(w.symbols[ofMatch], codeOfMatch(s.length))
	}
	w.literals = append(w.literals, data...)
	dst, ok := w.appendLiterals(dst)
	return w.appendSequences(dst, sequences), ok
}

// appendLiterals appends the section of the literals.
func (w *blockWriter) appendLiterals(dst []byte) ([]byte, bool) {
	const (
		raw        = 0
		rle        = 1
		compressed = 2
	)
	size := uint64(len(w.literals))
	plain := func(kind uint64) []byte {
		switch {
		case size < 1<<5:
			return append(dst, byte(kind|size<<3))
		case size < 1<<12:
			return append(dst, byte(kind|1<<2|size<<4), byte(size>>4))
		}
		return append(dst, byte(kind|3<<2|size<<4), byte(size>>4), byte(size>>12))
	}
	if size == 0 {
		return plain(raw), true
	}
	if repeated(w.literals) {
		return append(plain(rle), w.literals[0]), true
	}
	w.huffman.Reuse = huff0.ReusePolicyNone
	var out []byte
	var err error
	one := size < 256
	if one {
		out, _, err = huff0.Compress1X(w.literals, &w.huffman)
	} else {
		out, _, err = huff0.Compress4X(w.literals, &w.huffman)
	}
	if errors.Is(err, huff0.ErrIncompressible) || errors.Is(err, huff0.ErrUseRLE) ||
		err == nil && len(out) >= len(w.literals) {
		return append(plain(raw), w.literals...), true
	} else if err != nil {
		return dst, false
	}
	form, width := uint64(0), 10
	switch most := max(size, uint64(len(out))); {
	case one:
	case most < 1<<10:
		form = 1
	case most < 1<<14:
		form, width = 2, 14
	default:
		form, width = 3, 18
	}
	head := compressed | form<<2 | size<<4 | uint64(len(out))<<(4+width)
	for n := 4 + 2*width; n > 0; n -= 8 {
		dst = append(dst, byte(head))
		head >>= 8
	}
	return append(dst, out...), true
}

// appendSequences appends the section of the sequences.
func (w *blockWriter) appendSequences(dst []byte, sequences []sequence) []byte {
	const manyFrom = 0x7F00
	n := len(sequences)
	switch {
	case n == 0:
		return append(dst, 0)
	case n < 128:
		dst = append(dst, byte(n))
	case n < manyFrom:
		dst = append(dst, byte(n>>8)+128, byte(n))
	default:
		dst = append(dst, 255, byte(n-manyFrom), byte((n-manyFrom)>>8))
	}
	modes := len(dst)
	dst = append(dst, 0)
	var states [3]state
	for i, log := range [3]uint8{ofLiterals: 9, ofOffset: 8, ofMatch: 9} {
		const (
			one = 1
			fse = 2
		)
		var mode byte
		dst, mode, states[i].table = appendTable(dst, w.symbols[i], log, one, fse)
		dst[modes] |= mode << (6 - 2*i)
	}
	return w.appendBits(dst, sequences, &states)
}

// appendTable appends the description of a table for symbols, nil if they are all one, and gives its mode.
func appendTable(dst []byte, symbols []uint8, log uint8, one, fse byte) ([]byte, byte, *encoderTable) {
	if repeated(symbols) {
		return append(dst, symbols[0]), one, nil
	}
	var counts [64]int
	last := uint8(0)
	for _, s := range symbols {
		counts[s]++
		last = max(last, s)
	}
	d := normalize(counts[:last+1], log)
	return d.appendTo(dst), fse, newEncoderTable(d)
}

// appendBits appends the bits of the sequences, from the last to the first, since they are read backwards.
func (w *blockWriter) appendBits(dst []byte, sequences []sequence, states *[3]state) []byte {
	b := bitWriter{out: dst}
	for i := len(sequences) - 1; i >= 0; i-- {
		s := sequences[i]
		literals, offset, length := w.symbols[ofLiterals][i], w.symbols[ofOffset][i], w.symbols[ofMatch][i]
		if i == len(sequences)-1 {
			states[ofMatch].begin(length)
			states[ofOffset].begin(offset)
			states[ofLiterals].begin(literals)
		} else {
			states[ofOffset].encode(&b, offset)
			states[ofMatch].encode(&b, length)
			states[ofLiterals].encode(&b, literals)
		}
		b.add(s.literals-literalTable[literals].base, literalTable[literals].bits)
		b.add(s.length-matchTable[length].base, matchTable[length].bits)
		b.add(s.offset, offset)
	}
	states[ofMatch].end(&b)
	states[ofOffset].end(&b)
	states[ofLiterals].end(&b)
	b.add(1, 1)
	return b.flush()
}
