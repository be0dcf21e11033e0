package record

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// TestTextLimit: an interaction with which the run would hold more text than its file may is refused, and nothing else.
func TestTextLimit(t *testing.T) {
	w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample()[:3])
	call := &provider.Interaction{SystemPrompt: new("sys"), UserPrompt: new("user"), Response: new("yes"),
		ParsedPolicy: []byte(`{}`)}
	stored := w.texts.stored + w.texts.sections
	w.texts.recorded = tables.TextLimit(stored) - 12 // of which the call has 3, 4, 3 and 2
	if err := w.Interaction(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if got, want := w.texts.stored+w.texts.sections, stored+12; got != want {
		t.Errorf("got %d bytes stored, want %d", got, want)
	}
	if err := w.Interaction(t.Context(), call); err != nil { // its prompts are stored, and its answer is not
		t.Fatal(err)
	}
	w.texts.recorded = tables.TextLimit(w.texts.stored + w.texts.sections)
	var e *provider.TextsError
	if err := w.Interaction(t.Context(), call); !errors.As(err, &e) || e.Bytes != e.Limit+12 {
		t.Errorf("got %v, want a TextsError", err)
	}
	if err := w.Event(t.Context(), &provider.Event{Type: "t", Data: []byte(`{}`)}); err != nil {
		t.Error(err)
	}
	if err := w.Finish(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// TestTextsResumed: a recording that is resumed counts as the one that it goes on with.
func TestTextsResumed(t *testing.T) {
	w := startRecording(t, filepath.Join(t.TempDir(), "run.simexp"), storyRun()[:120])
	want := w.texts
	if want.recorded <= want.stored || want.sections == 0 {
		t.Fatalf("got %+v, want prompts that share sections", want)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(t.Context(), w.Path()+archive.LiveSuffix, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.texts != want || again.counts != w.counts {
		t.Errorf("got %+v and %v, want %+v and %v", again.texts, again.counts, want, w.counts)
	}
}
