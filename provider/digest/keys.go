package digest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/simexp/exparchive/provider"
)

// RecordKey gives the key of record seq of a run with the given salt.
func RecordKey(salt []byte, seq int64) provider.Key {
	return deriveKey(salt, binary.BigEndian.AppendUint64(nil, uint64(seq)))
}

// FieldKey gives the key of a committed field from that of its record. It is false for a field that has none.
func FieldKey(record provider.Key, k provider.Kind, field string) (provider.Key, bool) {
	id, ok := committedIDs[k][field]
	if !ok || field == "salt" {
		return provider.Key{}, false
	}
	return deriveKey(record[:], []byte{id}), true
}

func deriveKey(key, data []byte) (k provider.Key) {
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	mac.Sum(k[:0])
	return k
}
