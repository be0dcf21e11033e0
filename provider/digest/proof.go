package digest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/simexp/exparchive/provider"
)

// ErrProof means that a proof does not prove what it says.
var ErrProof = errors.New("proof does not hold")

// A Log is the checkpoint of a run, and what signs it.
type Log struct {
	Checkpoint Checkpoint
	// Note is the checkpoint as a signed note (https://c2sp.org/signed-note), empty if no note key signed it. Whoever
	// checks its signatures must take the checkpoint from the text that they cover.
	Note string
}

// text gives what stands for the log in a proof.
func (l Log) text() string {
	if l.Note != "" {
		return l.Note
	}
	return l.Checkpoint.Text()
}

// A Proof shows that one record belongs to the run of a checkpoint, without the rest of the run. A verifier who trusts
// the checkpoint knows that the entry is record number Index of the run, letter for letter, and that the disclosed
// values are those that were recorded; of a field that is not disclosed it knows the commitment. Who trusts only its
// root knows that of a record of the run, but neither Index nor the size, and no name.
type Proof struct {
	Index     int64  // the record's Seq
	Path      []Hash // audit path of RFC 6962 section 2.1.1, from the leaf's sibling on
	Entry     []byte // see [ParseEntry]
	Disclosed []Disclosure
	Log       Log
	// Signatures are SSH signatures of the checkpoint's text in their armoured form. The package knows nothing of them.
	Signatures []string
}

// A Disclosure is the value behind a commitment.
type Disclosure struct {
	Field string // its name, as [EntryField] has it
	Value []byte
	Key   []byte // 32 bytes, for a run with a salt; nil otherwise
}

// Check reports whether the proof holds: the entry is at its place in the tree of the checkpoint, and each disclosed
// value is the one that the entry commits to. It gives the entry. An error wraps [ErrProof].
func (p *Proof) Check() (Entry, error) {
	c := p.Log.Checkpoint
	if !checkRecord(p.Path, c.Size, c.Root, p.Index, leafOf(p.Entry)) {
		return Entry{}, fmt.Errorf("%w: the entry is not record %d of %d with digest %v", ErrProof, p.Index, c.Size, c.Root)
	}
	e, err := ParseEntry(p.Entry)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrProof, err)
	}
	seen := map[string]bool{}
	for _, d := range p.Disclosed {
		i := slices.IndexFunc(e.Fields, func(f EntryField) bool { return f.Name == d.Field && f.Committed() })
		if i < 0 || seen[d.Field] {
			return Entry{}, fmt.Errorf("%w: the value of %q, a field that the record does not commit to, or twice", ErrProof,
				d.Field)
		}
		seen[d.Field] = true
		if d.Key != nil && len(d.Key) != len(Hash{}) {
			return Entry{}, fmt.Errorf("%w: %s: a key of %d bytes, want %d", ErrProof, d.Field, len(d.Key), len(Hash{}))
		}
		if commitmentOf(e.Kind, e.Fields[i].ID, d.Key, d.Value) != e.Fields[i].Commitment {
			return Entry{}, fmt.Errorf("%w: %s: the value is not the one that was recorded", ErrProof, d.Field)
		}
	}
	return e, nil
}

// A RecordProver is a sink that makes a [Proof] for one record of the run it takes.
type RecordProver struct {
	recordSink
	seq      int64
	disclose func(field string) bool
	runID    string
	leaf     Leaf
	follower follower
	proof    *Proof
}

var _ provider.Sink = (*RecordProver)(nil)

// NewRecordProver gives a prover for the record number seq, counted from 0 for the experiment. Of its fields that the
// entry only commits to, the proof has the values of those whose name disclose accepts; nil accepts all.
func NewRecordProver(seq int64, disclose func(field string) bool) *RecordProver {
	p := &RecordProver{seq: seq, disclose: disclose, follower: newFollower()}
	p.recordSink.take = p.take
	return p
}

func (p *RecordProver) take(r provider.Record) error {
	if s, ok := r.(*provider.Start); ok {
		p.runID = s.RunID
	}
	at := p.follower.tree.Len()
	hash := p.leaf.Hash(r)
	if p.follower.add(hash, at == p.seq); at != p.seq || p.leaf.Err() != nil {
		return p.leaf.Err()
	}
	p.proof = &Proof{Index: at, Entry: slices.Clone(p.leaf.entry[1:])}
	if leafOf(p.proof.Entry) != hash {
		return errors.New("the entry of the record does not give its leaf hash")
	}
	for _, v := range valuesOf(r) {
		name := fieldName(r.RecordKind(), v.id)
		if p.disclose != nil && !p.disclose(name) {
			continue
		}
		d := Disclosure{Field: name, Value: slices.Clone(v.data)}
		if p.leaf.salted {
			key := p.leaf.fieldKey(v.id, name)
			d.Key = key[:]
		}
		p.proof.Disclosed = append(p.proof.Disclosed, d)
	}
	return p.leaf.Err()
}

// Proof gives the proof for the records taken so far. If the record was not among them, the error wraps [ErrNoRecord].
func (p *RecordProver) Proof() (*Proof, error) {
	size := p.follower.tree.Len()
	if p.proof == nil {
		return nil, fmt.Errorf("%w: record %d; the run has %d, from 0", ErrNoRecord, p.seq, size)
	}
	p.proof.Path = p.follower.audit()
	p.proof.Log = Log{Checkpoint: Checkpoint{Origin: Origin(p.runID), Size: size, Root: p.follower.tree.Root()}}
	return p.proof, nil
}

// CheckpointOf computes the checkpoint of the whole run of p.
func CheckpointOf(ctx context.Context, p provider.Provider) (Checkpoint, error) {
	e, err := p.Experiment(ctx)
	if err != nil {
		return Checkpoint{}, err
	}
	root, count, err := Of(ctx, p)
	return Checkpoint{Origin: Origin(e.RunID), Size: count, Root: root}, err
}

// A recordSink is a sink that gives each record, checked, to one function.
type recordSink struct {
	order provider.Order
	salt  provider.SaltRule
	take  func(provider.Record) error
}

// Begin implements [provider.Sink].
func (s *recordSink) Begin(_ context.Context, r *provider.Start) error {
	if err := s.order.Begin(); err != nil {
		return err
	}
	return s.checked(r)
}

// Event implements [provider.Sink].
func (s *recordSink) Event(_ context.Context, r *provider.Event) error { return s.record(r) }

// Interaction implements [provider.Sink].
func (s *recordSink) Interaction(_ context.Context, r *provider.Interaction) error {
	return s.record(r)
}

// Iteration implements [provider.Sink].
func (s *recordSink) Iteration(_ context.Context, r *provider.Iteration) error { return s.record(r) }

// Note implements [provider.Sink].
func (s *recordSink) Note(_ context.Context, r *provider.Note) error { return s.record(r) }

// Attachment implements [provider.Sink].
func (s *recordSink) Attachment(_ context.Context, r *provider.Attachment) error {
	return s.record(r)
}

// Finish implements [provider.Sink].
func (s *recordSink) Finish(_ context.Context, r *provider.Result) error {
	if err := s.order.Finish(); err != nil || r == nil {
		return err
	}
	return s.checked(r)
}

func (s *recordSink) record(r provider.Record) error {
	if err := s.order.Record(r.RecordKind()); err != nil {
		return err
	}
	return s.checked(r)
}

func (s *recordSink) checked(r provider.Record) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if err := s.salt.Check(r); err != nil {
		return err
	}
	return s.take(r)
}
