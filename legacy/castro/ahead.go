package castro

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// maxAhead is how much memory the rows take that the tables of a database have read ahead, in bytes, unless MaxRows is
// less.
const maxAhead = 256 << 20

// A pool is what the tables of one database share.
type pool struct {
	decoded func() int64 // rows that were read so far from any table

	mu   sync.Mutex
	left int64          // bytes that rows read ahead may still take
	turn map[string]int // of each run in the list of runs; nil before they are listed
}

func newPool(db *duckdb.DB, maxRows int64) *pool {
	return &pool{decoded: db.RowsDecoded, left: min(maxRows, maxAhead)}
}

// listed tells in which order the runs of a database are listed, and so probably read.
func (p *pool) listed(runs []found) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn = make(map[string]int, len(runs))
	for i, f := range runs {
		if _, twice := p.turn[f.info.ID]; !twice {
			p.turn[f.info.ID] = i
		}
	}
}

// reserve takes half of what is left, so that something is left for each other table.
func (p *pool) reserve() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.left / 2
	p.left -= n
	return n
}

func (p *pool) release(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left += n
}

// order numbers the keys of x by the turns of their runs: a key is the id of its run, or begins with it as that of a
// simulation does. Keys of no run come last, in the order of the table.
func (p *pool) order(x *keyIndex) {
	p.mu.Lock()
	turns := p.turn // which is not changed any more
	p.mu.Unlock()
	turn := func(key string) int {
		if n, ok := turns[key]; ok {
			return n
		}
		run, _, _ := strings.Cut(key, "-sim-")
		if n, ok := turns[run]; ok {
			return n
		}
		return len(turns)
	}
	ordered := slices.Clone(x.keys)
	slices.SortFunc(ordered, func(a, b string) int {
		return cmp.Or(cmp.Compare(turn(a), turn(b)), cmp.Compare(x.at[a].spans[0].from, x.at[b].spans[0].from))
	})
	for i, key := range ordered {
		x.at[key].turn = i
	}
}

// An ahead holds rows of keys that were not asked for yet. Where the rows of many runs alternate, reading those of one
// decodes most of the table; once that was done for as many rows as the table has, one more reading takes the rows of
// the following runs along.
type ahead struct {
	event   string // as [table.event]
	columns []string
	rows    map[string][]*row // all rows of a key, in the order of the table; a key without any has an empty list
	size    int64             // bytes
}

// aheadKey is what a key takes beside its rows, in bytes.
const aheadKey = 150

// fits reports whether a holds rows as r reads them.
func (a *ahead) fits(r *reading) bool {
	return a != nil && a.event == r.table.event && slices.Equal(a.columns, r.columns)
}

// drop removes the rows of a key and gives them.
func (a *ahead) drop(key string) []*row {
	rows := a.rows[key]
	delete(a.rows, key)
	a.size -= aheadKey
	for _, row := range rows {
		a.size -= row.size()
	}
	return rows
}

// takeAhead takes the rows of some keys out of those that were read ahead; ok is false if one of the keys is not among
// them.
func (s *shelf) takeAhead(r *reading, keys []string) (rows []*row, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.aheads[r.key]
	if !a.fits(r) {
		return nil, false
	}
	for _, key := range keys {
		if a.rows[key] == nil {
			return nil, false
		}
	}
	before := a.size
	for _, key := range keys {
		rows = append(rows, a.drop(key)...)
	}
	s.pool.release(before - a.size)
	slices.SortFunc(rows, func(a, b *row) int { return cmp.Compare(a.n, b.n) })
	return rows, true
}

// keepAhead puts a in the place of what was read ahead by a column before; nil only removes that.
func (s *shelf) keepAhead(column string, a *ahead) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.aheads[column]; old != nil {
		s.pool.release(old.size)
		delete(s.aheads, column)
	}
	if a == nil {
		return
	}
	if s.aheads == nil {
		s.aheads = map[string]*ahead{}
	}
	s.aheads[column] = a
}

// readAhead reads the whole table and keeps the rows of some keys, and of as many as fit of those whose turn comes
// next, and then of those before. If the rows of keys alone do not fit, nothing is kept.
func (r *reading) readAhead(ctx context.Context, x *keyIndex, keys []string) error {
	shelf := r.table.shelf
	shelf.keepAhead(r.key, nil)
	room := shelf.pool.reserve()
	a, err := r.gather(ctx, x, keys, room)
	if a != nil {
		shelf.keepAhead(r.key, a)
		room -= a.size
	}
	shelf.pool.release(room)
	return err
}

// gather is readAhead without keeping what it read; nil if it does not fit into room, or could not be read to the end.
func (r *reading) gather(ctx context.Context, x *keyIndex, keys []string, room int64) (*ahead, error) {
	a := &ahead{event: r.table.event, columns: r.columns, rows: map[string][]*row{}}
	wanted := map[string]bool{}
	for _, key := range keys {
		wanted[key] = true
	}
	start := x.at[keys[0]].turn
	wait := func(key string) int { // until the turn of key
		turn := x.at[key].turn
		switch {
		case wanted[key]:
			return 0
		case turn > start:
			return turn - start
		}
		return len(x.keys) - turn
	}
	limit := len(x.keys) + 1
	n := int64(0)
	s := r.table.t.Scan(ctx, r.columns...)
	for s.Next() {
		b := s.Batch()
		for i := range b.Len() {
			n++
			key, ok := value(b.Column(r.keyAt), i).(string)
			if !ok || wait(key) >= limit {
				continue
			}
			if a.rows[key] == nil {
				a.rows[key] = []*row{}
				a.size += aheadKey
			}
			if r.isEvent(b, i) {
				row := r.make(b, i, n-1)
				a.rows[key] = append(a.rows[key], row)
				a.size += row.size()
			}
			for a.size > room {
				if limit = a.farthest(wait); limit == 0 {
					return nil, nil
				}
				for key := range a.rows { // in any order
					if wait(key) >= limit {
						a.drop(key)
					}
				}
			}
		}
	}
	if err := s.Err(); err != nil { // also when ctx is done: rows are missing
		return nil, err
	}
	return a, nil
}

// farthest gives the wait from which on a quarter of the keys is dropped; 0 if only those are there that are wanted
// now.
func (a *ahead) farthest(wait func(string) int) int {
	waits := make([]int, 0, len(a.rows))
	for key := range a.rows {
		waits = append(waits, wait(key))
	}
	slices.Sort(waits)
	i := len(waits) * 3 / 4
	for i < len(waits)-1 && waits[i] == 0 {
		i++
	}
	return waits[i]
}
