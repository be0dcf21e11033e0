package viewer

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/report"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/sign"
)

//go:embed follow.js
var followScript string

//go:embed run.js
var runScript string

const (
	// mostIterations is how many iterations the page of a run lists.
	mostIterations = 50
	// checkedWithin is how long the page of a run without many events waits for its archive to be compared with the seal.
	checkedWithin = 200 * time.Millisecond
)

// frameOf gives the frame of a page about a run.
func (v *Viewer) frameOf(run *openRun, title string) frame {
	base := v.runPath(run.ID)
	return frame{
		Title: title, Crumbs: append(v.home(), crumb{run.Summary.RunID, base}), Search: base + "search",
		Live: v.follow(run),
	}
}

// runPage shows a run as package report makes it. Prompts, answers and events come when they are asked for.
func (v *Viewer) runPage(w http.ResponseWriter, r *http.Request, run *openRun) error {
	q := r.URL.Query()
	from, err := wholeNumber(q.Get("from"))
	if err == nil && q.Has("it") {
		from, err = run.pageOf(r.Context(), q.Get("it"))
	}
	if err != nil {
		return err
	}
	page, above, err := v.reportOf(r.Context(), run, from)
	if err != nil {
		return run.error(err)
	}
	if n, err := wholeNumber(q.Get("it")); err == nil && q.Has("it") &&
		!slices.ContainsFunc(page.Iterations, func(it report.Iteration) bool { return it.Number == n }) {
		return run.error(fmt.Errorf("%w %d", provider.ErrNoIteration, n))
	}
	from = min(from, max(len(page.Iterations)-1, 0))
	above.pages(len(page.Iterations), from)
	served := report.Served{Base: v.runPath(run.ID) + "data/", From: from, Count: mostIterations,
		Script: "\n" + followScript + runScript}
	for _, x := range []struct {
		name string
		to   *template.HTML
	}{{"above", &served.More}, {"pages", &served.Pages}} {
		var text bytes.Buffer
		if err := pages().ExecuteTemplate(&text, x.name, above); err != nil {
			return err
		}
		*x.to = template.HTML(text.String())
	}
	var text bytes.Buffer
	if err := page.WriteServed(&text, served); err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", report.Policy(served))
	send(w, r, http.StatusOK, "text/html; charset=utf-8", text.Bytes())
	return nil
}

// pageOf gives from where the page lists iterations that has the one of a number.
func (run *openRun) pageOf(ctx context.Context, number string) (int, error) {
	n, err := wholeNumber(number)
	if err != nil {
		return 0, err
	}
	numbers, err := run.Iterations(ctx)
	if err != nil {
		return 0, run.error(err)
	}
	at, _ := slices.BinarySearch(numbers, n)
	return at - at%mostIterations, nil
}

// wholeNumber reads a number of an address, which is 0 if it is not given.
func wholeNumber(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > provider.MaxIteration {
		return 0, fmt.Errorf("%w: %q, want a whole number", errAsked, text)
	}
	return n, nil
}

// An above is what the viewer says above the page of a run, and between its iterations.
type above struct {
	Root, Base string
	Live       string   // path of the stream of changes, empty where nothing changes
	Waits      []string // what the page will have when it has been read
	Warnings   []string // in red
	First      int      // of the iterations listed, by their places from 1
	Last, All  int
	Pages      []pageLink
}

type pageLink struct{ Text, Address string }

// pages notes which iterations are listed, and where the others are.
func (a *above) pages(all, from int) {
	a.First, a.Last, a.All = from+1, min(from+mostIterations, all), all
	if all <= mostIterations {
		return
	}
	link := func(text string, to int, there bool) {
		if there {
			a.Pages = append(a.Pages, pageLink{text, "./?from=" + strconv.Itoa(to) + "#iterations"})
		}
	}
	last := (all - 1) / mostIterations * mostIterations
	link("First", 0, from > 0)
	link("Before these", max(from-mostIterations, 0), from > 0)
	link("Behind these", from+mostIterations, a.Last < all)
	link("Last", last, a.Last < all)
}

// reportOf reads what the page of a run shows.
func (v *Viewer) reportOf(ctx context.Context, run *openRun, from int) (*report.Run, *above, error) {
	base := v.runPath(run.ID)
	up := &above{Root: v.Path(), Base: base, Live: v.follow(run)}
	s, err := runs.Summarize(ctx, run.now(), run.Provider)
	if err != nil {
		return nil, nil, err
	}
	events := int64(0)
	if s.Counts != nil {
		events = s.Counts.Events
	}
	o := report.Options{Outline: true, File: filepath.Base(run.Name), Archive: run.archive != nil,
		Running: run.archiveState() == archive.Recording}
	for _, a := range s.Annotations {
		if a.Kind != sign.KindSSH && a.Kind != sign.KindNote {
			o.Annotations = append(o.Annotations, report.Annotation(a))
		}
	}
	if o.Types, err = v.reportTypes(ctx, run, run.archive == nil || events <= manyEvents && !run.far()); err != nil {
		return nil, nil, err
	}
	made, partly, waits, err := v.outline(ctx, run, events, from, o)
	if err != nil {
		return nil, nil, err
	}
	page := new(*made) // what several pages share stays as it is
	if page.Provenance.Facts, err = v.facts(ctx, run, s, up); err != nil {
		return nil, nil, err
	}
	if s.Digest != nil {
		page.Head.Digest = *s.Digest
	}
	if page.Files, err = run.files(ctx, base); err != nil {
		return nil, nil, err
	}
	if s.Touched {
		up.Warnings = append(up.Warnings,
			"Another program has written to this archive since it was sealed; exparchive verify says what.")
	}
	if partly {
		page.Head.Calls, page.Head.Models = grouped(s.Counts.Interactions), nil
		page.Head.Warnings = append(slices.Clone(page.Head.Warnings), decisionsLeft(run, waits))
	}
	if waits {
		up.Waits = append(up.Waits, "The decisions of all iterations are being read.")
	}
	if len(up.Waits) > 0 {
		up.Live = v.runPath(run.ID) + "live?since=" + run.mark
	}
	return page, up, nil
}

// decisionsLeft says which decisions a page lacks.
func decisionsLeft(run *openRun, waits bool) string {
	switch {
	case run.far():
		return "Decisions are shown of the iterations that are listed only, since the run lies on the web."
	case waits:
		return "Decisions are shown of the iterations that are listed; the others are being read."
	}
	return fmt.Sprintf("While this run is recorded, decisions are shown of its last %s records only.", grouped(mostTail))
}

// facts says where the run lies and whether it is what was sealed.
func (v *Viewer) facts(ctx context.Context, run *openRun, s runs.Summary, up *above) (facts []report.Fact, err error) {
	add := func(name, value string) { facts = append(facts, report.Fact{Name: name, Value: report.Text(value)}) }
	add("File", run.Name)
	if run.archive == nil {
		return facts, nil
	}
	switch s.State {
	case archive.Sealed:
		state := "sealed: it never changes again"
		if s.Packed {
			state += "; packed with zstd"
		}
		add("State", state)
		if run.far() {
			add("Checked", "nothing: the archive lies on the web and is read in parts; exparchive verify reads all of it")
			break
		}
		page := ctx.Done() // what there is much of is read when the page is made
		if s.Counts.Events <= manyEvents {
			page = nil
		}
		c, err := v.checks.of(v.ended, run.now(), page)
		if err != nil {
			return nil, err
		}
		if s.Counts.Events <= manyEvents {
			select {
			case <-c.done:
			case <-time.After(checkedWithin):
			}
		}
		switch {
		case !c.over():
			up.Waits = append(up.Waits, "The archive is being compared with its seal.")
			add("Checked", "every record is being compared with the seal")
		case c.changed():
			up.Warnings = append(up.Warnings, "This is not the run that was sealed: "+c.err.Error())
			add("Checked", "the records are not those that were sealed")
		case c.err != nil:
			up.Warnings = append(up.Warnings, "Not all of the run can be read: "+c.err.Error())
			add("Checked", "not all records can be read")
		default:
			add("Checked", "the digest was computed from every record, and is the one in the seal")
		}
	case archive.Recording:
		add("State", "being recorded; it is not sealed yet")
	default:
		add("State", "the recording was cut short; it was never sealed")
	}
	add("Schema", fmt.Sprintf("version %d", s.Schema))
	return facts, nil
}

// reportTypes gives the events by type, as the page lists them; counted, or by name only.
func (v *Viewer) reportTypes(ctx context.Context, run *openRun, count bool) (list []report.EventType, err error) {
	if !count {
		names, err := run.archive.EventTypeNames(ctx)
		for _, name := range names {
			list = append(list, report.EventType{Type: report.Text(name)})
		}
		return list, err
	}
	types, err := v.eventTypes(ctx, run)
	for _, t := range types {
		list = append(list, report.EventType{Type: report.Text(t.Type), Count: grouped(t.Count)})
	}
	return list, err
}

// grouped writes a number with a comma between each three digits.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// files gives the attachments of a run, which are not read.
func (run *openRun) files(ctx context.Context, base string) (list []report.File, err error) {
	add := func(a *provider.Attachment, size string) {
		f := report.File{Name: report.Text(a.Name), Type: report.Text(a.MediaType), Size: size}
		if c, withheld := a.Withheld("data"); withheld {
			f.Held = c.String()
		} else {
			f.Data = template.URL(base + "file/" + strconv.FormatInt(a.Seq, 10))
		}
		list = append(list, f)
	}
	if run.archive != nil {
		all, err := run.archive.Attachments(ctx)
		for i := range all {
			add(&all[i], "")
		}
		return list, err
	}
	for rec, err := range run.Records(ctx) {
		if err != nil {
			return nil, err
		}
		if a, ok := rec.(*provider.Attachment); ok {
			add(a, strconv.Itoa(len(a.Data)))
		}
	}
	return list, nil
}
