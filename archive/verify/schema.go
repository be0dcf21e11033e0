package verify

import (
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/schema"
)

// schema compares the table of the schema with what its version has, and notes where the tables are. A table whose text differs
// is not read: its columns would be others.
func (v *pages) schema() {
	v.trees = map[string]sqlitefile.Tree{}
	want, err := sqlitefile.Formats.Objects(v.version)
	if err != nil {
		v.err = err
		return
	}
	known := map[string]int{}
	for i, o := range want {
		known[o.Type+" "+o.Name] = i
	}
	found := make([]bool, len(want))
	last, inOrder := -1, true
	w := v.forest.Walk(sqlitefile.SchemaTable, 1, false)
	row := make([]btree.Value, 5)
	for n := int64(0); w.Next(); n++ {
		place := Place{Table: sqlitefile.SchemaTable, Row: new(w.Key)}
		columns, plain, err := btree.DecodeRow(w.Payload, row)
		if err == nil && (columns != len(row) || row[3].Kind != btree.Integer) {
			err = errColumns
		}
		if err != nil {
			v.add(sxColumns, place, "%v", err)
			v.lost, w.Broken = true, true
			continue
		}
		if !plain && v.strict {
			v.add(sxShortest, place, "a number of more bytes than it needs")
		}
		var o schema.Object
		o.Type, o.Name, o.Table = string(row[0].Bytes), string(row[1].Bytes), string(row[2].Bytes)
		o.SQL.String, o.SQL.Valid = string(row[4].Bytes), row[4].Kind == btree.Text
		i, ok := known[o.Type+" "+o.Name]
		switch {
		case !ok || found[i]:
			v.add(sxUnknownObject, place, "%.20q %.80q is not in version %d", o.Type, o.Name, v.version)
			v.walkUnknown(o, row[3].Int)
			continue
		case o != want[i]:
			v.add(sxObjectText, place, "%s %q differs from that of version %d", o.Type, o.Name, v.version)
			v.walkUnknown(o, row[3].Int)
			found[i] = true
			continue
		}
		found[i] = true
		root := row[3].Int
		if hasPages := o.Type != "view"; hasPages != (root > 0) || root > int64(^uint32(0)) {
			v.add(sxObjectOrder, place, "%s %q begins on page %d", o.Type, o.Name, root)
			continue
		}
		if (w.Key != n+1 || i <= last) && v.strict && inOrder {
			inOrder = false
			v.add(sxObjectOrder, place, "%s %q is row %d, which is not its place", o.Type, o.Name, w.Key)
		}
		last = i
		if root > 0 {
			v.trees[o.Name] = sqlitefile.Tree{
				Name: o.Name, Root: uint32(root), Index: o.Type == "index" || o.Name == sqlitefile.RedactionTable,
			}
		}
	}
	for i, o := range want {
		if !found[i] && !w.Broken {
			v.add(sxMissingObject, Place{Table: sqlitefile.SchemaTable}, "%s %q is missing", o.Type, o.Name)
		}
	}
}

// walkUnknown goes through the pages of what is not ours, so that they are not reported as belonging to nothing. Its layout is
// not ours either.
func (v *pages) walkUnknown(o schema.Object, root int64) {
	if o.Type == "table" {
		v.lost = true
	}
	if root <= 0 || root > int64(^uint32(0)) {
		return
	}
	report, canonical := v.forest.Report, v.forest.Canonical
	v.forest.Report, v.forest.Canonical = nil, false
	defer func() { v.forest.Report, v.forest.Canonical = report, canonical }()
	for _, index := range []bool{o.Type == "index", o.Type != "index"} {
		w := v.forest.Walk(o.Name, uint32(root), index)
		for w.Next() {
		}
		if !w.Broken {
			return
		}
	}
}
