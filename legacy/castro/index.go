package castro

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// A wanted says which rows of a table are read by the text of one column.
type wanted struct {
	keys   map[string]bool
	prefix string // and all that begin so, unless it is empty
	none   bool   // and rows in which it is no text: NULL, say
}

// is wants the rows of one key.
func is(key string) *wanted { return &wanted{keys: map[string]bool{key: true}} }

func (w *wanted) has(v any) bool {
	s, ok := v.(string)
	if !ok {
		return w.none
	}
	return w.keys[s] || w.prefix != "" && strings.HasPrefix(s, w.prefix)
}

// A span is some rows, counted from 0 without deleted ones.
type span struct{ from, to int64 }

// closeRows is how far rows of a key may be apart to stand in one span. What lies between is read and left out.
const closeRows = 2048

// A keyIndex tells where in a table the rows of each key are. The first reading of the table by that key makes it on
// its way, and the following ones read only what they want: a database of many runs, whose rows mostly stand together,
// is read once in all, and not once for each run.
type keyIndex struct {
	at    map[string]*place // of the rows of each key
	none  []span            // of rows whose key is no text
	keys  []string          // of at, sorted
	marks []mark            // ascending
	left  int64             // bytes that it may still take; negative if it is given up

	key  string // of the latest row whose key is text
	last *place // its place; nil before the first one
}

// A place is where the rows of a key are.
type place struct {
	spans []span // ascending
	turn  int    // of the key, among all keys, as the runs are listed
}

// A mark is where a batch begins: a row as the scanner counts it, and as spans do.
type mark struct{ row, n int64 }

func newKeyIndex(maxBytes int64) *keyIndex {
	return &keyIndex{at: map[string]*place{}, left: maxBytes}
}

func (x *keyIndex) mark(row, n int64) {
	x.left -= 16
	x.marks = append(x.marks, mark{row, n})
}

// add takes a row, whose key is v.
func (x *keyIndex) add(v any, row int64) {
	if x.left < 0 {
		return
	}
	spans := &x.none
	if key, ok := v.(string); ok {
		if x.last == nil || key != x.key { // a million rows of one run in a row are no rarity
			x.key, x.last = key, x.at[key]
		}
		if x.last == nil {
			x.left -= int64(len(key)) + 150
			x.last = new(place)
			x.at[key] = x.last
		}
		spans = &x.last.spans
	}
	if n := len(*spans); n > 0 && row-(*spans)[n-1].to < closeRows {
		(*spans)[n-1].to = row + 1
		return
	}
	x.left -= 16
	*spans = append(*spans, span{row, row + 1})
}

// match gives the keys that w wants, sorted.
func (x *keyIndex) match(w *wanted) (keys []string) {
	for key := range w.keys {
		if x.at[key] != nil {
			keys = append(keys, key)
		}
	}
	if w.prefix != "" {
		i, _ := slices.BinarySearch(x.keys, w.prefix)
		for ; i < len(x.keys) && strings.HasPrefix(x.keys[i], w.prefix); i++ {
			keys = append(keys, x.keys[i])
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// find gives the spans in which there may be rows of keys, and of none if they are wanted too.
func (x *keyIndex) find(keys []string, none bool) []span {
	var all []span
	for _, key := range keys {
		all = append(all, x.at[key].spans...)
	}
	if none {
		all = append(all, x.none...)
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	joined := all[:0]
	for _, s := range all {
		if last := len(joined) - 1; last >= 0 && s.from-joined[last].to < closeRows {
			joined[last].to = max(joined[last].to, s.to)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}

// before gives the last mark that is not behind row n.
func (x *keyIndex) before(n int64) mark {
	i, found := slices.BinarySearchFunc(x.marks, n, func(m mark, n int64) int { return cmp.Compare(m.n, n) })
	if !found {
		i--
	}
	return x.marks[max(i, 0)]
}

// A shelf is what the readings of one table leave to the next ones.
type shelf struct {
	pool *pool

	mu      sync.Mutex
	indexes map[string]*keyIndex // by column; complete
	scan    *scan                // the last one by an index, nil while it is used
	aheads  map[string]*ahead    // by column
	// by column: rows that were decoded by its index and not wanted, since they were last read ahead
	wasted map[string]int64
}

// waste adds to the rows that were decoded by the index of a column and not wanted.
func (s *shelf) waste(column string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wasted == nil {
		s.wasted = map[string]int64{}
	}
	s.wasted[column] += n
}

// isWasteful reports whether more than limit rows were wasted, and begins to count anew if so.
func (s *shelf) isWasteful(column string, limit int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wasted[column] <= limit {
		return false
	}
	delete(s.wasted, column)
	return true
}

// index gives the index of a column, nil if there is none yet or it would be too large.
func (s *shelf) index(column string) *keyIndex {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.indexes[column]
	if x == nil || x.left < 0 {
		return nil
	}
	return x
}

// known reports whether a column was indexed, or was too large for that.
func (s *shelf) known(column string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.indexes[column] != nil
}

// keep keeps an index that is complete.
func (s *shelf) keep(column string, x *keyIndex) {
	if x.left < 0 {
		*x = keyIndex{left: -1}
	}
	x.keys = slices.Sorted(maps.Keys(x.at))
	s.pool.order(x)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.indexes == nil {
		s.indexes = map[string]*keyIndex{}
	}
	s.indexes[column] = x
}

// A scan is a scanner that stays where its last reading ended: the rows of the next run are mostly the next ones.
type scan struct {
	*duckdb.Scanner
	columns []string
	n       int64 // the first row of its batch, without deleted ones
	rows    int64 // of the batch; 0 before the first one
}

// maxShelved is the size of the largest batch that a scan keeps, in bytes.
const maxShelved = 8 << 20

// take gives a scan of some columns, the one that is there if it fits.
func (s *shelf) take(ctx context.Context, t *duckdb.Table, columns []string) *scan {
	s.mu.Lock()
	c := s.scan
	s.scan = nil
	s.mu.Unlock()
	if c == nil || !slices.Equal(c.columns, columns) {
		c = &scan{Scanner: t.Scan(ctx, columns...), columns: columns}
	}
	return c
}

func (s *shelf) giveBack(c *scan) {
	if c.Err() != nil || c.rows > 0 && c.Batch().Size() > maxShelved {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scan = c
}

// next reads on until its batch ends behind row n.
func (c *scan) next(n int64) bool {
	for c.n+c.rows <= n {
		c.n += c.rows
		if c.rows = 0; !c.Next() {
			return false
		}
		c.rows = int64(c.Batch().Len())
	}
	return true
}

// goTo goes to the batch in which row n is. It is false at the end and after an error.
func (c *scan) goTo(x *keyIndex, n int64) bool {
	if c.rows > 0 && c.n <= n && n < c.n+c.rows {
		return true
	}
	if m := x.before(n); c.rows == 0 || n < c.n || c.n+c.rows < m.n {
		c.SeekRow(m.row)
		c.n, c.rows = m.n, 0
	}
	return c.next(n)
}
