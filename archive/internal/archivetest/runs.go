package archivetest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

// Open opens an archive for the time of the test.
func Open(t testing.TB, path string) *archive.Archive {
	t.Helper()
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func RootOf(t testing.TB, records []provider.Record) digest.Hash {
	t.Helper()
	var s digest.Sink
	if err := providertest.Play(t.Context(), &s, records); err != nil {
		t.Fatal(err)
	}
	return s.Root()
}

func WantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got files %q, want %q", got, want)
	}
}

// CopyKilled copies a live file and its log as a killed recorder would leave them, and gives the path of the copy.
func CopyKilled(t testing.TB, live string) string {
	t.Helper()
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(live + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(live)+suffix), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, filepath.Base(live))
}

func Sum(t interface{ Fatal(...any) }, path string) [32]byte {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

// ManyRecords gives a run of at least n events with interactions whose prompts share sections.
func ManyRecords(n int) []provider.Record {
	rules := strings.Repeat("A rule that stands in every prompt. ", 20) + "\n\n"
	records := []provider.Record{&provider.Start{RunID: "many", Name: "many", Type: "test",
		CreatedAt: "2025-01-01T00:00:00"}}
	for i := 0; len(records) < n; i++ {
		for j := range 50 {
			records = append(records, &provider.Event{Iteration: i, Type: fmt.Sprintf("type %d", j%7),
				Timestamp: "2025-01-01T00:00:01",
				Data:      fmt.Appendf(nil, `{"n": %d, "text": %q}`, j, strings.Repeat("x", j))})
		}
		prompt := rules + strings.Repeat(fmt.Sprintf("What happened in iteration %d. ", i), 10) + "\n\n" + rules
		records = append(records,
			&provider.Interaction{Iteration: i, AgentID: "A", SystemPrompt: &rules, UserPrompt: &prompt, Response: new("{}")},
			&provider.Iteration{Number: i, Costs: map[string]provider.Cents{"A": provider.Cents(i), "B": 9007199254740993}})
	}
	return append(records, &provider.Result{Status: provider.StatusCompleted})
}

func Glob(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"+archive.Extension+"*"))
	paths = slices.DeleteFunc(paths, func(path string) bool { return !archive.IsArchiveName(path) })
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	return paths
}

// Look describes a folder's files to the byte and the nanosecond.
func Look(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info fs.FileInfo, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, path, info.Mode(), info.ModTime().UnixNano())
		if info.Mode().IsRegular() {
			fmt.Fprintf(&b, "  %d %x\n", info.Size(), Sum(t, path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func SmallRun(id, name, typ string, status provider.Status) []provider.Record {
	records := []provider.Record{
		&provider.Start{RunID: id, Name: name, Type: typ, CreatedAt: "2025-12-11T14:00:00"},
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"A": 5000}},
	}
	if status != provider.StatusUnfinished {
		records = append(records, &provider.Result{Status: status})
	}
	return records
}

func ReadFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func DigestOf(t testing.TB, p provider.Provider) (digest.Hash, int64, error) {
	return digest.Of(t.Context(), p)
}

func WriteGzip(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, z.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func ReadGzip(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// LongRun is a run of several blocks of records, with texts that fill overflow pages.
func LongRun() []provider.Record {
	records := []provider.Record{&provider.Start{RunID: "long", Name: "long", Type: "test"}}
	for i := 1; i < 900; i++ {
		switch {
		case i%40 == 39:
			records = append(records, &provider.Iteration{Number: i / 40,
				Costs: map[string]provider.Cents{"A": provider.Cents(i)}})
		case i%20 == 5:
			records = append(records, &provider.Interaction{Iteration: i / 40,
				UserPrompt: new(fmt.Sprint("prompt ", i, strings.Repeat(" word", 5000))),
				Response:   new(fmt.Sprint("response ", i)), LatencySeconds: new(float64(i))})
		default:
			records = append(records, &provider.Event{Iteration: i / 40, Type: fmt.Sprint("type ", i%5),
				Data: fmt.Appendf(nil, `{"i":%d,"x":%q}`, i, strings.Repeat("y", i%300))})
		}
	}
	return append(records, &provider.Result{Status: provider.StatusCompleted, FinalCost: new(provider.Cents(5))})
}

// Write puts bytes into a fresh folder under the name run.simexp.
func Write(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.simexp")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Names gives the Names of the files in a folder.
func Names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// FolderState describes every file below dir; of big ones only the size.
func FolderState(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %v %v %d", path, info.Mode(), info.ModTime(), info.Size())
		if info.Mode().IsRegular() && info.Size() < 1<<28 {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %x", sha256.Sum256(data))
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func CountRecordsOf(t testing.TB, a *archive.Archive) int64 {
	t.Helper()
	_, n, err := digest.Of(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func ViewRun() []provider.Record {
	part := strings.Repeat("x", 198) + "\n\n"
	return []provider.Record{
		&provider.Start{RunID: "r-1", Name: "n", Type: "t"},
		&provider.Event{Type: "evaluation", Timestamp: "2025-12-01T10:00:00.5",
			Data: json.RawMessage(`{"b": 1.50, "a":[1, 2]}`)},
		&provider.Interaction{AgentID: "A", SystemPrompt: new(strings.Repeat(part, 6)),
			UserPrompt: new(part + "y" + part + "tail"), Response: new("yes"),
			ParsedPolicy: json.RawMessage(`{"f":0.4}`), PromptTokens: new(int64(9007199254740993)), LatencySeconds: new(8.25)},
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"B": -5, "A": 9007199254740993},
			AcceptedChanges: map[string]bool{"A": true}, Policies: map[string]json.RawMessage{"A": json.RawMessage(`{"f": 0.50}`)}},
		&provider.Iteration{Number: 4},
		&provider.Note{Kind: "derived", Text: "of something"},
		&provider.Result{Status: provider.StatusCompleted, Converged: new(true),
			FinalCost: new(provider.Cents(9007199254740993))},
	}
}

func RunTool(t *testing.T, name string, args ...string) string {
	t.Helper()
	othertools.Find(t, name)
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return strings.TrimRight(string(out), "\r\n")
}

func ExampleStart() *provider.Start { return &provider.Start{RunID: "r", Name: "n", Type: "t"} }

// Writable lets the test write to a file, if it is there: a sealed one is read-only.
func Writable(t testing.TB, path string) {
	t.Helper()
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o200 == 0 {
		if err := os.Chmod(path, info.Mode().Perm()|0o200); err != nil {
			t.Fatal(err)
		}
	}
}

// OpenSQL opens a database for the time of the test, as any other program that uses SQLite does. Options are those of
// the driver.
func OpenSQL(t testing.TB, path string, options ...string) *sql.DB {
	t.Helper()
	Writable(t, path)
	db, err := sqlitefile.OpenWritable(path, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// ExampleRun touches every kind of record.
func ExampleRun(salt []byte) []provider.Record {
	return []provider.Record{
		&provider.Start{RunID: "r1", Name: "exp1", Type: "castro", Config: []byte(`{"seed": 42}`),
			CreatedAt: "2025-12-15T08:49:01", Salt: salt},
		&provider.Event{Iteration: 0, Type: "evaluation", Timestamp: "2025-12-15T08:49:02",
			Data: []byte(`{"total_cost": 10000}`)},
		&provider.Interaction{Iteration: 0, AgentID: "BANK_A", Model: new("m"), SystemPrompt: new("S"), UserPrompt: new("U"),
			Response:     new("yes"),
			PromptTokens: new(int64(1200)), CompletionTokens: new(int64(300)), LatencySeconds: new(8.25)},
		&provider.Iteration{Number: 0, Costs: map[string]provider.Cents{"BANK_A": 5000, "BANK_B": -1},
			AcceptedChanges: map[string]bool{"BANK_A": true}},
		&provider.Note{Kind: "derived", Text: "x"},
		&provider.Attachment{Name: "a.txt", Data: []byte("hello\n")},
		&provider.Result{Status: provider.StatusCompleted, Converged: new(true),
			FinalCost: new(provider.Cents(9007199254740993))},
	}
}

// RootOfFile gives the digest of the run in a file.
func RootOfFile(t testing.TB, path string) digest.Hash {
	t.Helper()
	root, _, err := digest.Of(t.Context(), Open(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Query gives all rows of a statement.
func Query(ctx context.Context, a *archive.Archive, statement string) (columns []string, values [][]any, err error) {
	rows, err := a.Query(ctx, statement)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		values = append(values, rows.Values())
	}
	return rows.Columns(), values, rows.Err()
}
