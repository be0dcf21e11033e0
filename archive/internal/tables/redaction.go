package tables

import (
	"fmt"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
)

// RedactionKey gives the primary key of the row of z_redaction for a field, by its id, of a record.
func RedactionKey(seq int64, field byte) int64 { return seq<<8 | int64(field) }

// RedactionRecord gives the record and the id of the field that a row of z_redaction is about.
func RedactionRecord(key int64) (seq int64, field byte) { return key >> 8, byte(key) }

// MaxSeq is above the Seq of every record, which leaves room for the keys of z_redaction.
const MaxSeq = 1 << 48

// RedactionRow is one row of the table of what is withheld, apart from its record.
type RedactionRow struct {
	Name            string
	Commitment, Key []byte
}

// AddTo puts one row into a redaction.
func (f RedactionRow) AddTo(red *provider.Redaction) error {
	switch {
	case len(f.Commitment) == len(provider.Commitment{}) && f.Key == nil && f.Name != "":
		if red.Withheld == nil {
			red.Withheld = map[string]provider.Commitment{}
		}
		red.Withheld[f.Name] = provider.Commitment(f.Commitment)
	case len(f.Key) == len(provider.Key{}) && f.Commitment == nil && f.Name != "":
		if red.FieldKeys == nil {
			red.FieldKeys = map[string]provider.Key{}
		}
		red.FieldKeys[f.Name] = provider.Key(f.Key)
	default:
		return fmt.Errorf("%w: redaction of field %.80q", sqlitefile.ErrDamaged, f.Name)
	}
	return nil
}
