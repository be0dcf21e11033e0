package redact

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider/providertest"
)

func TestParseRanges(t *testing.T) {
	for text, want := range map[string]string{
		"7": "7", "3-5": "3 4 5", "0,2-3": "0 2 3", "8-": "8 9", "9, 1": "1 9",
		"": "error", "-3": "error", "5-3": "error", "a": "error", "+1": "error", "1,": "error",
		"99999999999999999999": "error",
	} {
		set, err := ParseRanges(text)
		got := ""
		for n := range int64(10) {
			if set.Contains(n) {
				got += fmt.Sprint(n, " ")
			}
		}
		if got = strings.TrimSpace(got); err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// TestFilter: lists of different kinds narrow, entries of one widen.
func TestFilter(t *testing.T) {
	records := providertest.Sample()
	count := func(f Filter) (n int) {
		for seq, r := range records {
			for field := range r.RecordKind().Committed() {
				if field.In(r) && f.Covers(int64(seq), r, field.Name) && (!f.ByContent() || len(f.Hits(field.Value(r))) > 0) {
					n++
				}
			}
		}
		return n
	}
	all := count(Filter{})
	a, b := count(Filter{Agents: []string{"BANK_A"}}), count(Filter{Agents: []string{"BANK_B"}})
	if both := count(Filter{Agents: []string{"BANK_A", "BANK_B"}}); a == 0 || b == 0 || both != a+b || both >= all {
		t.Errorf("agents: got %d and %d and %d together of %d", a, b, both, all)
	}
	first := count(Filter{Iterations: Ranges{{0, 0}}})
	firstA := count(Filter{Iterations: Ranges{{0, 0}}, Agents: []string{"BANK_A"}})
	if first == 0 || firstA == 0 || firstA >= first || firstA >= a {
		t.Errorf("iteration 0: got %d, of BANK_A %d", first, firstA)
	}
	if got := count(Filter{Seqs: Ranges{{0, 0}}}); got != 1 {
		t.Errorf("record 0: got %d fields, want 1, its configuration", got)
	}
	if got := count(Filter{Fields: []string{"response"},
		Match: []*regexp.Regexp{regexp.MustCompile(`^I cannot`)}}); got != 1 {
		t.Errorf("response that matches: got %d, want 1", got)
	}
	if got := count(Filter{Secrets: FindSecrets(nil)}); got != 0 {
		t.Errorf("secrets: got %d, want none", got)
	}
}

// TestFilter_escapes: what a person would see matches, however JSON writes it.
func TestFilter_escapes(t *testing.T) {
	f := Filter{Match: []*regexp.Regexp{regexp.MustCompile(`\bname: J"(\pL+)`)}}
	for text, want := range map[string][]string{
		`name: J"ürgen`:              {`name: J"ürgen`},
		`{"a":"\nname: J\"\u00fcr"}`: {`name: J"ür`},
		`"{\"a\":\"name: J\\\"x\"}"`: {`name: J"x`},
		`rename: J"x`:                nil,
	} {
		var got []string
		for _, h := range f.Hits([]byte(text)) {
			got = append(got, h.Text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestSearch: as by looking for each text on its own, however the reader cuts its data.
func TestSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfNDistinct(rapid.StringMatching(`[ab]{5,9}`), 1, 20, rapid.ID).Draw(t, "texts")
		data := []byte(rapid.StringMatching(`[ab]{0,300}`).Draw(t, "data"))
		var s Search
		want := map[string]int{}
		for _, text := range texts {
			s.Add(text)
			for i := range data {
				if bytes.HasPrefix(data[i:], []byte(text)) {
					want[text]++
				}
			}
		}
		got, read := map[string]int{}, map[string]int{}
		s.In(data, func(_ int, text string) bool { got[text]++; return true })
		err := s.InReader(iotest.HalfReader(bytes.NewReader(data)),
			func(_ int64, text string) bool { read[text]++; return true })
		if err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(read, want) || s.Has(data) != (len(want) > 0) {
			t.Fatalf("got %v, from the reader %v, %v, want %v", got, read, err, want)
		}
	})
	var s Search
	if s.Add("four") || !s.Empty() {
		t.Error("a text of four bytes was taken")
	}
	s.Add("needle")
	var at []int64
	hay := strings.Repeat("x", 1<<20-3) + "needle" + strings.Repeat("x", 3<<20) + "needle"
	if err := s.InReader(strings.NewReader(hay), func(i int64,
		_ string) bool {
		at = append(at, i)
		return true
	}); err != nil || !slices.Equal(at, []int64{1<<20 - 3, 4<<20 + 3}) {
		t.Errorf("got %v, %v, want %d and %d", at, err, 1<<20-3, 4<<20+3)
	}
}
