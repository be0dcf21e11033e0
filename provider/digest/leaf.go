package digest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"github.com/simexp/exparchive/provider"
)

// The entry of a record is what its leaf hash covers:
//
//	entry = version kind field*
//	field = id form body
//
// version, kind, id and form are one byte each; version is 1 and kind is the number of the record's kind. Fields come
// in ascending order of their id, and a field that is absent is left out. The forms are:
//
//	'i'  integer     8 bytes, big-endian, two's complement; a boolean is 0 or 1
//	'f'  number      8 bytes, big-endian, IEEE 754 binary64
//	't'  text        its length in bytes as 4 bytes, big-endian, then the bytes
//	'c'  commitment  32 bytes, see below
//
// What identifies a record stands in the entry itself; what it contains is there only as commitments, so that a value
// can be withheld from a copy of the run while the leaf hash can still be computed. The leaf hash is the SHA-256 of a
// zero byte and the entry (RFC 6962 section 2.1).
//
// The commitment to a value is the SHA-256 of the byte 2, the kind, the id and the value's bytes; in a run with a salt
// that of the byte 3, the kind, the id, the field's key and the value's bytes, except for the salt itself. Keys come
// from the salt by HMAC-SHA-256: the record's key is the HMAC under the salt of its Seq (8 bytes, big-endian), and the
// field's key the HMAC under the record's key of the id (1 byte). A copy from which values are withheld has no salt but
// the fields' keys of what is still in it.
const (
	entryVersion = 1

	leafPrefix       = 0
	commitmentPrefix = 2
	keyedPrefix      = 3

	formInteger    = 'i'
	formNumber     = 'f'
	formText       = 't'
	formCommitment = 'c'
)

// Ids of the fields of an event, of which a run has the most: their hash is computed without going through the fields.
const (
	eventIteration = iota + 1
	eventType
	eventTimestamp
	eventData // commitment
)

// A Leaf computes the leaf hashes of a run, record by record from its Start on, and reuses its buffers. It keeps the
// run's salt and counts the records, since keys depend on both. The zero value is ready. It is not for several
// goroutines.
type Leaf struct {
	entry     []byte // behind the leaf prefix
	value     []byte // behind the prefix of a commitment
	sha       hasher
	redaction *provider.Redaction
	seq       int64 // of the record at hand
	next      int64
	salt      []byte
	salted    bool
	key       provider.Key // of the record at hand, if hasKey
	hasKey    bool
	err       error
}

// Err gives the first failure to compute a hash, which wraps [provider.ErrKey]. The hashes since then are worthless.
func (l *Leaf) Err() error { return l.err }

// SkipTo says which record comes next; a run is otherwise expected from its Start to its end. The Start must have been
// hashed, unless the run has no salt.
func (l *Leaf) SkipTo(seq int64) { l.next = seq }

// Hash gives the leaf hash of r, which must have passed its Validate.
func (l *Leaf) Hash(r provider.Record) Hash {
	l.build(r)
	return l.sha.sum(l.entry)
}

// Entry gives the entry of r, valid until the next call. r must have passed its Validate.
func (l *Leaf) Entry(r provider.Record) []byte {
	l.build(r)
	return l.entry[1:]
}

// HashEvent is [Leaf.Hash] for an event, of which a run has the most.
func (l *Leaf) HashEvent(e *provider.Event) Hash {
	l.event(e)
	return l.sha.sum(l.entry)
}

func (l *Leaf) event(e *provider.Event) {
	l.begin(provider.KindEvent, e.Redaction)
	l.integer(eventIteration, int64(e.Iteration))
	l.text(eventType, e.Type)
	if e.Timestamp != "" {
		l.text(eventTimestamp, e.Timestamp)
	}
	if !l.withheld(eventData, "event_data") && e.Data != nil {
		l.commitBytes(eventData, "event_data", e.Data)
	}
}

func (l *Leaf) build(r provider.Record) {
	switch r := r.(type) {
	case *provider.Event:
		l.event(r)
		return
	case *provider.Start:
		_, withheld := r.Withheld("salt")
		l.salt, l.salted, l.next = bytes.Clone(r.Salt), r.Salt != nil || withheld, 0
	}
	l.begin(r.RecordKind(), r.RecordMeta().Redaction)
	for f := range r.RecordKind().Fields() {
		if !f.In(r) {
			if f.Committed {
				l.withheld(f.ID, f.Name)
			}
			continue
		}
		switch p := f.Addr(r).(type) {
		case *int:
			l.integer(f.ID, int64(*p))
		case *string:
			if f.Committed {
				l.commitText(f.ID, f.Name, *p)
			} else {
				l.text(f.ID, *p)
			}
		case **string:
			if f.Committed {
				l.commitText(f.ID, f.Name, **p)
			} else {
				l.text(f.ID, **p)
			}
		case *[]byte:
			l.commitBytes(f.ID, f.Name, *p)
		case **int64:
			l.integer(f.ID, **p)
		case **provider.Cents:
			l.integer(f.ID, int64(**p))
		case **bool:
			n := int64(0)
			if **p {
				n = 1
			}
			l.integer(f.ID, n)
		case **float64:
			l.entry = append(l.entry, f.ID, formNumber)
			l.entry = binary.BigEndian.AppendUint64(l.entry, math.Float64bits(**p))
		case *map[string]provider.Cents:
			l.commit(f.ID, provider.AppendCosts(l.commitmentTo(f.ID, f.Name), *p))
		case *map[string]bool:
			l.commit(f.ID, provider.AppendAcceptedChanges(l.commitmentTo(f.ID, f.Name), *p))
		case *map[string]json.RawMessage:
			l.commit(f.ID, provider.AppendPolicies(l.commitmentTo(f.ID, f.Name), *p))
		}
	}
}

// begin starts the entry of a record, behind the leaf prefix.
func (l *Leaf) begin(k provider.Kind, red *provider.Redaction) {
	l.entry = append(l.entry[:0], leafPrefix, entryVersion, byte(k))
	l.redaction = red
	l.seq = l.next
	l.next++
	l.hasKey = false
}

func (l *Leaf) integer(id byte, n int64) {
	l.entry = binary.BigEndian.AppendUint64(append(l.entry, id, formInteger), uint64(n))
}

func (l *Leaf) text(id byte, s string) {
	l.entry = binary.BigEndian.AppendUint32(append(l.entry, id, formText), uint32(len(s)))
	l.entry = append(l.entry, s...)
}

// commitBytes adds the commitment to value.
func (l *Leaf) commitBytes(id byte, name string, value []byte) {
	if len(value) > longValue {
		commitLong(l, id, l.commitmentTo(id, name), value)
		return
	}
	l.commit(id, append(l.commitmentTo(id, name), value...))
}

// commitText adds the commitment to value.
func (l *Leaf) commitText(id byte, name, value string) {
	if len(value) > longValue {
		commitLong(l, id, l.commitmentTo(id, name), value)
		return
	}
	l.commit(id, append(l.commitmentTo(id, name), value...))
}

// longValue is the length in bytes from which a value is hashed in pieces; a shorter one is copied behind what is
// hashed before it, which is faster.
const longValue = 1 << 16

// commitLong is commit for a long value, of which it makes no copy.
func commitLong[T []byte | string](l *Leaf, id byte, before []byte, value T) {
	h := sha256.New()
	h.Write(before)
	for len(value) > 0 {
		n := min(len(value), longValue)
		l.value = append(l.value[:0], value[:n]...)
		h.Write(l.value)
		value = value[n:]
	}
	l.entry = h.Sum(append(l.entry, id, formCommitment))
}

// withheld adds the commitment that stands in for a value that was taken out, if it was.
func (l *Leaf) withheld(id byte, name string) bool {
	if l.redaction == nil {
		return false
	}
	c, ok := l.redaction.Withheld[name]
	if ok {
		l.entry = append(append(l.entry, id, formCommitment), c[:]...)
	}
	return ok
}

// commitmentTo gives the empty buffer of values with what a commitment covers before the value.
func (l *Leaf) commitmentTo(id byte, name string) []byte {
	if !l.salted || name == "salt" {
		return append(l.value[:0], commitmentPrefix, l.entry[2], id)
	}
	key := l.fieldKey(id, name)
	return append(append(l.value[:0], keyedPrefix, l.entry[2], id), key[:]...)
}

func (l *Leaf) commit(id byte, covered []byte) {
	l.entry = l.sha.appendSum(append(l.entry, id, formCommitment), covered)
	if l.value = covered; cap(covered) > 1<<20 { // do not hold on to what one huge value needed
		l.value = nil
	}
}

// fieldKey gives the key of a field of the record at hand.
func (l *Leaf) fieldKey(id byte, name string) provider.Key {
	if l.redaction != nil {
		if key, ok := l.redaction.FieldKeys[name]; ok {
			return key
		}
	}
	if l.salt == nil {
		if l.err == nil {
			l.err = fmt.Errorf("record %d: %s: %w", l.seq, name, provider.ErrKey)
		}
		return provider.Key{}
	}
	if !l.hasKey {
		l.key, l.hasKey = RecordKey(l.salt, l.seq), true
	}
	return deriveKey(l.key[:], []byte{id})
}
