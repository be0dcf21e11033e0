package sqlitefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/schema"
)

// SQLite lays the same content out in the same way, but for what it leaves in bytes that hold nothing, the order in which
// cells stand on a page, and a few numbers about itself in the header. The canonical form of a sealed file has only one way
// for these, so that the same run has the same bytes, whatever became of the pages before and whatever release of SQLite
// made them, as long as it puts the same rows on the same pages.

// sqliteVersion is what a sealed file says of the release of SQLite that wrote it: the first that knows STRICT tables.
const sqliteVersion = 3037000

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

// errNotCanonical means that a file which was to be made canonical is not sound.
var errNotCanonical = errors.New("its pages are not sound")

// Canonicalise brings the sealed file at path, which nobody has open and which is sound, into its canonical form by way of
// overwrite, which need not flush. It changes nothing that a reader sees.
func Canonicalise(path string, overwrite func(path string, data []byte, offset int64) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h, err := readHeader(f, info.Size())
	if err != nil {
		return err
	}
	return canonicalPages(f, h, func(data []byte, offset int64) error { return overwrite(path, data, offset) })
}

// maxPatch is about how much is written in one piece.
const maxPatch = 4 << 20

// canonicalPages gives the pages of a file that have to change, neighbours in one piece. A page that was given is not read
// again.
func canonicalPages(r io.ReaderAt, h header, change func(data []byte, offset int64) error) error {
	if h.pageSize != schema.PageSize {
		return fmt.Errorf("pages of %d bytes, want %d", h.pageSize, schema.PageSize)
	}
	var broken error
	f := btree.NewForest(btree.NewPager(r, h.pageSize, h.pages))
	f.Report = func(x btree.Fault) {
		if broken == nil {
			broken = fmt.Errorf("%w: %s: page %d: %s", errNotCanonical, x.Tree, x.Page, x.Text)
		}
	}
	var piece []byte
	begin := int64(0)
	put := func() {
		if len(piece) > 0 && broken == nil {
			broken = change(piece, begin)
		}
		piece = piece[:0]
	}
	f.Each = func(number uint32, data, canonical []byte) {
		if number == 1 {
			canonical = append(CanonicalHeader(uint32(h.pages), h.version), canonical[HeaderSize:]...)
		}
		if string(data) == string(canonical) {
			return
		}
		offset := int64(number-1) * h.pageSize
		if begin+int64(len(piece)) != offset || len(piece) >= maxPatch {
			put()
			begin = offset
		}
		piece = append(piece, canonical...)
	}
	trees, err := Trees(f)
	if err != nil {
		return err
	}
	for _, t := range trees {
		for w := f.Walk(t.Name, t.Root, t.Index); w.Next(); {
		}
	}
	f.Rest()
	put()
	return broken
}

// A Tree is where a table or an index begins.
type Tree struct {
	Name  string
	Root  uint32
	Index bool
}

// Trees reads the table of the schema, whose rows are (type, name, tbl_name, rootpage, sql), and gives what has pages.
func Trees(f *btree.Forest) ([]Tree, error) {
	var trees []Tree
	var row [5]btree.Value
	for w := f.Walk(SchemaTable, 1, false); w.Next(); {
		n, _, err := btree.DecodeRow(w.Payload, row[:])
		if err != nil || n != len(row) || row[3].Kind != btree.Integer {
			return nil, fmt.Errorf("%w: row %d of the schema", errNotCanonical, w.Key)
		}
		if root := row[3].Int; root > 0 {
			if root > math.MaxUint32 {
				return nil, fmt.Errorf("%w: row %d of the schema: page %d", errNotCanonical, w.Key, root)
			}
			name := string(row[1].Bytes)
			trees = append(trees, Tree{name, uint32(root), string(row[0].Bytes) == "index" || name == RedactionTable})
		}
	}
	return trees, nil
}

const (
	// SchemaTable is the name of the table of the schema.
	SchemaTable = "sqlite_schema"
	// RedactionTable is the only one without a rowid.
	RedactionTable = "redaction"
)
