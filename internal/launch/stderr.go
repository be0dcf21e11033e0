package launch

import (
	"os"
	"sync"
)

// Kept is what a program wrote to standard error: all of it or, if it is long, its beginning and its end.
type Kept struct {
	Data []byte
	Size int64 // of all that it wrote, in bytes
	Head int64 // if there is a gap: the bytes of Data before it
}

// Cut reports whether bytes are missing, between the first Head ones and the others.
func (k Kept) Cut() bool { return k.Size > int64(len(k.Data)) }

// How many bytes are kept of the beginning, where a program says with what it runs, and of the end, where it says what
// it failed with. Variables for tests.
var (
	keptHead int64 = 4 << 20
	keptTail int64 = 12 << 20
)

// A spool keeps the beginning of what is written to it and, in a ring behind that, the end, in a temporary file. Write
// never fails: the first error is for whoever asks what was kept. The nil spool keeps nothing.
type spool struct {
	mu         sync.Mutex
	f          *os.File
	size       int64
	head, tail int64
	err        error
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "exparchive-stderr-")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // it goes with the process; Windows waits for close
	return &spool{f: f, head: keptHead, tail: keptTail}, nil
}

// Write implements [io.Writer].
func (s *spool) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(b)
	for len(b) > 0 {
		at, room := s.size, s.head-s.size
		if room <= 0 {
			offset := (s.size - s.head) % s.tail
			at, room = s.head+offset, s.tail-offset
		}
		part := b[:min(int64(len(b)), room)]
		if s.err == nil {
			_, s.err = s.f.WriteAt(part, at)
		}
		s.size += int64(len(part))
		b = b[len(part):]
	}
	return n, nil
}

func (s *spool) written() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

func (s *spool) kept() (Kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return Kept{}, s.err
	}
	k := Kept{Data: make([]byte, min(s.size, s.head+s.tail)), Size: s.size}
	if _, err := s.f.ReadAt(k.Data, 0); err != nil && len(k.Data) > 0 {
		return Kept{}, err
	}
	if k.Cut() {
		k.Head = s.head
		oldest := s.head + (s.size-s.head)%s.tail // what was written over last ends here
		ring := append([]byte(nil), k.Data[oldest:]...)
		ring = append(ring, k.Data[s.head:oldest]...)
		copy(k.Data[s.head:], ring)
	}
	return k, nil
}

func (s *spool) close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := s.f.Name()
	err := s.f.Close()
	_ = os.Remove(name)
	return err
}
