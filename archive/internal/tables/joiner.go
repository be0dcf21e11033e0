package tables

import (
	"fmt"
	"strings"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
)

// TextLimit gives how many bytes of text, as the iterations count them, a file of size bytes may hold (FORMAT.md
// SX-107). Without a limit a small file could name a section so often that to read it takes for ever.
func TextLimit(size int64) int64 { return 1<<30 + 1024*size }

// CheckTexts refuses a file of size bytes whose iterations say that they hold more bytes of text than it may.
func CheckTexts(bytes, size int64) error {
	if limit := TextLimit(size); bytes > limit {
		return fmt.Errorf("%w: %d bytes of text in a file of %d bytes, which may have %d", sqlitefile.ErrDamaged, bytes, size,
			limit)
	}
	return nil
}

// A Joiner joins the sections of the prompts that one reading of a file meets, as far as its limit goes. It keeps the
// bodies that it met last.
type Joiner struct {
	find  func(id int64) (string, error)
	limit int64
	left  int64 // of the limit
	cache map[int64]string
	size  int // of the cache in bytes
}

// NewJoiner makes a Joiner of prompts of limit bytes in all. A file of a size has no more than [TextLimit] says. find
// gives the body of a section.
func NewJoiner(limit int64, find func(id int64) (string, error)) *Joiner {
	return &Joiner{find: find, limit: limit, left: limit, cache: map[int64]string{}}
}

// Join gives the prompt that a list names, nil for no list. The errors are those of find, and [sqlitefile.ErrDamaged]
// for what is no list, and for a prompt that is too long or exceeds the limit, which is then not joined.
func (j *Joiner) Join(list btree.Value) (*string, error) {
	if list.Kind == btree.Null {
		return nil, nil
	}
	ids, err := ParseSectionList(string(list.Bytes))
	if err != nil {
		return nil, err
	}
	size, bodies := 0, make([]string, len(ids))
	for i, id := range ids {
		if bodies[i], err = j.body(id); err != nil {
			return nil, err
		}
		if size += len(bodies[i]); size > provider.MaxText {
			return nil, fmt.Errorf("%w: a prompt of more than %d bytes", sqlitefile.ErrDamaged, provider.MaxText)
		}
	}
	if j.left -= int64(size); j.left < 0 {
		return nil, fmt.Errorf("%w: its prompts name the same parts again and again and have more than the %d bytes that there may be",
			sqlitefile.ErrDamaged, j.limit)
	}
	if len(bodies) == 1 {
		return &bodies[0], nil
	}
	return new(strings.Join(bodies, "")), nil
}

func (j *Joiner) body(id int64) (string, error) {
	if body, ok := j.cache[id]; ok {
		return body, nil
	}
	body, err := j.find(id)
	if err != nil {
		return "", err
	}
	const perBody = 64 // bytes of the map
	if j.size += len(body) + perBody; j.size > MaxSectionCache {
		clear(j.cache)
		j.size = len(body) + perBody
	}
	j.cache[id] = body
	return body, nil
}
