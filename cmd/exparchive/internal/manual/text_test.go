package manual

import (
	"strings"
	"testing"
)

// What helps say becomes mdoc(7): sentences on lines of their own, flags as flags, lists of terms, literal lines.
func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"One. Two (see sign).":        "One.\nTwo (see sign).\n",
		"With -o, or (--as-is) that.": "With\n.Fl o ,\nor\n.Fl ( \\-as\\-is )\nthat.\n",
		"It's a `b` ~c^ \\ - \"d\":":  "It\\(aqs a \\(gab\\(ga \\(tic\\(ha \\e \\- \\(dqd\\(dq:\n",
		".simexp files † ends() with": "\\&.simexp files \\[u2020] ends\\&() with\n",
		"One\ngoes on.\n\nTwo.":       "One goes on.\n.Pp\nTwo.\n",
		"Lines:\n\n  {\"a\":1,\n   \"b\":2}\n\n  .c\n\nEnd.": "Lines:\n" +
			".Bd -literal -offset indent\n{\\(dqa\\(dq:1,\n \\(dqb\\(dq:2}\n\n" +
			"\\&.c\n.Ed\n.Pp\nEnd.\n",
		"Terms:\n\n  run, id   the id\n            of it\n  x         is x": "Terms:\n.Pp\n" +
			".Bl -tag -width xxxxxxx -offset indent -compact\n" +
			".It Sy \"run, id\"\nthe id of it\n.It Sy x\nis x\n.El\n",
	} {
		var p page
		if p.text(text); p.String() != want {
			t.Errorf("%q: got\n%s\nwant\n%s", text, p.String(), want)
		}
	}
	long := strings.Repeat("words without an end ", 20)
	var p page
	p.text(long)
	for line := range strings.Lines(p.String()) {
		if len(line) > lineWidth+1 {
			t.Errorf("got a line of %d bytes: %s", len(line), line)
		}
	}
	if got := strings.Join(strings.Fields(p.String()), " "); got != strings.TrimSpace(long) {
		t.Errorf("got %q", got)
	}
}

// Long lines of a shell are broken where a shell goes on reading, and nowhere else.
func TestBroken(t *testing.T) {
	for line, want := range map[string]string{
		"exparchive ls": "exparchive ls",
		"exparchive record -o my.simexp --keep-stderr -- python my_experiment.py --seed 42": "exparchive record -o " +
			"my.simexp --keep-stderr \\\n    -- python my_experiment.py --seed 42",
		"exparchive query a.simexp 'SELECT " + strings.Repeat("a, ", 20) + "b FROM c'": "exparchive query a.simexp 'SELECT " +
			strings.Repeat("a, ", 20) + "b FROM c'",
	} {
		if got := strings.Join(broken(line), "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestSynopsis(t *testing.T) {
	for use, want := range map[string]string{
		" FILE|FOLDER... [SQL] [OPTION...]":          ".Ar FILE | Ar FOLDER... Oo Ar SQL Oc\n.Oo Ar OPTION... Oc\n",
		" -o FILE.simexp [-- COMMAND [ARGUMENT...]]": ".Fl o Ar FILE.simexp Oo Fl \\- Ar COMMAND Oo Ar ARGUMENT... Oc Oc\n",
		" FILE --format jsonl|json [-o OUTPUT]":      ".Ar FILE Fl \\-format Cm jsonl | Cm json Oo Fl o Ar OUTPUT Oc\n",
	} {
		var p page
		if p.words(use); p.String() != want {
			t.Errorf("%q: got\n%s\nwant\n%s", use, p.String(), want)
		}
	}
}
