package oracle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrEngine means that an engine, not the reader, gave up on a case: it crashed, or refused a file of its own.
var ErrEngine = errors.New("engine gave up")

// A Runner runs cases; it keeps the judges between them.
type Runner struct {
	Dir    string              // for the databases
	judges map[string]*Process // by name
	lists  map[string]*catalogReader
	Cells  int // compared so far
	// Definitions counts the statements of scripts that gave the same catalog.
	Definitions int
	// Statements of all cases, and how many of them a release did not have.
	Statements, LeftOut int
	// Codecs counts the segments read, by type and compression.
	Codecs map[string]int
}

// Close ends the judges.
func (r *Runner) Close() {
	for _, p := range r.judges {
		p.Kill()
	}
}

// judge gives the judge of what a release wrote.
func (r *Runner) judge(ctx context.Context, writer Release) (*Process, error) {
	name := JudgeOf(writer)
	if p := r.judges[name]; p != nil && !p.done {
		return p, nil
	}
	release, _, err := Find(name)
	if err != nil {
		return nil, err
	}
	p, err := Start(ctx, release)
	if err != nil {
		return nil, err
	}
	if r.judges == nil {
		r.judges = map[string]*Process{}
	}
	r.judges[name] = p
	return p, nil
}

// Write makes the database of c at path.
func Write(ctx context.Context, c *Case, path string) error { return new(Runner).write(ctx, c, path) }

func (r *Runner) write(ctx context.Context, c *Case, path string) error {
	p, err := Start(ctx, c.Engine)
	if err != nil {
		return err
	}
	defer p.Kill()
	attach := "ATTACH " + Quote(path) + " AS db"
	if c.Attach != nil {
		attach += " (" + strings.Join(c.Attach, ", ") + ")"
	}
	script := append([]string{attach, "USE db"}, c.Script()...)
	if !c.Kill {
		script = append(script, "CHECKPOINT db", "USE memory", "DETACH db")
	}
	for i, sql := range script {
		if os.Getenv("ORACLE_SQL") != "" {
			fmt.Fprintln(os.Stderr, sql)
		}
		r.Statements++
		if err := p.Exec(sql); err != nil {
			if errors.Is(err, ErrLost) || i < 2 {
				return fmt.Errorf("%w: %w", ErrEngine, err)
			}
			if strings.Contains(err.Error(), "FATAL") || strings.Contains(err.Error(), "INTERNAL") {
				return fmt.Errorf("%w: %w", ErrEngine, err)
			}
			if os.Getenv("ORACLE_SQL") != "" {
				fmt.Fprintln(os.Stderr, "  ", err)
			}
			r.LeftOut++
			p.Exec("ROLLBACK") // a statement that a release does not have is left out
		}
	}
	if c.Kill {
		p.Kill()
		return nil
	}
	if err := p.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrEngine, err)
	}
	return nil
}

// Run writes c and compares. The error is a *Difference, or wraps ErrEngine.
func (r *Runner) Run(ctx context.Context, c *Case) error {
	dir, err := os.MkdirTemp(r.Dir, "case")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "x.db")
	if err := r.write(ctx, c, path); err != nil {
		return err
	}
	return r.Compare(ctx, c.Engine, path)
}

// Compare lets the judge and the reader read the database at path, which a release wrote.
func (r *Runner) Compare(ctx context.Context, writer Release, path string) error {
	judge, err := r.judge(ctx, writer)
	if err != nil {
		return err
	}
	n, err := compareFile(ctx, judge, path, false, func() {
		judge.codecs(&r.Codecs)
	})
	r.Cells += n
	var d *Difference
	if err != nil && !errors.As(err, &d) {
		judge.Kill() // its state after an error is unknown
		return fmt.Errorf("%w: %w", ErrEngine, err)
	}
	if err != nil {
		return err
	}
	return r.script(judge, writer, path)
}

// script wants the reader's script of definitions for the database at path, which a release wrote and which is of no
// further use, to give the same catalog in the judge. Only views that the judge cannot use either are left out.
func (r *Runner) script(judge *Process, writer Release, path string) error {
	name := judge.Release.Name
	lists := r.lists[name]
	if lists == nil {
		if r.lists == nil {
			r.lists = map[string]*catalogReader{}
		}
		lists = readCatalogs(judge)
		r.lists[name] = lists
	}
	lists.p, lists.loose = judge, writer.Name != name
	got, err := lists.script(path, filepath.Dir(path))
	if err != nil {
		judge.Kill()
		return fmt.Errorf("%w: %w", ErrEngine, err)
	}
	for _, left := range got.left {
		view, ok := strings.CutPrefix(left, "view ")
		if !ok || !slices.ContainsFunc(got.broken, func(s string) bool {
			s = strings.ReplaceAll(strings.TrimPrefix(s, `"main".`), `"`, "")
			return s == strings.ReplaceAll(view, `"`, "")
		}) {
			got.faults = append(got.faults, "the script leaves out "+left)
		}
	}
	if got.faults != nil {
		return &Difference{Table: "(script)", Row: -1, Got: strings.Join(got.faults, "\n"), Want: "the same catalog"}
	}
	r.Definitions += got.statements
	return nil
}

// Reduce makes a failing case smaller as long as it fails, for about as long as limit.
func (r *Runner) Reduce(ctx context.Context, c *Case, limit time.Duration) *Case {
	end := time.Now().Add(limit)
	fails := func(c *Case) bool {
		if time.Now().After(end) {
			return false
		}
		var d *Difference
		return errors.As(r.Run(ctx, c), &d)
	}
	for changed := true; changed; {
		changed = false
		try := func(smaller *Case) {
			if fails(smaller) {
				*c = *smaller
				changed = true
			}
		}
		for n := (len(c.Ops) + 1) / 2; n > 0; n /= 2 { // so many at a time
			for i := len(c.Ops) - n; i > -n; i -= n {
				s := *c
				s.Ops = slices.Concat(c.Ops[:max(i, 0)], c.Ops[min(max(i, 0)+n, len(c.Ops)):])
				try(&s)
			}
		}
		for i := len(c.Settings) - 1; i >= 0; i-- {
			s := *c
			s.Settings = append(append([]string{}, c.Settings[:i]...), c.Settings[i+1:]...)
			try(&s)
		}
		for i := range c.Tables {
			if len(c.Tables[i].cols) > 0 {
				try(c.without(i, -1))
			}
			for j := len(c.Tables[i].cols) - 1; j >= 0 && len(c.Tables[i].cols) > 1; j-- {
				try(c.without(i, j))
			}
			for k := len(c.Tables[i].rows) - 1; k >= 0 && c.Tables[i].rows[k] > 1; k-- {
				for _, n := range []int{c.Tables[i].rows[k] / 2, c.Tables[i].rows[k] - 1} {
					s := c.without(i, len(c.Tables[i].cols))
					s.Tables[i].rows[k] = n
					try(s)
					if s.Tables[i].rows[k] == c.Tables[i].rows[k] {
						break
					}
				}
			}
			if len(c.Tables[i].rows) > 1 {
				s := c.without(i, len(c.Tables[i].cols))
				s.Tables[i].rows = s.Tables[i].rows[:1]
				try(s)
			}
		}
		if c.Kill {
			s := *c
			s.Kill = false
			try(&s)
		}
	}
	return c
}

// without copies c less column col of a table, or less all of its columns when col is -1.
func (c *Case) without(table, col int) *Case {
	s := *c
	s.Tables = append([]*caseTable{}, c.Tables...)
	t := *c.Tables[table]
	t.rows = append([]int{}, t.rows...)
	if col < 0 {
		t.cols = nil
	} else {
		t.cols = nil
		for j, x := range c.Tables[table].cols {
			if j != col {
				t.cols = append(t.cols, x)
			}
		}
	}
	s.Tables[table] = &t
	return &s
}

// WriteCase makes a fixture of a case in the folder dir.
func (r *Runner) WriteCase(ctx context.Context, c *Case, shows, dir string) error {
	tmp, err := os.MkdirTemp(r.Dir, "case")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	path := filepath.Join(tmp, "x.db")
	if err := Write(ctx, c, path); err != nil {
		return err
	}
	f := &Fixture{Name: filepath.Base(dir), Shows: shows, Engine: c.Engine.Name, Judge: JudgeOf(c.Engine)}
	f.Script = append(f.Script, "ATTACH 'x.db' AS db ("+strings.Join(c.Attach, ", ")+")")
	for _, s := range c.Script() {
		f.Script = append(f.Script, short(s))
	}
	judge, err := r.judge(ctx, c.Engine)
	if err != nil {
		return err
	}
	return WriteFixture(ctx, judge, f, path, dir)
}
