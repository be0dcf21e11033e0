package recordcmd

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// TestInterrupts: a second signal of the same kind insists if it comes more than half a second after the first.
func TestInterrupts(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	seen := interrupts{}
	for _, step := range []struct {
		sig            os.Signal
		at             time.Duration
		first, insists bool
	}{
		{os.Interrupt, 0, true, false},
		{os.Interrupt, time.Millisecond, false, false},
		{os.Interrupt, 500 * time.Millisecond, false, false},
		{syscall.SIGTERM, 600 * time.Millisecond, true, false},
		{syscall.SIGTERM, 1100 * time.Millisecond, false, false},
		{syscall.SIGHUP, 5 * time.Second, true, false},
		{syscall.SIGTERM, 1101 * time.Millisecond, false, true},
		{os.Interrupt, 501 * time.Millisecond, false, true},
		{os.Interrupt, time.Hour, false, true},
	} {
		if first, insists := seen.take(step.sig, begin.Add(step.at)); first != step.first || insists != step.insists {
			t.Errorf("%v after %v: got first %v, insists %v, want %v, %v", step.sig, step.at, first, insists, step.first,
				step.insists)
		}
	}
}

func TestExitCodeOf(t *testing.T) {
	for sig, want := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		if got := exitCodeOf(sig); got != want {
			t.Errorf("%v: got %d, want %d", sig, got, want)
		}
	}
}
