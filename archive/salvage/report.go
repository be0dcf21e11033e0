package salvage

import (
	"fmt"

	"github.com/simexp/exparchive/archive"
)

// A Report says what was found in a file. It shares memory with the [Survey] and must not be modified.
type Report struct {
	// Sealed tells whether the file has a seal, which says what the run was.
	Sealed bool
	// Whole means that the run is complete and has the digest in the seal, or, without a seal, that nothing is missing,
	// changed or doubtful.
	Whole bool
	// Records is how many records were found and are brought out.
	Records int64
	// Proved is how many of them agree with what the file keeps of each record's hash: its first 4 bytes, with which a
	// changed record agrees once in 2^32 cases. The hash of a whole block of records tells even then, and Doubts says so.
	// The others can be read and break no rule, and that is all that is known of them.
	Proved int64
	// Uncommitted is how many of them were written but not acknowledged, or come from behind a damaged place of the
	// log.
	Uncommitted int64
	// Missing are the records that are gone, by Seq. Behind the last record that is there, a file without a seal does
	// not tell whether there were more.
	Missing []Range
	// Changed are records that can be read, but are not those whose hash the file keeps, in ascending order. They are
	// brought out only with [Options.KeepChanged].
	Changed []int64
	// Doubts says what else is wrong with records that are brought out: a text that is incomplete, a name that is lost.
	Doubts []string

	// Annotations are those that agree with the checksum that is kept of each, in their order. They are no part of the
	// run.
	Annotations []archive.Annotation
	// Damaged are annotations that can be read and do not agree with their checksum, in their order.
	Damaged []DamagedAnnotation
	// Lost is how many annotations there were besides, of which nothing can be read. There were at least so many.
	Lost int
	// Unsure means that there may have been more: pages of the table of annotations are damaged, or it cannot be found.
	Unsure bool
}

// A DamagedAnnotation is what can be read of an annotation that is not as it was written.
type DamagedAnnotation struct {
	Number int64 // from 1
	archive.Annotation
}

// A Range is a run of record numbers, its ends included.
type Range struct{ First, Last int64 }

// String gives r as "3" or "3-7".
func (r Range) String() string {
	if r.First == r.Last {
		return fmt.Sprint(r.First)
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}
