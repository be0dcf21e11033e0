package salvage_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/salvage"
	"github.com/simexp/exparchive/provider"
)

// Of an archive without its first page, where all else begins, every record comes back.
func ExampleOpen() {
	ctx := context.Background()
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
		&provider.Start{RunID: "demo-4", Name: "demo", Type: "example"},
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"BANK_A": 5000}},
		&provider.Result{Status: provider.StatusCompleted},
	} {
		if err := provider.Put(ctx, w, r); err != nil {
			log.Fatal(err)
		}
	}
	damaged := filepath.Join(dir, "damaged.simexp")
	if data, err := os.ReadFile(path); err != nil {
		log.Fatal(err)
	} else if err := os.WriteFile(damaged, append(make([]byte, 4096), data[4096:]...), 0o666); err != nil {
		log.Fatal(err)
	}
	s, err := salvage.Open(ctx, damaged)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	report := s.Report()
	fmt.Println(report.Records, "records, whole:", report.Whole)
	saved, err := record.Create(filepath.Join(dir, "saved.simexp"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer saved.Close()
	fmt.Println(s.Write(ctx, saved, salvage.Options{}))
	// Output:
	// 3 records, whole: true
	// <nil>
}
