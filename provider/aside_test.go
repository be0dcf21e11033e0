package provider_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// An Aside gives its sink everything up to the first error, and the sinks beside it everything.
func TestAside(t *testing.T) {
	sample := providertest.Sample()
	broken := errors.New("broken")
	for _, run := range [][]provider.Record{sample, sample[:len(sample)-1]} { // with a result and without
		var whole recorder
		if err := provider.Copy(t.Context(), &whole, providertest.Live(run)); err != nil {
			t.Fatal(err)
		}
		for failAt := range len(whole.got) + 1 {
			printed, main := recorder{failAt: failAt, err: broken}, recorder{}
			aside := provider.NewAside(&printed)
			if err := provider.Copy(t.Context(), provider.Tee(aside, &main), providertest.Live(run)); err != nil {
				t.Fatalf("failing at %d: %v", failAt, err)
			}
			want, wantErr := whole.got, error(nil)
			if failAt > 0 {
				want, wantErr = want[:failAt], broken
			}
			if !slices.Equal(printed.got, want) || !slices.Equal(main.got, whole.got) || aside.Err() != wantErr {
				t.Errorf("failing at %d: the one aside got %q and error %v, the other %q, want %q, %v and %q",
					failAt, printed.got, aside.Err(), main.got, want, wantErr, whole.got)
			}
		}
	}
}
