package oracle

import (
	"bufio"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/oracle/engine"
)

// A Release is one DuckDB release line that can be built.
type Release struct {
	Name string // such as "1.4"
	Dir  string // its module below engine/
}

// Releases are in order of age. The README says which patch release each one is.
var Releases = []Release{
	{"0.9", "v0_9"}, {"0.10", "v0_10"}, {"1.0", "v1_0"}, {"1.1", "v1_1"}, {"1.2", "v1_2"},
	{"1.3", "v1_3"}, {"1.4", "v1_4"}, {"1.5", "v1_5"}, {python, "v2_0"},
}

// python is the release that comes as a Python package: its library cannot be had for Go.
const (
	python   = "2.0"
	package2 = "duckdb==2.0.0"
)

// Judge is the release whose text decides for files that releases up to it wrote. Older releases
// write some values (nested strings, for example) in another way.
const Judge = "1.5"

// JudgeOf gives the name of the release that judges files written by r.
func JudgeOf(r Release) string {
	if r.Name == python {
		return python
	}
	return Judge
}

// Find gives the release of that name and its place in [Releases].
func Find(name string) (Release, int, error) {
	for i, r := range Releases {
		if r.Name == name || r.Dir == name {
			return r, i, nil
		}
	}
	return Release{}, 0, fmt.Errorf("no engine %q", name)
}

// built remembers what Build gave, by folder.
var built sync.Map

// Build compiles the release's server into the user's cache folder, once in this process, and gives
// its path. It needs cgo, and takes half a minute the first time and a second afterwards.
func (r Release) Build(ctx context.Context) (string, error) {
	if bin, ok := built.Load(r.Dir); ok {
		return bin.(string), nil
	}
	bin, err := r.build(ctx)
	if err == nil {
		built.Store(r.Dir, bin)
	}
	return bin, err
}

func (r Release) build(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(cache, "exparchive-oracle", r.Dir)
	if r.Name == python {
		return venv(ctx, bin)
	}
	source, err := r.source()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", bin, ".")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build engine %s: %w\n%s", r.Name, err, out)
	}
	return bin, nil
}

// source is the folder of the release's server.
func (r Release) source() (string, error) {
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("where the sources are is unknown")
	}
	return filepath.Join(filepath.Dir(here), "engine", r.Dir), nil
}

// venv makes a Python environment with the package in dir, unless it is there, and gives its interpreter.
func venv(ctx context.Context, dir string) (string, error) {
	interpreter := filepath.Join(dir, "bin", "python")
	if exec.CommandContext(ctx, interpreter, "-c", "import duckdb; assert duckdb.__version__ == '2.0.0'").Run() == nil {
		return interpreter, nil
	}
	for _, args := range [][]string{
		{"python3", "-m", "venv", "--clear", dir},
		{interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package2},
	} {
		if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("build engine %s: %w\n%s", python, err, out)
		}
	}
	return interpreter, nil
}

// A Process is a running engine with one in-memory database; files are reached by ATTACH.
type Process struct {
	Release Release
	cmd     *exec.Cmd
	in      io.WriteCloser
	enc     interface{ Encode(any) error } // of requests
	dec     interface{ Decode(any) error } // of responses
	done    bool
}

// Start builds and starts a release. The caller must Close or Kill it.
func Start(ctx context.Context, r Release) (*Process, error) {
	bin, err := r.Build(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, bin)
	if r.Name == python {
		source, err := r.source()
		if err != nil {
			return nil, err
		}
		cmd.Args = append(cmd.Args, filepath.Join(source, "server.py"))
	}
	if os.Getenv("ORACLE_STDERR") != "" {
		cmd.Stderr = os.Stderr // the stack when an engine crashes
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{Release: r, cmd: cmd, in: in}
	if answers := bufio.NewReaderSize(out, 1<<18); r.Name == python {
		p.enc, p.dec = json.NewEncoder(in), json.NewDecoder(answers)
	} else {
		p.enc, p.dec = gob.NewEncoder(in), gob.NewDecoder(answers)
	}
	for _, sql := range []string{"SET threads=1", "SET TimeZone='UTC'", "SET Calendar='gregorian'"} {
		if err := p.Exec(sql); err != nil && !strings.Contains(sql, "Zone") && !strings.Contains(sql, "Calendar") {
			p.Kill()
			return nil, err
		}
	}
	return p, nil
}

// Exec runs statements that give no rows.
func (p *Process) Exec(sql string) error { return p.send(engine.Exec, sql, 0) }

// ExecOn is Exec on another connection of the same process.
func (p *Process) ExecOn(conn int, sql string) error { return p.send(engine.Exec, sql, conn) }

// StartOn begins sql on a connection and does not wait for it.
func (p *Process) StartOn(conn int, sql string) error { return p.send(engine.Start, sql, conn) }

func (p *Process) send(op engine.Op, sql string, conn int) error {
	if err := p.enc.Encode(engine.Request{Op: op, SQL: sql, Conn: conn}); err != nil {
		return p.lost(err)
	}
	var r engine.Response
	if err := p.dec.Decode(&r); err != nil {
		return p.lost(err)
	}
	if r.Err != "" {
		return fmt.Errorf("engine %s: %s\n  in: %s", p.Release.Name, cause(r.Err), short(sql))
	}
	return nil
}

// Rows is the whole answer to a query, as text.
type Rows struct {
	Columns []string
	loose   bool     // of a release that puts quotes and backslashes of nested values in other places than the reader does
	cells   [][]byte // row by row; nil is NULL
}

// Len gives the number of rows.
func (r *Rows) Len() int {
	if len(r.Columns) == 0 {
		return 0
	}
	return len(r.cells) / len(r.Columns)
}

// Cell gives the text of a cell, nil for NULL.
func (r *Rows) Cell(row, col int) []byte { return r.cells[row*len(r.Columns)+col] }

// Text gives the text of a cell, "" for NULL.
func (r *Rows) Text(row, col int) string { return string(r.Cell(row, col)) }

// Query runs a query whose columns are all VARCHAR.
func (p *Process) Query(sql string) (*Rows, error) {
	if err := p.enc.Encode(engine.Request{Op: engine.Query, SQL: sql}); err != nil {
		return nil, p.lost(err)
	}
	rows := &Rows{}
	for {
		var r engine.Response
		if err := p.dec.Decode(&r); err != nil {
			return nil, p.lost(err)
		}
		if r.Err != "" {
			return nil, fmt.Errorf("engine %s: %s\n  in: %s", p.Release.Name, cause(r.Err), short(sql))
		}
		if rows.Columns == nil {
			rows.Columns = r.Columns
		}
		cells := r.Cells
		for _, n := range r.Lens {
			if n < 0 {
				rows.cells = append(rows.cells, nil)
				continue
			}
			rows.cells = append(rows.cells, append([]byte{}, cells[:n]...))
			cells = cells[n:]
		}
		if !r.More {
			return rows, nil
		}
	}
}

// ErrLost means that the engine's process ended: it crashed, or failed an internal check.
var ErrLost = errors.New("engine process ended")

func (p *Process) lost(err error) error {
	p.done = true
	p.in.Close()
	return fmt.Errorf("engine %s: %w: %w (%v)", p.Release.Name, ErrLost, err, p.cmd.Wait())
}

// Kill ends the process without closing anything: what was committed stays in the log.
func (p *Process) Kill() {
	if p.done {
		return
	}
	p.done = true
	p.cmd.Process.Kill()
	p.in.Close()
	p.cmd.Wait()
}

// Close lets the engine close its databases, which checkpoints them, and waits for its end.
func (p *Process) Close() error {
	if p.done {
		return nil
	}
	p.done = true
	p.in.Close()
	return p.cmd.Wait()
}

// cause leaves out the stack that some releases add to an error.
func cause(s string) string {
	s, _, _ = strings.Cut(s, "\n\nStack Trace")
	return s
}

func short(s string) string {
	if len(s) > 400 {
		return s[:400] + "…"
	}
	return s
}
