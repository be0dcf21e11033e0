package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// A sectionReader joins the sections of prompts and keeps the bodies it met last.
type sectionReader struct {
	find  *sql.Stmt
	cache map[int64]string
	size  int // bytes in cache
}

// text gives the text that list names, nil for none.
func (r *sectionReader) text(ctx context.Context, list btree.Value) (*string, error) {
	if list.Kind == btree.Null {
		return nil, nil
	}
	ids, err := tables.ParseSectionList(string(list.Bytes))
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
			return nil, fmt.Errorf("%w: a prompt of more than %d bytes", sqlitefile.ErrDamaged, provider.MaxText)
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
			return "", fmt.Errorf("%w: section %d is missing", sqlitefile.ErrDamaged, id)
		}
		return "", sqlitefile.Damage(err)
	}
	if r.size += len(body); r.size > tables.MaxSectionCache {
		clear(r.cache)
		r.size = len(body)
	}
	r.cache[id] = body
	return body, nil
}
