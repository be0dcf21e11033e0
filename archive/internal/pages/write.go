package pages

import (
	"context"
	"math"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/schema"
)

// A Change is what a sealed file has that the database does not have which it is made from.
type Change struct {
	// Seal is put into the row of the experiment, unless it is nil.
	Seal *tables.Seal
	// Blocks stand behind the blocks that there are.
	Blocks []tables.LeafBlock
	// Annotations take the place of those that there are, unless they are nil.
	Annotations []tables.Annotation
}

// Write lays the tables of d out as a sealed file of the same version, with a change to them, and gives the number of
// its pages. A row that does not have its one form is [sqlitefile.ErrDamaged].
//
// Pages go to sink as [btree.Writer] gives them: those of the front, without which the file is none, come last.
func (d *Database) Write(ctx context.Context, sink btree.Sink, change Change) (pages uint32, err error) {
	objects, err := Objects(d.file.Version)
	if err != nil {
		return 0, err
	}
	w, err := btree.NewWriter(sink, schema.PageSize, objects)
	if err != nil {
		return 0, err
	}
	r := d.read(ctx)
	defer r.Close()
	for _, o := range objects {
		if o.Type != "table" {
			continue
		}
		if err := w.Table(o.Name); err != nil {
			return 0, err
		}
		if err := r.copyTable(w, o.Name, change); err != nil {
			return 0, err
		}
	}
	return w.Finish(func(pages uint32) []byte { return sqlitefile.CanonicalHeader(pages, d.file.Version) })
}

// Objects gives the schema of a version as [btree.Writer] wants it.
func Objects(version int) ([]btree.Object, error) {
	all, err := sqlitefile.Formats.Objects(version)
	if err != nil {
		return nil, err
	}
	objects := make([]btree.Object, len(all))
	for i, o := range all {
		objects[i] = btree.Object{Type: o.Type, Name: o.Name, Table: o.Table, SQL: o.SQL.String}
	}
	return objects, nil
}

// copyTable lays one table out.
func (r *Reading) copyTable(w *btree.Writer, table string, change Change) error {
	if table == tables.TableAnnotation && change.Annotations != nil {
		for i, a := range change.Annotations {
			if err := w.Row(int64(i)+1, btree.AppendRecord(nil, a.Row())); err != nil {
				return err
			}
		}
		return nil
	}
	rows, err := r.rows(table, math.MinInt64, math.MaxInt64)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		row, err := rows.Next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		record := rows.record
		if table == tables.TableExperiment && change.Seal != nil {
			change.Seal.Put(rows.values)
			rows.values[0] = btree.Value{} // the key stands beside the record
			record = btree.AppendRecord(nil, rows.values)
		}
		if err := w.Row(rows.key, record); err != nil {
			return err
		}
	}
	if table == tables.TableLeafBlock {
		for _, b := range change.Blocks {
			if err := w.Row(b.First, btree.AppendRecord(nil, b.Row())); err != nil {
				return err
			}
		}
	}
	return nil
}
