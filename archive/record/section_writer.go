package record

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"github.com/simexp/exparchive/schema"
)

// A sectionWriter stores sections. It finds them again by way of the table live_section, which only live files have.
type sectionWriter struct {
	find, insert, index *sql.Stmt
	next                int64
	stored              int64                       // bytes of the sections that were there
	known               map[[sha256.Size]byte]int64 // a cache: the table knows them all
}

// maxKnownSections bounds the memory of a sectionWriter.
const maxKnownSections = 1 << 14

func newSectionWriter(ctx context.Context, c *sql.Conn) (*sectionWriter, error) {
	w := &sectionWriter{known: map[[sha256.Size]byte]int64{}}
	err := c.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) + 1 FROM z_section").Scan(&w.next)
	if err == nil && w.next > 1 {
		w.stored, err = indexSections(ctx, c, w.next)
	}
	if err == nil {
		w.find, err = c.PrepareContext(ctx, "SELECT id FROM live_section WHERE sha256 = ?")
	}
	if err == nil {
		w.insert, err = c.PrepareContext(ctx, "INSERT INTO z_section (id, body) VALUES (?, ?)")
	}
	if err == nil {
		w.index, err = c.PrepareContext(ctx, "INSERT INTO live_section (sha256, id) VALUES (?, ?)")
	}
	return w, err
}

// indexSections makes the index of the sections, of which end is the first number that is free, anew: what an earlier
// recorder left is not trusted. It gives their length in bytes.
func indexSections(ctx context.Context, c *sql.Conn, end int64) (size int64, err error) {
	exec := func(query string, args ...any) error {
		_, err := c.ExecContext(ctx, query, args...)
		return err
	}
	if err := exec("BEGIN IMMEDIATE"); err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = exec("ROLLBACK")
		}
	}()
	if err := schema.CreateLive(func(s string) error { return exec(s) }); err != nil {
		return 0, err
	}
	for id := int64(1); id < end; id++ {
		var body string
		if err := c.QueryRowContext(ctx, "SELECT body FROM z_section WHERE id = ?", id).Scan(&body); err != nil {
			return 0, fmt.Errorf("section %d: %w", id, err)
		}
		size += int64(len(body))
		sum := sha256.Sum256([]byte(body))
		if err := exec("INSERT INTO live_section (sha256, id) VALUES (?, ?)", sum[:], id); err != nil {
			return 0, fmt.Errorf("section %d: %w", id, err)
		}
	}
	return size, exec("COMMIT")
}

// id gives the number of a section with a hash, a new one if there is none.
func (w *sectionWriter) id(ctx context.Context, sum [sha256.Size]byte, body string) (id int64, isNew bool, err error) {
	if id, ok := w.known[sum]; ok {
		return id, false, nil
	}
	err = w.find.QueryRowContext(ctx, sum[:]).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		id = w.next
		if _, err = w.insert.ExecContext(ctx, id, body); err == nil {
			_, err = w.index.ExecContext(ctx, sum[:], id)
		}
		w.next++
		isNew = true
	}
	if err != nil {
		return 0, false, err
	}
	if len(w.known) >= maxKnownSections {
		clear(w.known)
	}
	w.known[sum] = id
	return id, isNew, nil
}
