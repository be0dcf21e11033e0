package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
)

// A Kind is the kind of a catalog entry, as numbered in the file.
type Kind uint64

// Kinds of catalog entry that are listed; others are read and left out.
const (
	KindTable    Kind = 1
	KindView     Kind = 3
	KindIndex    Kind = 4
	KindSequence Kind = 6
	KindType     Kind = 8
	KindTrigger  Kind = 11
	// A macro gives a value or rows.
	KindMacro      Kind = 30
	KindTableMacro Kind = 31
)

// A Catalog is what the database holds, by name.
type Catalog struct {
	Schemas   []Schema
	Tables    []*Table
	Views     []*View // without the engine's own
	Sequences []*Sequence
	Indexes   []*Index
	Types     []*UserType
	Macros    []*Macro // without the engine's own
	Triggers  []*Trigger

	file *storage.File
	made *Catalog // as it was before it was sorted
}

// Read reads the catalog of f at the database header's pointer.
func Read(f *storage.File, meta uint64) (*Catalog, error) {
	c := &Catalog{file: f}
	if meta == storage.NoPointer {
		c.AddSchema([]string{"main"})
		return c, nil
	}
	s := storage.OpenMetadata(f, storage.Pointer{Block: meta}, "catalog")
	for o := s.Object("Catalog"); o.Next(); {
		if o.ID != 100 {
			o.Unknown()
			break
		}
		s.List("Catalog.entries", func() { c.readEntry(s) })
	}
	return c, s.Err()
}

func (c *Catalog) readEntry(s *storage.Stream) {
	kind := Kind(0)
	var t *Table
	for o := s.Object("CatalogEntry"); o.Next(); {
		switch o.ID {
		case 99:
			kind = Kind(s.ULEB(8, "CatalogEntry.type"))
		case 100:
			if !s.Bool("CatalogEntry.info") {
				continue
			}
			info := tree.Read(s, "CreateInfo")
			if made := Kind(info.Uint(100)); s.Err() == nil && made != kind {
				s.Fail("CatalogEntry.type", fault.Corruptf("%d of a definition of type %d", kind, made))
			}
			if s.Err() == nil {
				t = c.add(info)
			}
		case 101:
			switch {
			case kind == KindTable && t != nil:
				t.data = s.Pointer("CatalogEntry.table_pointer")
				t.stored = true
			default: // of an index, written by old engines
				tree.Read(s, "BlockPointer")
			}
		case 102:
			n := s.ULEB(62, "CatalogEntry.total_rows")
			if t != nil {
				t.total = int64(n)
			}
		case 103:
			s.List("CatalogEntry.index_pointers", func() { tree.Read(s, "BlockPointer") })
		case 104:
			s.List("CatalogEntry.index_storage_infos", func() { tree.Read(s, "IndexStorageInfo") })
		case 105:
			n := s.ULEB(62, "CatalogEntry.next_row_id")
			if t != nil {
				t.next = int64(n)
			}
		default:
			o.Unknown()
		}
	}
}

// from reports whether a release, such as v1.4.2, is one of the given versions.
func from(library string, versions ...string) bool {
	return slices.ContainsFunc(versions, func(v string) bool { return strings.HasPrefix(library, "v"+v+".") })
}

// beforeLambda reports whether a release does not have the keyword for lambdas yet.
func beforeLambda(library string) bool { return from(library, "0", "1.0", "1.1", "1.2") }

const levelOf2 = 69

// add adds what a CreateInfo creates, and gives the table if it is one.
func (c *Catalog) add(n *tree.Node) *Table {
	if from(c.file.Library, "0") {
		n.OrderWith()
	}
	if !beforeLambda(c.file.Library) {
		n.SayLambda()
	}
	switch n.Class {
	case "CreateSchemaInfo":
		c.putSchema(newSchema(n))
	case "CreateTableInfo":
		t := newTable(n)
		t.file = c.file
		c.Tables = append(c.Tables, t)
		return t
	case "CreateViewInfo":
		if !n.Bool(104) {
			c.Views = append(c.Views, newView(n, c.file.Level == levelOf2 || !from(c.file.Library, "0", "1")))
		}
	case "CreateSequenceInfo":
		c.Sequences = append(c.Sequences, newSequence(n))
	case "CreateIndexInfo":
		c.Indexes = append(c.Indexes, newIndex(n))
	case "CreateMacroInfo":
		if !n.Bool(104) {
			c.Macros = append(c.Macros, newMacro(n))
		}
	case "CreateTypeInfo":
		c.Types = append(c.Types, newUserType(n))
	case "CreateTriggerInfo":
		c.Triggers = append(c.Triggers, newTrigger(n))
	}
	return nil
}

// Table finds a table; nil when there is none. Names compare as SQL does, but one of the very name comes first.
func (c *Catalog) Table(p Path) *Table {
	for _, t := range c.Tables {
		if t.Path == p {
			return t
		}
	}
	for _, t := range c.Tables {
		if quote.Fold(t.Schema) == quote.Fold(p.Schema) && quote.Fold(t.Name) == quote.Fold(p.Name) {
			return t
		}
	}
	return nil
}

// Sort puts everything in the order in which it is listed. [Catalog.Script] keeps that of before.
func (c *Catalog) Sort() {
	c.remember()
	slices.SortFunc(c.Schemas, func(a, b Schema) int { return cmp.Compare(a.Name, b.Name) })
	sortByPath(c.Tables)
	sortByPath(c.Views)
	sortByPath(c.Sequences)
	sortByPath(c.Indexes)
	sortByPath(c.Types)
	sortByPath(c.Macros)
	sortByPath(c.Triggers)
}

func sortByPath[E entry](list []E) {
	slices.SortFunc(list, func(a, b E) int {
		p, q := a.definition(), b.definition()
		return cmp.Or(cmp.Compare(p.Schema, q.Schema), cmp.Compare(p.Name, q.Name))
	})
}
