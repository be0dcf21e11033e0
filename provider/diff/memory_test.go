package diff

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// A generated run has its records made when they are asked for.
type generated struct {
	provider.Provider
	events int
	data   func(i int) string
	at     func(i int) // called before event i
}

func (g generated) Records(context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		if !yield(start("1"), nil) {
			return
		}
		for i := range g.events {
			if g.at != nil {
				g.at(i)
			}
			if data := g.data(i); data != "" && !yield(&provider.Event{Iteration: i / 100, Type: "e",
				Data: json.RawMessage(data)}, nil) {
				return
			}
		}
	}
}

// TestCompare_memory: what is kept does not grow with the runs, neither while they are equal nor where every record
// differs or every third one has no partner. What comes after the first look takes 9 MB in each run.
func TestCompare_memory(t *testing.T) {
	const events = 5_000
	text := strings.Repeat("x", 2000)
	same := func(i int) string { return fmt.Sprintf(`{"n":%d,"text":%q}`, i, text) }
	for name, other := range map[string]func(i int) string{
		"equal":   same,
		"changed": func(i int) string { return fmt.Sprintf(`{"n":%d,"text":%q,"timestamp":%d}`, -i-1, text, i) },
		"less": func(i int) string {
			if i%3 == 0 {
				return ""
			}
			return same(i)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inUse := func() int64 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				return int64(m.HeapAlloc)
			}
			var early, most int64
			look := func(i int) {
				switch {
				case i == events/10:
					early = inUse()
				case i > events/10 && i%(events/20) == 0:
					most = max(most, inUse())
				}
			}
			ignore, err := ParseIgnore([]string{"timestamp"})
			if err != nil {
				t.Fatal(err)
			}
			s, err := Compare(t.Context(), generated{events: events, data: same, at: look},
				generated{events: events, data: other},
				&Options{Ignore: ignore}, func(Difference) error { return nil })
			if err != nil || s.RecordsA != events+1 || (s.Differences == 0) != (name == "equal") {
				t.Fatalf("%d records, %d differences, %v", s.RecordsA, s.Differences, err)
			}
			if early == 0 || most == 0 || most-early > 500<<10 { // a window more or less takes 250 KB
				t.Errorf("memory in use grew from %d to %d bytes", early, most)
			}
		})
	}
}
