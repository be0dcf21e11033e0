package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

// recorderEnv names the archive that the test binary records into when it is run as a child to be killed.
const recorderEnv = "EXPARCHIVE_TEST_RECORDER"

// exclusiveEnv makes that recorder exclusive.
const exclusiveEnv = "EXPARCHIVE_TEST_EXCLUSIVE"

// childEnv names the part of testChildren that the test binary plays when it is run as a child.
const childEnv = "EXPARCHIVE_TEST_CHILD"

// testChildren are played by a child process; what they return is printed on stderr and makes its exit code 1.
var testChildren = map[string]func(args []string) error{}

func TestMain(m *testing.M) {
	if child, ok := testChildren[os.Getenv(childEnv)]; ok {
		if err := child(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv(recorderEnv); path != "" {
		if err := recordForever(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// crashRecord gives record seq of the run that the child records: the parent knows it too.
func crashRecord(seq int64) provider.Record {
	iteration := int(seq / 20)
	switch {
	case seq == 0:
		return &provider.Start{RunID: "crash", Name: "crash", Type: "test"}
	case seq%20 == 19:
		return &provider.Iteration{Number: iteration, Costs: map[string]provider.Cents{"A": provider.Cents(seq)}}
	case seq%20 == 10:
		return &provider.Interaction{Iteration: iteration, AgentID: "A", UserPrompt: new(strings.Repeat(fmt.Sprintf("prompt %d\n\n", seq), 50)), Response: new("yes")}
	}
	return &provider.Event{Iteration: iteration, Type: fmt.Sprint("type ", seq%5), Data: fmt.Appendf(nil, `{"seq":%d}`, seq)}
}

// recordForever creates or resumes path and records until it is killed. It prints the number of every record whose call has
// made it durable.
func recordForever(path string) error {
	opts := &WriterOptions{Exclusive: os.Getenv(exclusiveEnv) != ""}
	w, err := Create(path, opts)
	if errors.Is(err, ErrExists) {
		w, err = Resume(context.Background(), path+LiveSuffix, opts)
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

// killCount is how often tests kill: normally so often, less in a short run, EXPARCHIVE_KILLS times if that is set.
func killCount(normally int) int {
	if n, err := strconv.Atoi(os.Getenv("EXPARCHIVE_KILLS")); err == nil {
		return n
	}
	if testing.Short() {
		return 5
	}
	return normally
}

// TestKill kills a recorder at random moments again and again: whatever it acknowledged is there, what is there is the
// run, and the next one goes on behind it. EXPARCHIVE_KILLS sets how often.
func TestKill(t *testing.T) {
	kills := killCount(25)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	path := filepath.Join(t.TempDir(), "run.simexp")
	last, total := int64(-1), int64(0)
	for kill := range kills {
		child := exec.CommandContext(t.Context(), self)
		child.Env = append(os.Environ(), recorderEnv+"="+path)
		if kill%3 == 2 { // recorders of both kinds go on with what the other left
			child.Env = append(child.Env, exclusiveEnv+"=1")
		}
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(random.IntN(150))*time.Millisecond, func() { child.Process.Kill() })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil { // the last line may be torn
				last = max(last, n)
			}
		}
		timer.Stop()
		if err := child.Wait(); err == nil || child.ProcessState.ExitCode() == 1 {
			t.Fatalf("kill %d: the recorder ended by itself: %v", kill, err)
		}
		if last < 0 {
			continue // killed before anything was acknowledged
		}
		a, err := Open(path+LiveSuffix, nil)
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		if a.State() != Unfinished {
			t.Errorf("kill %d: got state %q, want %q", kill, a.State(), Unfinished)
		}
		total = checkCrashRun(t, a)
		if total <= last {
			t.Fatalf("kill %d: records up to %d were acknowledged, %d are there", kill, last, total)
		}
		a.Close()
	}
	if last < 0 {
		t.Fatal("no recorder lived long enough to acknowledge a record")
	}
	seal, err := SealLive(t.Context(), path+LiveSuffix, nil)
	if err != nil {
		t.Fatal(err)
	}
	if seal.Records != total {
		t.Errorf("sealed %d records, want %d", seal.Records, total)
	}
	checkCrashRun(t, open(t, path))
	wantFiles(t, filepath.Dir(path), "run.simexp")
	t.Logf("%d kills, %d records", kills, total)
}

// checkCrashRun compares a run with what the child records, and gives how many records it has.
func checkCrashRun(t *testing.T, a *Archive) int64 {
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
		"seal written": func(t *testing.T, w *Writer) {
			if _, err := w.writeSeal(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"half a copy": func(t *testing.T, w *Writer) {
			if err := os.WriteFile(w.path+sealingSuffix, []byte("half"), 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"copy complete": func(t *testing.T, w *Writer) {
			seal, err := w.writeSeal(t.Context())
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
			if a := open(t, w.live); a.State() != Unfinished {
				t.Errorf("got state %q, want %q", a.State(), Unfinished)
			}
			again, err := Resume(t.Context(), w.live, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if err := provider.Put(t.Context(), again, sample[len(sample)-1]); err != nil {
				t.Fatal(err)
			}
			providertest.Test(t, open(t, w.path), sample)
			wantFiles(t, filepath.Dir(w.path), "run.simexp")
		})
	}
	t.Run("published, live file still there", func(t *testing.T) {
		path, live := sealedBeside(t, sample)
		if _, err := SealLive(t.Context(), live, nil); err != nil {
			t.Error(err)
		}
		providertest.Test(t, open(t, path), sample)
		wantFiles(t, filepath.Dir(path), "run.simexp")
	})
	// Whatever else is there stays, and so does the live file: of the same digest, or of the same seal, but not the same bytes.
	for name, change := range map[string]func(t *testing.T, path string){
		"another run": func(t *testing.T, path string) {
			other := record(t, filepath.Join(t.TempDir(), "run.simexp"), sample[:10], nil)
			if err := os.Rename(other, path); err != nil {
				t.Fatal(err)
			}
		},
		"annotated": func(t *testing.T, path string) {
			if err := Annotate(t.Context(), path, []Annotation{{Kind: "doi", Text: "10.1000/182"}}); err != nil {
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
			if _, err := SealLive(t.Context(), live, nil); !errors.Is(err, ErrExists) {
				t.Errorf("got %v, want %v", err, ErrExists)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed, %v", err)
			}
			wantFiles(t, filepath.Dir(path), "run.simexp", "run.simexp-live")
			if _, err := SealLive(t.Context(), live, &WriterOptions{Force: true}); err != nil {
				t.Fatal(err)
			}
			providertest.Test(t, open(t, path), sample)
			wantFiles(t, filepath.Dir(path), "run.simexp")
		})
	}
}

// sealedBeside gives an archive and, beside it, the live file that it was sealed from, as a sealing leaves them that was killed
// between its last two steps.
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
	if err := w.result(t.Context(), run[len(run)-1].(*provider.Result)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(w.LivePath())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := SealLive(t.Context(), w.LivePath(), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.LivePath(), kept, 0o666); err != nil {
		t.Fatal(err)
	}
	return path, w.LivePath()
}
