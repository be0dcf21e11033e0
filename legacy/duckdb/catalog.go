package duckdb

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// Kinds of catalog entry.
const (
	entryTable      = 1
	entrySchema     = 2
	entryView       = 3
	entryIndex      = 4
	entrySequence   = 6
	entryType       = 8
	entryTrigger    = 11
	entryMacro      = 30
	entryTableMacro = 31
)

// catalog is what the database holds, by name.
type catalog struct {
	schemas   []Schema
	tables    []*Table
	views     []View
	sequences []Sequence
	indexes   []Index
	types     []userType
}

// A userType is a UserType as it is read.
type userType struct {
	Schema, Name string
	Type         *types.Type
	Comment      string
}

// fold compares names as SQL does.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func (c *catalog) table(schema, name string) *Table {
	for _, t := range c.tables {
		if t.schema == schema && t.name == name {
			return t
		}
	}
	for _, t := range c.tables {
		if fold(t.schema) == fold(schema) && fold(t.name) == fold(name) {
			return t
		}
	}
	return nil
}

// sort puts everything in the order in which it is listed.
func (c *catalog) sort() {
	slices.SortFunc(c.schemas, func(a, b Schema) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(c.tables, func(a, b *Table) int {
		return cmp.Or(cmp.Compare(a.schema, b.schema), cmp.Compare(a.name, b.name))
	})
	slices.SortFunc(c.views, func(a, b View) int { return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name)) })
	slices.SortFunc(c.sequences, func(a, b Sequence) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(c.indexes, func(a, b Index) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(c.types, func(a, b userType) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name))
	})
}

// readCatalog reads the catalog at the database header's pointer.
func (db *DB) readCatalog(meta uint64) error {
	db.cat = &catalog{}
	if meta == storage.NoPointer {
		db.cat.schemas = []Schema{{Name: "main"}}
		return nil
	}
	s := storage.OpenMetadata(db.file, storage.Pointer{Block: meta}, "catalog")
	for o := s.Object("Catalog"); o.Next(); {
		if o.ID != 100 {
			o.Unknown()
			break
		}
		s.List("Catalog.entries", func() { db.readEntry(s) })
	}
	return s.Err()
}

func (db *DB) readEntry(s *storage.Stream) {
	kind := uint64(0)
	var info *tree.Node
	var t *Table
	for o := s.Object("CatalogEntry"); o.Next(); {
		switch o.ID {
		case 99:
			kind = s.ULEB(8, "CatalogEntry.type")
		case 100:
			if !s.Bool("CatalogEntry.info") {
				continue
			}
			info = tree.Read(s, "CreateInfo")
			if s.Err() == nil {
				t = db.addEntry(info)
			}
		case 101:
			switch {
			case kind == entryTable && t != nil:
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
		default:
			o.Unknown()
		}
	}
}

// schemaAndName gives where an entry lives; from 2.0 on a dotted name may hold both.
func schemaAndName(n *tree.Node, nameField int) (schema, name string) {
	schema, name = n.Text(102), n.Text(nameField)
	if q := n.Node(111); q != nil {
		path := q.Texts(100)
		if len(path) > 0 {
			name = cmp.Or(name, path[len(path)-1])
		}
		if len(path) > 1 {
			schema = cmp.Or(schema, path[len(path)-2])
		}
	}
	return cmp.Or(schema, "main"), name
}

// addEntry adds what a CreateInfo creates, and gives the table if it is one.
func (db *DB) addEntry(n *tree.Node) *Table {
	c := db.cat
	switch n.Class {
	case "CreateSchemaInfo":
		schema, name := schemaAndName(n, 102)
		_ = schema
		if !slices.ContainsFunc(c.schemas, func(s Schema) bool { return s.Name == name }) {
			c.schemas = append(c.schemas, Schema{Name: name, Comment: n.Comment(107)})
		}
	case "CreateTableInfo":
		t := db.newTable(n)
		c.tables = append(c.tables, t)
		return t
	case "CreateViewInfo":
		if n.Bool(104) {
			return nil
		}
		v := View{SQL: n.Text(106), Comment: n.Comment(107)}
		v.Schema, v.Name = schemaAndName(n, 200)
		c.views = append(c.views, v)
	case "CreateSequenceInfo":
		q := Sequence{Uses: n.Uint(201), Increment: n.Int(202), Min: n.Int(203), Max: n.Int(204), Start: n.Int(205),
			Cycle: n.Bool(206), SQL: n.Text(106), Comment: n.Comment(107)}
		q.Schema, q.Name = schemaAndName(n, 200)
		q.SQL = q.sql()
		c.sequences = append(c.sequences, q)
	case "CreateIndexInfo":
		x := Index{Table: n.Text(201), Unique: n.Uint(203) == 1, SQL: n.Text(106), Comment: n.Comment(107)}
		x.Schema, x.Name = schemaAndName(n, 200)
		c.indexes = append(c.indexes, x)
	case "CreateTypeInfo":
		u := userType{Comment: n.Comment(107)}
		u.Schema, u.Name = schemaAndName(n, 200)
		u.Type = n.Type(201)
		if u.Type != nil && u.Type.Finish() == nil {
			own := *u.Type
			own.Alias = ""
			u.Type = &own
		}
		c.types = append(c.types, u)
	}
	return nil
}

// newTable makes a table from its CreateTableInfo.
func (db *DB) newTable(n *tree.Node) *Table {
	t := &Table{db: db, comment: n.Comment(107)}
	t.described = sync.OnceValue(t.describe)
	t.schema, t.name = schemaAndName(n, 200)
	if cols := n.Node(201); cols != nil {
		for _, d := range cols.Nodes(100) {
			t.cols = append(t.cols, newColumn(d))
		}
	}
	for _, c := range n.Nodes(202) {
		t.constrain(c)
	}
	return t
}

// newColumn makes a column from its ColumnDefinition.
func newColumn(d *tree.Node) columnDef {
	c := columnDef{name: d.Text(100), generated: d.Uint(103) == 1, comment: d.Comment(105)}
	c.typ = d.Type(101)
	if c.typ == nil {
		c.typ = &types.Type{}
	}
	if err := c.typ.Finish(); err != nil {
		c.err = fmt.Errorf("column %s: %w", quote.Identifier(c.name), err)
	}
	if e := d.Node(102); e != nil {
		c.def = e.SQL()
	}
	return c
}

// constrain adds a constraint.
func (t *Table) constrain(c *tree.Node) {
	index := func(n uint64) int { return int(min(n, uint64(len(t.cols)))) }
	switch c.Class {
	case "NotNullConstraint":
		if i := index(c.Uint(200)); i < len(t.cols) {
			t.cols[i].notNull = true
		}
		return
	case "UniqueConstraint":
		names := slices.Compact(c.Texts(202)) // 0.9 repeats the name of a single column
		if len(names) == 0 {
			if i := index(c.Uint(201)); i < len(t.cols) {
				names = []string{t.cols[i].name}
			}
		}
		if c.Bool(200) {
			t.primaryKey = names
			t.constraints = append(t.constraints, "PRIMARY KEY("+quote.Identifiers(names)+")")
			return
		}
		t.constraints = append(t.constraints, "UNIQUE("+quote.Identifiers(names)+")")
	case "CheckConstraint":
		if e := c.Node(200); e != nil {
			t.constraints = append(t.constraints, "CHECK("+e.SQL()+")")
		}
	case "ForeignKeyConstraint":
		if c.Uint(202) == 0 { // the side that is referred to
			return
		}
		ref := quote.Identifier(c.Text(204))
		if s := c.Text(203); s != "" && s != t.schema {
			ref = quote.Identifier(s) + "." + ref
		}
		sql := "FOREIGN KEY (" + quote.Identifiers(c.Texts(201)) + ") REFERENCES " + ref
		if pk := c.Texts(200); len(pk) > 0 {
			sql += "(" + quote.Identifiers(pk) + ")"
		}
		t.constraints = append(t.constraints, sql)
	}
}

func (q *Sequence) sql() string {
	if q.SQL != "" {
		return q.SQL
	}
	cycle := "NO CYCLE"
	if q.Cycle {
		cycle = "CYCLE"
	}
	name := quote.Identifier(q.Name)
	if q.Schema != "main" {
		name = quote.Identifier(q.Schema) + "." + name
	}
	return fmt.Sprintf("CREATE SEQUENCE %s INCREMENT BY %d MINVALUE %d MAXVALUE %d START %d %s;", name, q.Increment, q.Min, q.Max, q.Start, cycle)
}

// asFormatError says where a table's or column's trouble is, for those that come without a place.
func asFormatError(err error, field string) error {
	if errors.As(err, new(*fault.FormatError)) {
		return err
	}
	return &fault.FormatError{Field: field, Err: err}
}
