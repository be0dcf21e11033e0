package archive_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/redact"
)

// A copy of a run for publishing, without the values in which a name is found. It has the digest of the run.
func Example_redact() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path, public := filepath.Join(dir, "run.simexp"), filepath.Join(dir, "public.simexp")
	if err := recordAnswers(context.Background(), path); err != nil {
		log.Fatal(err)
	}
	filter := &redact.Filter{Match: []*regexp.Regexp{regexp.MustCompile(`(?i)alice`)}}
	if err := publish(context.Background(), path, public, filter); err != nil {
		log.Fatal(err)
	}
	a, err := archive.Open(public)
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	for r, err := range a.Records(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		if call, ok := r.(*provider.Interaction); ok {
			_, withheld := call.Withheld("response")
			fmt.Println(call.AgentID, call.Response != nil, withheld)
		}
	}
	// Output:
	// response: 1 values go
	// BANK_A false true
	// BANK_B true false
}

// publish writes a copy of the archive at path without what filter picks, and keeps it only if it is what it should be.
func publish(ctx context.Context, path, public string, filter *redact.Filter) error {
	original, err := archive.Open(path)
	if err != nil {
		return err
	}
	defer original.Close()
	run := original.Checked() // a run that was changed after it was sealed is an error
	plan, err := redact.NewPlan(ctx, run, filter)
	if err != nil {
		return err
	}
	if len(plan.Remaining) > 0 {
		return fmt.Errorf("%d places show what was to be withheld", len(plan.Remaining))
	}
	counts, _ := plan.Counts()
	for _, c := range counts {
		fmt.Printf("%s: %d values go\n", c.Field, c.Values)
	}

	w, err := record.Create(public, nil)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := provider.Copy(ctx, plan.Sink(w), run); err != nil {
		return err
	}

	if err := check(ctx, plan, public); err != nil {
		return errors.Join(err, os.Remove(public))
	}
	return nil
}

// check reads the copy record by record, and searches its bytes for what was withheld.
func check(ctx context.Context, plan *redact.Plan, public string) error {
	copied, err := archive.Open(public)
	if err != nil {
		return err
	}
	defer copied.Close()
	raw, err := copied.Raw()
	if err != nil {
		return err
	}
	return plan.Check(ctx, copied.Checked(), raw, copied.SchemaTexts()...)
}

func recordAnswers(ctx context.Context, path string) error {
	w, err := record.Create(path, nil)
	if err != nil {
		return err
	}
	defer w.Close()
	for _, r := range []provider.Record{
		&provider.Start{RunID: "demo-3", Name: "demo", Type: "example"},
		&provider.Interaction{Iteration: 0, AgentID: "BANK_A", Response: new("Alice lowers the fraction to 0.4.")},
		&provider.Interaction{Iteration: 0, AgentID: "BANK_B", Response: new("The fraction stays at 0.5.")},
		&provider.Result{Status: provider.StatusCompleted},
	} {
		if err := provider.Put(ctx, w, r); err != nil {
			return err
		}
	}
	return nil
}
