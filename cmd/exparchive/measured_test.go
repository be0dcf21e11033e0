package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/simexp/exparchive/internal/hostile"
)

// A measured is one command line for the program exparchive-measured.
type measured struct {
	Folder string // where it runs
	Temp   string // its folder for temporary files, if it has one of its own
	Stdin  []byte
	Args   []string
}

// An outcome is how a command went.
type outcome struct {
	Code           int
	Stdout, Stderr []byte // not strings, whose bytes that are no UTF-8 JSON would replace
	hostile.Use
}

func init() { programs["exparchive-measured"] = runMeasured }

// runMeasured is a program that runs the command lines that stand on its stdin, one after the other, and prints what
// they take. One that takes much too much ends it.
func runMeasured() {
	hostile.LimitMemory()
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var m measured
		if err := in.Decode(&m); err != nil {
			return
		}
		err := os.Chdir(m.Folder)
		if m.Temp != "" {
			err = errors.Join(err, os.Setenv("TMPDIR", m.Temp))
		}
		if err != nil {
			panic(err)
		}
		var stdout, stderr cappedBuffer
		var o outcome
		o.Use = hostile.Measure(func() { o.Code = run(m.Args, bytes.NewReader(m.Stdin), &stdout, &stderr) }, func() {
			fmt.Fprintln(os.Stderr, "stopped, since it takes too much time")
			os.Exit(1)
		})
		o.Stdout, o.Stderr = stdout.Bytes(), stderr.Bytes()
		if err := out.Encode(o); err != nil {
			panic(err)
		}
	}
}

// A measurer runs commands in a process of its own, one for all of them as long as none ends it. That is for tests
// which run hundreds: to start a program takes longer than most commands.
type measurer struct {
	t       *testing.T
	prepare func(cmd *exec.Cmd) // the process, before it starts
	cmd     *exec.Cmd           // nil: none runs
	in      io.WriteCloser
	enc     *json.Encoder
	dec     *json.Decoder
	stderr  bytes.Buffer
}

func newMeasurer(t *testing.T) *measurer {
	m := &measurer{t: t, prepare: func(*exec.Cmd) {}}
	t.Cleanup(func() { _ = m.end() })
	return m
}

// run gives how a command went, or how it ended the process.
func (m *measurer) run(c measured) (o outcome, err error) {
	m.t.Helper()
	if m.cmd == nil {
		m.start()
	}
	cmd := m.cmd
	if end, ok := m.t.Deadline(); ok { // a command that never ends is named
		defer time.AfterFunc(time.Until(end)-10*time.Second, func() { _ = cmd.Process.Kill() }).Stop()
	}
	if err := errors.Join(m.enc.Encode(c), m.dec.Decode(&o)); err != nil {
		return o, errors.Join(m.end(), fmt.Errorf("stderr %.2000q", m.stderr.String()))
	}
	return o, nil
}

func (m *measurer) start() {
	m.t.Helper()
	m.stderr.Reset()
	m.cmd = exec.Command("exparchive-measured")
	m.cmd.Stderr = &m.stderr
	m.prepare(m.cmd)
	in, errIn := m.cmd.StdinPipe()
	out, errOut := m.cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut); err != nil {
		m.t.Fatal(err)
	}
	m.in, m.enc, m.dec = in, json.NewEncoder(in), json.NewDecoder(out)
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *measurer) end() error {
	if m.cmd == nil {
		return nil
	}
	_ = m.in.Close()
	err := m.cmd.Wait()
	m.cmd = nil
	return err
}

// A cappedBuffer keeps the first megabyte.
type cappedBuffer struct{ bytes.Buffer }

func (c *cappedBuffer) Write(p []byte) (int, error) {
	c.Buffer.Write(p[:min(len(p), max(0, 1<<20-c.Len()))])
	return len(p), nil
}
