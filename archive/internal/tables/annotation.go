package tables

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/simexp/exparchive/archive/internal/btree"
)

// InsertAnnotation writes a row of the table of annotations from what [AnnotationRow] gives.
const InsertAnnotation = "INSERT INTO " + TableAnnotation + " (kind, name, text, sha256) VALUES (?, ?, ?, ?)"

// AnnotationSum is the checksum of an annotation, which the digest of the run does not cover: the SHA-256 of kind, name
// and text, each behind its length in bytes as 4 bytes, big-endian.
func AnnotationSum(kind, name, text string) [sha256.Size]byte {
	var b []byte
	for _, s := range []string{kind, name, text} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return sha256.Sum256(b)
}

// AnnotationRow gives the columns of an annotation, the number aside.
func AnnotationRow(kind, name, text string) []any {
	sum := AnnotationSum(kind, name, text)
	return []any{kind, Nullable(name), text, sum[:]}
}

// Nullable gives NULL for an absent text.
func Nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// An Annotation is what a row of the table of annotations says.
type Annotation struct{ Kind, Name, Text string }

// Row gives the row of an annotation, without its number.
func (a Annotation) Row() Row {
	sum := AnnotationSum(a.Kind, a.Name, a.Text)
	name := btree.Value{}
	if a.Name != "" {
		name = textValue(a.Name)
	}
	return Row{{}, textValue(a.Kind), name, textValue(a.Text), {Kind: btree.Blob, Bytes: sum[:]}}
}

func textValue(s string) btree.Value { return btree.Value{Kind: btree.Text, Bytes: []byte(s)} }
