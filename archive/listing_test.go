package archive_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// What is counted and listed without reading the records is what they say, of a sealed archive and of one that a process
// records into, also from a record in the middle on.
func TestListings(t *testing.T) {
	records, err := providertest.Kept(providertest.Sample())
	if err != nil {
		t.Fatal(err)
	}
	withheld := providertest.Redact(records, func(r provider.Record, field string) bool {
		return r.RecordKind() == provider.KindAttachment && field == "data"
	})
	folder := t.TempDir()
	w, err := record.Create(filepath.Join(folder, "live.simexp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, r := range records[:len(records)-1] {
		if err := provider.Put(t.Context(), w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Sync(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]provider.Record{
		w.LivePath(): records[:len(records)-1],
		recordtest.Record(t, filepath.Join(folder, "sealed.simexp"), records, nil):  records,
		recordtest.Record(t, filepath.Join(folder, "public.simexp"), withheld, nil): withheld,
	} {
		a, err := archive.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		var attached []string
		for from := range int64(len(want)) + 1 {
			counts, next, last := map[string]int64{}, max(from, 1), int64(0)
			for seq, r := range want {
				if e, ok := r.(*provider.Event); ok && int64(seq) >= from {
					counts[e.Type]++
					last = int64(seq)
				}
			}
			if last > 0 {
				next = last + 1
			}
			if got, behind, err := a.EventTypes(t.Context(), from); !maps.Equal(got, counts) || behind != next || err != nil {
				t.Errorf("%s: from %d: got %v up to %d, %v, want %v up to %d", path, from, got, behind, err, counts, next)
			}
		}
		types := map[string]bool{}
		for seq, r := range want {
			switch r := r.(type) {
			case *provider.Event:
				types[r.Type] = true
			case *provider.Attachment:
				attached = append(attached, r.Name+" "+r.MediaType)
				got, err := a.Attachments(t.Context())
				i := len(attached) - 1
				if err != nil || len(got) <= i || got[i].Seq != int64(seq) || got[i].Data != nil {
					t.Errorf("%s: got %v, %v, want attachment %d at record %d without its data", path, got, err, i, seq)
					continue
				}
				c, held := r.Withheld("data")
				if g, is := got[i].Withheld("data"); is != held || g != c || got[i].Name+" "+got[i].MediaType != attached[i] {
					t.Errorf("%s: got %+v, want %s, withheld %t", path, got[i], attached[i], held)
				}
			}
		}
		if got, err := a.EventTypeNames(t.Context()); err != nil || !slices.Equal(got, slices.Sorted(maps.Keys(types))) {
			t.Errorf("%s: got types %q, %v, want %v", path, got, err, types)
		}
		if got, err := a.Attachments(t.Context()); err != nil || len(got) != len(attached) || len(got) == 0 {
			t.Errorf("%s: got %d attachments, %v, want %d", path, len(got), err, len(attached))
		}
	}
}
