package archive

import (
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
)

func TestSmoke(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#%41.simexp")
	w, err := Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var d digest.Sink
	for _, r := range providertest.Sample() {
		if err := provider.Put(t.Context(), provider.Tee(w, &d), r); err != nil {
			t.Fatal(err)
		}
	}
	a, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	s, ok := a.Seal()
	t.Log(s, ok, a.State())
	if s.Root != d.Root() {
		t.Error(s.Root, d.Root())
	}
	providertest.Test(t, a, providertest.Sample())
}
