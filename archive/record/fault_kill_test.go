package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// storyRun is what storyChild records.
func storyRun() []provider.Record {
	var records []provider.Record
	for seq := range int64(120) {
		records = append(records, crashRecord(seq))
	}
	return append(records, &provider.Result{Status: provider.StatusCompleted})
}

// storyChild creates or resumes the archive args[0], records the rest of the story and seals. It prints how many
// records are durable, and "sealing" before it seals.
func storyChild(args []string) error {
	ctx := context.Background()
	path := args[0]
	w, err := Create(path, nil)
	if errors.Is(err, archive.ErrExists) {
		w, err = Resume(ctx, path+archive.LiveSuffix, nil)
	}
	if errors.Is(err, ErrFinished) {
		fmt.Println("sealing")
		_, err = Seal(ctx, path+archive.LiveSuffix, nil)
		return err
	}
	if err != nil {
		return err
	}
	defer w.Close()
	records := storyRun()
	for i, r := range records[w.Count():] {
		if r.RecordKind() == provider.KindResult {
			fmt.Println("sealing")
		}
		if err := provider.Put(ctx, w, r); err != nil {
			return err
		}
		if r.RecordKind() != provider.KindEvent && i%3 == 0 {
			fmt.Println(w.Count())
		}
	}
	return nil
}

// TestKillStory kills a recorder at any moment from its start to its end, sealing included, until it gets through:
// after each kill the final name is absent or complete and nothing acknowledged is lost, and in the end there is the
// archive and nothing else. EXPARCHIVE_KILLS sets how often; it goes on until a kill hit a sealing.
func TestKillStory(t *testing.T) {
	kills := archivetest.KillCount()
	records := storyRun()
	roots := prefixes(t, records)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	killed, sealing, stories := 0, 0, 0
	for ; killed < kills || sealing == 0; stories++ {
		path := filepath.Join(t.TempDir(), "run.simexp")
		acked := int64(0)
		inThis := 0 // kills while this one was sealed; where that takes long, it would never get through
		for done := false; !done; {
			child, lines := archivetest.StartChild(t, "story", path)
			// From the first line on, since how long a process takes to start says nothing.
			kill := time.Duration(random.IntN(40)) * time.Millisecond
			inSeal := random.IntN(3) == 0 // or from the sealing on, which is short
			var timer *time.Timer
			atSeal := false
			for lines.Scan() {
				line := lines.Text()
				atSeal = atSeal || line == "sealing"
				if n, err := strconv.ParseInt(line, 10, 64); err == nil {
					acked = max(acked, n)
				}
				if timer == nil && (!inSeal || atSeal) && inThis < 5 {
					timer = time.AfterFunc(kill, func() { child.Process.Kill() })
				}
			}
			if timer != nil {
				timer.Stop()
			}
			err := child.Wait()
			if child.ProcessState.ExitCode() == 1 {
				t.Fatalf("after %d kills the recorder failed: %v", killed, err)
			}
			if done = err == nil; !done {
				killed++
				if atSeal {
					sealing++
					inThis++
				}
			}
			n := prefixOf(t, path, roots)
			if n < 0 {
				n = prefixOf(t, path+archive.LiveSuffix, roots)
			} else if n != int64(len(records)) {
				t.Fatalf("under its final name there are %d records of %d", n, len(records))
			}
			if n < acked || done && n != int64(len(records)) {
				t.Fatalf("%d records are there, %d were acknowledged; done: %v", n, acked, done)
			}
			if !done && n == int64(len(records)) {
				if _, err := os.Stat(path + archive.LiveSuffix); err == nil { // between publishing and removing
					if _, err := Seal(t.Context(), path+archive.LiveSuffix, nil); err != nil {
						t.Fatalf("live file beside the sealed one: %v", err)
					}
				}
				if _, err := os.Stat(path); err == nil {
					done = true
				}
			}
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if name := e.Name(); name != "run.simexp" && !strings.HasPrefix(name, "run.simexp-live-") {
				t.Errorf("%s is left over", name)
			}
		}
	}
	t.Logf("%d kills, %d of them while sealing, %d archives, 0 records lost", killed, sealing, stories)
}

// prefixes gives the digests of the first 0, 1, 2 … records.
func prefixes(t testing.TB, records []provider.Record) []digest.Hash {
	t.Helper()
	var tree digest.Tree
	var leaf digest.Leaf
	roots := []digest.Hash{tree.Root()}
	for _, r := range records {
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		tree.Add(leaf.Hash(r))
		roots = append(roots, tree.Root())
	}
	return roots
}

// prefixOf gives how many records of the run the file at path holds, -1 if there is no file, 0 if there is no run in
// it yet.
func prefixOf(t testing.TB, path string, roots []digest.Hash) int64 {
	t.Helper()
	a, err := archive.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return -1
	case errors.Is(err, provider.ErrNoRun):
		return 0
	case err != nil:
		t.Fatal(err)
	}
	defer a.Close()
	root, n, err := digest.Of(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if n >= int64(len(roots)) || root != roots[n] {
		t.Fatalf("%s: %d records with digest %v: not those that were recorded", path, n, root)
	}
	return n
}

// watchChild opens the live file args[0], reads some records, says so, holds its cursor until its stdin ends, and
// then checks that it saw a run without gaps.
func watchChild(args []string) error {
	a, err := archive.Open(args[0])
	if err != nil {
		return err
	}
	defer a.Close()
	n := int64(0)
	for r, err := range a.Records(context.Background()) {
		if err != nil {
			return err
		}
		if n == 2 {
			fmt.Println("watching")
			if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
				return err
			}
		}
		if e, ok := r.(*provider.Event); ok && string(e.Data) != fmt.Sprintf(`{"seq":%d}`, n) {
			return fmt.Errorf("record %d is %s", n, e.Data)
		}
		n++
	}
	fmt.Println(n)
	return nil
}

// TestViewer: a viewer in another process that holds its cursor does not keep the recorder waiting, and sees a whole
// run.
func TestViewer(t *testing.T) {
	recordBesideViewer(t, startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), storyRun()[:60]))
}

// recordBesideViewer records, behind 60 records, while a viewer holds its cursor, which ends only then: a recorder
// that waited for it would not come to its end.
func recordBesideViewer(t *testing.T, w *Writer) {
	t.Helper()
	child, lines, letGo := archivetest.StartHeldChild(t, "watch", w.LivePath())
	if !lines.Scan() || lines.Text() != "watching" {
		t.Fatalf("got %q from the viewer, want that it watches", lines.Text())
	}
	for range longtest.Count(300, 3000) {
		if err := w.Note(t.Context(), &provider.Note{Kind: "x", Text: strings.Repeat("y", 1000)}); err != nil {
			t.Fatalf("while a viewer reads: %v", err)
		}
	}
	if err := letGo(); err != nil {
		t.Fatal(err)
	}
	if !lines.Scan() || lines.Text() != "60" {
		t.Errorf("the viewer saw %q records, want the 60 that there were when it began", lines.Text())
	}
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
	if err := w.Finish(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// TestSecondRecorder: another process that records into the same archive is named.
func TestSecondRecorder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.simexp")
	child, lines := archivetest.StartChild(t, "record", path)
	defer child.Wait()
	defer child.Process.Kill()
	if !lines.Scan() {
		t.Fatal("the recorder acknowledged nothing")
	}
	who := fmt.Sprintf("process %d ", child.Process.Pid)
	_, errCreate := Create(path, &Options{Replace: true, Restart: true})
	_, errResume := Resume(t.Context(), path+archive.LiveSuffix, nil)
	_, errSeal := Seal(t.Context(), path+archive.LiveSuffix, nil)
	for what, err := range map[string]error{"create": errCreate, "resume": errResume, "seal": errSeal} {
		if !errors.Is(err, archive.ErrBusy) || !strings.Contains(err.Error(), who) {
			t.Errorf("%s: got %v, want %v by %s", what, err, archive.ErrBusy, who)
		}
	}
}
