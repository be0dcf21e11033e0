package parquet

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Numbers of the format, as https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift has
// them.
const (
	encodingPlain      = 0
	encodingRLE        = 3
	encodingDictionary = 8 // RLE_DICTIONARY

	codecZstd = 6

	pageData       = 0
	pageDictionary = 2
)

const (
	// pageBytes is how large the values of a data page get, plain and not compressed. One value may be larger.
	pageBytes = 512 << 10
	// A dictionary has at most so many values of at most so many bytes: it is memory, and read for every page.
	maxDictionary      = 1 << 16
	maxDictionaryBytes = 256 << 10
	// maxBound is how long a text may be that stands in the statistics. A chunk with a longer one has none.
	maxBound = 64
)

// encoder compresses pages; it may be used by several goroutines. A window of a page is enough.
var encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderCRC(false), zstd.WithWindowSize(pageBytes),
		zstd.WithLowerEncoderMem(true), zstd.WithEncoderLevel(zstd.SpeedDefault))
})

// A chunk takes the values of one column in one row group and makes a column chunk of them
// (https://parquet.apache.org/docs/file-format/data-pages/).
type chunk struct {
	Column

	// The page at hand. Without a dictionary its values are in plain, with one in indexes.
	defined []uint32 // for each row 1, or 0 for a null; of an optional column only
	rows    int
	plain   []byte
	bools   int // bits in plain, of a column of booleans
	indexes []uint32
	raw     int // bytes that the values take in plain

	// The dictionary. There is one from the beginning, until it does not pay.
	noDictionary bool
	dictionary   []byte           // its values in plain
	ends         []int            // where each of them ends there
	texts        map[string]int32 // the index of each
	numbers      map[int64]int32
	last         string // text of the last index of the page at hand
	indexed      bool   // a page was written that refers to it

	pages      []byte // that are finished
	rawPages   int64  // their length before they were compressed, with their headers
	plainPages bool   // one of them is in plain
	total      int64  // values, nulls among them
	nulls      int64
	low, high  bound
	*scratch
}

// A scratch is room that the chunks of a file use in turn.
type scratch struct{ page, packed []byte }

// A bound is the least or the greatest value of a chunk.
type bound struct {
	number int64 // of a column of numbers
	text   []byte
	known  bool
}

func newChunk(c Column, s *scratch) *chunk {
	n := &chunk{Column: c, scratch: s}
	switch c.Type {
	case String:
		n.texts = map[string]int32{}
	case Int32, Int64:
		n.numbers = map[int64]int32{}
	}
	n.reset()
	return n
}

// reset makes it one without values, with the room that it has.
func (c *chunk) reset() {
	clear(c.texts)
	clear(c.numbers)
	c.noDictionary = c.Distinct || c.Type == Boolean || c.Type == Double
	c.dictionary, c.ends, c.indexed = c.dictionary[:0], c.ends[:0], false
	c.pages, c.rawPages, c.plainPages, c.total, c.nulls = c.pages[:0], 0, false, 0, 0
	c.low.known, c.high.known = false, false
}

func (c *chunk) null() {
	c.nulls++
	c.row(0)
}

func (c *chunk) row(defined uint32) {
	c.total++
	c.rows++
	if c.Optional {
		c.defined = append(c.defined, defined)
	}
}

// number takes a number, or the bits of a double.
func (c *chunk) number(v int64) {
	if c.noDictionary || !c.lookNumber(v) {
		c.plain = c.appendNumber(c.plain, v)
	}
	c.raw += 8
	c.row(1)
	// The bits of a double that is not negative are in the order of the doubles.
	if !c.low.known || v < c.low.number {
		c.low.number, c.low.known = v, true
	}
	if !c.high.known || v > c.high.number {
		c.high.number, c.high.known = v, true
	}
}

// appendNumber appends a number as the column has it, in plain.
func (c *chunk) appendNumber(buf []byte, v int64) []byte {
	if c.Type == Int32 {
		return binary.LittleEndian.AppendUint32(buf, uint32(v))
	}
	return binary.LittleEndian.AppendUint64(buf, uint64(v))
}

func (c *chunk) bool(v bool) {
	if c.bools%8 == 0 {
		c.plain = append(c.plain, 0)
	}
	if v {
		c.plain[len(c.plain)-1] |= 1 << (c.bools % 8)
	}
	c.bools++
	c.raw = len(c.plain)
	c.row(1)
}

// bytes takes a text of a column without dictionary and bounds.
func (c *chunk) bytes(v []byte) {
	c.plain = binary.LittleEndian.AppendUint32(c.plain, uint32(len(v)))
	c.plain = append(c.plain, v...)
	c.raw += 4 + len(v)
	c.row(1)
}

func (c *chunk) text(v string) {
	if n := len(c.indexes); n > 0 && v == c.last {
		c.indexes = append(c.indexes, c.indexes[n-1])
		c.raw += 4 + len(v)
		c.row(1)
		return
	}
	if !c.Distinct {
		c.addBounds(v)
	}
	if c.noDictionary || !c.lookText(v) {
		c.plain = binary.LittleEndian.AppendUint32(c.plain, uint32(len(v)))
		c.plain = append(c.plain, v...)
	}
	c.raw += 4 + len(v)
	c.row(1)
}

// addBounds counts a text among the least and the greatest. One that is too long leaves the chunk without.
func (c *chunk) addBounds(v string) {
	if len(v) > maxBound {
		v = v[:maxBound+1]
	}
	if !c.low.known || v < string(c.low.text) {
		c.low.text, c.low.known = append(c.low.text[:0], v...), true
	}
	if !c.high.known || v > string(c.high.text) {
		c.high.text, c.high.known = append(c.high.text[:0], v...), true
	}
}

// lookText adds the index of a text, which may be new, to the page. It is false if there is no dictionary for it: then
// the page is in plain from now on.
func (c *chunk) lookText(v string) bool {
	i, ok := c.texts[v]
	if !ok {
		if !c.roomFor(4 + len(v)) {
			return false
		}
		c.dictionary = binary.LittleEndian.AppendUint32(c.dictionary, uint32(len(v)))
		c.dictionary = append(c.dictionary, v...)
		i = int32(len(c.ends))
		c.ends = append(c.ends, len(c.dictionary))
		c.texts[strings.Clone(v)] = i
	}
	c.indexes, c.last = append(c.indexes, uint32(i)), v
	return true
}

// lookNumber is lookText for a number.
func (c *chunk) lookNumber(v int64) bool {
	i, ok := c.numbers[v]
	if !ok {
		if !c.roomFor(8) {
			return false
		}
		c.dictionary = c.appendNumber(c.dictionary, v)
		i = int32(len(c.ends))
		c.ends = append(c.ends, len(c.dictionary))
		c.numbers[v] = i
	}
	c.indexes = append(c.indexes, uint32(i))
	return true
}

// roomFor reports whether the dictionary has room for a value of so many bytes; if not, it is left.
func (c *chunk) roomFor(n int) bool {
	if len(c.ends) < maxDictionary && len(c.dictionary)+n <= maxDictionaryBytes {
		return true
	}
	c.leaveDictionary()
	return false
}

// leaveDictionary turns the page at hand into a plain one, and so all that follow. A dictionary that no page refers to
// is forgotten.
func (c *chunk) leaveDictionary() {
	for _, i := range c.indexes {
		begin := 0
		if i > 0 {
			begin = c.ends[i-1]
		}
		c.plain = append(c.plain, c.dictionary[begin:c.ends[i]]...)
	}
	c.indexes, c.noDictionary = c.indexes[:0], true
	clear(c.texts)
	clear(c.numbers)
	if !c.indexed {
		c.dictionary, c.ends = c.dictionary[:0], c.ends[:0]
	}
}

// full reports whether the page at hand is as large as pages get.
func (c *chunk) full() bool { return c.raw >= pageBytes || c.rows >= pageBytes/4 }

// flush ends the page at hand. A dictionary that takes more than half of what is in its first page does not pay, and
// one of no values is none.
func (c *chunk) flush() error {
	if c.rows == 0 {
		return nil
	}
	if !c.noDictionary && !c.indexed && (len(c.ends) == 0 || 2*len(c.dictionary) > c.raw) {
		c.leaveDictionary()
	}
	page := c.scratch.page[:0]
	if c.Optional {
		page = append(page, 0, 0, 0, 0) // the length of the definition levels
		page = appendHybrid(page, c.defined, 1)
		binary.LittleEndian.PutUint32(page, uint32(len(page)-4))
	}
	encoding := int32(encodingPlain)
	if c.noDictionary {
		c.plainPages = true
		page = append(page, c.plain...)
	} else {
		encoding, c.indexed = encodingDictionary, true
		width := max(1, bits.Len(uint(len(c.ends)-1)))
		page = append(page, byte(width))
		page = appendHybrid(page, c.indexes, width)
	}
	c.scratch.page = page
	raw := 0
	var err error
	rows := int32(c.rows)
	c.pages, raw, err = c.appendPage(c.pages, page, pageData, func(t *thrift) {
		t.within(5, func() { // DataPageHeader
			t.i32(1, rows)
			t.i32(2, encoding)
			t.i32(3, encodingRLE) // definition levels
			t.i32(4, encodingRLE) // repetition levels, of which there are none
		})
	})
	c.rawPages += int64(raw)
	c.defined, c.plain, c.indexes = c.defined[:0], c.plain[:0], c.indexes[:0]
	c.rows, c.bools, c.raw = 0, 0, 0
	return err
}

// appendPage appends a page with its header, and gives how long it would be if it were not compressed.
func (s *scratch) appendPage(buf, data []byte, kind int32, header func(*thrift)) (_ []byte, raw int, err error) {
	e, err := encoder()
	if err != nil {
		return buf, 0, err
	}
	s.packed = e.EncodeAll(data, s.packed[:0])
	t := thrift{buf: buf}
	t.item(func() { // PageHeader
		t.i32(1, kind)
		t.i32(2, int32(len(data)))
		t.i32(3, int32(len(s.packed)))
		t.i32(4, int32(crc32.ChecksumIEEE(s.packed)))
		header(&t)
	})
	raw = len(t.buf) - len(buf) + len(data)
	return append(t.buf, s.packed...), raw, nil
}

// dictionaryPage gives the dictionary page, nil if no page refers to one.
func (c *chunk) dictionaryPage() (page []byte, raw int, err error) {
	if !c.indexed {
		return nil, 0, nil
	}
	return c.appendPage(nil, c.dictionary, pageDictionary, func(t *thrift) {
		t.within(7, func() { // DictionaryPageHeader
			t.i32(1, int32(len(c.ends)))
			t.i32(2, encodingPlain)
		})
	})
}

// bounds gives the least and the greatest value as the statistics have them; ok is false if there are none, or they are
// not kept.
func (c *chunk) bounds() (low, high string, ok bool) {
	switch {
	case !c.low.known || c.Type == Boolean || len(c.low.text) > maxBound || len(c.high.text) > maxBound:
		return "", "", false
	case c.Type == String:
		return string(c.low.text), string(c.high.text), true
	}
	var l, h [8]byte
	binary.LittleEndian.PutUint64(l[:], uint64(c.low.number))
	binary.LittleEndian.PutUint64(h[:], uint64(c.high.number))
	if c.Type == Int32 {
		return string(l[:4]), string(h[:4]), true
	}
	return string(l[:]), string(h[:]), true
}
