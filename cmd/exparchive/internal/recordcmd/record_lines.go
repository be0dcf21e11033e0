package recordcmd

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/internal/progress"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/jsonl"
)

// A rejectedReport tells of the lines that could not be recorded.
type rejectedReport struct {
	stderr io.Writer
	bar    *progress.Bar
	source string // of the lines
	lines  int64
	acks   *acks // nil, or who tells of them instead
}

// line tells of one line.
func (r *rejectedReport) line(l jsonl.Rejection) {
	if r.acks != nil {
		r.lines++
		r.acks.rejected(l)
		return
	}
	if r.lines++; r.lines > runio.MaxRejectedLines {
		return
	}
	r.bar.Clear()
	where := "kept as the attachment " + l.Attachment
	if l.Attachment == "" {
		where = "not kept, since no run began"
	}
	cli.Warnf(r.stderr, "%s: %v; %s", r.source, l.LineError, where)
}

// end says how many there were besides, and whether the experiment was filled in.
func (r *rejectedReport) end(rejected *jsonl.RejectedError) {
	if rejected != nil && rejected.FilledIn {
		r.bar.Clear()
		cli.Warnf(r.stderr, "%s: no experiment line could be recorded before the run began; a note says what was filled in",
			r.source)
	}
	if more := r.lines - runio.MaxRejectedLines; more > 0 && r.acks == nil {
		r.bar.Clear()
		cli.Warnf(r.stderr, "%s: %s more could not be recorded", r.source, cli.Plural(more, "line"))
	}
}

// A statusWatch is a sink that says so if the result of the run has a status of its own.
type statusWatch struct {
	provider.Sink
	stderr io.Writer
}

// CheckedEvents implements [lend.EventTaker]: events pass through.
func (s statusWatch) CheckedEvents(lend.Inside) (any, func(context.Context, *provider.Event) error) {
	return s, lend.CheckedEvents(s.Sink)
}

// Finish implements [provider.Sink].
func (s statusWatch) Finish(ctx context.Context, r *provider.Result) error {
	if r != nil && !r.Status.Known() {
		cli.Warnf(s.stderr, "the status %.80q is recorded as it is, but is none that programs know: %s, %s or %s", r.Status,
			provider.StatusCompleted, provider.StatusFailed, provider.StatusInterrupted)
	}
	return s.Sink.Finish(ctx, r)
}

// experimentName is the name of an experiment of which only the archive's is known.
func experimentName(output string) string {
	return strings.TrimSuffix(filepath.Base(output), archive.Extension)
}

// newRunID makes a run id that no other run has and that is a legal name of a file on every system.
func newRunID(experiment string) string {
	var random [3]byte
	rand.Read(random[:])
	return fmt.Sprintf("%s-%s-%x", fileStem(experiment), time.Now().UTC().Format("20060102-150405"), random)
}

// fileStem gives a name in a form with which the name of a file can begin on every system: what cannot be in it becomes
// a hyphen.
func fileStem(name string) string {
	const most = 120 // bytes; an id, endings and what stands beside the file while it is made have to fit behind it
	name = strings.ToValidUTF8(name, "-")
	name = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || strings.ContainsRune(`/\:*?"<>|%`, c) {
			return '-'
		}
		return c
	}, name)
	name = strings.TrimLeft(name, " .-")
	for len(name) > most {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if name == "" {
		name = "run"
	}
	if provider.CheckPortable(name+"-") != nil { // up to its first dot, it is the name of a device
		name = strings.ReplaceAll(name, ".", "-")
	}
	return name
}
