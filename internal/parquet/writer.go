package parquet

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// A Type is what the values of a column are.
type Type int

const (
	Boolean Type = iota
	Int32        // signed
	Int64        // signed
	Double       // neither negative nor NaN
	String       // UTF-8, which the caller has checked
)

// A Column describes a column.
type Column struct {
	Name     string
	Type     Type
	Optional bool // it may have nulls
	Distinct bool // its values hardly repeat, so that no dictionary is tried
}

const (
	groupRows  = 120 << 10 // rows of a row group
	groupBytes = 4 << 20   // of its pages, compressed
)

// maxValue is how long a text may be: the length of a page is a number of 31 bits.
const maxValue = 1 << 30

// ErrValue means that a value does not fit its column, or that a row has not one value for each.
var ErrValue = errors.New("value that does not fit the column")

// A Writer writes a file. Values are given one by one, a row after the other, each ended by EndRow; after the last one
// Close. It is not for several goroutines. After an error all calls fail.
type Writer struct {
	w       io.Writer
	chunks  []*chunk
	next    int // column of the next value
	err     error
	offset  int64
	rows    int64 // of the row group at hand
	all     int64 // rows that are written
	groups  []group
	columns []Column
}

// NewWriter begins a file, which is written to w by pages that are complete.
func NewWriter(w io.Writer, columns []Column) *Writer {
	f, room := &Writer{w: w, columns: columns}, &scratch{}
	for _, c := range columns {
		f.chunks = append(f.chunks, newChunk(c, room))
	}
	return f
}

// column gives the chunk of the next value, nil if that is no value of its type.
func (f *Writer) column(t Type) *chunk {
	if f.err != nil {
		return nil
	}
	if f.next == len(f.chunks) {
		f.err = fmt.Errorf("%w: a row of more than %d values", ErrValue, len(f.chunks))
		return nil
	}
	c := f.chunks[f.next]
	if c.Type != t {
		f.err = fmt.Errorf("%w: column %s", ErrValue, c.Name)
		return nil
	}
	f.next++
	return c
}

// Int takes the next value of a row, in a column of 64 or 32 bits.
func (f *Writer) Int(v int64) {
	t := Int64
	if f.next < len(f.chunks) && f.chunks[f.next].Type == Int32 {
		t = Int32
	}
	c := f.column(t)
	switch {
	case c == nil:
	case t == Int32 && int64(int32(v)) != v:
		f.err = fmt.Errorf("%w: column %s: %d takes more than 32 bits", ErrValue, c.Name, v)
	default:
		c.number(v)
	}
}

// Bool takes the next value of a row.
func (f *Writer) Bool(v bool) {
	if c := f.column(Boolean); c != nil {
		c.bool(v)
	}
}

// Double takes the next value of a row.
func (f *Writer) Double(v float64) {
	c := f.column(Double)
	switch {
	case c == nil:
	case math.IsNaN(v) || math.Signbit(v):
		f.err = fmt.Errorf("%w: column %s: %v", ErrValue, c.Name, v)
	default:
		c.number(int64(math.Float64bits(v)))
	}
}

// Text takes the next value of a row.
func (f *Writer) Text(v string) {
	c := f.column(String)
	switch {
	case c == nil:
	case len(v) > maxValue:
		f.err = fmt.Errorf("%w: column %s: %d bytes, more than %d", ErrValue, c.Name, len(v), maxValue)
	default:
		c.text(v)
	}
}

// Bytes is Text for a text as bytes, which it does not keep.
func (f *Writer) Bytes(v []byte) {
	c := f.column(String)
	switch {
	case c == nil:
	case len(v) > maxValue:
		f.err = fmt.Errorf("%w: column %s: %d bytes, more than %d", ErrValue, c.Name, len(v), maxValue)
	case c.noDictionary && c.Distinct:
		c.bytes(v)
	default:
		c.text(string(v))
	}
}

// Null takes the absence of the next value of a row.
func (f *Writer) Null() {
	switch {
	case f.err != nil:
	case f.next == len(f.chunks) || !f.chunks[f.next].Optional:
		f.err = fmt.Errorf("%w: null, in column %d of %d", ErrValue, f.next+1, len(f.chunks))
	default:
		f.chunks[f.next].null()
		f.next++
	}
}

// EndRow ends a row, which has a value for each column.
func (f *Writer) EndRow() error {
	if f.err == nil && f.next != len(f.chunks) {
		f.err = fmt.Errorf("%w: a row of %d values for %d columns", ErrValue, f.next, len(f.chunks))
	}
	if f.err != nil {
		return f.err
	}
	f.next = 0
	f.rows++
	size := 0
	for _, c := range f.chunks {
		if c.full() {
			if f.err = c.flush(); f.err != nil {
				return f.err
			}
		}
		size += len(c.pages)
	}
	if f.rows == groupRows || size >= groupBytes {
		f.err = f.flush()
	}
	return f.err
}

// write appends to the file.
func (f *Writer) write(b []byte) error {
	if f.offset == 0 {
		b = append([]byte(magic), b...)
	}
	n, err := f.w.Write(b)
	f.offset += int64(n)
	return err
}

// flush writes the row group at hand.
func (f *Writer) flush() error {
	if f.rows == 0 {
		return nil
	}
	g := group{rows: f.rows}
	for _, c := range f.chunks {
		if err := c.flush(); err != nil {
			return err
		}
		d, err := f.writeChunk(c)
		if err != nil {
			return err
		}
		g.chunks = append(g.chunks, d)
		c.reset()
	}
	f.groups = append(f.groups, g)
	f.all += f.rows
	f.rows = 0
	return nil
}

func (f *Writer) writeChunk(c *chunk) (d description, err error) {
	dictionary, raw, err := c.dictionaryPage()
	if err != nil {
		return d, err
	}
	if f.offset == 0 {
		if err := f.write(nil); err != nil {
			return d, err
		}
	}
	d = description{begin: f.offset, size: int64(len(dictionary) + len(c.pages)), raw: int64(raw) + c.rawPages,
		values: c.total, nulls: c.nulls, dictionary: int64(len(dictionary)), plain: c.plainPages}
	d.low, d.high, d.bounded = c.bounds()
	if err := f.write(dictionary); err != nil {
		return d, err
	}
	return d, f.write(c.pages)
}

// A KeyValue says something about a file, beside its rows.
type KeyValue struct{ Key, Value string }

// Close ends the file, with what is to be said about it and the program by which it was made, of the form "NAME version
// 1.2.3 (build TEXT)". It does not close the underlying writer.
func (f *Writer) Close(createdBy string, about []KeyValue) error {
	if f.err == nil && f.next > 0 {
		f.err = fmt.Errorf("%w: the last row was not ended", ErrValue)
	}
	if f.err == nil {
		f.err = f.flush()
	}
	if f.err == nil {
		f.err = f.write(f.footer(createdBy, about))
	}
	if f.err != nil {
		return f.err
	}
	f.err = errClosed
	return nil
}

var errClosed = errors.New("the file is complete")
