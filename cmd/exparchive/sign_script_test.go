package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
)

func init() {
	// allow WHO KEY.pub OUT writes an allowed signers file of one line.
	scriptCommands["allow"] = func(ts *testscript.TestScript, neg bool, args []string) {
		path := arg(ts, neg, args, 2, 3)
		ts.Check(os.WriteFile(path, []byte(args[0]+" "+ts.ReadFile(args[1])), 0o666))
	}
	// agent starts an ssh-agent that lives as long as the script.
	scriptCommands["agent"] = func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) > 0 {
			ts.Fatalf("usage: agent")
		}
		folder, err := os.MkdirTemp("", "a") // the name of a socket has about 100 bytes
		ts.Check(err)
		ts.Defer(func() { os.RemoveAll(folder) })
		socket := filepath.Join(folder, "s")
		path, err := lookPath(ts, "ssh-agent")
		ts.Check(err)
		cmd := exec.Command(path, "-D", "-a", socket)
		agent, err := startProcess(cmd)
		ts.Check(err)
		ts.Defer(func() {
			_ = cmd.Process.Kill()
			_ = agent.wait()
		})
		ts.Check(agent.until(func() bool { return runio.Exists(socket) }))
		ts.Setenv("SSH_AUTH_SOCK", socket)
	}
	// shorter FILE SIZE demands that FILE has less than SIZE bytes.
	scriptCommands["shorter"] = func(ts *testscript.TestScript, neg bool, args []string) {
		_ = arg(ts, neg, args, 0, 2)
		size, err := strconv.Atoi(args[1])
		ts.Check(err)
		if n := len(ts.ReadFile(args[0])); n >= size {
			ts.Fatalf("%s has %d bytes, want less than %d", args[0], n, size)
		}
	}
}
