package archive

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// A redactionReader reads what the records of an archive lack, in the order of the records. Most archives lack nothing.
type redactionReader struct {
	rows *sql.Rows // nil when there is nothing more
	id   int64
	seq  int64
	tables.RedactionRow
}

const selectRedactions = "SELECT id, field, commitment, key FROM z_redaction WHERE "

// openRedactions gives a reader of the records from first to before end.
func openRedactions(ctx context.Context, conn *sql.Conn, first, end int64) (*redactionReader, error) {
	r := &redactionReader{}
	var lacking bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM z_redaction)").Scan(&lacking); err != nil || !lacking {
		return r, sqlitefile.Damage(err)
	}
	rows, err := conn.QueryContext(ctx, selectRedactions+"id >= ? AND id < ? ORDER BY id",
		tables.RedactionKey(first, 0), tables.RedactionKey(end, 0))
	if err != nil {
		return nil, sqlitefile.Damage(err)
	}
	r.rows, r.id = rows, math.MinInt64
	return r, r.next()
}

func (r *redactionReader) close() {
	if r.rows != nil {
		r.rows.Close()
		r.rows = nil
	}
}

func (r *redactionReader) next() error {
	if r.rows.Next() {
		last := r.id
		if err := r.rows.Scan(&r.id, &r.Name, &r.Commitment, &r.Key); err != nil {
			return sqlitefile.Damage(err)
		}
		if r.id <= last {
			return fmt.Errorf("%w: table %s: what follows row %d does not come behind it", sqlitefile.ErrDamaged, tables.TableRedaction, last)
		}
		r.seq, _ = tables.RedactionRecord(r.id)
		return nil
	}
	err := r.rows.Err()
	r.close()
	r.seq = math.MaxInt64
	return sqlitefile.Damage(err)
}

// of gives what record seq lacks, nil for nothing. Calls come in ascending order of seq.
func (r *redactionReader) of(seq int64) (*provider.Redaction, error) {
	var red *provider.Redaction
	for r.rows != nil && r.seq <= seq {
		if r.seq == seq {
			if red == nil {
				red = &provider.Redaction{}
			}
			if err := r.AddTo(red); err != nil {
				return nil, fmt.Errorf("record %d: %w", seq, err)
			}
		}
		if err := r.next(); err != nil {
			return nil, err
		}
	}
	return red, nil
}

// redactionAt gives what one record lacks.
func redactionAt(ctx context.Context, conn *sql.Conn, seq int64) (*provider.Redaction, error) {
	r, err := openRedactions(ctx, conn, seq, seq+1)
	if err != nil {
		return nil, err
	}
	defer r.close()
	return r.of(seq)
}
