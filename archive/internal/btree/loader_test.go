package btree

import (
	"strings"
	"testing"
)

type lastPage uint32

func (l *lastPage) Put(page uint32, _ []byte) error {
	*l = lastPage(page)
	return nil
}

// TestPageLimit: the last number that a page can have is used, and no number twice.
func TestPageLimit(t *testing.T) {
	for left := range uint32(40) {
		var last lastPage
		l := newLoader(512, &last)
		l.number = maxPages - left
		var err error
		for id := int64(1); err == nil; id++ {
			err = l.add(id, make([]byte, 450+id%300))
		}
		if !strings.Contains(err.Error(), "more than 4294967294 pages") || uint32(last) != maxPages {
			t.Errorf("%d pages left: got page %d, then %v", left, last, err)
		}
	}
}
