package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/pages"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// rowsSuffix follows the archive's name in that of the file with rows that are yet to be laid out.
const rowsSuffix = "-rows"

// copiedRows are those of a run that exists elsewhere, until they are laid out as the pages of a sealed file. Nothing
// is done about their durability, and a process that dies leaves nothing but litter.
//
// Beside what a [pages.Spool] holds there are some 100 bytes for each iteration and each section in memory.
type copiedRows struct {
	w          *Writer
	spool      *pages.Spool
	experiment tables.Row
	iterations map[int]*copiedIteration
	sections   map[[sha256.Size]byte]int64
	last       map[string]int64 // keys
	row        tables.Row
	record     []byte
}

// A copiedIteration is a row of z_iteration, the columns of an iteration that was recorded itself aside: the spool has
// them.
type copiedIteration struct {
	tables.Span
	place    int64
	recorded bool
}

func (w *Writer) newCopiedRows() {
	w.rows = &copiedRows{
		w: w, spool: pages.NewSpool(w.sys, w.path+rowsSuffix), iterations: map[int]*copiedIteration{},
		sections: map[[sha256.Size]byte]int64{}, last: map[string]int64{},
	}
}

func (r *copiedRows) begin() error  { return nil }
func (r *copiedRows) commit() error { return nil }
func (r *copiedRows) rollback()     {}
func (r *copiedRows) close() error  { return r.spool.Remove() }

func (r *copiedRows) put(table string, values ...any) error {
	row, err := rowOf(r.row[:0], values)
	if err != nil {
		return err
	}
	r.row = row
	if table == tables.TableExperiment {
		for i := range row {
			row[i].Bytes = bytes.Clone(row[i].Bytes) // the caller may use them again
		}
		r.experiment, r.row = row, nil
		return nil
	}
	if values[0] == nil {
		row[0] = integerValue(r.last[table] + 1)
	}
	r.last[table] = row[0].Int
	return r.add(table, row)
}

// rowOf appends values to row, as the driver of SQLite stores them.
func rowOf(row tables.Row, values []any) (tables.Row, error) {
	for _, v := range values {
		v, err := driver.DefaultParameterConverter.ConvertValue(v)
		if err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case nil:
			row = append(row, btree.Value{})
		case int64:
			row = append(row, integerValue(v))
		case bool:
			n := int64(0)
			if v {
				n = 1
			}
			row = append(row, integerValue(n))
		case float64:
			row = append(row, btree.Value{Kind: btree.Real, Float: v})
		case string:
			row = append(row, btree.Value{Kind: btree.Text, Bytes: []byte(v)})
		case []byte:
			x := btree.Value{Kind: btree.Blob, Bytes: v}
			if v == nil {
				x = btree.Value{}
			}
			row = append(row, x)
		default:
			return nil, fmt.Errorf("a value of type %T", v)
		}
	}
	return row, nil
}

func integerValue(n int64) btree.Value { return btree.Value{Kind: btree.Integer, Int: n} }

// add adds a row behind the others of its table.
func (r *copiedRows) add(table string, row tables.Row) error {
	key := row[0].Int
	row[0] = btree.Value{} // the key stands beside the record
	r.record = btree.AppendRecord(r.record[:0], row)
	_, err := r.spool.Add(table, key, r.record)
	return err
}

func (r *copiedRows) putEvents() error {
	b := &r.w.batch
	row := make(tables.Row, len(tables.Columns[tables.TableEvent]))
	for i := range b.events {
		e := &b.events[i]
		row[tables.EventSeq] = integerValue(e.Seq)
		row[tables.EventIteration] = integerValue(int64(e.Iteration))
		row[tables.EventTypeOf] = integerValue(b.types[i])
		row[tables.EventTimestamp], row[tables.EventData] = btree.Value{}, btree.Value{}
		if e.Timestamp != "" {
			row[tables.EventTimestamp] = btree.Value{Kind: btree.Text, Bytes: []byte(e.Timestamp)}
		}
		if e.Data != nil {
			row[tables.EventData] = btree.Value{Kind: btree.Text, Bytes: e.Data}
		}
		if err := r.add(tables.TableEvent, row); err != nil {
			return err
		}
	}
	return nil
}

func (r *copiedRows) putResult(x *provider.Result) error {
	row, err := rowOf(nil, resultColumns(x))
	if err != nil {
		return err
	}
	reason := len(row) - 1
	copy(r.experiment[tables.ExperimentStatus:], row[:reason])
	r.experiment[tables.ExperimentConvergenceReason] = row[reason]
	return nil
}

func (r *copiedRows) putSpan(iteration int, s *tables.Span) error {
	i := r.iteration(iteration, s.First)
	i.First, i.Last = min(i.First, s.First), s.Last
	i.Events += s.Events
	i.Interactions += s.Interactions
	i.Bytes += s.Bytes
	return nil
}

func (r *copiedRows) iteration(number int, first int64) *copiedIteration {
	i, ok := r.iterations[number]
	if !ok {
		i = &copiedIteration{Span: tables.Span{First: first, Last: first}}
		r.iterations[number] = i
	}
	return i
}

func (r *copiedRows) putIteration(x *provider.Iteration, seq int64, values ...any) error {
	row, err := rowOf(r.row[:0], append(make([]any, tables.IterationSeq), append([]any{seq}, values...)...))
	if err != nil {
		return err
	}
	r.row = row
	i := r.iteration(x.Number, seq)
	i.recorded = true
	r.record = btree.AppendRecord(r.record[:0], row)
	i.place, err = r.spool.Add(tables.TableIteration, int64(x.Number), r.record)
	return err
}

func (r *copiedRows) section(sum [sha256.Size]byte, body string) (id int64, isNew bool, err error) {
	if id, ok := r.sections[sum]; ok {
		return id, false, nil
	}
	id = int64(len(r.sections)) + 1
	r.sections[sum] = id
	return id, true, r.put(tables.TableSection, id, body)
}

// writeTo lays the rows out.
func (r *copiedRows) writeTo(ctx context.Context, path string, seal *tables.Seal, blocks []tables.LeafBlock) error {
	for _, b := range blocks {
		if err := r.put(tables.TableLeafBlock, b.First, b.Root[:], b.Leaves); err != nil {
			return err
		}
	}
	return pages.WriteFile(r.w.sys, path, 0o644, sqlitefile.Formats.Version, sealedRows{r, ctx, seal})
}

// sealedRows are those of the sealed file.
type sealedRows struct {
	*copiedRows
	ctx  context.Context
	seal *tables.Seal
}

// Each implements [pages.Source].
func (r sealedRows) Each(table string, put func(key int64, record []byte) error) error {
	switch table {
	case tables.TableExperiment:
		row := slices.Clone(r.experiment)
		r.seal.Put(row)
		key := row[0].Int
		row[0] = btree.Value{}
		return put(key, btree.AppendRecord(nil, row))
	case tables.TableIteration:
		return r.eachIteration(put)
	}
	return r.spool.Each(table, func(key int64, record []byte) error {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		return put(key, record)
	})
}

func (r *copiedRows) eachIteration(put func(key int64, record []byte) error) error {
	row := make(tables.Row, len(tables.Columns[tables.TableIteration]))
	for _, number := range slices.Sorted(maps.Keys(r.iterations)) {
		clear(row)
		i := r.iterations[number]
		if i.recorded {
			record, err := r.spool.At(tables.TableIteration, i.place)
			if err != nil {
				return err
			}
			if _, _, err := btree.DecodeRow(record, row); err != nil {
				return err
			}
		}
		for column, n := range map[int]int64{
			tables.IterationFirstSeq: i.First, tables.IterationLastSeq: i.Last, tables.IterationEvents: i.Events,
			tables.IterationInteractions: i.Interactions, tables.IterationBytes: i.Bytes,
		} {
			row[column] = integerValue(n)
		}
		r.record = btree.AppendRecord(r.record[:0], row)
		if err := put(int64(number), r.record); err != nil {
			return err
		}
	}
	return nil
}
