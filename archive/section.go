package archive

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// Prompts repeat: the system prompt is the same in every call, and user prompts share long parts. So a prompt is stored as a
// list of sections, and a section once for each content. Only the writer decides where to cut; readers join whatever a
// list names.

// minSection is the length in bytes below which a section is not worth a row of its own.
const minSection = 128

// splitSections cuts text behind blank lines. The sections joined are the text. A section is at least minSection bytes
// long, but for the last, so where a part begins that two prompts share their sections soon are the same again.
func splitSections(text string) []string {
	var sections []string
	for start := 0; ; {
		from := min(start+minSection, len(text))
		cut := strings.Index(text[from:], "\n\n")
		if cut < 0 {
			return append(sections, text[start:])
		}
		end := from + cut
		for end < len(text) && text[end] == '\n' {
			end++
		}
		if end == len(text) {
			return append(sections, text[start:])
		}
		sections = append(sections, text[start:end])
		start = end
	}
}

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
	for _, s := range splitSections(*text) {
		id, err := w.id(ctx, s)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return string(appendSectionList(nil, ids)), nil
}

// appendSectionList appends the list of sections as a column holds it.
func appendSectionList(dst []byte, ids []int64) []byte {
	dst = append(dst, '[')
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, id, 10)
	}
	return append(dst, ']')
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

// A sectionReader joins the sections of prompts and keeps the bodies it met last.
type sectionReader struct {
	find  *sql.Stmt
	cache map[int64]string
	size  int // bytes in cache
}

// maxSectionCache bounds the memory of a sectionReader, in bytes.
const maxSectionCache = 8 << 20

// text gives the text that list names, nil for none.
func (r *sectionReader) text(ctx context.Context, list sql.NullString) (*string, error) {
	if !list.Valid {
		return nil, nil
	}
	ids, err := parseSectionList(list.String)
	if err != nil {
		return nil, err
	}
	// The length first: a short list can name much.
	size, bodies := 0, make([]string, len(ids))
	for i, id := range ids {
		if bodies[i], err = r.body(ctx, id); err != nil {
			return nil, err
		}
		if size += len(bodies[i]); size > provider.MaxText {
			return nil, fmt.Errorf("%w: a prompt of more than %d bytes", ErrDamaged, provider.MaxText)
		}
	}
	if len(bodies) == 1 {
		return &bodies[0], nil
	}
	return new(strings.Join(bodies, "")), nil
}

func (r *sectionReader) body(ctx context.Context, id int64) (string, error) {
	if body, ok := r.cache[id]; ok {
		return body, nil
	}
	var body string
	if err := r.find.QueryRowContext(ctx, id).Scan(&body); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return "", fmt.Errorf("%w: section %d is missing", ErrDamaged, id)
		}
		return "", damage(err)
	}
	if r.size += len(body); r.size > maxSectionCache {
		clear(r.cache)
		r.size = len(body)
	}
	r.cache[id] = body
	return body, nil
}

// parseSectionList reads a list as put writes it: a JSON array of integers without white space, not empty.
func parseSectionList(list string) ([]int64, error) {
	inner, ok := strings.CutPrefix(list, "[")
	inner, ok2 := strings.CutSuffix(inner, "]")
	if !ok || !ok2 {
		return nil, fmt.Errorf("%w: section list %.80q", ErrDamaged, list)
	}
	var ids []int64
	for part := range strings.SplitSeq(inner, ",") {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil || id <= 0 {
			return nil, fmt.Errorf("%w: section list %.80q", ErrDamaged, list)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
