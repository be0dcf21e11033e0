package viewer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// A browsed is what is looked at; see view.mjs.
type browsed struct {
	Pages    []browsedPage     `json:"pages"`
	List     string            `json:"list"`
	Compare  []string          `json:"compare"`
	Run      string            `json:"run"`
	Finds    map[string]string `json:"finds"`
	Attached string            `json:"attached"`
	Large    string            `json:"large"`
	Live     string            `json:"live"`
	More     string            `json:"more"` // files that the script makes when there is to be more of the recording
	Seal     string            `json:"seal"`
	Hostile  []string          `json:"hostile"`
	Foreign  string            `json:"foreign"`
	Only     string            `json:"only,omitempty"`
}

type browsedPage struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	Refused bool   `json:"refused,omitempty"` // it is a page about an error
}

// TestBrowser: the pages in a real browser. `make test-browser` installs what it needs; EXPARCHIVE_SHOTS names a folder for
// screenshots, EXPARCHIVE_LOOK the only part of view.mjs that is tried.
func TestBrowser(t *testing.T) {
	node, chromium := othertools.FindLarge(t, "node"), othertools.FindLarge(t, "chromium")
	scripts := filepath.Join("..", "report", "browser")
	if _, err := os.Stat(filepath.Join(scripts, "node_modules")); err != nil {
		othertools.Missing(t, err)
	}
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	played(t, in("exp1.simexp"), "exp1", "exp1-run")
	played(t, in("exp3.simexp"), "exp3", "exp3-run")
	recorded(t, in("large.simexp"), many(120, 3))
	changed := played(t, in("changed.simexp"), "exp1", "changed-run")
	change(t, changed)
	hostileText := strings.Join(providertest.Hostile, "\n")
	keep(t, in("hostile.simexp"), providertest.HostileRun(hostileText))
	write(t, in("broken.simexp"), []byte("SQLite format 3\x00"))
	w, err := record.Create(in("live.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	records := many(6, 4)
	for i := range records {
		if it, ok := records[i].(*provider.Iteration); ok {
			it.Policies = map[string]json.RawMessage{"A": json.RawMessage(fmt.Sprintf(`{"f":%d}`, it.Number))}
		}
	}
	play := func(some []provider.Record) error {
		for _, r := range some {
			if err := provider.Put(t.Context(), w, r); err != nil {
				return err
			}
		}
		return nil
	}
	const each = 4 + 3
	if err := play(records[:1+2*each]); err != nil {
		t.Fatal(err)
	}
	v := of(t, folder)
	server := httptest.NewServer(v)
	defer server.Close()
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>elsewhere</title>")
	}))
	defer foreign.Close()
	all, err := v.catalog.list(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for _, e := range all.Entries {
		at[strings.TrimSuffix(filepath.Base(e.path), archive.LiveSuffix)] = server.URL + v.runPath(e.ID)
	}
	exp1 := at["exp1.simexp"]
	id := func(name string) string { return filepath.Base(at[name]) }
	two := "compare?" + url.Values{"run": {id("exp1.simexp"), id("exp3.simexp")}}.Encode()
	plan := browsed{
		List: server.URL + v.Path(), Compare: []string{"exp1-run", "exp3-run"}, Run: exp1, Large: at["large.simexp"],
		Live: at["live.simexp"], More: in("more"), Seal: in("seal"), Foreign: foreign.URL,
		Finds: map[string]string{"system prompt": "real-time gross settlement", "user prompt": "balance", "answer": "policy_id",
			"simulation_run": "754181536"},
		Only: os.Getenv("EXPARCHIVE_LOOK"),
		Pages: []browsedPage{
			{"list", server.URL + v.Path(), false}, {"run", exp1, false}, {"events", exp1 + "events", false},
			{"record", exp1 + "record/9", false}, {"search", exp1 + "search?q=balance", false},
			{"compare", server.URL + v.Path() + two, false}, {"large", at["large.simexp"] + "?from=50", false},
			{"changed", at["changed.simexp"], false}, {"live", at["live.simexp"], false},
			{"not there", server.URL + v.Path() + "run/none/", true},
		},
	}
	for r, err := range mustOpen(t, in("exp1.simexp")).Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if a, ok := r.(*provider.Attachment); ok {
			plan.Attached = string(a.Data)
		}
	}
	for _, below := range []string{"", "events", "record/0", "record/1", "record/2", "record/5", "record/6", "record/8", "search?q=broken",
		"search?q=" + url.QueryEscape(providertest.Hostile[0]), "events?type=" + url.QueryEscape(providertest.Hostile[5])} {
		plan.Hostile = append(plan.Hostile, at["hostile.simexp"]+below)
	}
	plan.Hostile = append(plan.Hostile, server.URL+v.Path()+"?sort=run_id", server.URL+v.Path()+"compare?"+
		url.Values{"run": {id("hostile.simexp"), id("exp1.simexp")}}.Encode())
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "view.mjs", chromium, write(t, filepath.Join(t.TempDir(), "plan.json"), text))
	if shots := os.Getenv("EXPARCHIVE_SHOTS"); shots != "" {
		cmd.Args = append(cmd.Args, shots)
	}
	cmd.Dir = scripts
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	looked := make(chan error, 1)
	go func() { looked <- cmd.Wait() }()
	rest := records[1+2*each:]
	for begun := false; ; {
		select {
		case err := <-looked:
			if err != nil {
				t.Errorf("%v\n%s", err, out.String())
			}
			return
		case <-time.After(200 * time.Millisecond):
		}
		if _, err := os.Stat(plan.More); err == nil && !begun {
			begun = true
			if err := play(rest[:3*each]); err != nil {
				t.Error(err)
			}
			rest = rest[3*each:]
		}
		if _, err := os.Stat(plan.Seal); err == nil && rest != nil {
			if err := play(rest); err != nil {
				t.Error(err)
			}
			rest = nil
		}
	}
}

// mustOpen opens an archive until the test ends.
func mustOpen(t *testing.T, path string) *archive.Archive {
	t.Helper()
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// keep records the run of a provider.
func keep(t *testing.T, path string, p provider.Provider) {
	t.Helper()
	w, err := record.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := provider.Copy(t.Context(), w, p); err != nil {
		t.Fatal(err)
	}
}
