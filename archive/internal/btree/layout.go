package btree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// maxLayoutFaults is how many faults of its layout are reported of a file. One row too many moves all that come after
// it.
const maxLayoutFaults = 100

var errEnough = errors.New("enough faults")

// CheckLayout reports where the pages of a sealed file with the given schema differ from those that a [Writer] makes of
// its rows: of each such page the first byte that differs. A page that cannot be read, or that is no page of its tree,
// is reported alone, since without its rows nothing is known of what comes after. Only the [HeaderSize] bytes at the
// beginning of the file are not looked at.
//
// An error means that the schema has no layout or that ctx was cancelled.
func CheckLayout(ctx context.Context, p *Pager, schema []Object, report func(Fault)) error {
	c := &layoutCheck{ctx: ctx, pager: p, report: report}
	f := NewForest(p)
	f.Report = func(x Fault) {
		c.lost = true
		_ = c.add(x) // the walk ends by itself
	}
	w, err := NewWriter(c, p.size, schema)
	if err != nil {
		return err
	}
	c.writer = w
	err = c.rows(f)
	if err == nil && !c.lost {
		err = c.finish()
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	return err
}

// A layoutCheck is a Sink that compares pages with those of a file.
type layoutCheck struct {
	ctx    context.Context
	pager  *Pager
	writer *Writer
	report func(Fault)
	faults int
	lost   bool // not all rows could be read
}

// rows gives the rows of the file to the Writer.
func (c *layoutCheck) rows(f *Forest) error {
	for _, table := range c.writer.tables {
		if !c.lost {
			if err := c.writer.Table(table); err != nil {
				return err
			}
		}
		for w := f.Walk(table, c.writer.Root(table)); w.Next(); {
			if c.faults >= maxLayoutFaults {
				return errEnough
			}
			if err := c.ctx.Err(); err != nil {
				return err
			}
			if len(w.Payload) < minRecord {
				page, at := w.Page()
				c.lost = true
				_ = c.add(Fault{Cells, table, page, at, fmt.Sprintf("a record of %d bytes", len(w.Payload))})
			}
			if c.lost {
				continue
			}
			if err := c.writer.Row(w.Key, w.Payload); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish compares the front and the number of pages.
func (c *layoutCheck) finish() error {
	pages, err := c.writer.Finish(func(uint32) []byte {
		header := make([]byte, HeaderSize)
		if data, err := c.pager.read(1); err == nil {
			copy(header, data)
		}
		return header
	})
	if err == nil && pages != c.pager.pages {
		text := fmt.Sprintf("the file has %d pages, its rows take %d", c.pager.pages, pages)
		err = c.add(Fault{Layout, "", min(pages, c.pager.pages) + 1, -1, text})
	}
	return err
}

// Put compares a page with that of the file. How many there are is compared at the end.
func (c *layoutCheck) Put(page uint32, want []byte) error {
	if page > c.pager.pages {
		return nil
	}
	got, err := c.pager.read(page)
	if err != nil {
		return c.add(Fault{Unreadable, c.writer.tree(page), page, -1, err.Error()})
	}
	if bytes.Equal(got, want) {
		return nil
	}
	at := 0
	for got[at] == want[at] {
		at++
	}
	return c.add(Fault{Layout, c.writer.tree(page), page, at, fmt.Sprintf("byte %#02x, want %#02x", got[at], want[at])})
}

func (c *layoutCheck) add(x Fault) error {
	if c.faults++; c.faults <= maxLayoutFaults {
		c.report(x)
	}
	if c.faults >= maxLayoutFaults {
		return errEnough
	}
	return nil
}
