package archive

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/simexp/exparchive/provider"
)

// A redactionReader reads what the records of an archive lack, in the order of the records. Most archives lack nothing.
type redactionReader struct {
	rows *sql.Rows // nil when there is nothing more
	seq  int64
	field
}

// field is one row of the table redaction, apart from its record.
type field struct {
	name            string
	commitment, key []byte
}

const redactionColumns = "SELECT seq, field, commitment, key FROM redaction WHERE "

// openRedactions gives a reader of the records from first to before end.
func openRedactions(ctx context.Context, conn *sql.Conn, first, end int64) (*redactionReader, error) {
	r := &redactionReader{}
	var any bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM redaction)").Scan(&any); err != nil || !any {
		return r, damage(err)
	}
	rows, err := conn.QueryContext(ctx, redactionColumns+"seq >= ? AND seq < ? ORDER BY seq, field", first, end)
	if err != nil {
		return nil, damage(err)
	}
	r.rows = rows
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
		return damage(r.rows.Scan(&r.seq, &r.name, &r.commitment, &r.key))
	}
	err := r.rows.Err()
	r.close()
	r.seq = math.MaxInt64
	return damage(err)
}

// of gives what record seq lacks, nil for nothing. Calls come in ascending order of seq.
func (r *redactionReader) of(seq int64) (*provider.Redaction, error) {
	var red *provider.Redaction
	for r.rows != nil && r.seq <= seq {
		if r.seq == seq {
			if red == nil {
				red = &provider.Redaction{}
			}
			if err := r.addTo(red); err != nil {
				return nil, fmt.Errorf("record %d: %w", seq, err)
			}
		}
		if err := r.next(); err != nil {
			return nil, err
		}
	}
	return red, nil
}

// addTo puts one row into a redaction.
func (f field) addTo(red *provider.Redaction) error {
	switch {
	case len(f.commitment) == len(provider.Commitment{}) && f.key == nil && f.name != "":
		if red.Withheld == nil {
			red.Withheld = map[string]provider.Commitment{}
		}
		red.Withheld[f.name] = provider.Commitment(f.commitment)
	case len(f.key) == len(provider.Key{}) && f.commitment == nil && f.name != "":
		if red.FieldKeys == nil {
			red.FieldKeys = map[string]provider.Key{}
		}
		red.FieldKeys[f.name] = provider.Key(f.key)
	case len(f.key) == len(provider.Key{}) && f.commitment == nil:
		red.Key = new(provider.Key(f.key))
	default:
		return fmt.Errorf("%w: redaction of field %.80q", ErrDamaged, f.name)
	}
	return nil
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
