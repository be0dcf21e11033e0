package sqlitefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/simexp/exparchive/archive/internal/packed"
	"github.com/simexp/exparchive/schema"
)

// HeaderSize is the length of the SQLite database header (https://www.sqlite.org/fileformat.html section 1.3).
const HeaderSize = 100

// Magic is what every SQLite database begins with.
const Magic = "SQLite format 3\x00"

// header is what the first 100 bytes of a .simexp file say, checked before SQLite sees the file.
type header struct {
	pageSize int64
	pages    int64 // file size in pages at the last commit that is in the main file
	wal      bool  // the file is, or was, being recorded
	version  int   // schema version
}

// readHeader reads and checks the header of the file r of the given size. The file may be no SQLite database
// ([ErrNotArchive]), another one (ErrNotArchive), a newer archive ([ErrNewer]) or damaged ([ErrDamaged]).
func readHeader(r io.ReaderAt, size int64) (header, error) {
	var h header
	if size == 0 {
		return h, fmt.Errorf("%w: the file is empty", ErrNotArchive)
	}
	b := make([]byte, HeaderSize)
	n, err := r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return h, err
	}
	if !strings.HasPrefix(string(b[:n]), Magic) {
		return h, fmt.Errorf("%w: %s", ErrNotArchive, Guess(b[:n]))
	}
	if n < HeaderSize {
		return h, fmt.Errorf("%w: %d bytes, less than a header of %d", ErrDamaged, n, HeaderSize)
	}
	be := binary.BigEndian
	if id := be.Uint32(b[68:]); id != schema.ApplicationID {
		return h, fmt.Errorf("%w: an SQLite database with application id %#x, want %#x", ErrNotArchive, id,
			schema.ApplicationID)
	}
	h.version = int(int32(be.Uint32(b[60:])))
	if err := Formats.CheckVersion(int64(h.version)); errors.Is(err, schema.ErrNewer) {
		return h, err
	} else if err != nil {
		return h, fmt.Errorf("%w: %w", ErrNotArchive, err)
	}
	h.pageSize = int64(be.Uint16(b[16:]))
	if h.pageSize == 1 {
		h.pageSize = 65536
	}
	h.pages = int64(be.Uint32(b[28:]))
	h.wal = b[18] == ModeWAL || b[19] == ModeWAL
	for _, c := range []struct {
		field string
		at    int64
		ok    bool
	}{
		{"page size", 16, h.pageSize >= 512 && h.pageSize&(h.pageSize-1) == 0},
		{"file format version", 18, (b[18] == ModeRollback || b[18] == ModeWAL) &&
			(b[19] == ModeRollback || b[19] == ModeWAL)},
		{"reserved space", 20, b[20] == 0},
		{"payload fractions", 21, b[21] == 64 && b[22] == 32 && b[23] == 32},
		{"schema format", 44, be.Uint32(b[44:]) == 4},
		{"auto vacuum", 52, be.Uint32(b[52:]) == 0 && be.Uint32(b[64:]) == 0},
		{"text encoding", 56, be.Uint32(b[56:]) == 1},
		{"page count", 28, h.pages > 0},
		{"version valid for", 92, be.Uint32(b[92:]) == be.Uint32(b[24:])},
	} {
		if !c.ok {
			return h, fmt.Errorf("%w: byte %d of the header: bad %s", ErrDamaged, c.at, c.field)
		}
	}
	if want := h.pages * h.pageSize; !h.wal && size != want {
		return h, fmt.Errorf("%w: the file has %d bytes, its header says %d", ErrDamaged, size, want)
	}
	return h, nil
}

// Guess says what a file is that begins with b, as far as that helps its owner.
func Guess(b []byte) string {
	switch {
	case strings.HasPrefix(string(b), "version https://git-lfs"):
		return "a Git LFS pointer; run git lfs pull to get the file itself"
	case len(b) >= 12 && string(b[8:12]) == "DUCK":
		return "a DuckDB database"
	case strings.HasPrefix(string(b), packed.Magic):
		return "packed, and so is what is in it"
	case strings.HasPrefix(string(b), "{"):
		return "text in JSON"
	}
	return "not an SQLite database"
}

// Bytes 18 and 19 of a database say whether it has a write-ahead log. SQLite changes them by way of a rollback journal,
// and a crash in between would leave that behind, or a file that asks for a log which is not there. So the writer
// changes the two bytes itself, while nobody has the file open for writing; they lie in one sector and change at once.
// The steps are in such an order that after a crash at any moment the file is complete with what stands beside it:
//
//	log empty, bytes 1 1   as Close leaves it, then without the log
//	log empty, bytes 2 2   between open and the first commit, and between the last checkpoint and the end of Close
//	log filled, bytes 2 2  while it is recorded into
const (
	ModeOffset   = 18
	ModeRollback = 1
	ModeWAL      = 2
)

// Formats are the versions of the format that this package knows. Tests put others in their place.
var Formats = schema.Released()

// sqliteVersion is what a sealed file says of the release of SQLite that wrote it: the first that has what the views
// use, of which json_each is the youngest (https://www.sqlite.org/releaselog/3_9_0.html).
const sqliteVersion = 3009000

// CanonicalHeader gives the first 100 bytes of a sealed file of so many pages.
func CanonicalHeader(pages uint32, version int) []byte {
	b := make([]byte, HeaderSize)
	copy(b, Magic)
	be := binary.BigEndian
	be.PutUint16(b[16:], schema.PageSize)
	b[18], b[19] = ModeRollback, ModeRollback
	b[21], b[22], b[23] = 64, 32, 32 // payload fractions, which never vary
	be.PutUint32(b[24:], 1)          // change counter
	be.PutUint32(b[28:], pages)
	be.PutUint32(b[40:], 1) // schema cookie
	be.PutUint32(b[44:], 4) // schema format
	be.PutUint32(b[56:], 1) // UTF-8
	be.PutUint32(b[60:], uint32(version))
	be.PutUint32(b[68:], schema.ApplicationID)
	be.PutUint32(b[92:], 1) // version valid for: the change counter
	be.PutUint32(b[96:], sqliteVersion)
	return b
}

// SchemaTable is the name of the table of the schema.
const SchemaTable = "sqlite_schema"
