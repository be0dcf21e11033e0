package record

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
)

// A Writer keeps nothing of what it is given after the call, whether events wait in memory or not.
func TestWriter_keepsNothing(t *testing.T) {
	for name, bulk := range map[string]bool{"durable": false, "bulk": true} {
		t.Run(name, func(t *testing.T) {
			providertest.TestSink(t, func(t *testing.T) (provider.Sink, func() string) {
				path := filepath.Join(t.TempDir(), "run.simexp")
				w, err := Create(path, &Options{Bulk: bulk})
				if err != nil {
					t.Fatal(err)
				}
				return w, func() string {
					a, err := archive.Open(path)
					if err != nil {
						t.Fatal(err)
					}
					defer a.Close()
					var b bytes.Buffer
					if err := provider.Copy(t.Context(), jsonl.NewWriter(&b), a); err != nil {
						t.Fatal(err)
					}
					return b.String()
				}
			})
		})
	}
}

// The data of events that wait is copied into memory that batches use one after the other.
func TestBatch_memory(t *testing.T) {
	var b batch
	e := &provider.Event{Type: "t", Data: bytes.Repeat([]byte("1"), 1000)}
	fill := func() {
		for i := range 100 {
			b.add(e, int64(i), 1)
		}
		b.reset()
	}
	fill()
	if got := testing.AllocsPerRun(2*flushBytes/100_000, fill); got > 0 {
		t.Errorf("got %v allocations for a batch of 100 events, want none", got)
	}
	big := &provider.Event{Type: "t", Data: bytes.Repeat([]byte("2"), flushBytes+1)}
	b.add(e, 0, 1)
	b.add(big, 1, 1)
	e.Data[0], big.Data[0] = 'x', 'x'
	if got := b.events; got[0].Data[0] != '1' || got[1].Data[0] != '2' || len(got[1].Data) != flushBytes+1 {
		t.Errorf("got data that begins with %q and %q, want 1 and 2", got[0].Data[0], got[1].Data[0])
	}
}
