package duckdb

import (
	"fmt"
	"math"
	"reflect"
	"runtime"
	"testing"
)

// TestBox compares values that are boxed together with values that are boxed one by one, also after the memory of all that
// nothing refers to has been given back.
func TestBox(t *testing.T) {
	if !boxes {
		t.Error("interfaces are not what box takes them for")
	}
	for _, together := range []bool{true, false} {
		t.Run(fmt.Sprint(together), func(t *testing.T) {
			defer func(was bool) { boxes = was }(boxes)
			boxes = together
			const n, width = 3000, 6
			want, got := make([]any, n*width), make([]any, n*width)
			fill := func() {
				var small []int32
				var large []int64
				var real []float64
				var text []string
				var time []Timestamp
				for i := range n {
					small, large, real = append(small, int32(i-5)), append(large, math.MaxInt64-int64(i)), append(real, float64(i)/7)
					text, time = append(text, fmt.Sprint("text ", i)), append(time, Timestamp(i))
					copy(want[i*width:], []any{small[i], large[i], real[i], text[i], time[i], nil})
				}
				box(got, 0, width, small)
				box(got, 1, width, large)
				box(got, 2, width, real)
				box(got, 3, width, text)
				box(got, 4, width, time)
			}
			fill()
			for range 3 {
				runtime.GC()
				_ = make([]byte, 1<<20)
			}
			if !reflect.DeepEqual(got, want) {
				t.Error("boxed values differ")
			}
			if x, ok := got[1].(int64); !ok || x != math.MaxInt64 {
				t.Errorf("got %T %v", got[1], got[1])
			}
		})
	}
}

// TestBoxMemory makes sure that values that are boxed together have no memory of their own.
func TestBoxMemory(t *testing.T) {
	values, cells := make([]int64, 2048), make([]any, 2048)
	for i := range values {
		values[i] = math.MaxInt64
	}
	if n := testing.AllocsPerRun(10, func() { box(cells, 0, 1, values) }); n > 1 {
		t.Errorf("boxing 2048 values takes %v allocations, want at most 1", n)
	}
}
