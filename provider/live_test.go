package provider_test

import (
	"strconv"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// The time for one attachment does not depend on how many records there are: compare the sizes.
func BenchmarkLive_Attachment(b *testing.B) {
	for _, before := range []int{100, 10_000, 100_000} {
		b.Run(strconv.Itoa(before), func(b *testing.B) {
			ctx := b.Context()
			l := new(provider.Live)
			if err := l.Begin(ctx, &provider.Start{RunID: "r", Name: "n", Type: "t"}); err != nil {
				b.Fatal(err)
			}
			n := 0
			attach := func() {
				n++
				if err := l.Attachment(ctx, &provider.Attachment{Name: strconv.Itoa(n)}); err != nil {
					b.Fatal(err)
				}
			}
			for range before {
				attach()
			}
			for b.Loop() {
				attach()
			}
		})
	}
}
