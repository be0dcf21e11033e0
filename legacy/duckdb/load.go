package duckdb

import (
	"fmt"
	"io"

	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
)

// load reads headers, catalog and logs.
func (db *DB) load(r io.ReaderAt, size int64) error {
	h, err := storage.ReadHeaders(r, size)
	if err != nil {
		return err
	}
	db.file = storage.NewFile(r, size, h.Active.BlockSize, db.opts.CacheBytes)
	db.info = Info{
		StorageVersion: int(h.Version),
		Level:          h.Level,
		LibraryVersion: h.Library,
		SourceID:       h.Source,
		BlockSize:      int64(h.Active.BlockSize),
		BlockCount:     int64(min(h.Active.BlockCount, db.file.Blocks())),
		Iteration:      h.Active.Iteration,
		Notes:          h.Notes,
	}
	if h.Active.BlockCount > db.file.Blocks() {
		db.info.Notes = append(db.info.Notes, fmt.Sprintf("the file is cut off: %d of %d blocks are there", db.file.Blocks(), h.Active.BlockCount))
	}
	if err := db.readCatalog(h.Active.Meta); err != nil {
		return err
	}
	if err := db.readLogs(h); err != nil {
		return err
	}
	db.cat.sort()
	return nil
}
