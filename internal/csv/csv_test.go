package csv

import (
	stdcsv "encoding/csv"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func line(raw bool, cells ...any) string {
	var b strings.Builder
	w := NewWriter(&b)
	w.Raw = raw
	for _, c := range cells {
		if c == nil {
			w.Absent()
		} else {
			w.Text(c.(string))
		}
	}
	if err := w.End(); err != nil {
		return err.Error()
	}
	if err := w.Flush(); err != nil {
		return err.Error()
	}
	return b.String()
}

func TestWriter(t *testing.T) {
	for _, c := range []struct {
		cells []any
		want  string
	}{
		{[]any{"a", "b"}, "a,b\n"},
		{[]any{nil, "", nil}, ",\"\",\n"},
		{[]any{`say "x"`, "a,b", "l1\r\nl2", " x", "x ", "\x00"}, `"say ""x""","a,b","l1` + "\r\n" + `l2"," x","x ",` + "\x00\n"},
		{[]any{"=1+1", "+1", "-1", "-5e3", "-x", "@a", "\tx", "\rx", "-", "+", "--1", "1=2"},
			`'=1+1,+1,-1,-5e3,'-x,'@a,'` + "\tx,\"'\rx\"" + `,'-,'+,'--1,1=2` + "\n"},
		{[]any{`"=1"`}, `"""=1"""` + "\n"},
	} {
		if got := line(false, c.cells...); got != c.want {
			t.Errorf("%q: got %q, want %q", c.cells, got, c.want)
		}
	}
	if got, want := line(true, "=1+1", "-x"), "=1+1,-x\n"; got != want {
		t.Errorf("raw: got %q, want %q", got, want)
	}
}

func TestFormula(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "a": false, "-1": false, "-1.5": false, "+1e10": false, "-1E-5": false, "-1.": true, "-.5": true, "-1e": true,
		"-1e+": true, "-1+cmd|' /C calc'!A0": true, "-٣": true, "=": true, "@": true, "+-1": true,
	} {
		if got := Formula(text); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}

// The standard library's reader gets back what was written. It turns \r\n in cells into \n, so there is none here.
func TestReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching(`[a-c=+\-"', \n\tä]{0,8}`), 2, 4), 1, 5).Draw(t, "rows")
		var b strings.Builder
		w := NewWriter(&b)
		w.Raw = true
		for _, row := range rows {
			for _, cell := range row {
				w.Text(cell)
			}
			w.End()
		}
		w.Flush()
		r := stdcsv.NewReader(strings.NewReader(b.String()))
		r.FieldsPerRecord = -1
		got, err := r.ReadAll()
		if err != nil || !slices.EqualFunc(got, rows, slices.Equal) {
			t.Errorf("got %q, %v, want %q", got, err, rows)
		}
	})
}
