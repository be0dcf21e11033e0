package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/simexp/exparchive/schema"
)

// headerSize is the length of the SQLite database header (https://www.sqlite.org/fileformat.html section 1.3).
const headerSize = 100

// sqliteMagic is what every SQLite database begins with.
const sqliteMagic = "SQLite format 3\x00"

// header is what the first 100 bytes of a .simexp file say, checked before SQLite sees the file.
type header struct {
	pageSize int64
	pages    int64 // file size in pages at the last commit that is in the main file
	wal      bool  // the file is, or was, being recorded
	version  int64 // schema version
}

// readHeader reads and checks the header of the file r of the given size. The file may be no SQLite database
// ([ErrNotArchive]), another one (ErrNotArchive), a newer archive ([ErrNewer]) or damaged ([ErrDamaged]).
func readHeader(r io.ReaderAt, size int64) (header, error) {
	var h header
	if size == 0 {
		return h, fmt.Errorf("%w: the file is empty", ErrNotArchive)
	}
	b := make([]byte, headerSize)
	n, err := r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return h, err
	}
	if !strings.HasPrefix(string(b[:n]), sqliteMagic) {
		return h, fmt.Errorf("%w: %s", ErrNotArchive, guess(b[:n]))
	}
	if n < headerSize {
		return h, fmt.Errorf("%w: %d bytes, less than a header of %d", ErrDamaged, n, headerSize)
	}
	be := binary.BigEndian
	if id := be.Uint32(b[68:]); id != schema.ApplicationID {
		return h, fmt.Errorf("%w: an SQLite database with application id %#x, want %#x", ErrNotArchive, id, schema.ApplicationID)
	}
	h.version = int64(int32(be.Uint32(b[60:])))
	if err := formats.CheckVersion(h.version); errors.Is(err, schema.ErrNewer) {
		return h, err
	} else if err != nil {
		return h, fmt.Errorf("%w: %w", ErrNotArchive, err)
	}
	h.pageSize = int64(be.Uint16(b[16:]))
	if h.pageSize == 1 {
		h.pageSize = 65536
	}
	h.pages = int64(be.Uint32(b[28:]))
	h.wal = b[18] == modeWAL || b[19] == modeWAL
	for _, c := range []struct {
		field string
		at    int64
		ok    bool
	}{
		{"page size", 16, h.pageSize >= 512 && h.pageSize&(h.pageSize-1) == 0},
		{"file format version", 18, (b[18] == modeRollback || b[18] == modeWAL) && (b[19] == modeRollback || b[19] == modeWAL)},
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

// guess says what a file is that begins with b, as far as that helps its owner.
func guess(b []byte) string {
	switch {
	case strings.HasPrefix(string(b), "version https://git-lfs"):
		return "a Git LFS pointer; run git lfs pull to get the file itself"
	case len(b) >= 12 && string(b[8:12]) == "DUCK":
		return "a DuckDB database"
	case strings.HasPrefix(string(b), "{"):
		return "text in JSON"
	}
	return "not an SQLite database"
}
