package runindex

import (
	"io/fs"
	"time"
)

// A Stamp is how a file looks from outside. Two that are equal are those of a file that did not change between them,
// as far as its system tells.
type Stamp struct {
	Size     int64
	Modified int64  // when its content was written, in nanoseconds since 1970
	Changed  int64  // when anything about it was changed, likewise; 0 where the system does not tell
	ID       uint64 // the number of the file; on Windows the time of its making
}

// StampOf gives the stamp of a file, not behind a link. It is false for what is no regular file, and where the system
// tells too little.
func StampOf(info fs.FileInfo) (Stamp, bool) {
	if !info.Mode().IsRegular() {
		return Stamp{}, false
	}
	s := Stamp{Size: info.Size(), Modified: info.ModTime().UnixNano()}
	return s, s.add(info.Sys())
}

// before reports whether the file was as it is long enough before a time.
func (s Stamp) before(t time.Time) bool {
	limit := t.Add(-Settled).UnixNano()
	return s.Modified < limit && s.Changed < limit
}
