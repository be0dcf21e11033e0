package main

import (
	"fmt"
	"os/exec"
	"time"
)

// A process is a command that runs while a test waits for what it does.
type process struct {
	*exec.Cmd
	ended chan struct{} // closed when it has ended
	err   error         // how
}

func startProcess(cmd *exec.Cmd) (*process, error) {
	p := &process{Cmd: cmd, ended: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// wait waits for the end and says how it went.
func (p *process) wait() error {
	<-p.ended
	return p.err
}

// until waits until something is so, as long as that takes on a busy machine. It fails if the process ends before.
func (p *process) until(so func() bool) error {
	for !so() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-p.ended:
			if so() {
				return nil
			}
			return fmt.Errorf("%s ended: %v", p.Path, p.err)
		}
	}
	return nil
}
