package digest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/simexp/exparchive/provider"
)

// RecordKey gives the key of record seq of a run with the given salt, from which those of its fields come.
func RecordKey(salt []byte, seq int64) provider.Key {
	return deriveKey(salt, binary.BigEndian.AppendUint64(nil, uint64(seq)))
}

// FieldKey gives the key of a committed field from that of its record. It is false for a field that has none.
func FieldKey(record provider.Key, k provider.Kind, field string) (provider.Key, bool) {
	f, ok := k.Field(field)
	if !ok || !f.Committed || field == "salt" {
		return provider.Key{}, false
	}
	return deriveKey(record[:], []byte{f.ID}), true
}

func deriveKey(key, data []byte) (k provider.Key) {
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	mac.Sum(k[:0])
	return k
}

// Commitments gives the commitments in an entry by the names of their fields. An error wraps [ErrEntry].
func Commitments(entry []byte) (map[string]provider.Commitment, error) {
	e, err := ParseEntry(entry)
	if err != nil {
		return nil, err
	}
	found := map[string]provider.Commitment{}
	for _, f := range e.Fields {
		if !f.Committed() {
			continue
		}
		if known, ok := e.Kind.Field(f.Name); !ok || !known.Committed {
			return nil, fmt.Errorf("%w: a commitment to field %d of kind %s", ErrEntry, f.ID, e.Kind)
		}
		found[f.Name] = provider.Commitment(f.Commitment)
	}
	return found, nil
}
