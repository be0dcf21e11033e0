package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// A Problem is one thing that is wrong with an archive.
type Problem struct {
	Code  string // stable name of the kind of problem, such as "digest"
	Place string // where in the file, such as "record 17" or "iteration 3"; empty for the file as a whole
	Text  string // what is wrong
}

// String gives the problem on one line.
func (p Problem) String() string {
	if p.Place == "" {
		return p.Code + ": " + p.Text
	}
	return p.Code + ": " + p.Place + ": " + p.Text
}

// A Report is the outcome of [Verify].
type Report struct {
	State    State
	Root     digest.Hash // of the records as they are in the file, if all could be read
	Records  int64
	Problems []Problem
}

// OK reports whether nothing is wrong.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// Codes of problems.
const (
	CodeOpen      = "open"      // the file cannot be opened as an archive at all
	CodeIntegrity = "integrity" // SQLite finds its structure broken
	CodeRecord    = "record"    // a record breaks a rule of package provider, or cannot be read
	CodeSeal      = "seal"      // the seal contradicts the content
	CodeDigest    = "digest"    // the content is not what was sealed
	CodeSpan      = "span"      // iteration_span contradicts the records
	CodeSection   = "section"   // a section is not the text that its hash names, or is not used
)

// maxProblems bounds a report; a file with that many is not worth listing further.
const maxProblems = 1000

// Verify checks the archive at path: that SQLite finds its structure sound, that every record can be read and follows the
// rules, and that the content is what the seal says. It reports all the problems it finds, and the error is only for a
// check that could not be made, because the file system failed or ctx is done.
func Verify(ctx context.Context, path string) (Report, error) {
	a, err := Open(path, nil)
	for _, class := range []error{ErrNotArchive, ErrDamaged, ErrNewer, ErrSidecar, ErrUnsealed, provider.ErrNoRun} {
		if errors.Is(err, class) {
			return Report{Problems: []Problem{{Code: CodeOpen, Text: err.Error()}}}, nil
		}
	}
	if err != nil {
		return Report{}, err
	}
	defer a.Close()
	return a.Verify(ctx)
}

// Verify is the function [Verify] for an archive that is open.
func (a *Archive) Verify(ctx context.Context) (Report, error) {
	v := &verifier{a: a, report: Report{State: a.state}}
	for _, check := range []func(context.Context) error{v.integrity, v.records, v.sections} {
		if err := check(ctx); err != nil && !errors.Is(err, errStop) {
			return v.report, err
		}
	}
	return v.report, nil
}

type verifier struct {
	a      *Archive
	report Report
}

func (v *verifier) add(code, place, format string, args ...any) {
	if len(v.report.Problems) < maxProblems {
		v.report.Problems = append(v.report.Problems, Problem{Code: code, Place: place, Text: fmt.Sprintf(format, args...)})
	}
}

// integrity asks SQLite, including for foreign keys.
func (v *verifier) integrity(ctx context.Context) error {
	var lines []string
	if err := v.a.db.SelectContext(ctx, &lines, "PRAGMA integrity_check"); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		lines = []string{err.Error()}
	}
	for _, line := range lines {
		if line != "ok" {
			v.add(CodeIntegrity, "", "%s", line)
		}
	}
	return nil
}

// records reads the run as every reader does and compares it with what the file says of it elsewhere.
func (v *verifier) records(ctx context.Context) error {
	var tree digest.Tree
	var leaf digest.Leaf
	var order provider.Order
	counts := Seal{}
	spans := map[int]*span{}
	numbers := map[int]bool{}
	invalid := false
	for r, err := range v.a.Records(ctx) {
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			v.add(CodeRecord, fmt.Sprintf("record %d", tree.Len()), "%v; what follows was not checked", err)
			return nil
		}
		seq := tree.Len()
		if err := r.Validate(); err != nil {
			invalid = true
			v.add(CodeRecord, fmt.Sprintf("record %d", seq), "%v", err)
		}
		size := int64(0)
		switch r := r.(type) {
		case *provider.Start:
			err = order.Begin()
		case *provider.Event:
			counts.Events++
			size = int64(len(r.Data))
		case *provider.Interaction:
			counts.Interactions++
			size = textLen(r.SystemPrompt) + textLen(r.UserPrompt) + textLen(r.Response) + int64(len(r.ParsedPolicy))
		case *provider.Iteration:
			counts.Iterations++
			if numbers[r.Number] {
				err = provider.RepeatedIteration(r.Number)
			}
			numbers[r.Number] = true
		case *provider.Note:
			counts.Notes++
		case *provider.Attachment:
			counts.Attachments++
		}
		if err != nil {
			v.add(CodeRecord, fmt.Sprintf("record %d", seq), "%v", err)
		}
		if n, ok := provider.IterationOf(r); ok {
			s, ok := spans[n]
			if !ok {
				s = &span{first: seq}
				spans[n] = s
			}
			s.last = seq
			s.bytes += size
			switch r.RecordKind() {
			case provider.KindEvent:
				s.events++
			case provider.KindInteraction:
				s.interactions++
			}
		}
		tree.Add(leaf.Hash(r))
	}
	if err := leaf.Err(); err != nil {
		v.add(CodeRecord, "", "%v", err)
	}
	v.report.Root, v.report.Records = tree.Root(), tree.Len()
	counts.Records = tree.Len()
	v.compareSeal(counts, invalid)
	return v.compareSpans(ctx, spans)
}

func (v *verifier) compareSeal(counts Seal, invalid bool) {
	seal, sealed := v.a.Seal()
	if !sealed {
		return
	}
	if seal.Root != v.report.Root {
		v.add(CodeDigest, "", "the content has digest %v, sealed was %v", v.report.Root, seal.Root)
	} else if invalid {
		v.add(CodeSeal, "", "a run with invalid records was sealed")
	}
	root := seal.Root
	if seal.Root = (digest.Hash{}); seal != counts {
		seal.Root = root
		v.add(CodeSeal, "", "sealed were %s, the content has %s", countText(seal), countText(counts))
	}
}

func countText(s Seal) string {
	return fmt.Sprintf("%d records (%d events, %d interactions, %d iterations, %d notes, %d attachments)",
		s.Records, s.Events, s.Interactions, s.Iterations, s.Notes, s.Attachments)
}

func (v *verifier) compareSpans(ctx context.Context, want map[int]*span) error {
	rows, err := v.a.db.QueryContext(ctx, "SELECT iteration, first_seq, last_seq, events, interactions, bytes FROM iteration_span ORDER BY iteration")
	if err != nil {
		return v.unreadable(ctx, "iteration_span", err)
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		var n int
		var got span
		if err := rows.Scan(&n, &got.first, &got.last, &got.events, &got.interactions, &got.bytes); err != nil {
			return v.unreadable(ctx, "iteration_span", err)
		}
		found++
		if w := want[n]; w == nil {
			v.add(CodeSpan, fmt.Sprintf("iteration %d", n), "there is no record of it")
		} else if got != *w {
			v.add(CodeSpan, fmt.Sprintf("iteration %d", n), "got %+v, want %+v", got, *w)
		}
	}
	if err := rows.Err(); err != nil {
		return v.unreadable(ctx, "iteration_span", err)
	}
	if found < len(want) {
		v.add(CodeSpan, "", "%d iterations, the records have %d", found, len(want))
	}
	return nil
}

// sections checks that every section is what its hash says.
func (v *verifier) sections(ctx context.Context) error {
	rows, err := v.a.db.QueryContext(ctx, "SELECT id, sha256, body FROM section ORDER BY id")
	if err != nil {
		return v.unreadable(ctx, "section", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var sum []byte
		var body string
		if err := rows.Scan(&id, &sum, &body); err != nil {
			return v.unreadable(ctx, "section", err)
		}
		if got := sha256.Sum256([]byte(body)); string(got[:]) != string(sum) {
			v.add(CodeSection, fmt.Sprintf("section %d", id), "its text has SHA-256 %x, stored is %x", got, sum)
		}
	}
	if err := rows.Err(); err != nil {
		return v.unreadable(ctx, "section", err)
	}
	return nil
}

// unreadable reports a table that SQLite cannot read.
func (v *verifier) unreadable(ctx context.Context, table string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	v.add(CodeIntegrity, "table "+table, "%v", err)
	return nil
}
