package digest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

// feed gives a run to a sink.
func feed(t testing.TB, s provider.Sink, run []provider.Record) {
	t.Helper()
	finished := false
	for _, r := range run {
		if err := provider.Put(context.Background(), s, r); err != nil {
			t.Fatal(err)
		}
		finished = r.RecordKind() == provider.KindResult
	}
	if !finished {
		if err := s.Finish(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
	}
}

// salted gives the sample run with a salt.
func salted() []provider.Record {
	run := providertest.Sample()
	run[0].(*provider.Start).Salt = bytes.Repeat([]byte{7}, provider.SaltSize)
	return run
}

func rootOf(t testing.TB, run []provider.Record) digest.Hash {
	t.Helper()
	var s digest.Sink
	feed(t, &s, run)
	return s.Root()
}

func prove(t testing.TB, run []provider.Record, seq int64, disclose func(string) bool) *digest.Proof {
	t.Helper()
	p := digest.NewRecordProver(seq, disclose)
	feed(t, p, run)
	proof, err := p.Proof()
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

func TestProofOfEveryRecord(t *testing.T) {
	for name, run := range map[string][]provider.Record{"plain": providertest.Sample(), "salted": salted(),
		"unfinished": providertest.Sample()[:9]} {
		root := rootOf(t, run)
		for seq, r := range run {
			proof := prove(t, run, int64(seq), nil)
			if c := proof.Log.Checkpoint; c.Root != root || c.Size != int64(len(run)) ||
				c.Origin != "simexp/exp1-20251215-084901-866d63" {
				t.Fatalf("%s: record %d: got checkpoint %+v, want root %v and size %d", name, seq, c, root, len(run))
			}
			text := proof.AppendText(nil)
			again, err := digest.ParseProof(text)
			if err != nil {
				t.Fatalf("%s: record %d: %v\n%s", name, seq, err, text)
			}
			if !reflect.DeepEqual(again, proof) {
				t.Fatalf("%s: record %d: got\n%+v\nback, want\n%+v", name, seq, again, proof)
			}
			e, err := again.Check()
			if err != nil {
				t.Fatalf("%s: record %d: %v", name, seq, err)
			}
			if e.Kind != r.RecordKind() {
				t.Errorf("%s: record %d: got kind %v, want %v", name, seq, e.Kind, r.RecordKind())
			}
			// Everything the record has is disclosed, but for the salt.
			for f := range r.RecordKind().Committed() {
				got := slices.ContainsFunc(again.Disclosed, func(d digest.Disclosure) bool { return d.Field == f.Name })
				if want := f.In(r) && f.Name != "salt"; got != want {
					t.Errorf("%s: record %d: %s disclosed: got %t, want %t", name, seq, f.Name, got, want)
				}
			}
		}
	}
}

// TestProofShowsTheValues: what a verifier sees is what was recorded.
func TestProofShowsTheValues(t *testing.T) {
	run := providertest.Sample()
	seq := slices.IndexFunc(run, func(r provider.Record) bool { return r.RecordKind() == provider.KindInteraction })
	call := run[seq].(*provider.Interaction)
	proof := prove(t, run, int64(seq), func(field string) bool { return field == "response" })
	e, err := proof.Check()
	if err != nil {
		t.Fatal(err)
	}
	if len(proof.Disclosed) != 1 || proof.Disclosed[0].Field != "response" ||
		string(proof.Disclosed[0].Value) != *call.Response {
		t.Errorf("got %+v disclosed, want the response only", proof.Disclosed)
	}
	if bytes.Contains(proof.AppendText(nil), []byte(base64.StdEncoding.EncodeToString([]byte(*call.UserPrompt))[:20])) {
		t.Error("the proof has the prompt, which was not to be disclosed")
	}
	got := map[string]string{}
	for _, f := range e.Fields {
		if !f.Committed() {
			got[f.Name] = f.String()
		}
	}
	want := map[string]string{"iteration": "0", "agent_id": "BANK_A", "model": *call.Model, "timestamp": call.Timestamp,
		"prompt_tokens": "1200", "completion_tokens": "300", "latency_seconds": "8.25"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got fields %v, want %v", got, want)
	}
}

// TestProofOfARedactedRun: a value that was withheld cannot be disclosed, and the proof holds without it.
func TestProofOfARedactedRun(t *testing.T) {
	run := providertest.Sample()
	root := rootOf(t, run)
	seq := slices.IndexFunc(run, func(r provider.Record) bool { return r.RecordKind() == provider.KindInteraction })
	full := prove(t, run, int64(seq), nil)
	entry, err := full.Check()
	if err != nil {
		t.Fatal(err)
	}
	call := run[seq].(*provider.Interaction)
	withheld := map[string]provider.Commitment{}
	for _, f := range entry.Fields {
		if f.Name == "response" {
			withheld[f.Name] = provider.Commitment(f.Commitment)
		}
	}
	call.Response, call.Redaction = nil, &provider.Redaction{Withheld: withheld}
	proof := prove(t, run, int64(seq), nil)
	if _, err := proof.Check(); err != nil || proof.Log.Checkpoint.Root != root {
		t.Fatalf("got %v and root %v, want %v", err, proof.Log.Checkpoint.Root, root)
	}
	if len(proof.Disclosed) != len(full.Disclosed)-1 {
		t.Errorf("got %d values disclosed, want %d", len(proof.Disclosed), len(full.Disclosed)-1)
	}
}

// TestChangedProofsDoNotHold changes every part of a proof.
func TestChangedProofsDoNotHold(t *testing.T) {
	run := salted()
	seq := int64(slices.IndexFunc(run, func(r provider.Record) bool { return r.RecordKind() == provider.KindInteraction }))
	for name, change := range map[string]func(p *digest.Proof){
		"index":           func(p *digest.Proof) { p.Index++ },
		"negative index":  func(p *digest.Proof) { p.Index = -1 },
		"size":            func(p *digest.Proof) { p.Log.Checkpoint.Size *= 2 },
		"huge size":       func(p *digest.Proof) { p.Log.Checkpoint.Size = 1<<63 - 1 },
		"root":            func(p *digest.Proof) { p.Log.Checkpoint.Root[0]++ },
		"path":            func(p *digest.Proof) { p.Path[0][0]++ },
		"shorter path":    func(p *digest.Proof) { p.Path = p.Path[1:] },
		"longer path":     func(p *digest.Proof) { p.Path = append(p.Path, digest.Hash{}) },
		"entry":           func(p *digest.Proof) { p.Entry[len(p.Entry)-1]++ },
		"value":           func(p *digest.Proof) { p.Disclosed[0].Value = append(p.Disclosed[0].Value, ' ') },
		"key":             func(p *digest.Proof) { p.Disclosed[0].Key[3]++ },
		"no key":          func(p *digest.Proof) { p.Disclosed[0].Key = nil },
		"short key":       func(p *digest.Proof) { p.Disclosed[0].Key = p.Disclosed[0].Key[1:] },
		"other field":     func(p *digest.Proof) { p.Disclosed[0].Field = "response" },
		"unknown field":   func(p *digest.Proof) { p.Disclosed[0].Field = "secret" },
		"envelope field":  func(p *digest.Proof) { p.Disclosed[0].Field = "agent_id" },
		"disclosed twice": func(p *digest.Proof) { p.Disclosed = append(p.Disclosed, p.Disclosed[0]) },
		"an inner node as an entry": func(p *digest.Proof) {
			p.Entry, p.Path = append(slices.Clone(p.Path[0][:]), p.Path[1][:]...), p.Path[2:]
		},
	} {
		p := prove(t, run, seq, nil)
		if _, err := p.Check(); err != nil {
			t.Fatal(err)
		}
		change(p)
		if _, err := p.Check(); !errors.Is(err, digest.ErrProof) {
			t.Errorf("%s: got %v, want ErrProof", name, err)
		}
	}
}

func TestNoProofOfWhatIsNotThere(t *testing.T) {
	run := providertest.Sample()
	for _, seq := range []int64{-1, int64(len(run)), 1 << 62} {
		p := digest.NewRecordProver(seq, nil)
		feed(t, p, run)
		if _, err := p.Proof(); !errors.Is(err, digest.ErrNoRecord) {
			t.Errorf("record %d: got %v, want ErrNoRecord", seq, err)
		}
		c := digest.NewConsistencyProver(seq + 1)
		feed(t, c, run)
		if _, _, err := c.Proof(); !errors.Is(err, digest.ErrNoRecord) {
			t.Errorf("%d records: got %v, want ErrNoRecord", seq+1, err)
		}
	}
}

func TestConsistencyProof(t *testing.T) {
	run := providertest.Sample()
	root := rootOf(t, run)
	for old := 1; old <= len(run); old++ {
		c := digest.NewConsistencyProver(int64(old))
		feed(t, c, run)
		proof, oldRoot, err := c.Proof()
		if err != nil {
			t.Fatal(err)
		}
		if want := rootOf(t, run[:old]); oldRoot != want || proof.Log.Checkpoint.Root != root {
			t.Fatalf("old size %d: got roots %v and %v, want %v and %v", old, oldRoot, proof.Log.Checkpoint.Root, want, root)
		}
		text := proof.AppendText(nil)
		if !digest.IsConsistencyProof(text) {
			t.Fatalf("not recognised:\n%s", text)
		}
		again, err := digest.ParseConsistencyProof(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Check(oldRoot); err != nil {
			t.Errorf("old size %d: %v", old, err)
		}
		oldRoot[5]++
		if err := again.Check(oldRoot); !errors.Is(err, digest.ErrProof) {
			t.Errorf("old size %d, another root: got %v, want ErrProof", old, err)
		}
	}
}

// TestProofsInPython checks proofs with a program that was written from the RFC alone.
func TestProofsInPython(t *testing.T) {
	python := othertools.Find(t, "python3")
	dir := t.TempDir()
	var args, want []string
	add := func(text []byte, oldRoot, line string) {
		path := filepath.Join(dir, fmt.Sprint(len(args)))
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		args, want = append(args, path+"="+oldRoot), append(want, line)
	}
	run := salted()
	root := rootOf(t, run)
	for seq := range run {
		proof := prove(t, run, int64(seq), nil)
		values := map[string]string{}
		for _, d := range proof.Disclosed {
			values[d.Field] = string(d.Value)
		}
		shown, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		add(proof.AppendText(nil), "", fmt.Sprintf("ok %d %d %v %s", seq, len(run), root, shown))
		proof.Path[0][0]++
		add(proof.AppendText(nil), "", "failed")
	}
	for old := 1; old <= len(run); old++ {
		c := digest.NewConsistencyProver(int64(old))
		feed(t, c, run)
		proof, oldRoot, err := c.Proof()
		if err != nil {
			t.Fatal(err)
		}
		add(proof.AppendText(nil), oldRoot.String(), fmt.Sprintf("ok %d %d %v", old, len(run), root))
		add(proof.AppendText(nil), digest.Hash{}.String(), "failed")
	}
	out, err := exec.Command(python, append([]string{"testdata/check_proof.py"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	compact := strings.NewReplacer("\r\n", "\n", `": "`, `":"`, `", "`, `","`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&")
	got := strings.Split(strings.TrimSuffix(compact.Replace(string(out)), "\n"), "\n")
	if len(got) != len(want) {
		t.Fatalf("got %d lines, want %d\n%s", len(got), len(want), out)
	}
	for i := range got {
		if want := compact.Replace(want[i]); got[i] != want {
			t.Errorf("proof %d: got\n%s\nwant\n%s", i, got[i], want)
		}
	}
}

func TestCheckpointText(t *testing.T) {
	c := digest.Checkpoint{Origin: digest.Origin("exp1"), Size: 44, Root: digest.Hash{1, 2, 3}}
	want := "simexp/exp1\n44\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	if got := c.Text(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, text := range []string{want, want + "\n— key AAAA\n", want + "extension\n",
		want + "a\nb\n\n— key AAAA\n— key BBBB\n"} {
		if got, err := digest.ParseCheckpoint(text); err != nil || got.Root != c.Root || got.Size != c.Size ||
			got.Origin != c.Origin {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "\n", want[:len(want)-1], want + "\n", "x\n" + want, strings.Replace(want, "44", "044", 1),
		strings.Replace(want, "44", "-1", 1),
		strings.Replace(want, "44", "9223372036854775807", 1), strings.Replace(want, "AQID", "AQI", 1),
		strings.Replace(want, "AA=", "AB=", 1),
		strings.Replace(want, "simexp/exp1", "simexp/ exp1", 1), strings.Replace(want, "simexp/exp1", "", 1),
		want + "\ne\n\n", "simexp/\x01exp1" + want[11:],
		strings.Replace(want, "exp1", "\xff", 1), want + strings.Repeat("x", digest.MaxCheckpoint) + "\n",
	} {
		if got, err := digest.ParseCheckpoint(text); !errors.Is(err, digest.ErrCheckpoint) {
			t.Errorf("%.100q: got %+v, %v, want ErrCheckpoint", text, got, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	long := strings.Repeat("x", 57)
	sum := sha256.Sum256([]byte(long))
	for _, c := range []struct{ id, want string }{
		{"exp1-20251215-084901-866d63", "simexp/exp1-20251215-084901-866d63"},
		{"a b+c\n~%é", "simexp/a%20b%2Bc%0A%7E%25%C3%A9"},
		{"x@y/z:1_2.3", "simexp/x@y/z:1_2.3"},
		{long[:56], "simexp/" + long[:56]},
		{long, fmt.Sprintf("simexp/%s~%x", long[:39], sum[:8])},
	} {
		if got := digest.Origin(c.id); got != c.want {
			t.Errorf("%q: got %q, want %q", c.id, got, c.want)
		}
	}
	// No escape is cut in two, and no two ids have one origin.
	seen := map[string]string{}
	for n := range 80 {
		for _, s := range []string{"é", "x", "+x", "xx "} {
			id := strings.Repeat(s, n)
			origin := digest.Origin(id)
			if other, ok := seen[origin]; ok && other != id {
				t.Errorf("%q and %q have the same origin %q", id, other, origin)
			}
			seen[origin] = id
			if len(origin) > 63 {
				t.Errorf("%q: origin %q of %d bytes", id, origin, len(origin))
			}
			if i := strings.LastIndex(origin, "%"); i >= 0 && strings.Contains(origin[i:min(i+3, len(origin))], "~") {
				t.Errorf("%q: origin %q is cut inside an escape", id, origin)
			}
		}
	}
}

func FuzzParseProof(f *testing.F) {
	for _, run := range [][]provider.Record{providertest.Sample(), salted()} {
		f.Add(prove(f, run, 20, nil).AppendText(nil))
		c := digest.NewConsistencyProver(11)
		feed(f, c, run)
		proof, _, err := c.Proof()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(proof.AppendText(nil))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if digest.IsConsistencyProof(text) {
			p, err := digest.ParseConsistencyProof(text)
			if err == nil {
				_ = p.Check(p.Log.Checkpoint.Root)
				if again, err := digest.ParseConsistencyProof(p.AppendText(nil)); err != nil || !reflect.DeepEqual(again, p) {
					t.Fatalf("got %+v, %v back, want %+v", again, err, p)
				}
			}
			return
		}
		p, err := digest.ParseProof(text)
		if err != nil {
			return
		}
		_, _ = p.Check()
		again, err := digest.ParseProof(p.AppendText(nil))
		if err != nil || again.Index != p.Index || !slices.Equal(again.Path, p.Path) || !bytes.Equal(again.Entry, p.Entry) {
			t.Fatalf("got %+v, %v back, want %+v", again, err, p)
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	for seq := range 6 {
		f.Add(prove(f, salted(), int64(seq*7), nil).Entry)
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		if e, err := digest.ParseEntry(b); err == nil {
			for _, field := range e.Fields {
				_ = field.String()
			}
		}
	})
}

func BenchmarkProve(b *testing.B) {
	e := &provider.Event{Type: "evaluation", Data: []byte(`{"total_cost":9000,"per_agent_costs":{"BANK_A":4000,"BANK_B":5000}}`)}
	const records = 100_000
	for b.Loop() {
		p := digest.NewRecordProver(records/2, nil)
		if err := p.Begin(b.Context(), &provider.Start{RunID: "x", Name: "x", Type: "x"}); err != nil {
			b.Fatal(err)
		}
		for range records {
			if err := p.Event(b.Context(), e); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := p.Proof(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
