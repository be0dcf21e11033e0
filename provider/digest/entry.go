package digest

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/simexp/exparchive/provider"
)

// An Entry is what the leaf hash of a record covers (leaf.go describes its bytes), read back.
type Entry struct {
	Kind   provider.Kind
	Fields []EntryField
}

// An EntryField is one field of an entry.
type EntryField struct {
	ID   byte
	Form byte // 'i', 'f', 't' or 'c', which says which of the following it has
	// Name is that of the field in the line protocol, or "field " and the id where this program does not know the field.
	Name       string
	Integer    int64
	Number     float64
	Text       string
	Commitment Hash
}

// Committed reports whether the entry has only a commitment to the field's value.
func (f EntryField) Committed() bool { return f.Form == formCommitment }

// String gives the value, or what stands for it.
func (f EntryField) String() string {
	switch f.Form {
	case formInteger:
		return strconv.FormatInt(f.Integer, 10)
	case formNumber:
		return strconv.FormatFloat(f.Number, 'g', -1, 64)
	case formText:
		return f.Text
	}
	return "sha256:" + f.Commitment.String()
}

func fieldName(k provider.Kind, id byte) string {
	for f := range k.Fields() {
		if f.ID == id {
			return f.Name
		}
	}
	return fmt.Sprintf("field %d", id)
}

// ErrEntry means that bytes are not the entry of a record.
var ErrEntry = errors.New("not the entry of a record")

// ParseEntry reads an entry. Fields and kinds that this program does not know are kept; an error wraps [ErrEntry].
func ParseEntry(b []byte) (Entry, error) {
	if len(b) < 2 {
		return Entry{}, fmt.Errorf("%w: %d bytes", ErrEntry, len(b))
	}
	if b[0] != entryVersion {
		return Entry{}, fmt.Errorf("%w: version %d, want %d", ErrEntry, b[0], entryVersion)
	}
	e := Entry{Kind: provider.Kind(b[1])}
	for at := 2; at < len(b); {
		if len(b)-at < 2 {
			return Entry{}, fmt.Errorf("%w: byte %d: a field without a form", ErrEntry, at)
		}
		f := EntryField{ID: b[at], Form: b[at+1]}
		f.Name = fieldName(e.Kind, f.ID)
		if n := len(e.Fields); n > 0 && e.Fields[n-1].ID >= f.ID {
			return Entry{}, fmt.Errorf("%w: byte %d: field %d after field %d", ErrEntry, at, f.ID, e.Fields[n-1].ID)
		}
		at += 2
		size := 0
		switch f.Form {
		case formInteger, formNumber:
			size = 8
		case formText:
			size = 4
		case formCommitment:
			size = sha256.Size
		default:
			return Entry{}, fmt.Errorf("%w: byte %d: unknown form %#x", ErrEntry, at-1, f.Form)
		}
		if len(b)-at < size {
			return Entry{}, fmt.Errorf("%w: byte %d: field %d needs %d bytes, %d are left", ErrEntry, at, f.ID, size, len(b)-at)
		}
		body := b[at : at+size]
		at += size
		switch f.Form {
		case formInteger:
			f.Integer = int64(binary.BigEndian.Uint64(body))
		case formNumber:
			f.Number = math.Float64frombits(binary.BigEndian.Uint64(body))
		case formText:
			n := binary.BigEndian.Uint32(body)
			if int64(n) > int64(len(b)-at) {
				return Entry{}, fmt.Errorf("%w: byte %d: text of %d bytes, %d are left", ErrEntry, at, n, len(b)-at)
			}
			f.Text = string(b[at : at+int(n)])
			at += int(n)
		case formCommitment:
			f.Commitment = Hash(body)
		}
		e.Fields = append(e.Fields, f)
	}
	return e, nil
}

// leafOf gives the leaf hash of an entry.
func leafOf(entry []byte) Hash {
	return sha256.Sum256(append([]byte{leafPrefix}, entry...))
}

// commitmentOf gives the commitment to a value, with the field's key if the run has a salt and nil otherwise.
func commitmentOf(k provider.Kind, id byte, key, value []byte) Hash {
	h := sha256.New()
	if key == nil {
		h.Write([]byte{commitmentPrefix, byte(k), id})
	} else {
		h.Write([]byte{keyedPrefix, byte(k), id})
		h.Write(key)
	}
	h.Write(value)
	return Hash(h.Sum(nil))
}

// A value is what a commitment of a record commits to.
type value struct {
	id   byte
	data []byte
}

// valuesOf gives the values of r that its entry has commitments to, as far as r has them, without the salt: who knows
// it knows the keys of the whole run.
func valuesOf(r provider.Record) (values []value) {
	for f := range r.RecordKind().Committed() {
		if f.In(r) && f.Name != "salt" {
			values = append(values, value{f.ID, f.Value(r)})
		}
	}
	return values
}
