package redact

import (
	"encoding/binary"
	"io"
)

// MinSearch is the length in bytes of the shortest text that a [Search] looks for: shorter ones are found anywhere by
// chance.
const MinSearch = 5

// maxSearch bounds the bytes of the texts of a [Search].
const maxSearch = 64 << 20

// A Search looks for many texts at once. The zero value has none.
type Search struct {
	byStart map[uint32][]string // by their first four bytes
	maybe   []uint64            // a bit for some of those, 1<<bits in all
	longest int
	size    int
	full    bool
}

const searchBits = 16

func slot(start uint32) uint32 { return start * 0x9e3779b1 >> (32 - searchBits) }

// Add adds a text. It is false for one that is shorter than [MinSearch], or if there are too many.
func (s *Search) Add(text string) bool {
	if len(text) < MinSearch {
		return false
	}
	if s.size+len(text) > maxSearch {
		s.full = true
		return false
	}
	if s.byStart == nil {
		s.byStart = map[uint32][]string{}
		s.maybe = make([]uint64, 1<<searchBits/64)
	}
	start := binary.LittleEndian.Uint32([]byte(text[:4]))
	for _, have := range s.byStart[start] {
		if have == text {
			return true
		}
	}
	s.byStart[start] = append(s.byStart[start], text)
	s.maybe[slot(start)/64] |= 1 << (slot(start) % 64)
	s.longest = max(s.longest, len(text))
	s.size += len(text)
	return true
}

// Empty reports whether there is nothing to look for.
func (s *Search) Empty() bool { return s.size == 0 }

// Full reports whether there were too many texts to take all.
func (s *Search) Full() bool { return s.full }

// In calls found for every place of data where one of the texts begins, until it is false.
func (s *Search) In(data []byte, found func(at int, text string) bool) {
	if s.Empty() || len(data) < 4 {
		return
	}
	start := binary.LittleEndian.Uint32(data)
	for i := 0; ; i++ {
		if n := slot(start); s.maybe[n/64]&(1<<(n%64)) != 0 {
			for _, text := range s.byStart[start] {
				if len(data)-i >= len(text) && string(data[i:i+len(text)]) == text && !found(i, text) {
					return
				}
			}
		}
		if i+4 >= len(data) {
			return
		}
		start = start>>8 | uint32(data[i+4])<<24
	}
}

// Has reports whether one of the texts is in data.
func (s *Search) Has(data []byte) bool {
	has := false
	s.In(data, func(int, string) bool { has = true; return false })
	return has
}

// InReader is [Search.In] for everything that r gives.
func (s *Search) InReader(r io.Reader, found func(at int64, text string) bool) error {
	const step = 1 << 20
	if s.Empty() {
		return nil
	}
	buf := make([]byte, 0, step+2*s.longest)
	var base int64 // where buf begins
	for {
		n, err := io.ReadFull(r, buf[len(buf):min(cap(buf), len(buf)+step)])
		buf = buf[:len(buf)+n]
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return err
		}
		end := len(buf) // texts that begin behind it are for the next round
		if !last {
			end = len(buf) - s.longest + 1
		}
		more := true
		s.In(buf, func(at int, text string) bool {
			more = at >= end || found(base+int64(at), text)
			return more && at < end
		})
		if last || !more {
			return nil
		}
		keep := max(0, end)
		base += int64(keep)
		buf = buf[:copy(buf[:cap(buf)], buf[keep:])]
	}
}
