package archive_test

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
				w, err := archive.Create(path, &archive.WriterOptions{Bulk: bulk})
				if err != nil {
					t.Fatal(err)
				}
				return w, func() string {
					a, err := archive.Open(path, nil)
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
