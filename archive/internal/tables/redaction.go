package tables

import (
	"fmt"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
)

// RedactionRow is one row of the table redaction, apart from its record.
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
	case len(f.Key) == len(provider.Key{}) && f.Commitment == nil:
		red.Key = new(provider.Key(f.Key))
	default:
		return fmt.Errorf("%w: redaction of field %.80q", sqlitefile.ErrDamaged, f.Name)
	}
	return nil
}
