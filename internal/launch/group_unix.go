//go:build unix

package launch

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// group decides about the process group of a program that is to be started. It gives the terminal for whose sake the
// program stays in that of this process.
func group(cmd *exec.Cmd, stdin *os.File) *os.File {
	if stdin != nil && term.IsTerminal(int(stdin.Fd())) {
		return stdin
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return nil
}

// pass passes a signal on. What the terminal sends goes to its whole foreground group, and there is no telling by a
// signal whether the terminal sent it: while this group is in the foreground its signals are not passed on, since no
// program should get one twice.
func (p *Process) pass(sig os.Signal) {
	if p.terminal == nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, sig.(syscall.Signal))
		return
	}
	front, err := unix.IoctlGetInt(int(p.terminal.Fd()), unix.TIOCGPGRP)
	if (sig == syscall.SIGINT || sig == syscall.SIGHUP) && (err != nil || front == unix.Getpgrp()) {
		return
	}
	_ = p.cmd.Process.Signal(sig)
}

func (p *Process) ask() {
	if p.terminal == nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	} else {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
}

func (p *Process) kill() {
	if p.terminal == nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	} else {
		_ = p.cmd.Process.Kill()
	}
}

func exitOf(s *os.ProcessState) Exit {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return Exit{Signal: int(status.Signal())}
	}
	return Exit{Status: s.ExitCode()}
}

func signalName(number int) string { return unix.SignalName(syscall.Signal(number)) }
