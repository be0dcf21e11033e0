//go:build !unix

package launch

import (
	"os"
	"os/exec"
)

func group(*exec.Cmd, *os.File) *os.File { return nil }

// pass has nothing to do: a console sends its signals to all programs that share it, and there are no others.
func (p *Process) pass(os.Signal) {}

func (p *Process) ask() { p.kill() }

func (p *Process) kill() { _ = p.cmd.Process.Kill() }

func exitOf(s *os.ProcessState) Exit { return Exit{Status: s.ExitCode()} }

func signalName(int) string { return "" }
