package replay

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/lend"
	"github.com/simexp/exparchive/provider"
)

// A Printer prints the run that it takes. It holds the state of one iteration, and costs and policies of the one
// before, but not the run. Each call of a Sink method makes at most one call of Write, with whole lines. After an error
// of the writer it gives that error again.
//
// It prints what it is given whether or not a sink would keep it, but for records that break a rule of package
// provider: those are refused as other sinks do.
type Printer struct {
	w     io.Writer
	o     Options
	out   []byte
	order provider.Order
	err   error
	loan  *lend.Loan // nil if records are not lent

	unknown unknown // what was skipped
	held    held

	seq     int64  // position of the record that is being taken
	hidden  bool   // the record is about an agent whose lines are not printed
	heading string // of the block, until its first line
	notes   []byte // printed, for the end
	found   found

	block    block
	printed  spans                     // iterations that have had a block
	previous map[string]provider.Cents // costs of the latest iteration that had any
	total    *provider.Cents           // of that iteration
	policies map[string][]byte         // in force as far as is known; nil for none
	recorded int                       // iterations
	calls    int                       // of language models that were printed by the audit
}

var _ provider.Sink = (*Printer)(nil)

// NewPrinter gives a Printer to w. A replay of a large run should give it a buffered writer.
func NewPrinter(w io.Writer, o *Options) *Printer {
	p := &Printer{w: w, previous: map[string]provider.Cents{}, policies: map[string][]byte{}}
	if o != nil {
		p.o = *o
	}
	if p.o.Verbose {
		p.o.Iterations, p.o.Bootstrap, p.o.LLM = true, true, true
		p.o.Policy, p.o.Rejections, p.o.Metrics = true, true, true
	}
	return p
}

// Borrows implements [lend.Borrower]: what is kept of a record is a part of a copy.
func (p *Printer) Borrows(loan *lend.Loan) any {
	p.loan = loan
	return p
}

// Begin implements [provider.Sink]: it prints the header.
func (p *Printer) Begin(_ context.Context, s *provider.Start) error {
	if p.err == nil {
		p.err = p.order.Begin()
	}
	if p.err != nil {
		return p.err
	}
	p.pair("Run", p.style(bold, escape(s.RunID)))
	p.pair("Experiment", escape(s.Name)+" ("+escape(s.Type)+")")
	if s.CreatedAt != "" {
		p.pair("Started", escape(s.CreatedAt))
	}
	return p.flush()
}

// take does what all records between Begin and Finish have in common.
func (p *Printer) take(r provider.Record, print func(provider.Record)) error {
	p.next()
	return p.takeNext(r, print)
}

// next counts a record.
func (p *Printer) next() {
	p.seq++
	p.hidden = false
	if p.o.Records != nil && p.o.Records(p.seq) {
		p.found.records = true
	}
}

// chosen tells whether lines of the record that is being taken are to be printed.
func (p *Printer) chosen() bool { return !p.hidden && (p.o.Records == nil || p.o.Records(p.seq)) }

// takeNext is take for a record that was counted.
func (p *Printer) takeNext(r provider.Record, print func(provider.Record)) error {
	if p.err == nil {
		p.err = p.order.Record(r.RecordKind())
	}
	if p.err != nil {
		return p.err
	}
	r = r.Clone() // Validate changes what it checks
	if p.loan == nil || !p.loan.Checked {
		if p.err = r.Validate(); p.err != nil {
			return p.err
		}
	}
	print(r)
	return p.flush()
}

// Event implements [provider.Sink].
func (p *Printer) Event(_ context.Context, e *provider.Event) error {
	p.next()
	if p.err == nil && !p.wants(e) { // most events of a large run
		if p.err = p.order.Record(provider.KindEvent); p.err != nil {
			return p.err
		}
		if !ofWholeRun(e.Type) {
			p.enter(e.Iteration)
		}
		return p.flush()
	}
	return p.takeNext(e, func(r provider.Record) { p.event(r.(*provider.Event)) })
}

// Interaction implements [provider.Sink].
func (p *Printer) Interaction(_ context.Context, i *provider.Interaction) error {
	return p.take(i, func(r provider.Record) { p.interaction(r.(*provider.Interaction)) })
}

// Iteration implements [provider.Sink].
func (p *Printer) Iteration(_ context.Context, i *provider.Iteration) error {
	return p.take(i, func(r provider.Record) {
		it := r.(*provider.Iteration)
		p.recorded++
		p.enter(it.Number)
		p.block.record, p.block.summed = it, p.chosen()
	})
}

// mostNotes is how many bytes of notes are kept for the end. Notes beyond it are printed where they come.
const mostNotes = 1 << 20

// Note implements [provider.Sink]: notes are about the run and printed at its end.
func (p *Printer) Note(_ context.Context, n *provider.Note) error {
	return p.take(n, func(provider.Record) {
		if p.o.Audit || !p.chosen() {
			return
		}
		text := p.style(yellow, escape(n.Label())) + ": " + words("", escape(n.Text), withheld(n, "text"))
		if len(p.notes)+len(text) > mostNotes {
			p.aside("Note", text)
			p.holdBehind()
			return
		}
		p.notes = append(append(append(p.notes, pad("Note", 12)...), text...), '\n')
	})
}

// Attachment implements [provider.Sink].
func (p *Printer) Attachment(_ context.Context, a *provider.Attachment) error {
	return p.take(a, func(provider.Record) {
		if p.o.Verbose && !p.o.Audit && p.chosen() {
			about := withheld(a, "data")
			if about == "" {
				about = strconv.Itoa(len(a.Data)) + " bytes"
			}
			if a.MediaType != "" {
				about = escape(a.MediaType) + ", " + about
			}
			p.aside("Attachment", escape(a.Name)+" ("+about+")")
			p.holdBehind()
		}
	})
}

// Finish implements [provider.Sink]: it prints the footer.
func (p *Printer) Finish(_ context.Context, r *provider.Result) error {
	if p.err == nil {
		p.err = p.order.Finish()
	}
	if p.err == nil && r != nil {
		r = r.Clone().(*provider.Result) // Validate changes what it checks
		p.err = r.Validate()
	}
	if p.err != nil {
		return p.err
	}
	p.leave()
	p.release(p.held.all)
	if r != nil {
		p.next()
	}
	p.unknown.needed = p.unknown.needed || p.unknown.tail
	if p.o.Audit {
		p.auditEnd()
	} else {
		p.footer(r)
		if len(p.notes) > 0 {
			p.blank()
			p.out = append(p.out, p.notes...)
		}
	}
	return p.flush()
}

func (p *Printer) footer(r *provider.Result) {
	p.blank()
	if r == nil {
		p.line(0, p.style(yellow, "The recording ends here, without a result."))
		p.pair("Iterations", strconv.Itoa(p.recorded))
		return
	}
	status := escape(string(r.Status))
	switch r.Status {
	case provider.StatusCompleted:
		status = p.style(green, status)
	case provider.StatusFailed:
		status = p.style(red, status)
	}
	p.pair("Status", status)
	if r.CompletedAt != "" {
		p.pair("Completed", escape(r.CompletedAt))
	}
	converged := yesNo(r.Converged)
	if reason := withheld(r, "convergence_reason"); reason != "" {
		converged += " (" + reason + ")"
	} else if r.ConvergenceReason != nil && *r.ConvergenceReason != "" {
		converged += " (" + escape(*r.ConvergenceReason) + ")"
	}
	p.pair("Converged", converged)
	p.pair("Iterations", strconv.Itoa(p.recorded))
	p.pair("Final cost", p.style(bold, optionalCents(r.FinalCost)))
	p.pair("Best cost", p.style(bold, optionalCents(r.BestCost)))
}

func optionalCents(c *provider.Cents) string {
	if c == nil {
		return "-"
	}
	return c.String()
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return "-"
	case *b:
		return "yes"
	}
	return "no"
}

// withheld says that the value of a field was taken out of the run, and gives its commitment; "" if it was not.
func withheld(r provider.Record, field string) string {
	if c, ok := r.RecordMeta().Withheld(field); ok {
		return "withheld " + c.String()
	}
	return ""
}

// flush writes what was printed.
func (p *Printer) flush() error {
	if p.err == nil && len(p.out) > 0 {
		_, p.err = p.w.Write(p.out)
	}
	if p.out = p.out[:0]; cap(p.out) > 1<<20 {
		p.out = nil
	}
	return p.err
}

const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// style puts SGR sequences around s, which must be escaped and padded already.
func (p *Printer) style(sgr, s string) string {
	if !p.o.Color || s == "" {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}

// line prints one line of the printer's own.
func (p *Printer) line(indent int, s string) {
	if p.heading != "" {
		heading := p.heading
		p.heading = ""
		p.blank()
		p.line(0, heading)
	}
	for range indent {
		p.out = append(p.out, ' ')
	}
	p.out = append(append(p.out, s...), '\n')
}

func (p *Printer) blank() { p.out = append(p.out, '\n') }

// pair prints a line of the header or the footer.
func (p *Printer) pair(name, value string) { p.line(0, pad(name, 12)+value) }

// aside prints a line about the whole run, wherever it comes.
func (p *Printer) aside(name, text string) {
	if p.block.open && p.block.shown {
		p.line(2, strings.ToLower(name)+" "+text)
		return
	}
	p.pair(name, text)
}

func pad(s string, width int) string {
	if n := utf8.RuneCountInString(s); n < width {
		return s + strings.Repeat(" ", width-n)
	}
	return s
}

func padLeft(s string, width int) string {
	if n := utf8.RuneCountInString(s); n < width {
		return strings.Repeat(" ", width-n) + s
	}
	return s
}

// table prints rows in columns; align says for each column whether it stands left ('l') or right ('r').
func (p *Printer) table(indent int, align string, rows [][]string) {
	widths := make([]int, len(align))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if widths[i] == 0 {
				continue
			}
			if b.Len() > 0 {
				b.WriteString("  ")
			}
			if align[i] == 'r' {
				cell = padLeft(cell, widths[i])
			} else {
				cell = pad(cell, widths[i])
			}
			b.WriteString(cell)
		}
		s := strings.TrimRight(b.String(), " ")
		if n == 0 {
			s = p.style(dim, s)
		}
		p.line(indent, s)
	}
}

// spans is a set of numbers, kept as ranges so that a run of any length needs little.
type spans []struct{ first, last int }

// add adds n and reports whether it was new.
func (s *spans) add(n int) bool {
	i, found := slices.BinarySearchFunc(*s, n, func(r struct{ first, last int }, n int) int {
		switch {
		case r.last < n:
			return -1
		case r.first > n:
			return 1
		}
		return 0
	})
	if found {
		return false
	}
	list := *s
	before, after := i > 0 && list[i-1].last == n-1, i < len(list) && list[i].first == n+1
	switch {
	case before && after:
		list[i-1].last = list[i].last
		list = slices.Delete(list, i, i+1)
	case before:
		list[i-1].last = n
	case after:
		list[i].first = n
	default:
		list = slices.Insert(list, i, struct{ first, last int }{n, n})
	}
	*s = list
	return true
}
