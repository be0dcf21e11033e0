package duckdb

import (
	"fmt"
	"io"
)

// load reads headers, catalog and logs.
func (db *DB) load(r io.ReaderAt, size int64) error {
	h, err := readHeaders(r, size)
	if err != nil {
		return err
	}
	db.file = newBlockFile(r, size, h.active.alloc, db.opts.CacheBytes)
	db.info = Info{
		StorageVersion: int(h.version),
		Level:          h.level,
		LibraryVersion: h.library,
		SourceID:       h.source,
		BlockSize:      int64(h.active.alloc),
		BlockCount:     int64(min(h.active.blockCount, db.file.blocks)),
		Iteration:      h.active.iteration,
		Notes:          h.notes,
	}
	if h.active.blockCount > db.file.blocks {
		db.info.Notes = append(db.info.Notes, fmt.Sprintf("the file is cut off: %d of %d blocks are there", db.file.blocks, h.active.blockCount))
	}
	if err := db.readCatalog(h.active.meta); err != nil {
		return err
	}
	if err := db.readLogs(h); err != nil {
		return err
	}
	db.cat.sort()
	return nil
}
