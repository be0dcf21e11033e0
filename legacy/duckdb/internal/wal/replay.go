package wal

import (
	"fmt"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/catalog"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// levelOf20 is the level of the files of DuckDB 2.0.
const levelOf20 = 69

// A Result says what came of the logs.
type Result struct {
	Applied      bool // whether what they hold was applied
	Transactions int  // committed transactions applied
	Notes        []string
}

// Replay decides which of the two logs of a database with those headers apply, and applies them to the catalog. What it
// decodes from them takes at most maxBytes of memory.
func Replay(c *catalog.Catalog, h *storage.Headers, main, checkpoint []byte, maxBytes int64) (Result, error) {
	r := &replay{catalog: c, level: h.Level, budget: vector.NewBudget(maxBytes)}
	err := r.logs(h, main, checkpoint)
	return r.result, err
}

// A replay applies a log to the catalog in memory.
type replay struct {
	catalog *catalog.Catalog
	level   int            // of the file
	budget  *vector.Budget // of all values decoded from the log
	current *catalog.Table // what the next data entries are about; nil when they are about nothing known
	result  Result
}

func (r *replay) note(format string, args ...any) {
	r.result.Notes = append(r.result.Notes, fmt.Sprintf(format, args...))
}

func (r *replay) logs(h *storage.Headers, main, checkpoint []byte) error {
	first, err := parse(main, walName)
	if err != nil {
		return err
	}
	landed := first.checkpoint != nil && first.checkpoint.Block == h.Active.Meta
	if err := first.belongs(h, landed); err != nil {
		return err
	}
	if landed {
		r.note("the write-ahead log is already part of the file")
	} else if err := r.apply(first); err != nil {
		return err
	}
	if first.checkpoint == nil {
		return nil
	}
	second, err := parse(checkpoint, checkpointName)
	if err != nil {
		return err
	}
	if second.checkpoint != nil {
		return &fault.FormatError{File: checkpointName, Field: "entry.type",
			Err: fault.Corruptf("a checkpoint within the log of a checkpoint")}
	}
	return r.apply(second)
}

// apply applies a log's committed entries.
func (r *replay) apply(l *log) error {
	if l.size == 0 {
		return nil
	}
	if l.tail > 0 {
		r.note("the last %d bytes of the %s are not committed and left out", l.tail, l.name)
	}
	for _, e := range l.entries {
		if e.kind == entryFlush {
			r.result.Transactions++
			continue
		}
		s := storage.NewStream(e.body, e.at, l.name)
		o := s.Object("entry")
		o.Next()
		s.ULEB(8, "entry.type")
		if err := r.entry(e.kind, s, &o); err != nil {
			return err
		}
	}
	r.result.Applied = true
	return nil
}

// created are the kinds of catalog entry that entries of the log define.
var created = map[uint64]catalog.Kind{
	entryCreateTable: catalog.KindTable, entryCreateView: catalog.KindView, entryCreateSequence: catalog.KindSequence,
	entryCreateType: catalog.KindType, entryCreateIndex: catalog.KindIndex, entryCreateMacro: catalog.KindMacro,
	entryCreateTableFn: catalog.KindTableMacro, entryCreateTrigger: catalog.KindTrigger,
}

// dropped are the kinds of catalog entry that entries of the log remove.
var dropped = map[uint64]catalog.Kind{
	entryDropTable: catalog.KindTable, entryDropView: catalog.KindView, entryDropSequence: catalog.KindSequence,
	entryDropType: catalog.KindType, entryDropIndex: catalog.KindIndex,
	entryDropMacro: catalog.KindMacro, entryDropTableFn: catalog.KindTableMacro,
}

// entry applies one entry, whose fields after the type o gives.
func (r *replay) entry(kind uint64, s *storage.Stream, o *storage.Object) error {
	switch kind {
	case entryCreateTable, entryCreateView, entryCreateSequence, entryCreateType, entryCreateIndex,
		entryCreateMacro, entryCreateTableFn, entryCreateTrigger:
		// What an index entry holds after its definition cannot be walked, and need not be.
		n := readInfo(s, o, "CreateInfo")
		if s.Err() == nil && catalog.Kind(n.Uint(100)) != created[kind] {
			s.Fail("entry.type", fault.Corruptf("%d of a definition of type %d", kind, n.Uint(100)))
		}
		if s.Err() == nil {
			r.catalog.Put(n)
		}
	case entryCreateSchema:
		if names := readNames(s, o); s.Err() == nil {
			r.catalog.AddSchema(names)
		}
	case entryDropSchema:
		if names := readNames(s, o); s.Err() == nil {
			r.catalog.DropSchema(names)
		}
	case entryDropTable, entryDropView, entryDropSequence, entryDropType, entryDropIndex, entryDropMacro, entryDropTableFn:
		if p := readPath(s, o); s.Err() == nil {
			r.catalog.Drop(dropped[kind], p)
		}
	case entrySequenceValue:
		r.sequenceValue(s, o)
	case entryDropTrigger:
		r.dropTrigger(s, o)
	case entryAlter:
		if n := readInfo(s, o, "ParseInfo"); s.Err() == nil {
			r.alter(n)
		}
	case entryUseTable:
		p := readPath(s, o)
		r.current = r.catalog.Table(p)
		if r.current == nil {
			s.Fail("entry.table", fault.Corruptf("no table %s.%s", p.Schema, p.Name))
		}
	case entryInsert, entryDelete, entryUpdate, entryRowGroups:
		if r.current == nil {
			s.Fail("entry", fault.Corruptf("rows of no table"))
			break
		}
		rows, err := r.current.Rows()
		if err != nil {
			break // the table is unreadable anyway, and says why
		}
		t := target{r.current, rows, r.current.PhysicalTypes()}
		switch kind {
		case entryInsert:
			r.insert(t, s, o)
		case entryDelete:
			r.delete(t, s, o)
		case entryUpdate:
			r.update(t, s, o)
		case entryRowGroups:
			readRowGroups(t, s, o)
		}
	default:
		s.Fail("entry.type", fault.Unsupportedf("log entry of type %d; "+
			"open the database once with DuckDB to checkpoint it", kind))
	}
	return s.Err()
}

// readInfo reads what an entry defines or changes.
func readInfo(s *storage.Stream, o *storage.Object, class string) *tree.Node {
	if !o.Next() || o.ID != 101 || !s.Bool("entry.info") {
		s.Fail("entry.info", fault.Corruptf("none"))
		return nil
	}
	return tree.Read(s, class)
}

// readNames reads the names in an entry about a schema: its own, after those of the schemas that it is in.
func readNames(s *storage.Stream, o *storage.Object) (names []string) {
	for o.Next() {
		switch o.ID {
		case 101:
			names = []string{s.Text("entry.name")}
		case 102: // from 2.0 on
			names = tree.Read(s, "QualifiedName").Texts(100)
		default:
			o.Unknown()
		}
	}
	return names
}

// pathOf is the path of names without the database, as entries have them from 2.0 on.
func pathOf(q *tree.Node) catalog.Path {
	names := q.Texts(100)
	last := max(len(names)-1, 0)
	return catalog.NestedPath(names[:last], strings.Join(names[last:], ""))
}

// readPath reads the schema and name of what an entry drops or uses.
func readPath(s *storage.Stream, o *storage.Object) catalog.Path {
	var schema, name string
	for o.Next() {
		switch o.ID {
		case 101:
			schema = s.Text("entry.schema")
		case 102:
			name = s.Text("entry.name")
		case 103: // from 2.0 on
			return pathOf(tree.Read(s, "QualifiedName"))
		default:
			o.Unknown()
		}
	}
	return catalog.NewPath(schema, name)
}

func (r *replay) sequenceValue(s *storage.Stream, o *storage.Object) {
	var p catalog.Path
	var uses uint64
	var next int64
	for o.Next() {
		switch o.ID {
		case 101:
			p.Schema = s.Text("entry.schema")
		case 102:
			p.Name = s.Text("entry.name")
		case 103:
			uses = s.ULEB(64, "entry.usage_count")
		case 104:
			next = s.SLEB(64, "entry.counter")
		case 105:
			if s.Bool("entry.last_value") {
				s.SLEB(64, "entry.last_value")
			}
		case 106: // from 2.0 on
			p = pathOf(tree.Read(s, "QualifiedName"))
		default:
			o.Unknown()
		}
	}
	r.catalog.SetSequence(p, uses, next)
}

func (r *replay) dropTrigger(s *storage.Stream, o *storage.Object) {
	var p catalog.Path
	var table string
	for o.Next() {
		switch o.ID {
		case 103:
			table = s.Text("entry.table")
		case 104:
			p = pathOf(tree.Read(s, "QualifiedName"))
		default:
			o.Unknown()
		}
	}
	r.catalog.DropTrigger(table, p)
}
