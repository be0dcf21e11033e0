package jsonl

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"testing/synctest"
)

func TestInputGivesTheStream(t *testing.T) {
	want := make([]byte, 300<<10)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range want {
		want[i] = byte(rng.Uint32())
	}
	for name, r := range map[string]io.Reader{
		"whole":    bytes.NewReader(want),
		"halves":   iotest.HalfReader(bytes.NewReader(want)),
		"data+EOF": iotest.DataErrReader(bytes.NewReader(want)),
	} {
		got, err := io.ReadAll(Interruptible(t.Context(), r))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes, error %v, want the %d bytes written", name, len(got), err, len(want))
		}
	}
}

func TestInputPassesErrors(t *testing.T) {
	broken := errors.New("broken")
	got, err := io.ReadAll(Interruptible(t.Context(),
		io.MultiReader(bytes.NewReader([]byte("abc")), iotest.ErrReader(broken))))
	if string(got) != "abc" || err != broken {
		t.Errorf("got %q, %v, want \"abc\", %v", got, err, broken)
	}
}

// What was written before the interrupt is still read; a stream that stays open does not hold up the end.
func TestInputDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, w := io.Pipe()
		in := Interruptible(ctx, r)
		defer in.Close()
		cancel()
		go w.Write([]byte("on its way"))
		got, err := io.ReadAll(in)
		if string(got) != "on its way" || err != ErrInterrupted {
			t.Errorf("got %q, %v, want \"on its way\", %v", got, err, ErrInterrupted)
		}
		w.Close()
	})
}
