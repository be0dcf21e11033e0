package pages

import (
	"context"
	"math"
	"os"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/schema"
)

// A Source has the rows of a sealed file.
type Source interface {
	// Each gives the rows of a table to put, in the order of their keys, each as the record that stands in the file,
	// valid during the call. It ends with put's first error.
	Each(table string, put func(key int64, record []byte) error) error
}

// Write lays the tables of s out as a sealed file of a version, and gives the number of its pages.
//
// Pages go to sink as [btree.Writer] gives them: those of the front, without which the file is none, come last.
func Write(sink btree.Sink, version int, s Source) (pages uint32, err error) {
	objects, err := Objects(version)
	if err != nil {
		return 0, err
	}
	w, err := btree.NewWriter(sink, schema.PageSize, objects)
	if err != nil {
		return 0, err
	}
	for _, o := range objects {
		if o.Type != "table" {
			continue
		}
		if err := w.Table(o.Name); err != nil {
			return 0, err
		}
		if err := s.Each(o.Name, w.Row); err != nil {
			return 0, err
		}
	}
	return w.Finish(func(pages uint32) []byte { return sqlitefile.CanonicalHeader(pages, version) })
}

// WriteFile is [Write] into a file that it makes, which must not be there. It is not flushed. After an error the file
// may be there in part; it is then no database.
func WriteFile(sys *sqlitefile.System, path string, perm os.FileMode, version int, s Source) error {
	if err := sys.Create(path, perm); err != nil {
		return err
	}
	out := &fileSink{sys: sys, path: path}
	if _, err := Write(out, version, s); err != nil {
		return err
	}
	return out.flush()
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

// A Change is what a sealed file has that the database does not have which it is made from.
type Change struct {
	// Seal is put into the row of the experiment, unless it is nil.
	Seal *tables.Seal
	// Blocks stand behind the blocks that there are.
	Blocks []tables.LeafBlock
	// Annotations take the place of those that there are, unless they are nil.
	Annotations []tables.Annotation
}

// Write is [Write] of the tables of d, with a change to them. A row that does not have its one form is
// [sqlitefile.ErrDamaged].
func (d *Database) Write(ctx context.Context, sink btree.Sink, change Change) (pages uint32, err error) {
	r := d.read(ctx)
	defer r.Close()
	return Write(sink, d.file.Version, changed{r, change})
}

// WriteFile is [WriteFile] of the tables of d, with a change to them.
func (d *Database) WriteFile(ctx context.Context, sys *sqlitefile.System, path string, perm os.FileMode,
	change Change) error {
	r := d.read(ctx)
	defer r.Close()
	return WriteFile(sys, path, perm, d.file.Version, changed{r, change})
}

// changed has the rows of a reading with a change to them.
type changed struct {
	*Reading
	change Change
}

// Each implements [Source].
func (c changed) Each(table string, put func(key int64, record []byte) error) error {
	if table == tables.TableAnnotation && c.change.Annotations != nil {
		for i, a := range c.change.Annotations {
			if err := put(int64(i)+1, btree.AppendRecord(nil, a.Row())); err != nil {
				return err
			}
		}
		return nil
	}
	rows, err := c.rows(table, math.MinInt64, math.MaxInt64)
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
		if table == tables.TableExperiment && c.change.Seal != nil {
			c.change.Seal.Put(rows.values)
			rows.values[0] = btree.Value{} // the key stands beside the record
			record = btree.AppendRecord(nil, rows.values)
		}
		if err := put(rows.key, record); err != nil {
			return err
		}
	}
	if table == tables.TableLeafBlock {
		for _, b := range c.change.Blocks {
			if err := put(b.First, btree.AppendRecord(nil, b.Row())); err != nil {
				return err
			}
		}
	}
	return nil
}
