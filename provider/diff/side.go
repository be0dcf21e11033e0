package diff

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// Window is how many records of each run are looked at to find out how two runs go on where they part.
const Window = 128

// windowBytes is about how much memory the records of a window take before no more are read into it.
const windowBytes = 16 << 20

// A side is one run, read record by record, with those that have been read and not yet compared.
type side struct {
	b     bool // the second run
	next  func() (provider.Record, error, bool)
	leaf  digest.Leaf
	plain digest.Leaf // of records as if the run had no salt, to find equal ones at other positions
	tree  digest.Tree
	skip  Ignore
	ahead []*item
	size  int // bytes of ahead
	seq   int64
	ended bool
}

// An item is a record that has not been compared yet.
type item struct {
	r     provider.Record
	seq   int64
	entry []byte // what its hash covers
	size  int
	// With print, records are the same for the alignment if their prints are; key says which may be compared at all.
	printed bool
	print   [sha256.Size]byte
	key     string
}

func (s *side) open(ctx context.Context, p provider.Provider, b bool, skip Ignore) (stop func()) {
	s.b, s.skip = b, skip
	s.next, stop = iter.Pull2(p.Records(ctx))
	return stop
}

// read reads on until there are n records ahead, the run has ended, or they take too much memory.
func (s *side) read(n int) error {
	for len(s.ahead) < n && !s.ended && (s.size < windowBytes || len(s.ahead) == 0) {
		r, err, ok := s.next()
		if err == nil && ok {
			err = s.add(r)
		}
		if err != nil {
			s.ended = true
			return &RunError{s.b, err}
		}
		s.ended = !ok
	}
	return nil
}

func (s *side) add(r provider.Record) error {
	if err := r.Validate(); err != nil {
		return fmt.Errorf("record %d: %w", s.seq, err)
	}
	entry := bytes.Clone(s.leaf.Entry(r))
	if err := s.leaf.Err(); err != nil {
		return err
	}
	s.tree.Add(leafHash(entry))
	x := &item{r: r, seq: s.seq, entry: entry, size: sizeOf(r)}
	s.seq++
	if s.skip.kind(r.RecordKind()) {
		return nil
	}
	s.ahead = append(s.ahead, x)
	s.size += x.size
	return nil
}

// leafHash is the hash of a record as RFC 6962 section 2.1 makes it of its entry.
func leafHash(entry []byte) digest.Hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(entry)
	return digest.Hash(h.Sum(nil))
}

// take removes the first n records ahead.
func (s *side) take(n int) []*item {
	taken := s.ahead[:n]
	s.ahead = s.ahead[n:]
	if len(s.ahead) == 0 {
		s.ahead = nil
	}
	for _, x := range taken {
		s.size -= x.size
	}
	return taken
}

// prepare computes what the alignment needs of the records ahead.
func (s *side) prepare() error {
	for _, x := range s.ahead {
		if x.printed {
			continue
		}
		x.printed, x.key = true, identity(x.r)
		if x.r.RecordKind() == provider.KindStart { // which tells a leaf the salt; it is the first record of every run
			x.print = sha256.Sum256(x.entry)
			continue
		}
		e, err := digest.ParseEntry(s.plain.Entry(x.r))
		if err != nil {
			return err
		}
		h := sha256.New()
		for _, f := range e.Fields {
			pointer := "/" + f.Name
			field, _ := x.r.RecordKind().Field(f.Name)
			switch v := valueOf(field, x.r); {
			case s.skip.pointer(pointer):
			case s.skip.within(f.Name) && v != nil && v.JSON != nil && v.Text == nil:
				fmt.Fprintf(h, "%d %s;", f.ID, s.skip.appendCounted(nil, pointer, v.JSON))
			default:
				fmt.Fprintf(h, "%d %c %d %x %q %x;", f.ID, f.Form, f.Integer, f.Number, f.Text, f.Commitment)
			}
		}
		h.Sum(x.print[:0])
	}
	return nil
}

// identity says of a record which others it may be compared with: those of the same identity.
func identity(r provider.Record) string {
	k := r.RecordKind()
	switch r := r.(type) {
	case *provider.Event:
		return fmt.Sprintf("%d %d %s", k, r.Iteration, r.Type)
	case *provider.Interaction:
		return fmt.Sprintf("%d %d %s", k, r.Iteration, r.AgentID)
	case *provider.Iteration:
		return fmt.Sprintf("%d %d", k, r.Number)
	case *provider.Note:
		return fmt.Sprintf("%d %q %s", k, r.Kind, r.Subject)
	case *provider.Attachment:
		return fmt.Sprintf("%d %s", k, r.Name)
	}
	return fmt.Sprint(k)
}

// sizeOf gives about how many bytes a record takes.
func sizeOf(r provider.Record) int {
	n := 512
	for f := range r.RecordKind().Fields() {
		switch p := f.Addr(r).(type) {
		case *string:
			n += len(*p)
		case *[]byte:
			n += len(*p)
		case **string:
			if *p != nil {
				n += len(**p)
			}
		case *map[string]provider.Cents:
			for agent := range *p {
				n += len(agent) + 32
			}
		case *map[string]bool:
			for agent := range *p {
				n += len(agent) + 32
			}
		case *map[string]json.RawMessage:
			for agent, policy := range *p {
				n += len(agent) + len(policy) + 64
			}
		}
	}
	return n
}
