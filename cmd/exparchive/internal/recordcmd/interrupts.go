package recordcmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/terminal"
)

// In `experiment | exparchive record` a signal of the terminal reaches both. The recorder reads on then, since the last
// words of the experiment and its result are still to come, until somebody insists.

// Insistence is how much later a signal of the same kind has to come to be meant as a second one: some programs send
// each twice.
const Insistence = 500 * time.Millisecond

// recorderSignals are those that a recorder outlives.
var recorderSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// hangupIgnored says that this process was started so that it outlives its terminal, as by nohup.
var hangupIgnored = signal.Ignored(syscall.SIGHUP)

// Interrupts are the signals that have come, by kind, with the time of the first. The zero value is empty.
type interrupts map[os.Signal]time.Time

// take says what a signal means that comes now: the first of its kind, one that insists, or neither, one sent twice.
func (i interrupts) take(sig os.Signal, now time.Time) (first, insists bool) {
	before, again := i[sig]
	if !again {
		i[sig] = now
		return true, false
	}
	return false, now.Sub(before) > Insistence
}

// A signalWatch takes the signals of a recorder from its making until stop.
type signalWatch struct {
	ctx     context.Context // done when the recording is to end at once
	end     context.CancelFunc
	stderr  io.Writer
	signals chan os.Signal
	settled chan struct{} // gets a value when all signals before that of settle were taken

	mu    sync.Mutex
	first os.Signal
	child interface { // the experiment, if the recorder has started it
		Signal(os.Signal)
		HasEnded() bool
	}
}

// watchSignals begins to watch. An interrupt that came before has ended the context already.
func watchSignals(already context.Context, stderr io.Writer) *signalWatch {
	w := &signalWatch{stderr: stderr, signals: make(chan os.Signal, 8), settled: make(chan struct{}, 1)}
	w.ctx, w.end = context.WithCancel(context.WithoutCancel(already))
	for _, sig := range recorderSignals {
		if sig != syscall.SIGHUP || !hangupIgnored {
			signal.Notify(w.signals, sig)
		}
	}
	watchSettling(w.signals)
	if already.Err() != nil && len(w.signals) == 0 {
		w.signals <- os.Interrupt
	}
	go w.watch()
	return w
}

func (w *signalWatch) watch() {
	seen := interrupts{}
	for {
		select {
		case sig := <-w.signals:
			if !isSettling(sig) {
				w.take(sig, seen)
			} else {
				select {
				case w.settled <- struct{}{}:
				default:
				}
			}
		case <-w.ctx.Done():
			// Whoever insists again, and not just sends twice, ends the process.
			time.AfterFunc(Insistence, func() { signal.Stop(w.signals) })
			return
		}
	}
}

func (w *signalWatch) take(sig os.Signal, seen interrupts) {
	first, insists := seen.take(sig, time.Now())
	if !first && !insists {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.first == nil {
		w.first = sig
	}
	name := signalName(sig)
	switch child := w.child; {
	case insists:
		w.say("%s again: the recording stops with what is on its way, which takes a few seconds at most", name)
		if child != nil {
			child.Signal(sig)
		}
		w.end()
	case child == nil:
		w.say("%s: reading on to the end of the input; once more stops the recording", name)
	case child.HasEnded():
		w.say("%s: the experiment has ended, the recording stops", name)
		w.end()
	default:
		w.say("%s: reading on until the experiment ends; once more stops the recording", name)
		child.Signal(sig)
	}
}

// say prints a line, over a progress bar if there is one.
func (w *signalWatch) say(format string, args ...any) {
	if terminal.Is(w.stderr) {
		io.WriteString(w.stderr, "\r")
	}
	cli.Warnf(w.stderr, format, args...)
}

// passTo has the signals that come from now on passed on.
func (w *signalWatch) passTo(child interface {
	Signal(os.Signal)
	HasEnded() bool
}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.child = child
	if w.first != nil { // it came before the experiment was there
		child.Signal(w.first)
	}
}

// settle waits until the signals are taken that this process has got. One that came to the experiment too may not be
// yet when what it made the experiment do is.
func (w *signalWatch) settle() {
	if !sendSettling() {
		return
	}
	select {
	case <-w.settled:
	case <-w.ctx.Done():
	case <-time.After(time.Second): // never seen
	}
}

// came gives the first signal that came, nil for none.
func (w *signalWatch) came() os.Signal {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first
}

// stop ends the watch.
func (w *signalWatch) stop() {
	signal.Stop(w.signals)
	w.end()
}

func signalName(sig os.Signal) string {
	switch sig {
	case os.Interrupt:
		return "SIGINT"
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGHUP:
		return "SIGHUP"
	}
	return fmt.Sprint(sig)
}

// exitCodeOf gives the exit code of a program that a signal ended.
func exitCodeOf(sig os.Signal) int {
	if number, ok := sig.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return cli.ExitFailed
}
