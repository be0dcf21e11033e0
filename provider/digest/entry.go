package digest

import (
	"encoding/binary"
	"errors"

	"github.com/simexp/exparchive/provider"
)

// Commitments gives the commitments in an entry by the names of their fields.
func Commitments(entry []byte) (map[string]provider.Commitment, error) {
	if len(entry) < 2 || entry[0] != entryVersion {
		return nil, errEntry
	}
	names := map[byte]string{}
	for name, id := range committedIDs[provider.Kind(entry[1])] {
		names[id] = name
	}
	found := map[string]provider.Commitment{}
	last := byte(0)
	for rest := entry[2:]; len(rest) > 0; {
		if len(rest) < 2 || rest[0] <= last {
			return nil, errEntry
		}
		id, form, size := rest[0], rest[1], 0
		last = id
		rest = rest[2:]
		switch form {
		case formInteger, formNumber:
			size = 8
		case formText:
			if len(rest) < 4 {
				return nil, errEntry
			}
			n := binary.BigEndian.Uint32(rest)
			rest = rest[4:]
			if uint64(n) > uint64(len(rest)) {
				return nil, errEntry
			}
			size = int(n)
		case formCommitment:
			size = 32
		default:
			return nil, errEntry
		}
		if size > len(rest) {
			return nil, errEntry
		}
		if form == formCommitment {
			name, ok := names[id]
			if !ok {
				return nil, errEntry
			}
			found[name] = provider.Commitment(rest[:32])
		}
		rest = rest[size:]
	}
	return found, nil
}

var errEntry = errors.New("not the entry of a record")
