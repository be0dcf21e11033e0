package runindex

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/provider"
)

// digestSize is the length of a digest in bytes.
const digestSize = 32

// Bits of the flags of an entry.
const (
	flagTouched = 1 << iota
	flagPacked
	flagCreated
	flagCompleted
	flagConverged // is known
	flagYes       // it is
	flagReason
	flagFinal
	flagBest
	flagFirst
	flagLast
	flagDigest
	flagsEnd
)

// appendSummary appends what a list says of a sealed archive; the file, its size and the notes are not among it.
func appendSummary(b []byte, s *runs.Summary) []byte {
	flags := uint64(0)
	for _, f := range []struct {
		bit uint64
		set bool
	}{
		{flagTouched, s.Touched}, {flagPacked, s.Packed}, {flagCreated, s.CreatedAt != nil},
		{flagCompleted, s.CompletedAt != nil}, {flagConverged, s.Converged != nil},
		{flagYes, s.Converged != nil && *s.Converged}, {flagReason, s.ConvergenceReason != nil},
		{flagFinal, s.FinalCost != nil}, {flagBest, s.BestCost != nil}, {flagFirst, s.FirstCosts != nil},
		{flagLast, s.LastCosts != nil}, {flagDigest, s.Digest != nil},
	} {
		if f.set {
			flags |= f.bit
		}
	}
	b = binary.AppendUvarint(b, flags)
	b = appendText(b, s.RunID)
	b = appendText(b, s.Experiment)
	b = appendText(b, s.Type)
	b = appendText(b, string(s.Status))
	for _, text := range []*string{s.CreatedAt, s.CompletedAt, s.ConvergenceReason} {
		if text != nil {
			b = appendText(b, *text)
		}
	}
	for _, cost := range []*provider.Cents{s.FinalCost, s.BestCost} {
		if cost != nil {
			b = binary.AppendVarint(b, int64(*cost))
		}
	}
	for _, costs := range []map[string]provider.Cents{s.FirstCosts, s.LastCosts} {
		if costs == nil {
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(costs)))
		for _, agent := range slices.Sorted(maps.Keys(costs)) {
			b = appendText(b, agent)
			b = binary.AppendVarint(b, int64(costs[agent]))
		}
	}
	c := s.Counts
	for _, n := range []int64{s.Iterations, s.Rejected, s.Withheld, int64(s.Schema), c.Records, c.Events, c.Interactions,
		c.Iterations, c.Notes, c.Attachments} {
		b = binary.AppendVarint(b, n)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Annotations)))
	for _, a := range s.Annotations {
		b = appendText(appendText(appendText(b, a.Kind), a.Name), a.Text)
	}
	if s.Digest != nil {
		b, _ = hex.AppendDecode(b, []byte(*s.Digest))
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// summary reads what appendSummary wrote.
func (c *cursor) summary() (s runs.Summary) {
	flags := c.uvarint()
	if flags >= flagsEnd {
		c.fail("flags")
	}
	has := func(bit uint64) bool { return c.err == nil && flags&bit != 0 }
	s.State, s.Touched, s.Packed = archive.Sealed, has(flagTouched), has(flagPacked)
	s.RunID, s.Experiment, s.Type, s.Status = c.text(), c.text(), c.text(), provider.Status(c.text())
	for _, f := range []struct {
		bit  uint64
		text **string
	}{{flagCreated, &s.CreatedAt}, {flagCompleted, &s.CompletedAt}, {flagReason, &s.ConvergenceReason}} {
		if has(f.bit) {
			*f.text = new(c.text())
		}
	}
	if has(flagConverged) {
		s.Converged = new(has(flagYes))
	}
	for _, f := range []struct {
		bit  uint64
		cost **provider.Cents
	}{{flagFinal, &s.FinalCost}, {flagBest, &s.BestCost}} {
		if has(f.bit) {
			*f.cost = new(provider.Cents(c.varint()))
		}
	}
	for _, f := range []struct {
		bit   uint64
		costs *map[string]provider.Cents
	}{{flagFirst, &s.FirstCosts}, {flagLast, &s.LastCosts}} {
		if !has(f.bit) {
			continue
		}
		n := c.count(2)
		*f.costs = make(map[string]provider.Cents, n)
		for range n {
			agent := c.text()
			(*f.costs)[agent] = provider.Cents(c.varint())
		}
	}
	s.Counts = &runs.Counts{}
	for _, n := range []*int64{&s.Iterations, &s.Rejected, &s.Withheld} {
		*n = c.number()
	}
	s.Schema = int(min(c.number(), math.MaxInt32))
	for _, n := range []*int64{&s.Counts.Records, &s.Counts.Events, &s.Counts.Interactions, &s.Counts.Iterations,
		&s.Counts.Notes, &s.Counts.Attachments} {
		*n = c.number()
	}
	for range c.count(3) {
		s.Annotations = append(s.Annotations, runs.Annotation{Kind: c.text(), Name: c.text(), Text: c.text()})
	}
	if has(flagDigest) {
		s.Digest, s.DigestChecked = new(hex.EncodeToString([]byte(c.bytes(digestSize)))), new(false)
	}
	return s
}

// errCut means that there are fewer bytes than are said to come.
var errCut = errors.New("cut off")

// A cursor reads from rest. The first failure sticks: what is read after it is empty, and err says what it was.
type cursor struct {
	rest string
	err  error
}

func (c *cursor) fail(what string) {
	if c.err == nil {
		c.rest, c.err = "", fmt.Errorf("bad %s", what)
	}
}

func (c *cursor) bytes(n int) string {
	if n > len(c.rest) {
		c.rest, c.err = "", errCut
		return ""
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) uvarint() (n uint64) {
	for i := range min(len(c.rest), binary.MaxVarintLen64) {
		b := c.rest[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if i == binary.MaxVarintLen64-1 && b > 1 || i > 0 && b == 0 { // past 64 bits, or longer than need be
				break
			}
			c.rest = c.rest[i+1:]
			return n
		}
	}
	c.fail("number")
	return 0
}

func (c *cursor) varint() int64 {
	n := c.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

// number reads a signed number that is not negative.
func (c *cursor) number() int64 {
	n := c.varint()
	if n < 0 {
		c.fail("count")
		return 0
	}
	return n
}

// count reads how many things follow, each of size bytes or more.
func (c *cursor) count(size int) int {
	n := c.uvarint()
	if n > uint64(len(c.rest)/size) {
		c.fail("count")
		return 0
	}
	return int(n)
}

func (c *cursor) text() string {
	s := c.bytes(c.count(1))
	if !utf8.ValidString(s) {
		c.fail("text")
		return ""
	}
	return s
}

func (c *cursor) stamp() Stamp {
	return Stamp{Size: c.varint(), Modified: c.varint(), Changed: c.varint(), ID: c.uvarint()}
}

func appendStamp(b []byte, s Stamp) []byte {
	for _, n := range []int64{s.Size, s.Modified, s.Changed} {
		b = binary.AppendVarint(b, n)
	}
	return binary.AppendUvarint(b, s.ID)
}
