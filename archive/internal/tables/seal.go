package tables

import (
	"errors"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/provider/digest"
)

// A Seal is what the row of the experiment says of the run as a whole.
type Seal struct {
	Digest digest.Hash
	// Counts are the numbers of records, events, interactions, iterations, notes and attachments.
	Counts [6]int64
}

var errSeal = errors.New("a seal that is not whole")

// SealOf reads the seal from a row of the table of the experiment, nil if it has none. What is only a part of one is an
// error.
func SealOf(row Row) (*Seal, error) {
	columns := row[ExperimentDigest : ExperimentAttachments+1]
	missing := 0
	for _, x := range columns {
		if x.Kind == btree.Null {
			missing++
		}
	}
	s := &Seal{}
	switch {
	case missing == len(columns):
		return nil, nil
	case missing > 0 || len(columns[0].Bytes) != len(s.Digest):
		return nil, errSeal
	}
	s.Digest = digest.Hash(columns[0].Bytes)
	for i := range s.Counts {
		s.Counts[i] = columns[1+i].Int
	}
	return s, nil
}

// Put puts the seal into a row of the table of the experiment.
func (s *Seal) Put(row Row) {
	row[ExperimentDigest] = btree.Value{Kind: btree.Blob, Bytes: s.Digest[:]}
	for i, n := range s.Counts {
		row[ExperimentRecords+i] = btree.Value{Kind: btree.Integer, Int: n}
	}
}
