package record

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"

	"github.com/simexp/exparchive/archive/internal/tables"
)

// A sectionWriter stores sections.
type sectionWriter struct {
	find, insert *sql.Stmt
	next         int64
	known        map[[sha256.Size]byte]int64 // a cache: the table knows them all
}

// maxKnownSections bounds the memory of a sectionWriter.
const maxKnownSections = 1 << 14

func newSectionWriter(ctx context.Context, c *sql.Conn) (*sectionWriter, error) {
	w := &sectionWriter{known: map[[sha256.Size]byte]int64{}}
	err := c.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) + 1 FROM section").Scan(&w.next)
	if err == nil {
		w.find, err = c.PrepareContext(ctx, "SELECT id FROM section WHERE sha256 = ?")
	}
	if err == nil {
		w.insert, err = c.PrepareContext(ctx, "INSERT INTO section (id, sha256, body) VALUES (?, ?, ?)")
	}
	return w, err
}

// put stores text and gives the list of its sections, nil for no text.
func (w *sectionWriter) put(ctx context.Context, text *string) (any, error) {
	if text == nil {
		return nil, nil
	}
	var ids []int64
	for _, s := range tables.SplitSections(*text) {
		id, err := w.id(ctx, s)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return string(tables.AppendSectionList(nil, ids)), nil
}

func (w *sectionWriter) id(ctx context.Context, section string) (id int64, err error) {
	sum := sha256.Sum256([]byte(section))
	if id, ok := w.known[sum]; ok {
		return id, nil
	}
	err = w.find.QueryRowContext(ctx, sum[:]).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		id = w.next
		if _, err = w.insert.ExecContext(ctx, id, sum[:], section); err == nil {
			w.next++
		}
	}
	if err != nil {
		return 0, err
	}
	if len(w.known) >= maxKnownSections {
		clear(w.known)
	}
	w.known[sum] = id
	return id, nil
}
