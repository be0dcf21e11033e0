package squeeze

import "math/bits"

// bitWriter writes bits from the lowest on.
type bitWriter struct {
	out  []byte
	acc  uint64
	held uint8 // bits in acc
}

func (w *bitWriter) add(value uint32, n uint8) {
	w.acc |= uint64(value) & (1<<n - 1) << w.held
	for w.held += n; w.held >= 8; w.held -= 8 {
		w.out = append(w.out, byte(w.acc))
		w.acc >>= 8
	}
}

// flush fills the last byte up with zeros.
func (w *bitWriter) flush() []byte {
	if w.held > 0 {
		w.out = append(w.out, byte(w.acc))
	}
	out := w.out
	*w = bitWriter{}
	return out
}

// A distribution are the shares of symbols in a table of FSE; together they are 1<<log.
type distribution struct {
	shares []int
	log    uint8
}

const minLog = 5

// normalize gives the distribution, in a table of at most 1<<maxLog states, by which symbols of which so many are
// encoded take the fewest bits. At least two symbols have to be there.
func normalize(counts []int, maxLog uint8) distribution {
	total, symbols := 0, 0
	for _, n := range counts {
		total += n
		if n > 0 {
			symbols++
		}
	}
	log := max(minLog, min(maxLog, uint8(bits.Len(uint(total-1)))))
	for 1<<log < symbols {
		log++
	}
	d := distribution{make([]int, len(counts)), log}
	left := 1 << log
	for i, n := range counts {
		if n > 0 {
			d.shares[i] = max(1, n<<log/total)
			left -= d.shares[i]
		}
	}
	for ; left != 0; left -= sign(left) { // one state more or less, where it is worth most or costs least
		best, gain := -1, 0
		for i, n := range counts {
			share := d.shares[i]
			if n == 0 || left < 0 && share == 1 {
				continue
			}
			if g := n * int(log2(uint32(share+sign(left)))-log2(uint32(share))); best < 0 || g > gain {
				best, gain = i, g
			}
		}
		d.shares[best] += sign(left)
	}
	return d
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// appendTo appends the description of the distribution (RFC 8878 section 4.1.1).
func (d distribution) appendTo(out []byte) []byte {
	w := bitWriter{out: out}
	w.add(uint32(d.log)-minLog, 4)
	left, limit, width := 1<<d.log+1, 1<<d.log, d.log+1
	for i := 0; left > 1; {
		share := d.shares[i]
		i++
		most := 2*limit - 1 - left
		left -= share
		value := share + 1
		if value >= limit {
			value += most
		}
		n := width
		if value < most {
			n--
		}
		w.add(uint32(value), n)
		for ; left < limit; limit >>= 1 {
			width--
		}
		if share > 0 || left <= 1 {
			continue
		}
		zeros := 0
		for ; d.shares[i] == 0; i++ {
			zeros++
		}
		for ; zeros >= 3; zeros -= 3 {
			w.add(3, 2)
		}
		w.add(uint32(zeros), 2)
	}
	return w.flush()
}

// An encoderTable is that of a distribution (FSE, https://github.com/Cyan4973/FiniteStateEntropy).
type encoderTable struct {
	log     uint8
	states  []uint16
	symbols []struct {
		bits int32 // with 16 digits behind the point, less what makes the state round it
		find int32
	}
}

func newEncoderTable(d distribution) *encoderTable {
	size := 1 << d.log
	t := &encoderTable{log: d.log, states: make([]uint16, size)}
	t.symbols = make([]struct{ bits, find int32 }, len(d.shares))
	spread := make([]uint8, size)
	at, step := 0, size>>1+size>>3+3
	for s, share := range d.shares {
		for range share {
			spread[at] = uint8(s)
			at = (at + step) & (size - 1)
		}
	}
	next := make([]int, len(d.shares))
	total := 0
	for s, share := range d.shares {
		next[s] = total
		switch {
		case share == 1:
			t.symbols[s].bits = int32(d.log)<<16 - int32(size)
			t.symbols[s].find = int32(total - 1)
		case share > 1:
			most := int32(int(d.log) - (bits.Len(uint(share-1)) - 1))
			t.symbols[s].bits = most<<16 - int32(share)<<most
			t.symbols[s].find = int32(total - share)
		}
		total += share
	}
	for i, s := range spread {
		t.states[next[s]] = uint16(size + i)
		next[s]++
	}
	return t
}

// A state is that of an encoder of one kind of symbol. A nil table has one symbol only, which takes no bits.
type state struct {
	table *encoderTable
	value uint32
}

// begin sets the state from which symbol s is read last.
func (x *state) begin(s uint8) {
	if x.table == nil {
		return
	}
	y := x.table.symbols[s]
	n := (y.bits + 1<<15) >> 16
	x.value = uint32(x.table.states[(n<<16-y.bits)>>n+y.find])
}

// encode writes what leads from the state of symbol s to the present one.
func (x *state) encode(w *bitWriter, s uint8) {
	if x.table == nil {
		return
	}
	y := x.table.symbols[s]
	n := uint8((int32(x.value) + y.bits) >> 16)
	w.add(x.value, n)
	x.value = uint32(x.table.states[int32(x.value>>n)+y.find])
}

// end writes the state itself, with which a reader begins.
func (x *state) end(w *bitWriter) {
	if x.table != nil {
		w.add(x.value, x.table.log)
	}
}
