package hostile

import (
	"runtime"
	"testing"
	"time"
)

// TestMeasure: what is used is seen, and what was used before is not.
func TestMeasure(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing is measured there")
	}
	never := func() { t.Error("stopped") }
	large := Measure(func() {
		b := make([]byte, 100<<20)
		for i := range b {
			b[i] = byte(i)
		}
		runtime.KeepAlive(b)
	}, never)
	if large.Memory < 100<<20 {
		t.Errorf("got %d bytes resident with 100 MiB in use", large.Memory)
	}
	if large.Time <= 0 {
		t.Errorf("got %v for filling 100 MiB, want some time", large.Time)
	}
	small := Measure(func() {}, never)
	if runtime.GOOS == "linux" && small.Memory > large.Memory-50<<20 {
		t.Errorf("got %d bytes resident after %d, want that they are forgotten", small.Memory, large.Memory)
	}
}

// TestMeasureStops: what takes too much time of the processor is stopped.
func TestMeasureStops(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing is measured there")
	}
	stop := make(chan struct{})
	use := measure(func() {
		for busy := true; busy; {
			select {
			case <-stop:
				busy = false
			default:
			}
		}
	}, 100*time.Millisecond, func() { close(stop) })
	if use.Time < 100*time.Millisecond {
		t.Errorf("got %v, want that it was stopped after 100 ms", use.Time)
	}
}

// TestTooLong: what takes much longer than it may is too long on every processor of today.
func TestTooLong(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing is measured there")
	}
	for took, want := range map[time.Duration]bool{MaxTime: false, 1000 * MaxTime: true} {
		if got := TooLong(took); got != want {
			t.Errorf("%v: got %v, want %v", took, got, want)
		}
	}
	t.Logf("this processor takes %.1f times as long as a usual one", slowness())
}
