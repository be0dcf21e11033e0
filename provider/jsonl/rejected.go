package jsonl

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// What becomes of a line that cannot be recorded; PROTOCOL.md has the rules.
const (
	// KindRejected is the kind of the note about such a line.
	KindRejected = "rejected"

	rejectedFolder = "rejected" // of the attachment with its bytes, with more behind it where that is taken
	rejectedType   = "text/plain"
)

// Bounds, variables for tests.
var (
	maxHeld = 16 << 20         // bytes of lines that wait for the run to begin
	maxPart = provider.MaxText // bytes of an attachment
)

// heldCost is what a line that waits needs beside its bytes.
const heldCost = 256

// IsRejected reports whether a note is one that [Record] made about a line that it could not record.
func IsRejected(n *provider.Note) bool {
	return n.Kind == KindRejected && strings.HasPrefix(n.Subject, provider.Subject("attachments", rejectedFolder))
}

// IsRejectedLine reports whether an attachment has the name and the type of one in which [Record] keeps a line that it
// could not record, or a part of one.
func IsRejectedLine(a *provider.Attachment) bool {
	folder, _, ok := strings.Cut(a.Name, "/")
	return ok && a.MediaType == rejectedType && strings.HasPrefix(folder, rejectedFolder)
}

// A Rejection is a line that [Record] could not record.
type Rejection struct {
	*LineError
	// Attachment is where it is kept, of several parts the first one. Empty: no run began, and it is not kept.
	Attachment string
}

// A line is a line of the input as it came, without its line feed.
type line struct {
	number int
	text   []byte
	more   bool // the rest of it is still in the input
}

// A heldLine waits for the run to begin.
type heldLine struct {
	line
	why *LineError
}

// rejections are the lines of one input that could not be recorded.
type rejections struct {
	count  int64
	held   []heldLine
	size   int // of held
	folder string
	start  legibleStart

	filledIn   bool
	lostResult int // the last line that claims to be the result, 0 for none
}

// reject keeps the line that the reader stands at. An error says that the run cannot begin.
func (r *recorder) reject(why *LineError) error {
	return r.rejectLine(why, line{r.lines.Line(), r.lines.text(),
		errors.Is(why.Err, ErrLineTooLong) && !bytes.HasSuffix(r.lines.buf, []byte{'\n'})})
}

func (r *recorder) rejectLine(why *LineError, l line) error {
	r.count++
	if !r.begun {
		call := r.start.read(l)
		if size := len(l.text) + heldCost; !call && !l.more && r.size+size <= maxHeld {
			r.size += size
			l.text = bytes.Clone(l.text)
			r.held = append(r.held, heldLine{l, why})
			if r.o.Held != nil {
				r.o.Held(why)
			}
			return nil
		}
		if err := r.begin(); err != nil {
			r.held = append(r.held, heldLine{line{number: l.number}, why})
			return err
		}
	}
	r.keep(why, l)
	return nil
}

// begin begins the run with what is legible of an experiment line.
func (r *recorder) begin() error {
	start, note := r.start.record(r.lines.complete, r.o.Name)
	if start.RunID == "" {
		return &LineError{Line: r.lines.Line(), Err: errNoID}
	}
	r.begun, r.filledIn = true, true
	r.put(start)
	r.add(note)
	r.keepHeld()
	return nil
}

// keepHeld keeps the lines that waited for the run to begin.
func (r *recorder) keepHeld() {
	for _, l := range r.held {
		r.keep(l.why, l.line)
	}
	r.held, r.size = nil, 0
}

// dropHeld tells of the lines that waited for a run that never began.
func (r *recorder) dropHeld() {
	for _, l := range r.held {
		r.tell(Rejection{LineError: l.why})
	}
	r.held = nil
}

func (r *recorder) tell(rejection Rejection) {
	if r.o.Rejected != nil {
		r.o.Rejected(rejection)
	}
}

// keep puts a line into the run: its bytes first, in parts if they are too many for one attachment, then the note about
// them.
func (r *recorder) keep(why *LineError, l line) {
	text := why.Error()
	if r.result == nil && claims(l.text, provider.KindResult) {
		r.lostResult = l.number
		text += "; the line claims to be the result"
	}
	if len(l.text) <= maxPart && !l.more {
		name := r.attach(fmt.Sprint(l.number), l.text)
		r.note(name, text)
		r.tell(Rejection{why, name})
		return
	}
	first, parts, rest := "", 0, l.text
	for {
		if l.more && len(rest) <= maxPart { // a byte more, so that no part behind the last one is empty
			rest, l.more = r.lines.rest(bytes.Clone(rest), maxPart+1)
		}
		n := min(len(rest), maxPart)
		parts++
		if name := r.attach(fmt.Sprintf("%d-%d", l.number, parts), rest[:n]); parts == 1 {
			first = name
		}
		if rest = rest[n:]; len(rest) == 0 {
			break
		}
	}
	r.note(first, fmt.Sprintf("%s (the line is kept in parts, of which this is the first of %d)", text, parts))
	r.tell(Rejection{why, first})
}

// attach keeps bytes of a line and gives the name of the attachment: in the first folder of this input that has room
// for it.
func (r *recorder) attach(name string, data []byte) string {
	if r.folder == "" {
		r.folder = rejectedFolder
		if r.o.Resume {
			r.folder = fmt.Sprintf("%s-%d", rejectedFolder, r.o.Recorded)
		}
	}
	folder := r.folder
	for n := 2; ; n++ {
		a := &provider.Attachment{Name: folder + "/" + name, MediaType: rejectedType, Data: data}
		err := r.lines.attachments.Add(a.Name)
		if err == nil {
			err = r.add(a)
		}
		if !errors.As(err, new(*provider.NameClashError)) || n > 1000 {
			if isRefusal(err) {
				r.fail(err) // of a sink that takes nothing more
			}
			r.folder = folder
			return a.Name
		}
		folder = fmt.Sprintf("%s.%d", r.folder, n)
	}
}

// note says which line was rejected, and why.
func (r *recorder) note(name, text string) {
	r.add(&provider.Note{Kind: KindRejected, Subject: provider.Subject("attachments", name),
		Text: strings.ToValidUTF8(text, "\ufffd")})
}

// add gives the sink a record of the recorder's own. In a run whose salt is withheld it has keys: zero, as of nothing
// that was hidden.
func (r *recorder) add(record provider.Record) error {
	err := r.put(record)
	if errors.Is(err, provider.ErrKey) {
		keys := map[string]provider.Key{}
		for f := range record.RecordKind().Committed() {
			if f.In(record) {
				keys[f.Name] = provider.Key{}
			}
		}
		record.RecordMeta().Redaction = &provider.Redaction{FieldKeys: keys}
		err = r.put(record)
	}
	return err
}
