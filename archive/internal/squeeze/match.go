package squeeze

import "encoding/binary"

// A match says that what stands at a place stands also so many bytes before it.
type match struct{ length, offset int32 }

const (
	minMatch = 3
	// nice is the length from which on a match is taken without a thought.
	nice = 256
	// depth is how many places are looked at for the matches of one.
	depth    = 24
	hashBits = 16
)

// A finder finds the matches at all places of a text. Places with the same four bytes lie in a binary tree that is
// sorted by what follows them, the latest at its root (the match finder of LZMA). Places are stored with one added,
// so that 0 is none.
type finder struct {
	data    []byte
	heads   [1 << hashBits]int32 // roots, by the hash of four bytes
	threes  [1 << hashBits]int32 // the latest place, by the hash of three bytes
	smaller []int32              // of each place the subtree that is smaller, and the one that is larger
	larger  []int32
	matches []match
	starts  []int32 // of each place of the block, where its matches begin
	begin   int     // of the block
}

func (f *finder) reset(data []byte) {
	f.data = data
	clear(f.heads[:])
	clear(f.threes[:])
	if len(f.smaller) < len(data) {
		f.smaller, f.larger = make([]int32, len(data)), make([]int32, len(data))
	}
}

func hash4(b []byte) uint32 { return binary.LittleEndian.Uint32(b) * 2654435761 >> (32 - hashBits) }

func hash3(b []byte) uint32 {
	return (binary.LittleEndian.Uint32(b) << 8) * 506832829 >> (32 - hashBits)
}

// find finds the matches of the places of a block: of each place in rising length, each with the smallest offset
// there is. No match goes beyond the block.
func (f *finder) find(begin, end int) {
	f.begin, f.matches, f.starts = begin, f.matches[:0], f.starts[:0]
	quiet := begin // places before it are within a nice match
	for i := begin; i < end; i++ {
		f.starts = append(f.starts, int32(len(f.matches)))
		from := len(f.matches)
		f.insert(i)
		f.clip(from, end-i)
		if i < quiet {
			f.matches = f.matches[:from]
			continue
		}
		if n := len(f.matches); n > from && f.matches[n-1].length >= nice {
			m := &f.matches[n-1]
			p := i - int(m.offset)
			m.length = int32(matchLength(f.data[i:end], f.data[p:]))
			quiet = i + int(m.length) - nice/2
		}
	}
	f.starts = append(f.starts, int32(len(f.matches)))
}

// at gives the matches of a place of the block.
func (f *finder) at(i int) []match {
	i -= f.begin
	return f.matches[f.starts[i]:f.starts[i+1]]
}

// clip shortens the matches from one on that are longer than most. What orders the trees must not end with the block.
func (f *finder) clip(from, most int) {
	for n := len(f.matches); n > from && int(f.matches[n-1].length) > most; n-- {
		f.matches[n-1].length = int32(most)
		if before := n - 2; before >= from && int(f.matches[before].length) >= most || most < minMatch {
			f.matches = f.matches[:n-1]
		}
	}
}

// insert puts a place into its tree and adds its matches.
func (f *finder) insert(i int) {
	data := f.data
	limit := min(len(data)-i, nice)
	if limit < 4 {
		return
	}
	best := minMatch - 1
	h := hash3(data[i:])
	if p := int(f.threes[h]) - 1; p >= 0 {
		if l := matchLength(data[i:i+limit], data[p:]); l >= minMatch {
			best = l
			f.matches = append(f.matches, match{int32(l), int32(i - p)})
		}
	}
	f.threes[h] = int32(i + 1)
	h = hash4(data[i:])
	at := f.heads[h]
	f.heads[h] = int32(i + 1)
	smaller, larger := &f.smaller[i], &f.larger[i]
	inSmaller, inLarger := 0, 0 // bytes that all in what is left of the subtrees have in common with the place
	for tries := depth; at > 0 && tries > 0; tries-- {
		p := int(at - 1)
		l := min(inSmaller, inLarger)
		l += matchLength(data[i+l:i+limit], data[p+l:])
		if l > best {
			best = l
			f.matches = append(f.matches, match{int32(l), int32(i - p)})
		}
		if l == limit { // the two cannot be told apart: the place takes over the subtrees of the other
			*smaller, *larger = f.smaller[p], f.larger[p]
			return
		}
		if data[p+l] < data[i+l] {
			*smaller, smaller, inSmaller = at, &f.larger[p], l
			at = *smaller
		} else {
			*larger, larger, inLarger = at, &f.smaller[p], l
			at = *larger
		}
	}
	*smaller, *larger = 0, 0
}
