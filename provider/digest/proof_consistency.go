package digest

import (
	"errors"
	"fmt"

	"github.com/simexp/exparchive/provider"
)

// A ConsistencyProof shows that the run of a checkpoint begins with the records that an earlier digest covers: that a
// recording was continued and not rewritten. It holds for two digests that the verifier has from elsewhere.
//
// Its text is that of a request to a witness (https://c2sp.org/tlog-witness): a line "old" with the earlier number of
// records, a line for each hash of the proof of RFC 6962 section 2.1.2 in base64, an empty line, the checkpoint.
type ConsistencyProof struct {
	OldSize int64
	Path    []Hash
	Log     Log
}

// Check reports whether the proof leads from the digest oldRoot of the first OldSize records to the checkpoint's root.
// An error wraps [ErrProof].
func (p *ConsistencyProof) Check(oldRoot Hash) error {
	c := p.Log.Checkpoint
	if !checkTree(p.Path, c.Size, c.Root, p.OldSize, oldRoot) {
		return fmt.Errorf("%w: %d records with digest %v do not continue %d records with digest %v", ErrProof, c.Size, c.Root,
			p.OldSize, oldRoot)
	}
	return nil
}

// A ConsistencyProver is a sink that makes a [ConsistencyProof] for the run it takes.
type ConsistencyProver struct {
	recordSink
	runID    string
	leaf     Leaf
	follower consistencyFollower
}

var _ provider.Sink = (*ConsistencyProver)(nil)

// NewConsistencyProver gives a prover of how a run continues its own first oldSize records, at least 1.
func NewConsistencyProver(oldSize int64) *ConsistencyProver {
	p := &ConsistencyProver{follower: newConsistencyFollower(oldSize)}
	p.recordSink.take = func(r provider.Record) error {
		if s, ok := r.(*provider.Start); ok {
			p.runID = s.RunID
		}
		p.follower.add(p.leaf.Hash(r))
		return p.leaf.Err()
	}
	return p
}

// Proof gives the proof for the records taken so far, and the digest of the first oldSize of them. With fewer records
// than that the error wraps [ErrNoRecord].
func (p *ConsistencyProver) Proof() (proof *ConsistencyProof, oldRoot Hash, err error) {
	f := &p.follower
	size := f.tree.Len()
	if f.old < 1 {
		return nil, Hash{}, fmt.Errorf("%w: the first %d records, want at least 1", ErrNoRecord, f.old)
	}
	if size < f.old {
		return nil, Hash{}, fmt.Errorf("%w: the run has %d records, the earlier one is said to have %d", ErrNoRecord, size,
			f.old)
	}
	proof = &ConsistencyProof{OldSize: f.old, Path: f.proof(), Log: Log{
		Checkpoint: Checkpoint{Origin: Origin(p.runID), Size: size, Root: f.tree.Root()},
	}}
	return proof, f.oldRoot, nil
}

// A consistencyFollower follows the last complete subtree of the earlier tree. The proof of RFC 6962 is the root of
// that subtree and its siblings up to the later root; the subtree itself is left out if it is the whole earlier tree,
// whose root the verifier has.
type consistencyFollower struct {
	follower
	old     int64
	oldRoot Hash
	oldPeak Hash
	whole   bool
}

func newConsistencyFollower(old int64) consistencyFollower {
	return consistencyFollower{follower: newFollower(), old: old}
}

func (c *consistencyFollower) add(leaf Hash) {
	c.follower.add(leaf, false)
	if c.tree.size == c.old {
		c.whole = len(c.tree.peaks) == 1
		c.oldPeak, c.oldRoot = c.followLast(), c.tree.Root()
	}
}

// proof gives the path from the earlier to the present tree.
func (c *consistencyFollower) proof() []Hash {
	if c.tree.size == c.old {
		return nil
	}
	path := c.audit()
	if !c.whole {
		path = append([]Hash{c.oldPeak}, path...)
	}
	return path
}

// ErrNoRecord means that a run does not have the record that a proof is wanted for.
var ErrNoRecord = errors.New("no such record")
