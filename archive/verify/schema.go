package verify

import (
	"math"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/schema"
)

// schema compares the table of the schema with what its version has, and notes where the tables are. A table whose text
// differs is not read: its columns would be others.
func (v *filePages) schema() {
	v.roots = map[string]uint32{}
	want, err := sqlitefile.Formats.Objects(v.version)
	if err != nil {
		v.err = err
		return
	}
	needed := len(want)
	if !v.sealed {
		want = append(want, schema.LiveObjects()...)
	}
	known := map[string]int{}
	for i, o := range want {
		known[o.Type+" "+o.Name] = i
	}
	found := make([]bool, len(want))
	w := v.forest.Walk(sqlitefile.SchemaTable, 1)
	row := make([]btree.Value, 5)
	for w.Next() {
		place := Place{Table: sqlitefile.SchemaTable, Row: new(w.Key)}
		columns, _, err := btree.DecodeRow(w.Payload, row)
		if err == nil && (columns != len(row) || row[3].Kind != btree.Integer) {
			err = errColumns
		}
		if err != nil {
			v.add(sxUnknownObject, place, "no object: %v", err)
			v.lost, w.Broken = true, true
			continue
		}
		var o schema.Object
		o.Type, o.Name, o.Table = string(row[0].Bytes), string(row[1].Bytes), string(row[2].Bytes)
		o.SQL.String, o.SQL.Valid = string(row[4].Bytes), row[4].Kind == btree.Text
		i, ok := known[o.Type+" "+o.Name]
		if !ok || found[i] {
			v.add(sxUnknownObject, place, "%.20q %.80q is not in version %d", o.Type, o.Name, v.version)
			continue
		}
		found[i] = true
		if o != want[i] {
			v.add(sxObjectText, place, "%s %q differs from that of version %d", o.Type, o.Name, v.version)
			continue
		}
		if root := row[3].Int; o.Type == "table" && root > 0 && root <= math.MaxUint32 && i < needed {
			v.roots[o.Name] = uint32(root)
		}
	}
	for i, o := range want[:needed] {
		if !found[i] && !w.Broken {
			v.add(sxMissingObject, Place{Table: sqlitefile.SchemaTable}, "%s %q is missing", o.Type, o.Name)
		}
	}
}
