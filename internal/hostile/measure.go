package hostile

import (
	"runtime"
	"runtime/debug"
	"time"
)

// MaxMemory bounds the bytes that are resident while one file is read in one way.
const MaxMemory = 256 << 20

// MaxTime bounds the time of the processor, since others use the machine too, that reading one file in one way takes on
// a processor that is not slow; see [TooLong].
const MaxTime = 5 * time.Second

// TooLong reports whether reading took more time of the processor than it may. What is more than MaxTime is compared
// with what the processor does at the moment, which may be old, or shared with others whose work makes each of its
// steps slower.
func TooLong(took time.Duration) bool {
	return took > MaxTime && float64(took) > float64(MaxTime)*slowness()
}

// slowness is how many times as long as on a usual processor that is idle some work takes.
func slowness() float64 {
	const usual = 100 * time.Millisecond
	before := usedTime()
	x := uint64(1)
	for range 1 << 26 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	took := usedTime() - before
	runtime.KeepAlive(x)
	return float64(took) / float64(usual)
}

// A Use is what reading takes.
type Use struct {
	Time   time.Duration // of the processor
	Memory int64         // the most bytes that were resident
}

// Measure runs f and gives what it takes, as if it ran in a process of its own. f may take eight times [MaxTime]; then
// over is called, which ends the process.
//
// Where the system cannot forget a peak, which is everywhere but on Linux, Memory is the most since the process began.
// On Windows both are 0.
func Measure(f, over func()) Use { return measure(f, 8*MaxTime, over) }

func measure(f func(), limit time.Duration, over func()) Use {
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapSys-m.HeapReleased > 8<<20 {
		debug.FreeOSMemory() // what the measurement before left
	}
	forgetPeak()
	before := usedTime()
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if usedTime()-before > limit {
					over()
					return
				}
			}
		}
	}()
	f()
	close(done)
	return Use{usedTime() - before, peakMemory()}
}
