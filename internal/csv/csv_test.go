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
		{[]any{`say "x"`, "a,b", "l1\r\nl2", " x", "x ", "\x00"},
			`"say ""x""","a,b","l1` + "\r\n" + `l2"," x","x ",` + "\x00\n"},
		{[]any{"=1+1", "+1", "-1", "-5e3", "-x", "@a", "\tx", "\rx", "-", "+", "--1", "1=2"},
			`'=1+1,+1,-1,-5e3,'-x,'@a,` + "\"'\tx\",\"'\rx\"" + `,'-,'+,'--1,1=2` + "\n"},
		{[]any{"a;=1", "a\t=1"}, "\"a;=1\",\"a\t=1\"\n"},
		{[]any{"＝1", " =1", "\n=1", "\n-5", "\nx"}, "'＝1,' =1,\"'\n=1\",\"\n-5\",\"\nx\"\n"},
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
		"": false, "a": false, "-1": false, "-1.5": false, "+1e10": false, "-1E-5": false, "-1.": true, "-.5": true,
		"-1e":  true,
		"-1e+": true, "-1+cmd|' /C calc'!A0": true, "-٣": true, "=": true, "@": true, "+-1": true, "@SUM(A1)": true,
		"a=1": false, "1-1": false, "'=1": false, "\x00": false, " ": false, "\n": false,
		// full-width and small forms
		"＝1+1": true, "＋1": true, "－1": true, "＠SUM(A1)": true, "﹦1": true, "﹢1": true, "﹣1": true, "﹫A1": true, "−1": true,
		"（1）": false, "％1": false, "＃1": false,
		"⁺1": true, "⁻1": true, "⁼1": true, "₊1": true, "₋1": true, "₌1": true, "﬩1": true,
		// behind what does not show
		"\u180e=1": true, "\u3164=1": true, "\u2800=1": true, "\ufe0f@a": true, "\u034f-a": true, "\uffa0＝1": true,
		"\u205f\u2060\U000e0020=1": true,
		"\ufeff\ufeff\u200d＋a":     true, "\u00ad=1": true, "\u0085=1": true,
		" =1": true, "\n=1": true, "\r\n=1": true, "\t=1": true, "\u00a0=1": true, "\u3000＝1": true, "\ufeff=1": true,
		"\u200b@a": true,
		"\x00=1":   true, "\v-a": true, " \n \u2028 +a": true, "\u202e=1": true,
		" a=1": false, "\n# title": false, "\n\n- item": true, " -5": false, "\n-5.25": false, "\u00a0 text": false,
		// whatever comes then
		"\ta": true, "\ra": true, "\t5": true, "\na": false,
		// bytes that are no UTF-8
		"\xff=1": false, "\xef\xbc": false,
	} {
		if got := Formula(text); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}

// TestNumber: what is known to be a number stays one, even where its text alone would not tell.
func TestNumber(t *testing.T) {
	var b strings.Builder
	w := NewWriter(&b)
	for _, n := range []string{"-5", "5", "-1.5e-07", "-Inf", "+Inf", "NaN"} {
		w.Number(n)
	}
	w.Text("-Inf")
	w.End()
	w.Flush()
	if got, want := b.String(), "-5,5,-1.5e-07,-Inf,+Inf,NaN,'-Inf\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
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
