package salvage

import (
	"context"
	"math"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
)

// Rows are known by their columns, and no tree is needed for that. There are two exceptions. A row of the event types
// looks like one of the sections. Which of the two it is, the tree tells that its page belongs to. Where that is lost,
// the other tree may be whole, and then the page is not of it. If that does not tell it either, the hash of a record
// does which names the row, see [Survey.settle]. The other is a row of the redactions that could be an attachment: if
// no tree tells it, it is one only if its hash proves that, since such an attachment is hardly ever recorded.

// trees are those of the tables that a survey looks at, in one state of the pages.
type trees struct {
	forest   *btree.Forest
	roots    map[string]uint32
	whole    map[string]bool // tables of whose tree nothing is damaged
	confused map[string]bool // tables of whose tree pages are elsewhere, or with pages of others in it
}

// newTrees finds where the trees begin, as far as the table of the schema can be read.
func (s *Survey) newTrees(newest map[uint32]int64) *trees {
	t := &trees{
		forest: s.pages.forest(newest), roots: map[string]uint32{}, whole: map[string]bool{}, confused: map[string]bool{},
	}
	row := make(tables.Row, 5)
	for w := t.walk(sqlitefile.SchemaTable, 1); w.Next(); {
		n, _, err := btree.DecodeRow(w.Payload, row)
		if err != nil || n != len(row) || row[3].Kind != btree.Integer {
			t.whole[sqlitefile.SchemaTable] = false
		} else if root := row[3].Int; root > 0 && root <= math.MaxUint32 {
			t.roots[string(row[1].Bytes)] = uint32(root)
		}
	}
	t.forest.Packed = s.canonical // then a cell that its page does not count any more has left its bytes
	return t
}

// walk begins a walk through a tree, which says whether it is whole.
func (t *trees) walk(table string, root uint32) *btree.Walk {
	t.whole[table] = true
	t.forest.Report = func(x btree.Fault) {
		t.whole[table] = false
		switch x.Kind {
		case btree.PageUse:
			if owner := t.forest.Owner(x.Page); owner != "" { // the page is of one of the two
				t.whole[owner], t.confused[owner] = false, true
			}
			t.confused[table] = true
		case btree.KeyOrder, btree.Divider, btree.Depth:
			t.confused[table] = true
		}
	}
	return t.forest.Walk(table, root)
}

// through goes through the tree of a table and gives the keys of its rows to met. It gives the highest key there is or
// was.
func (t *trees) through(ctx context.Context, table string, met func(key int64)) (highest int64) {
	w := t.walk(table, t.roots[table])
	for w.Next() && ctx.Err() == nil {
		if row, err := values(w.Payload); err != nil || !fits(table, row) {
			t.whole[table], t.confused[table] = false, true
		}
		met(w.Key)
	}
	return w.Highest
}

// alike are the tables whose rows look the same.
var alike = [2]string{tables.TableEventType, tables.TableSection}

// walkAlike goes through the trees of the tables whose rows look the same.
func (s *Survey) walkAlike(ctx context.Context) error {
	views := []map[uint32]int64{s.pages.newest}
	if s.pages.latest != nil {
		views = append(views, s.pages.latest)
	}
	for _, newest := range views {
		t := s.newTrees(newest)
		for _, table := range alike {
			t.through(ctx, table, func(int64) {})
		}
		t.through(ctx, tables.TableRedaction, func(int64) {})
		s.trees = append(s.trees, t)
	}
	return ctx.Err()
}

// which tells of which of the tables that look alike the rows of an image are, "" if that is not known.
func (s *Survey) which(image int64) string {
	page := s.pages.number(image)
	for _, t := range s.trees {
		if owner := t.forest.Owner(page); slices.Contains(alike[:], owner) && !t.confused[owner] {
			return owner
		}
	}
	whole := s.trees[0].whole
	switch {
	case !s.pages.isCurrent(image) || whole[alike[0]] == whole[alike[1]]:
		return ""
	case whole[alike[0]]:
		return alike[1]
	}
	return alike[0]
}

// redactions tells whether the rows of an image are of the redactions: proved, contradicted or unknown.
func (s *Survey) redactions(image int64) agreement {
	page := s.pages.number(image)
	for _, t := range s.trees {
		if owner := t.forest.Owner(page); owner == tables.TableRedaction && !t.confused[owner] {
			return proved
		}
	}
	if s.pages.isCurrent(image) && s.trees[0].whole[tables.TableRedaction] {
		return contradicted
	}
	return unknown
}
