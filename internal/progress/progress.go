// Package progress shows on a terminal how far a long piece of work is. Where there is no terminal it writes nothing,
// so that what a command prints to a file or a pipe never depends on time.
package progress

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/simexp/exparchive/internal/terminal"
)

const (
	patience = 300 * time.Millisecond // work shorter than this shows nothing
	interval = 100 * time.Millisecond // between two drawings
	width    = 24                     // of the bar, in characters
)

// A Bar counts units of work. The nil Bar is ready and shows nothing. It is not for several goroutines.
type Bar struct {
	w     io.Writer
	label string
	total int64 // 0 if not known
	done  int64
	due   time.Time // of the next drawing
	drawn int       // characters of the last drawing
}

// New gives a bar on w for total units of work, or nil if w is not a terminal. A total of 0 means that it is not known.
func New(w io.Writer, label string, total int64) *Bar {
	if !terminal.Is(w) {
		return nil
	}
	return newBar(w, label, total)
}

func newBar(w io.Writer, label string, total int64) *Bar {
	return &Bar{w: w, label: label, total: total, due: time.Now().Add(patience)}
}

// Add counts n more units as done.
func (b *Bar) Add(n int64) {
	if b == nil {
		return
	}
	b.done += n
	if now := time.Now(); now.After(b.due) {
		b.due = now.Add(interval)
		b.draw(b.text())
	}
}

// Clear removes the bar from the terminal. It may be drawn again by the next Add.
func (b *Bar) Clear() {
	if b == nil || b.drawn == 0 {
		return
	}
	b.draw("")
	io.WriteString(b.w, "\r")
}

func (b *Bar) text() string {
	if b.total <= 0 {
		return fmt.Sprintf("%s %d", b.label, b.done)
	}
	part := min(float64(b.done)/float64(b.total), 1)
	full := int(part * width)
	return fmt.Sprintf("%s [%s%s] %3d%%", b.label, strings.Repeat("#", full), strings.Repeat(".", width-full),
		int(part*100))
}

// draw overwrites the last drawing, with blanks where it was longer: not every terminal can erase a line.
func (b *Bar) draw(text string) {
	fmt.Fprintf(b.w, "\r%-*s", b.drawn, text)
	b.drawn = len(text)
}
