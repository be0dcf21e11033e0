package castro

import (
	"testing"
)

// BenchmarkRun opens a database and reads one of its runs.
func BenchmarkRun(b *testing.B) {
	for _, name := range []string{"s5", "k1", "k4"} {
		b.Run(name, func(b *testing.B) {
			path := unpack(b, b.TempDir(), name, name+".db")
			b.ReportAllocs()
			for b.Loop() {
				d, err := Open(path, nil)
				if err != nil {
					b.Fatal(err)
				}
				runs, err := d.Runs(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if _, err := mustRun(b, d, runs[0].ID).Experiment(b.Context()); err != nil {
					b.Fatal(err)
				}
				if err := d.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
