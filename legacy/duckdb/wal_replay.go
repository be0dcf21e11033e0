package duckdb

import (
	"cmp"
	"slices"
	"sort"

	"github.com/simexp/exparchive/legacy/duckdb/internal/chunk"
	"github.com/simexp/exparchive/legacy/duckdb/internal/column"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// maxChunkRows bounds the rows of one entry; the engine writes a vector at a time.
const maxChunkRows = 1 << 20

// coalesceRows is how many inserted rows are gathered in one row group.
const coalesceRows = 122880

// A replay applies a log to the catalog in memory.
type replay struct {
	db      *DB
	budget  *vector.Budget // of all values decoded from the log
	current *Table         // what the next data entries are about; nil when they are about nothing known
}

// entry applies one entry, whose fields after the type o gives.
func (r *replay) entry(kind uint64, o *storage.Object) error {
	s, c := o.Stream, r.db.cat
	switch kind {
	case logCreateTable, logCreateView, logCreateSequence, logCreateType, logCreateIndex:
		// What an index entry holds after its definition cannot be walked, and need not be.
		if o.Next() && o.ID == 101 && s.Bool("entry.info") {
			if n := tree.Read(s, "CreateInfo"); s.Err() == nil {
				r.create(n)
			}
		}
	case logCreateSchema:
		if name := r.name(o); s.Err() == nil && !slices.ContainsFunc(c.schemas, func(x Schema) bool { return x.Name == name }) {
			c.schemas = append(c.schemas, Schema{Name: name})
		}
	case logDropSchema:
		if name := r.name(o); s.Err() == nil {
			r.dropSchema(name)
		}
	case logDropTable:
		schema, name := r.names(o)
		c.tables = slices.DeleteFunc(c.tables, func(t *Table) bool { return t.schema == schema && t.name == name })
		c.indexes = slices.DeleteFunc(c.indexes, func(x Index) bool { return x.Schema == schema && x.Table == name })
	case logDropView:
		schema, name := r.names(o)
		c.views = slices.DeleteFunc(c.views, func(v View) bool { return v.Schema == schema && v.Name == name })
	case logDropSequence:
		schema, name := r.names(o)
		c.sequences = slices.DeleteFunc(c.sequences, func(q Sequence) bool { return q.Schema == schema && q.Name == name })
	case logDropType:
		schema, name := r.names(o)
		c.types = slices.DeleteFunc(c.types, func(u userType) bool { return u.Schema == schema && u.Name == name })
	case logDropIndex:
		schema, name := r.names(o)
		c.indexes = slices.DeleteFunc(c.indexes, func(x Index) bool { return x.Schema == schema && x.Name == name })
	case logSequenceValue:
		r.sequenceValue(o)
	case logCreateMacro, logDropMacro, logCreateTableFn, logDropTableFn, logCreateTrigger, logDropTrigger:
		return nil
	case logAlter:
		if o.Next() && o.ID == 101 && s.Bool("entry.info") {
			if n := tree.Read(s, "ParseInfo"); s.Err() == nil {
				return r.alter(n)
			}
		}
	case logUseTable:
		schema, name := r.names(o)
		r.current = c.table(schema, name)
		if s.Err() == nil && r.current == nil {
			s.Fail("entry.table", fault.Corruptf("no table %s.%s", schema, name))
		}
	case logInsert, logDelete, logUpdate, logRowGroups:
		t := r.current
		if t == nil {
			s.Fail("entry", fault.Corruptf("rows of no table"))
			return s.Err()
		}
		if t.load() != nil {
			return nil // the table is unreadable anyway, and says why
		}
		switch kind {
		case logInsert:
			return r.insert(t, o)
		case logDelete:
			return r.remove(t, o)
		case logUpdate:
			return r.update(t, o)
		}
		return r.rowGroups(t, o)
	default:
		s.Fail("entry.type", fault.Unsupportedf("log entry of type %d; open the database once with DuckDB to checkpoint it", kind))
	}
	return s.Err()
}

// name reads the one name of an entry about a schema.
func (r *replay) name(o *storage.Object) (name string) {
	for o.Next() {
		switch o.ID {
		case 101:
			name = o.Stream.Text("entry.name")
		case 102: // a path, from 2.0 on
			name = cmp.Or(lastString(tree.Read(o.Stream, "QualifiedName")), name)
		default:
			o.Unknown()
		}
	}
	return name
}

func lastString(n *tree.Node) string {
	path := n.Texts(100)
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}

// names reads the schema and name of what an entry drops or uses.
func (r *replay) names(o *storage.Object) (schema, name string) {
	for o.Next() {
		switch o.ID {
		case 101:
			schema = o.Stream.Text("entry.schema")
		case 102:
			name = o.Stream.Text("entry.name")
		default:
			o.Unknown()
		}
	}
	return cmp.Or(schema, "main"), name
}

// create adds what a CreateInfo creates; a later one of the same name takes the place of an earlier one.
func (r *replay) create(n *tree.Node) {
	c := r.db.cat
	switch n.Class {
	case "CreateViewInfo":
		schema, name := schemaAndName(n, 200)
		c.views = slices.DeleteFunc(c.views, func(v View) bool { return v.Schema == schema && v.Name == name })
	case "CreateTableInfo":
		schema, name := schemaAndName(n, 200)
		c.tables = slices.DeleteFunc(c.tables, func(t *Table) bool { return t.schema == schema && t.name == name })
	}
	r.db.addEntry(n)
}

func (r *replay) dropSchema(name string) {
	c := r.db.cat
	c.schemas = slices.DeleteFunc(c.schemas, func(x Schema) bool { return x.Name == name })
	c.tables = slices.DeleteFunc(c.tables, func(x *Table) bool { return x.schema == name })
	c.views = slices.DeleteFunc(c.views, func(x View) bool { return x.Schema == name })
	c.sequences = slices.DeleteFunc(c.sequences, func(x Sequence) bool { return x.Schema == name })
	c.indexes = slices.DeleteFunc(c.indexes, func(x Index) bool { return x.Schema == name })
	c.types = slices.DeleteFunc(c.types, func(x userType) bool { return x.Schema == name })
}

func (r *replay) sequenceValue(o *storage.Object) {
	var schema, name string
	var uses uint64
	for o.Next() {
		switch o.ID {
		case 101:
			schema = o.Stream.Text("entry.schema")
		case 102:
			name = o.Stream.Text("entry.name")
		case 103:
			uses = o.Stream.ULEB(64, "entry.usage_count")
		case 104:
			o.Stream.SLEB(64, "entry.counter")
		default:
			o.Unknown()
		}
	}
	for i, q := range r.db.cat.sequences {
		if q.Schema == schema && q.Name == name {
			r.db.cat.sequences[i].Uses = uses
		}
	}
}

// chunk reads a chunk; a value too large is a limit, not damage.
func (r *replay) chunk(s *storage.Stream) []*vector.Vector {
	return chunk.Read(s, r.budget, maxChunkRows, "entry.chunk")
}

func (r *replay) insert(t *Table, o *storage.Object) error {
	s := o.Stream
	var cols []*vector.Vector
	for o.Next() {
		if o.ID != 101 {
			o.Unknown()
			break
		}
		cols = r.chunk(s)
	}
	columns := t.physicalTypes()
	if s.Err() == nil && !sameLayouts(cols, columns) {
		s.Fail("insert.chunk", fault.Corruptf("columns do not match table %s", t.qualified()))
	}
	if s.Err() != nil || len(cols) == 0 {
		return s.Err()
	}
	n := int64(cols[0].N)
	if g := t.lastChunk(n); g != nil {
		for i, v := range cols {
			if err := g.cols[i].vector.AppendFrom(v, 0, int(n), false, r.budget); err != nil {
				s.Fail("insert.chunk", fault.ErrLimit)
				return s.Err()
			}
		}
		g.rows += n
	} else {
		g := &rowGroup{rows: n, start: t.next, logged: true}
		for _, v := range cols {
			g.cols = append(g.cols, columnSource{vector: v})
		}
		t.parts = append(t.parts, g)
	}
	t.next += n
	t.rows += n
	return nil
}

// lastChunk gives the row group to which n more rows can be appended; nil when there is none.
func (t *Table) lastChunk(n int64) *rowGroup {
	if len(t.parts) == 0 {
		return nil
	}
	g := t.parts[len(t.parts)-1]
	if !g.logged || g.rows+n > coalesceRows {
		return nil
	}
	for _, c := range g.cols {
		if c.vector == nil || c.repeat {
			return nil
		}
	}
	return g
}

func sameLayouts(cols []*vector.Vector, columns []*types.Type) bool {
	return slices.EqualFunc(cols, columns, func(v *vector.Vector, t *types.Type) bool { return types.SameLayout(v.Type, t) })
}

// find gives the row group of a row id and the row's place in it.
func (t *Table) find(id int64) (g *rowGroup, row int64) {
	i := sort.Search(len(t.parts), func(i int) bool { return t.parts[i].start > id })
	if i == 0 {
		return nil, 0
	}
	g = t.parts[i-1]
	if row = id - g.start; id < 0 || row >= g.rows {
		return nil, 0
	}
	return g, row
}

func (r *replay) remove(t *Table, o *storage.Object) error {
	s := o.Stream
	for o.Next() {
		if o.ID != 101 {
			o.Unknown()
			break
		}
		before := r.budget.Left
		cols := r.chunk(s)
		if s.Err() != nil {
			break
		}
		if len(cols) != 1 || cols[0].Type.Phys != types.PhysInt64 {
			s.Fail("delete.chunk", fault.Corruptf("not one column of row ids"))
			break
		}
		for _, id := range cols[0].I64 {
			g, row := t.find(id)
			if g == nil {
				s.Fail("delete.row", fault.Corruptf("row %d of %d", id, t.next))
				return s.Err()
			}
			if g.hasDeletes {
				// From here on the masks in memory are all there are.
				masks, err := g.readDeletes(r.db)
				if err != nil {
					return err
				}
				g.deleted, g.hasDeletes = masks, false
			}
			if g.deleted == nil {
				g.deleted = map[int64]*rowMask{}
			}
			m := g.deleted[row/storage.VectorSize]
			if m == nil {
				m = &rowMask{}
				g.deleted[row/storage.VectorSize] = m
			}
			if i := int(row % storage.VectorSize); !m.has(i) {
				m.set(i)
				t.rows--
			}
		}
		r.budget.Left = before // the row ids are not kept
	}
	return s.Err()
}

func (r *replay) update(t *Table, o *storage.Object) error {
	s := o.Stream
	var path []uint64
	var cols []*vector.Vector
	for o.Next() {
		switch o.ID {
		case 101:
			s.List("update.path", func() { path = append(path, s.ULEB(64, "update.path")) })
		case 102:
			cols = r.chunk(s)
		default:
			o.Unknown()
		}
	}
	if s.Err() != nil {
		return s.Err()
	}
	columns := t.physicalTypes()
	if len(cols) != 2 || cols[1].Type.Phys != types.PhysInt64 || len(path) == 0 || path[0] >= uint64(len(columns)) {
		s.Fail("update", fault.Corruptf("path %v and %d columns", path, len(cols)))
		return s.Err()
	}
	u := update{column: int(path[0]), values: cols[0]}
	typ := columns[path[0]]
	for i, k := range path[1:] {
		if k == 0 && i == len(path)-2 {
			u.validity = true
			break
		}
		if typ.Phys != types.PhysStruct || k == 0 || k > uint64(len(typ.Stored)) {
			s.Fail("update.path", fault.Corruptf("member %d of %s", k, typ))
			return s.Err()
		}
		u.members = append(u.members, int(k-1))
		typ = typ.Stored[k-1].Type
	}
	if !u.validity && !types.SameLayout(typ, cols[0].Type) {
		s.Fail("update.chunk", fault.Corruptf("values of %s, want %s", cols[0].Type, typ))
		return s.Err()
	}
	if !u.validity && (typ.Phys == types.PhysStruct || typ.Phys == types.PhysList || typ.Phys == types.PhysArray) {
		s.Fail("update.chunk", fault.Unsupportedf("an update in place of %s; open the database once with DuckDB to checkpoint it", typ))
		return s.Err()
	}
	perGroup := map[*rowGroup]*update{}
	for i, id := range cols[1].I64 {
		g, row := t.find(id)
		if g == nil {
			s.Fail("update.row", fault.Corruptf("row %d of %d", id, t.next))
			return s.Err()
		}
		w := perGroup[g]
		if w == nil {
			copied := u
			w = &copied
			perGroup[g] = w
		}
		w.rows = append(w.rows, updatedRow{row, i})
	}
	for g, w := range perGroup {
		slices.SortStableFunc(w.rows, func(a, b updatedRow) int { return cmp.Compare(a.row, b.row) })
		g.updates = append(g.updates, *w)
	}
	return nil
}

// An update is values that the log puts in the place of others.
type update struct {
	column   int   // physical
	members  []int // of nested structs, down to what is changed
	validity bool  // only NULLness changes; otherwise only values do
	values   *vector.Vector
	rows     []updatedRow // ascending
}

// updatedRow says that a row of the group takes on value index of values.
type updatedRow struct {
	row   int64
	index int
}

// apply changes the n rows from pos on, which are all that v holds.
func (u *update) apply(v *vector.Vector, pos, n int64, b *vector.Budget) error {
	for _, m := range u.members {
		v = v.Children[m]
	}
	from := sort.Search(len(u.rows), func(i int) bool { return u.rows[i].row >= pos })
	for _, r := range u.rows[from:] {
		if r.row >= pos+n {
			break
		}
		i := int(r.row - pos)
		null := v.Null(i)
		if u.validity {
			null = u.values.Null(r.index)
		} else if err := v.Set(i, u.values, r.index, b); err != nil {
			return err
		}
		if null {
			v.SetNull(i)
		} else {
			v.SetValid(i)
		}
	}
	return nil
}

func (r *replay) rowGroups(t *Table, o *storage.Object) error {
	s := o.Stream
	columns := t.physicalTypes()
	for o.Next() {
		if o.ID != 101 {
			o.Unknown()
			break
		}
		for c := s.Object("RowGroupData"); c.Next(); {
			if c.ID != 100 {
				c.Unknown()
				break
			}
			s.List("RowGroupData.row_groups", func() { r.rowGroup(t, s, columns) })
		}
	}
	return s.Err()
}

func (r *replay) rowGroup(t *Table, s *storage.Stream, columns []*types.Type) {
	const class = "RowGroupData"
	g := &rowGroup{start: t.next}
	var stored []*types.Type
	for o := s.Object(class); o.Next(); {
		switch o.ID {
		case 100:
			s.List(class, func() {
				typ, err := tree.ReadType(s)
				s.Stop(err)
				stored = append(stored, typ)
			})
			if s.Err() == nil && !slices.EqualFunc(stored, columns, types.SameLayout) {
				s.Fail(class, fault.Corruptf("columns do not match table %s", t.qualified()))
			}
		case 101:
			if n := s.Length(class); n != len(columns) {
				s.Fail(class, fault.Corruptf("%d columns, want %d", n, len(columns)))
				return
			}
			for _, typ := range columns {
				g.cols = append(g.cols, columnSource{data: column.Read(s, typ)})
			}
		case 102:
			s.ULEB(64, class)
		case 103:
			g.rows = int64(s.ULEB(maxGroupBits, class))
		default:
			o.Unknown()
		}
	}
	if s.Err() == nil && len(g.cols) != len(columns) {
		s.Fail(class, fault.Corruptf("%d columns, want %d", len(g.cols), len(columns)))
	}
	for _, c := range g.cols {
		if s.Err() == nil {
			c.data.Check(s, g.rows)
		}
	}
	if s.Err() != nil {
		return
	}
	t.parts = append(t.parts, g)
	t.next += g.rows
	t.rows += g.rows
}
