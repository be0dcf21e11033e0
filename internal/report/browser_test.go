package report_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/internal/report"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/redact"
)

// A lookedAt is a page and what is tried with it; see browser/look.mjs.
type lookedAt struct {
	File     string            `json:"file"`
	Tries    []string          `json:"tries"`
	Search   string            `json:"search,omitempty"`
	Finds    map[string]string `json:"finds,omitempty"`
	Link     string            `json:"link,omitempty"`
	Shows    []string          `json:"shows,omitempty"`
	Download string            `json:"download,omitempty"`
	Still    []string          `json:"still,omitempty"`
}

// TestBrowser: pages in a real browser. `make test-browser` installs what it needs; EXPARCHIVE_SHOTS names a folder for
// screenshots and PDFs.
func TestBrowser(t *testing.T) {
	node, chromium := othertools.FindLarge(t, "node"), othertools.FindLarge(t, "chromium")
	// which npm writes last
	if _, err := os.Stat("browser/node_modules/.package-lock.json"); err != nil && os.Getenv("EXPARCHIVE_TOOLS") == "all" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	folder := t.TempDir()
	var pages []lookedAt
	add := func(l lookedAt, p provider.Provider) {
		text := written(t, p, report.Options{File: "run.simexp", Archive: true, Facts: [][2]string{{"State", "sealed"}}})
		if err := os.WriteFile(filepath.Join(folder, l.File), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, l)
	}
	exp1 := played(t, "exp1", 0)
	add(lookedAt{File: "exp1.html",
		Tries: []string{"sizes", "keyboard", "search", "link", "cursor", "download", "still", "print"},
		Finds: map[string]string{"system prompt": "real-time gross settlement", "user prompt": "balance",
			"answer": "policy_id", "simulation_run": "sim-005-context"},
		Link: "i4/BANK_A", Shows: []string{"0.3", "System prompt", "the same in all 26 calls"},
		Download: attached(t, exp1), Still: []string{"Converged after 14 iterations", "$50.00", "rejected"}}, exp1)
	add(lookedAt{File: "exp2.html", Tries: []string{"glance"}}, played(t, "exp2", 0))
	add(lookedAt{File: "exp3.html", Tries: []string{"glance"}}, played(t, "exp3", 0))
	public := new(provider.Live)
	prompts := func(_ int64, _ provider.Record, field string, _ []byte) bool {
		return strings.HasSuffix(field, "prompt")
	}
	if err := provider.Copy(t.Context(), redact.NewSink(public, prompts), exp1); err != nil {
		t.Fatal(err)
	}
	add(lookedAt{File: "withheld prompts.html", Tries: []string{"glance", "print"}}, public)
	none := new(provider.Live)
	all := func(int64, provider.Record, string, []byte) bool { return true }
	if err := provider.Copy(t.Context(), redact.NewSink(none, all), exp1); err != nil {
		t.Fatal(err)
	}
	add(lookedAt{File: "withheld all.html", Tries: []string{"glance"}, Search: "policy"}, none)
	cut := new(provider.Live)
	if err := provider.Copy(t.Context(), cut, beginning{exp1, 120}); err != nil {
		t.Fatal(err)
	}
	add(lookedAt{File: "cut short.html", Tries: []string{"glance"}}, cut)
	add(lookedAt{File: "large.html", Tries: []string{"search", "link"}, Link: "i49/BANK_B",
		Finds: map[string]string{"user prompt": "queue 7"}}, largeRun(50, 40_000, 0.5))
	for i, text := range providertest.Hostile {
		add(lookedAt{File: fmt.Sprintf("hostile %d.html", i), Tries: []string{"harmless"}, Search: "cost"},
			providertest.HostileRun(text))
	}
	add(lookedAt{File: "hostile.html", Tries: []string{"glance"}, Search: "broken"},
		providertest.HostileRun(strings.Join(providertest.Hostile, "\n")))
	real := realRuns(t)
	for _, name := range slices.Sorted(maps.Keys(real)) {
		add(lookedAt{File: name + ".html", Tries: []string{"glance"}}, real[name])
	}
	text, err := json.Marshal(pages)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "pages.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "look.mjs", chromium, folder)
	if shots := os.Getenv("EXPARCHIVE_SHOTS"); shots != "" {
		cmd.Args = append(cmd.Args, shots)
	}
	cmd.Dir = "browser"
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
}

// A beginning is the first n records of a run.
type beginning struct {
	provider.Provider
	n int
}

func (b beginning) Records(ctx context.Context) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		n := 0
		for r, err := range b.Provider.Records(ctx) {
			if n++; n > b.n || !yield(r, err) {
				return
			}
		}
	}
}

// attached gives the first attachment of a run.
func attached(t *testing.T, p provider.Provider) string {
	t.Helper()
	for r, err := range p.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if a, ok := r.(*provider.Attachment); ok {
			return string(a.Data)
		}
	}
	t.Fatal("the run has no attachment")
	return ""
}

// realRuns gives runs of the original project, by the names of their files; none where these are not.
func realRuns(t *testing.T) map[string]provider.Provider {
	t.Helper()
	real := map[string]provider.Provider{}
	from := os.Getenv("EXPARCHIVE_REALDATA")
	if from == "" {
		return real
	}
	for _, name := range []string{"core_exp1.db", "castro_exp1_debug.db", "web/large_network_-_pro.json"} {
		path := filepath.Join(t.TempDir(), filepath.Base(name))
		packed, err := os.Open(filepath.Join(from, name+".gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer packed.Close()
		r, err := gzip.NewReader(packed)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		for s, err := range runs.List(t.Context(), path, nil) {
			if err != nil {
				t.Fatal(err)
			}
			run, err := runs.Open(t.Context(), path, s.RunID, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { run.Close() })
			real[strings.ReplaceAll(filepath.Base(name), ".", "_")] = run.Provider
		}
	}
	return real
}
