package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/provider"
)

// A sealed archive of which somebody changed a cost is found out, and what the file breaks has the number of a
// requirement of FORMAT.md.
func ExampleReader() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "run.simexp")
	w, err := record.Create(path, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	for _, r := range []provider.Record{
		&provider.Start{RunID: "demo-3", Name: "demo", Type: "example"},
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"BANK_A": 5000}},
		&provider.Result{Status: provider.StatusCompleted},
	} {
		if err := provider.Put(context.Background(), w, r); err != nil {
			log.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{`{"BANK_A":5000}`, `{"BANK_A":4000}`} {
		data = bytes.Replace(data, []byte(`{"BANK_A":5000}`), []byte(text), 1)
		report, err := verify.Reader(context.Background(), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(report.OK(), report.Records, "records")
		for _, p := range report.Problems {
			fmt.Println(p.Code, p.Text)
		}
	}
	// Output:
	// true 3 records
	// false 3 records
	// SX-141 not the record that was sealed: its leaf hash begins with 48926aee, that of the sealed one with 6b7c6ccf
}
