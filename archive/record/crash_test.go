package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

var recordChildren = map[string]func([]string) error{"record": recordForever, "story": storyChild, "watch": watchChild}

func TestMain(m *testing.M) { archivetest.MainOf(m, recordChildren) }

// crashRecord gives record seq of the run that the child records: the parent knows it too.
func crashRecord(seq int64) provider.Record {
	iteration := int(seq / 20)
	switch {
	case seq == 0:
		return &provider.Start{RunID: "crash", Name: "crash", Type: "test"}
	case seq%20 == 19:
		return &provider.Iteration{Number: iteration, Costs: map[string]provider.Cents{"A": provider.Cents(seq)}}
	case seq%20 == 10:
		return &provider.Interaction{Iteration: iteration, AgentID: "A",
			UserPrompt: new(strings.Repeat(fmt.Sprintf("prompt %d\n\n", seq), 50)), Response: new("yes")}
	}
	return &provider.Event{Iteration: iteration, Type: fmt.Sprint("type ", seq%5),
		Data: fmt.Appendf(nil, `{"seq":%d}`, seq)}
}

// recordForever creates or resumes the archive args[0], exclusively if there is another argument, and records until
// it is killed. It prints the number of every record whose call has made it durable.
func recordForever(args []string) error {
	path := args[0]
	opts := &Options{Exclusive: len(args) > 1}
	w, err := Create(path, opts)
	if errors.Is(err, archive.ErrExists) {
		w, err = Resume(context.Background(), path+archive.LiveSuffix, opts)
	}
	if err != nil {
		return err
	}
	for seq := w.Count(); ; seq++ {
		r := crashRecord(seq)
		if err := provider.Put(context.Background(), w, r); err != nil {
			return err
		}
		if r.RecordKind() != provider.KindEvent {
			if _, err := fmt.Println(seq); err != nil {
				return err
			}
		}
	}
}

// TestKill kills a recorder at random moments again and again: whatever it acknowledged is there, what is there is the
// run, and the next one goes on behind it. EXPARCHIVE_KILLS sets how often.
func TestKill(t *testing.T) {
	kills := archivetest.KillCount()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	path := filepath.Join(t.TempDir(), "run.simexp")
	last, total := int64(-1), int64(0)
	for kill := range kills {
		args := []string{path}
		if kill%3 == 2 { // recorders of both kinds go on with what the other left
			args = append(args, "exclusive")
		}
		child, lines := archivetest.StartChild(t, "record", args...)
		// Some are killed while they start. The others have acknowledged something by then, however slow the machine
		// is.
		acks := 1 + random.IntN(30)
		if kill > 0 && kill%5 == 0 {
			acks = -1
			time.AfterFunc(time.Duration(random.IntN(30))*time.Millisecond, func() { child.Process.Kill() })
		}
		for lines.Scan() {
			if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil { // the last line may be torn
				last = max(last, n)
			}
			if acks--; acks == 0 {
				time.AfterFunc(time.Duration(random.IntN(5000))*time.Microsecond, func() { child.Process.Kill() })
			}
		}
		if err := child.Wait(); err == nil || child.ProcessState.ExitCode() == 1 {
			t.Fatalf("kill %d: the recorder ended by itself: %v", kill, err)
		}
		a, err := archive.Open(path + archive.LiveSuffix)
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		if a.State() != archive.Unfinished {
			t.Errorf("kill %d: got state %q, want %q", kill, a.State(), archive.Unfinished)
		}
		total = checkCrashRun(t, a)
		if total <= last {
			t.Fatalf("kill %d: records up to %d were acknowledged, %d are there", kill, last, total)
		}
		a.Close()
	}
	seal, err := Seal(t.Context(), path+archive.LiveSuffix, nil)
	if err != nil {
		t.Fatal(err)
	}
	if seal.Records != total {
		t.Errorf("sealed %d records, want %d", seal.Records, total)
	}
	checkCrashRun(t, archivetest.Open(t, path))
	archivetest.WantFiles(t, filepath.Dir(path), "run.simexp")
	t.Logf("%d kills, %d records", kills, total)
}

// checkCrashRun compares a run with what the child records, and gives how many records it has.
func checkCrashRun(t *testing.T, a *archive.Archive) int64 {
	t.Helper()
	var got, want digest.Sink
	if err := provider.Copy(t.Context(), &got, a); err != nil {
		t.Fatal(err)
	}
	for seq := range got.Count() {
		if err := provider.Put(t.Context(), &want, crashRecord(seq)); err != nil {
			t.Fatal(err)
		}
	}
	if got.Root() != want.Root() {
		t.Fatalf("%d records: got digest %v, want %v", got.Count(), got.Root(), want.Root())
	}
	return got.Count()
}

// TestInterruptedSeal leaves each state that a killed sealing can leave behind: sealing again brings the archive.
func TestInterruptedSeal(t *testing.T) {
	sample := providertest.Sample()
	for name, leave := range map[string]func(t *testing.T, w *Writer){
		"half a copy": func(t *testing.T, w *Writer) {
			if err := os.WriteFile(w.path+sealingSuffix, []byte("half"), 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"copy complete": func(t *testing.T, w *Writer) {
			seal, err := w.sealOf()
			if err == nil {
				err = w.copyTo(t.Context(), w.path+sealingSuffix, seal)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), sample[:len(sample)-1])
			leave(t, w)
			if _, err := os.Stat(w.path); err == nil {
				t.Error("the final name exists")
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			a := archivetest.Open(t, w.live)
			if a.State() != archive.Unfinished {
				t.Errorf("got state %q, want %q", a.State(), archive.Unfinished)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
			again, err := Resume(t.Context(), w.live, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if err := provider.Put(t.Context(), again, sample[len(sample)-1]); err != nil {
				t.Fatal(err)
			}
			providertest.Test(t, archivetest.Open(t, w.path), sample)
			archivetest.WantFiles(t, filepath.Dir(w.path), "run.simexp")
		})
	}
	t.Run("published, live file still there", func(t *testing.T) {
		path, live := sealedBeside(t, sample)
		if _, err := Seal(t.Context(), live, nil); err != nil {
			t.Error(err)
		}
		providertest.Test(t, archivetest.Open(t, path), sample)
		archivetest.WantFiles(t, filepath.Dir(path), "run.simexp")
	})
	// Whatever else is there stays, and so does the live file: of the same digest, or of the same seal, but not the
	// same bytes.
	for name, change := range map[string]func(t *testing.T, path string){
		"another run": func(t *testing.T, path string) {
			other := recordRun(t, filepath.Join(t.TempDir(), "run.simexp"), sample[:10], nil)
			if err := os.Rename(other, path); err != nil {
				t.Fatal(err)
			}
		},
		"annotated": func(t *testing.T, path string) {
			other := recordRun(t, filepath.Join(t.TempDir(), "run.simexp"), sample,
				&Options{Annotations: []archive.Annotation{{Kind: "doi", Text: "10.1000/182"}}})
			if err := os.Rename(other, path); err != nil {
				t.Fatal(err)
			}
		},
		"damaged": func(t *testing.T, path string) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			at := bytes.LastIndex(text, []byte("policy_stability"))
			text[at] ^= 1
			archivetest.Writable(t, path)
			if err := os.WriteFile(path, text, 0o666); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run("published and then "+name, func(t *testing.T) {
			path, live := sealedBeside(t, sample)
			change(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Seal(t.Context(), live, nil); !errors.Is(err, archive.ErrExists) {
				t.Errorf("got %v, want %v", err, archive.ErrExists)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed, %v", err)
			}
			archivetest.WantFiles(t, filepath.Dir(path), "run.simexp", "run.simexp-live")
			if _, err := Seal(t.Context(), live, &Options{Replace: true}); err != nil {
				t.Fatal(err)
			}
			providertest.Test(t, archivetest.Open(t, path), sample)
			archivetest.WantFiles(t, filepath.Dir(path), "run.simexp")
		})
	}
}

// sealedBeside gives an archive and, beside it, the live file that it was sealed from, as a sealing leaves them that
// was killed between its last two steps.
func sealedBeside(t *testing.T, run []provider.Record) (path, live string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "run.simexp")
	w, err := Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range run[:len(run)-1] {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.result(run[len(run)-1].(*provider.Result)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(w.LivePath())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Seal(t.Context(), w.LivePath(), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.LivePath(), kept, 0o666); err != nil {
		t.Fatal(err)
	}
	return path, w.LivePath()
}
