package squeeze

import (
	"math"
	"math/bits"
)

// A price is in 1/256 of a bit.
type price = int32

const bit price = 256

// passes is how often a block is parsed: each time with the prices that the outcome of the time before has.
const passes = 2

// A parser finds the cheapest way through a block, by dynamic programming over its places.
type parser struct {
	nodes     []node
	sequences []sequence
	prices
}

// A node is the cheapest way to a place that is known: what comes last, and what is left of what came before it.
type node struct {
	cost     price
	length   uint32 // of the match that ends here, 0 for a literal
	offset   uint32 // its value
	literals uint32 // behind the last match
	reps     history
}

// parse gives the sequences of the block from begin to end, valid until the next call, and the offsets used last.
// What follows the last sequence are literals.
func (p *parser) parse(f *finder, begin, end int, reps history) ([]sequence, history) {
	p.first(f.data[begin:end])
	var after history
	for pass := range passes {
		after = p.search(f, begin, end, reps)
		if pass < passes-1 {
			p.learn(f.data[begin:end], p.sequences)
		}
	}
	return p.sequences, after
}

// search goes once over the block.
func (p *parser) search(f *finder, begin, end int, reps history) history {
	n := end - begin
	if cap(p.nodes) < n+1 {
		p.nodes = make([]node, n+1)
	}
	p.nodes = p.nodes[:n+1]
	for i := range p.nodes {
		p.nodes[i].cost = math.MaxInt32
	}
	p.nodes[0] = node{reps: reps}
	for i := 0; i < n; {
		i = p.step(f, begin, i, n)
	}
	return p.collect(n)
}

// step goes on from a place in all ways, and gives the place from which to go on.
func (p *parser) step(f *finder, begin, i, n int) int {
	here := p.nodes[i]
	data := f.data[:begin+n]
	at := begin + i
	if cost := here.cost + p.literal[data[at]] + p.literalRun(here.literals+1) -
		p.literalRun(here.literals); cost < p.nodes[i+1].cost {
		p.nodes[i+1] = node{cost: cost, literals: here.literals + 1, reps: here.reps}
	}
	if n-i < minMatch {
		return i + 1
	}
	base := here.cost + p.literalRun(0)
	for value := uint32(1); value <= 3; value++ {
		offset := here.reps.offset(value, here.literals)
		if q := at - int(offset); offset == 0 || q < 0 || data[q] != data[at] || data[q+1] != data[at+1] ||
			data[q+2] != data[at+2] {
			continue
		}
		length := minMatch + matchLength(data[at+minMatch:], data[at-int(offset)+minMatch:])
		if p.take(i, minMatch, length, value, offset, base); length >= nice {
			return i + length
		}
	}
	from := minMatch
	for _, m := range f.at(at) {
		length := int(m.length)
		p.take(i, from, length, uint32(m.offset)+3, uint32(m.offset), base)
		if length >= nice {
			return i + length
		}
		from = length + 1
	}
	return i + 1
}

// take enters a match at a place, with each length there is; of one that is long, all of it only.
func (p *parser) take(i, from, length int, value, offset uint32, base price) {
	if length >= nice {
		from = length
	}
	here := &p.nodes[i]
	base += p.offset[codeOfOffset(value)]
	reps, known := history{}, false
	for l := from; l <= length; l++ {
		cost := base + p.length(l)
		if to := &p.nodes[i+l]; cost < to.cost {
			if !known {
				reps, known = here.reps.after(offset, value, here.literals), true
			}
			*to = node{cost: cost, length: uint32(l), offset: value, reps: reps}
		}
	}
}

// collect follows the cheapest way back from the end.
func (p *parser) collect(n int) history {
	p.sequences = p.sequences[:0]
	last := p.nodes[n]
	for i := n - int(last.literals); i > 0; {
		x := &p.nodes[i]
		i -= int(x.length)
		before := &p.nodes[i]
		p.sequences = append(p.sequences, sequence{before.literals, x.length, x.offset})
		i -= int(before.literals)
	}
	for i, j := 0, len(p.sequences)-1; i < j; i, j = i+1, j-1 {
		p.sequences[i], p.sequences[j] = p.sequences[j], p.sequences[i]
	}
	return last.reps
}

// prices are what symbols cost, the bits that follow them included.
type prices struct {
	literal  [256]price
	literals [literalCodes]price
	match    [matchCodes]price
	lengths  [nice]price // those of match by the length itself
	offset   [offsetCodes]price
}

func (p *prices) literalRun(n uint32) price { return p.literals[codeOfLiterals(n)] }

// length gives the price of the length of a match.
func (p *prices) length(n int) price {
	if n < len(p.lengths) {
		return p.lengths[n]
	}
	return p.match[codeOfMatch(uint32(n))]
}

// first sets prices of a text of which nothing is known but its bytes.
func (p *prices) first(data []byte) {
	var n [256]int
	for _, c := range data {
		n[c]++
	}
	setPrices(p.literal[:], n[:], nil)
	setPrices(p.literals[:], make([]int, literalCodes), literalTable)
	setPrices(p.match[:], make([]int, matchCodes), matchTable)
	setPrices(p.offset[:], make([]int, offsetCodes), nil)
	p.finish()
}

// learn sets the prices that symbols have in an outcome.
func (p *prices) learn(data []byte, sequences []sequence) {
	var literal [256]int
	var literals [literalCodes]int
	var match [matchCodes]int
	var offset [offsetCodes]int
	count := func(part []byte) {
		for _, c := range part {
			literal[c]++
		}
	}
	for _, s := range sequences {
		count(data[:s.literals])
		data = data[s.literals+s.length:]
		literals[codeOfLiterals(s.literals)]++
		match[codeOfMatch(s.length)]++
		offset[codeOfOffset(s.offset)]++
	}
	count(data)
	setPrices(p.literal[:], literal[:], nil)
	setPrices(p.literals[:], literals[:], literalTable)
	setPrices(p.match[:], match[:], matchTable)
	setPrices(p.offset[:], offset[:], nil)
	p.finish()
}

// finish adds what follows from the rest.
func (p *prices) finish() {
	for i := minMatch; i < len(p.lengths); i++ {
		p.lengths[i] = p.match[codeOfMatch(uint32(i))]
	}
	for i := range p.offset {
		p.offset[i] += price(i) * bit
	}
}

// setPrices gives each symbol the price of its share, counted once more than it was so that none has no price.
func setPrices(to []price, counts []int, table []code) {
	total := 0
	for _, n := range counts {
		total += 2*n + 1
	}
	whole := log2(uint32(total))
	for i, n := range counts {
		to[i] = whole - log2(uint32(2*n+1))
		if table != nil {
			to[i] += price(table[i].bits) * bit
		}
	}
}

// log2 is the logarithm of a number from 1 on, in 1/256.
func log2(n uint32) price {
	whole := bits.Len32(n) - 1
	x := uint64(n) << (31 - whole) // 1 to 2, with 31 digits behind the point
	result := price(whole) * bit
	for half := bit / 2; half > 0; half /= 2 {
		if x = x * x >> 31; x >= 1<<32 {
			x >>= 1
			result += half
		}
	}
	return result
}
