package archive

import (
	"fmt"
	"math"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// A redactionReader reads what the records of an archive lack, in the order of the records. Most archives lack nothing.
type redactionReader struct {
	rows   tables.Rows // nil when there is nothing more
	seq    int64       // of the row that comes next
	next   tables.Row
	budget *sqlitefile.Budget
}

// openRedactions gives a reader of the records from first to last.
func openRedactions(r interface {
	Rows(table string, columns int, first, last int64) (tables.Rows, error)
}, budget *sqlitefile.Budget, first, last int64) (*redactionReader, error) {
	rows, err := r.Rows(tables.TableRedaction, 0, tables.RedactionKey(first, 0), tables.RedactionKey(last, math.MaxUint8))
	return readRedactions(rows, budget, err)
}

func readRedactions(rows tables.Rows, budget *sqlitefile.Budget, err error) (*redactionReader, error) {
	if err != nil {
		return nil, err
	}
	x := &redactionReader{rows: rows, budget: budget}
	return x, x.step()
}

func (r *redactionReader) close() {
	if r.rows != nil {
		r.rows.Close()
		r.rows, r.next = nil, nil
	}
}

func (r *redactionReader) step() (err error) {
	if r.next, err = r.rows.Next(); err != nil {
		return err
	}
	if r.next == nil {
		r.close()
		return nil
	}
	r.seq, _ = tables.RedactionRecord(r.next[tables.RedactionID].Int)
	size := 0
	for i := range r.next {
		size += len(r.next[i].Bytes)
	}
	return r.budget.Take(size)
}

// of gives what record seq lacks, nil for nothing. Calls come in ascending order of seq.
func (r *redactionReader) of(seq int64) (*provider.Redaction, error) {
	var red *provider.Redaction
	for r.rows != nil && r.seq <= seq {
		if r.seq == seq {
			if red == nil {
				red = &provider.Redaction{}
			}
			row := tables.RedactionRow{
				Name:       string(r.next[tables.RedactionField].Bytes),
				Commitment: present(r.next[tables.RedactionCommitment]), Key: present(r.next[tables.RedactionKeyOf]),
			}
			if err := row.AddTo(red); err != nil {
				return nil, fmt.Errorf("record %d: %w", seq, err)
			}
		}
		if err := r.step(); err != nil {
			return nil, err
		}
	}
	return red, nil
}

// present gives a blob, which is not nil unless it is absent.
func present(x btree.Value) []byte {
	if x.Kind == btree.Null {
		return nil
	}
	return append([]byte{}, x.Bytes...)
}

// redactionAt gives what one record lacks.
func redactionAt(r tables.Reading, budget *sqlitefile.Budget, seq int64) (*provider.Redaction, error) {
	rows, err := r.Look(tables.TableRedaction, tables.RedactionKey(seq, 0), tables.RedactionKey(seq, math.MaxUint8))
	x, err := readRedactions(rows, budget, err)
	if err != nil {
		return nil, err
	}
	defer x.close()
	return x.of(seq)
}

// redacted reports whether anything of the run is withheld, or has a key of its own.
func redacted(r tables.Reading) (bool, error) {
	_, some, err := r.Last(tables.TableRedaction)
	return some, err
}
