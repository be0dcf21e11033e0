package webfile

import (
	"container/list"
	"sync"
)

// A place is a block of a file.
type place struct {
	file   *File
	number int64
}

// A cache holds the blocks of files that were used last. Its methods may be called from several goroutines.
type cache struct {
	limit int64 // bytes that it may hold

	mu     sync.Mutex
	size   int64
	order  *list.List // of *cached, the one that was used last in front
	blocks map[place]*list.Element
}

type cached struct {
	place
	data []byte
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, order: list.New(), blocks: map[place]*list.Element{}}
}

// get gives a block, which nobody changes, nil if it is not there.
func (c *cache) get(p place) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.blocks[p]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).data
}

// has reports whether a block is there, which does not count as a use.
func (c *cache) has(p place) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.blocks[p] != nil
}

// put adds a copy of a block, and drops what was used longest ago of what is more than the limit.
func (c *cache) put(p place, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.blocks[p] != nil {
		return
	}
	c.blocks[p] = c.order.PushFront(&cached{p, append([]byte(nil), data...)})
	c.size += int64(len(data))
	for c.size > c.limit && c.order.Len() > 1 {
		last := c.order.Remove(c.order.Back()).(*cached)
		delete(c.blocks, last.place)
		c.size -= int64(len(last.data))
	}
}
