package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// MaxLine is the length in bytes of the longest line, without its line end. The writer writes no longer one.
const MaxLine = 512 << 20

// ReaderOptions for [NewReader]. The zero value, or nil, gives the defaults: what is not in the lines is not in the
// records.
type ReaderOptions struct {
	// RunID gives the run id of an experiment that has none; without it such a line is refused.
	RunID func(experimentName string) string
	// Now gives the times that are not given: created_at, timestamp and completed_at.
	Now func() string
	// Resume accepts a stream without an experiment line: it continues a run.
	Resume bool
	// MaxLine is the length in bytes of the longest line that is accepted; 0 means [MaxLine].
	MaxLine int
}

// A Reader reads one run from a stream of lines. It holds one line at a time in memory, and the numbers of the
// iterations and the names of the attachments so far. It is not for several goroutines.
type Reader struct {
	r      *bufio.Reader
	o      ReaderOptions
	buf    []byte // the line as it came
	line   int
	fields fields
	err    error // of Next; sticks

	state
	before      state // the latest record
	iterations  map[int]struct{}
	attachments provider.AttachmentNames

	behind     bool                                    // a line that is not blank has been read
	onContinue func(runID string, records int64) error // takes a continue line, nil if none is expected

	keepPart bool  // what a failed read leaves of a line is a line
	readErr  error // what reading gave behind it
}

// A state is what a record changes beside the sets of what may be there once.
type state struct {
	seq   int64
	order provider.Order
	salt  provider.SaltRule
}

// NewReader gives a Reader of r.
func NewReader(r io.Reader, o *ReaderOptions) *Reader {
	reader := &Reader{r: bufio.NewReaderSize(r, 64<<10), iterations: map[int]struct{}{}}
	if o != nil {
		reader.o = *o
	}
	if reader.o.MaxLine <= 0 {
		reader.o.MaxLine = MaxLine
	}
	return reader
}

// Line gives the number of the line that the latest record stood in, from 1.
func (r *Reader) Line() int { return r.line }

// Records yields the run, each record as soon as its line is read. The records are valid, belong to the caller and
// share no memory with the reader; Seq counts them from 0. Events lie together in memory: who keeps one of them keeps
// some tens of its neighbours. An error is yielded once and ends the sequence: a
// [*LineError], or what reading gave. There is one pass: called again, Records goes on where it stopped.
//
// The context is looked at before each line. It cannot interrupt a read that waits for its input.
func (r *Reader) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		for {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			record, err := r.Next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(record, nil) {
				return
			}
		}
	}
}

// Next gives the next record, or [io.EOF] at the end. After an error it gives the same error again.
func (r *Reader) Next() (provider.Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	record, err := r.next()
	if err != nil {
		r.err = err
		return nil, err
	}
	return record, nil
}

func (r *Reader) next() (provider.Record, error) {
	for {
		line, whole, err := r.readLine()
		if err == io.EOF {
			if r.seq == 0 && !r.o.Resume {
				return nil, &LineError{Line: max(r.line, 1), Err: errNoStart}
			}
			return nil, io.EOF
		}
		if errors.Is(err, ErrLineTooLong) {
			return nil, &LineError{Line: r.line, Err: err}
		}
		if err != nil && r.line > 0 {
			err = fmt.Errorf("after line %d: %w", r.line, err)
		}
		if err != nil {
			return nil, err
		}
		if r.line == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		line = jsontext.Trim(line)
		if len(line) == 0 {
			continue
		}
		record, err := r.parse(line, whole)
		r.behind = true
		if err != nil {
			return nil, &LineError{Line: r.line, Err: err}
		}
		if record == nil {
			continue
		}
		return record, nil
	}
}

// readLine gives the next line in a buffer that the next call reuses, and whether it had its line end.
func (r *Reader) readLine() (line []byte, whole bool, err error) {
	if cap(r.buf) > 1<<20 { // do not hold on to what one huge line needed
		r.buf = nil
	}
	r.buf = r.buf[:0]
	if r.readErr != nil {
		return nil, false, r.readErr
	}
	for {
		part, err := r.r.ReadSlice('\n')
		if len(part) > 0 && len(r.buf) == 0 {
			r.line++
		}
		r.buf = append(r.buf, part...)
		whole := err == nil
		if len(bytes.TrimRight(part, "\r\n"))+len(r.buf)-len(part) > r.o.MaxLine {
			return nil, false, fmt.Errorf("%w: more than %d bytes", ErrLineTooLong, r.o.MaxLine)
		}
		switch {
		case whole, err == io.EOF && len(r.buf) > 0:
			return r.buf, whole, nil
		case err != bufio.ErrBufferFull && r.keepPart && len(r.buf) > 0:
			r.readErr = err
			return r.buf, false, nil
		case err != bufio.ErrBufferFull:
			return nil, false, err
		}
	}
}

// parse makes the record of a line that is not blank, nil of a continue line.
func (r *Reader) parse(line []byte, whole bool) (provider.Record, error) {
	err := r.fields.parse(line)
	if err == jsontext.ErrNotObject && !json.Valid(line) {
		err := jsontext.Check(line)
		if isWide(line) {
			err = fmt.Errorf("%w: it looks like UTF-16 or UTF-32", jsontext.ErrUTF8)
		}
		if !whole {
			err = fmt.Errorf("%w (%w)", errNoNewline, err)
		}
		return nil, err
	}
	switch {
	case !utf8.Valid(line):
		return nil, jsontext.ErrUTF8
	case err == jsontext.ErrNotObject:
		return nil, errIsArray
	case err != nil:
		return nil, err
	}
	if r.onContinue != nil && !r.behind && r.fields.isContinue() {
		return nil, r.continueLine()
	}
	if err := r.fields.kindOf(); err != nil {
		return nil, err
	}
	record, err := r.fields.record()
	if err != nil {
		return nil, err
	}
	r.complete(record)
	if err := record.Validate(); err != nil {
		return nil, err
	}
	r.before = r.state
	if err := r.inOrder(record); err != nil {
		r.state = r.before
		return nil, err
	}
	record.RecordMeta().Seq = r.seq
	r.seq++
	return record, nil
}

// isWide reports whether a line is an object in an encoding that has zero bytes beside those of ASCII.
func isWide(line []byte) bool {
	line = line[:min(len(line), 12)] // a byte order mark, what belongs to the line feed before, and the brace
	return bytes.IndexByte(line, 0) >= 0 && bytes.HasPrefix(bytes.Trim(line, "\x00\xff\xfe"), []byte{'{'})
}

// text gives the latest line as it came, without the line feed, valid until the next one is read. Of one that is too
// long it is the beginning; [Reader.rest] gives the others.
func (r *Reader) text() []byte { return bytes.TrimSuffix(r.buf, []byte{'\n'}) }

// rest appends to part what follows in the input up to the end of the line, the line feed left out, until part has at
// least size bytes. It reports whether there may be more.
func (r *Reader) rest(part []byte, size int) (_ []byte, more bool) {
	for len(part) < size {
		next, err := r.r.ReadSlice('\n')
		part = append(part, next...)
		if err == nil {
			return part[:len(part)-1], false
		}
		if err != bufio.ErrBufferFull {
			if err != io.EOF {
				r.readErr = err
			}
			return part, false
		}
	}
	return part, true
}

// takeBack forgets the latest record, which was not recorded.
func (r *Reader) takeBack(record provider.Record) {
	r.state = r.before
	switch record := record.(type) {
	case *provider.Iteration:
		delete(r.iterations, record.Number)
	case *provider.Attachment:
		r.attachments.Remove(record.Name)
	}
}

// complete fills in what the recorder knows.
func (r *Reader) complete(record provider.Record) {
	now := func(s *string) {
		if *s == "" && r.o.Now != nil {
			*s = r.o.Now()
		}
	}
	switch record := record.(type) {
	case *provider.Start:
		if record.RunID == "" && r.o.RunID != nil {
			record.RunID = r.o.RunID(record.Name)
		}
		now(&record.CreatedAt)
	case *provider.Event:
		now(&record.Timestamp)
	case *provider.Interaction:
		now(&record.Timestamp)
	case *provider.Iteration:
		now(&record.Timestamp)
	case *provider.Result:
		now(&record.CompletedAt)
	}
}

// inOrder checks what no line can tell by itself. A record that fails it is in no set.
func (r *Reader) inOrder(record provider.Record) error {
	if r.seq == 0 && r.o.Resume && record.RecordKind() != provider.KindStart {
		_ = r.order.Begin() // the run began elsewhere
	}
	if err := r.salt.Check(record); err != nil {
		return err
	}
	switch record.(type) {
	case *provider.Start:
		return r.order.Begin()
	case *provider.Result:
		return r.order.Finish()
	}
	if err := r.order.Record(record.RecordKind()); err != nil {
		return err
	}
	switch record := record.(type) {
	case *provider.Iteration:
		if _, twice := r.iterations[record.Number]; twice {
			return provider.RepeatedIteration(record.Number)
		}
		r.iterations[record.Number] = struct{}{}
	case *provider.Attachment:
		return r.attachments.Add(record.Name)
	}
	return nil
}
