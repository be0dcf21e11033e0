package record

import (
	"bytes"
	"errors"
	"strconv"
	"sync"
	"unsafe"

	"modernc.org/sqlite/vtab"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// Events go into the database in batches: a read-only virtual table shows the batch in memory, and one INSERT … SELECT
// copies it. That takes half the time of a prepared INSERT for each event.

// batchModule is the name of the virtual table's module; its argument is the number of a batch.
const batchModule = "simexp_batch"

func init() {
	if err := sqlitefile.WriteDriver.RegisterModule(batchModule, batches); err != nil {
		panic(err) // the name is taken twice in this package
	}
}

// batches are those of all writers of the process.
var batches = &batchRegistry{open: map[int]*batch{}}

type batchRegistry struct {
	mu   sync.Mutex
	last int
	open map[int]*batch
}

// add gives the number under which SQL finds b.
func (r *batchRegistry) add(b *batch) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	r.open[r.last] = b
	return r.last
}

func (r *batchRegistry) remove(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, n)
}

// Create implements [vtab.Module].
func (r *batchRegistry) Create(c vtab.Context, args []string) (vtab.Table, error) {
	return r.Connect(c, args)
}

// Connect implements [vtab.Module].
func (r *batchRegistry) Connect(c vtab.Context, args []string) (vtab.Table, error) {
	if len(args) != 4 {
		return nil, errors.New("want the number of a batch")
	}
	n, err := strconv.Atoi(args[3])
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b, ok := r.open[n]
	if !ok {
		return nil, errors.New("no such batch")
	}
	return b, c.Declare("CREATE TABLE x (iteration INTEGER, type INTEGER, timestamp TEXT, data TEXT)")
}

// A batch is a run of events that are recorded but not yet written. It is the virtual table itself.
type batch struct {
	events []provider.Event
	types  []int64 // id of the type of each event
	bytes  int     // of data
	arena  []byte  // the data of the events, one behind the other, as far as it fits
	ends   []int   // where the data of each ends in it, 0 for one whose data is not in it
	shown  int     // events that the virtual table does not show any more
}

func (b *batch) reset() {
	clear(b.events) // let go of the texts
	b.events, b.types, b.bytes = b.events[:0], b.types[:0], 0
	b.arena, b.ends = b.arena[:0], b.ends[:0] // which no event has any more
}

// add takes an event with a copy of its data, since the caller may use that memory again.
func (b *batch) add(e *provider.Event, seq, typ int64) {
	own := *e
	own.Seq = seq
	end := 0
	if e.Data != nil {
		if b.arena == nil {
			b.arena = make([]byte, 0, flushBytes)
		}
		if len(e.Data) <= cap(b.arena)-len(b.arena) { // it must not move: events have parts of it
			at := len(b.arena)
			b.arena = append(b.arena, e.Data...)
			end = len(b.arena)
			own.Data = b.arena[at:end:end]
		} else {
			own.Data = bytes.Clone(e.Data)
		}
	}
	b.events, b.types, b.ends = append(b.events, own), append(b.types, typ), append(b.ends, end)
	b.bytes += len(e.Data)
}

// BestIndex implements [vtab.Table].
func (b *batch) BestIndex(*vtab.IndexInfo) error { return nil }

// Open implements [vtab.Table].
func (b *batch) Open() (vtab.Cursor, error) {
	// SQLite's driver wants texts as strings. The arena stays as it is until the batch is in the file: so it is one
	// string, of which the data of each event is a part that needs no copy of its own.
	return &batchCursor{b: b, texts: unsafe.String(unsafe.SliceData(b.arena), len(b.arena))}, nil
}

// Disconnect implements [vtab.Table].
func (b *batch) Disconnect() error { return nil }

// Destroy implements [vtab.Table].
func (b *batch) Destroy() error { return nil }

type batchCursor struct {
	b     *batch
	i     int
	texts string // the arena

	iteration boxed[int]
	timestamp boxed[string]
}

// boxed is the value of a column, which is mostly that of the row before, and then needs no memory of its own.
type boxed[T comparable] struct {
	of    T
	value any
}

func (b *boxed[T]) box(x T, value func(T) any) any {
	if b.value == nil || b.of != x {
		b.of, b.value = x, value(x)
	}
	return b.value
}

func integer(n int) any { return int64(n) }

// Filter implements [vtab.Cursor].
func (c *batchCursor) Filter(int, string, []vtab.Value) error { c.i = c.b.shown; return nil }

// Next implements [vtab.Cursor].
func (c *batchCursor) Next() error { c.i++; return nil }

// Eof implements [vtab.Cursor].
func (c *batchCursor) Eof() bool { return c.i >= len(c.b.events) }

// Column implements [vtab.Cursor].
func (c *batchCursor) Column(col int) (vtab.Value, error) {
	e := &c.b.events[c.i]
	switch col {
	case 0:
		return c.iteration.box(e.Iteration, integer), nil
	case 1:
		return c.b.types[c.i], nil
	case 2:
		return c.timestamp.box(e.Timestamp, tables.Nullable), nil
	}
	switch end := c.b.ends[c.i]; {
	case end > 0:
		return c.texts[end-len(e.Data) : end], nil
	case e.Data == nil:
		return nil, nil
	}
	return string(e.Data), nil
}

// Rowid implements [vtab.Cursor]. It is the Seq of the event.
func (c *batchCursor) Rowid() (int64, error) { return c.b.events[c.i].Seq, nil }

// Close implements [vtab.Cursor].
func (c *batchCursor) Close() error { return nil }
