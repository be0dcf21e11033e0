package recordcmd

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/provider"
)

// A run id that is made is the name of a file as it is, on every system, whatever the experiment is called.
func TestNewRunID(t *testing.T) {
	for name, want := range map[string]string{
		"exp1": "exp1", "a/b\\c": "a-b-c", "../../etc/passwd": "etc-passwd", "": "run", "..": "run", "-x": "x",
		"two words": "two words", " x": "x",
		"con": "con", "con.x": "con-x", "COM1.a": "COM1-a", "a.b": "a.b", "實驗": "實驗", "Zürich": "Zürich",
		"a\x00b\nc": "a-b-c", "x\xffy": "x-y",
		"100%": "100-", "a:b*c?": "a-b-c-", "a\u202eb": "a-b",
	} {
		if got := fileStem(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`(con|LPT1|\.|-|/|é| ){0,3}[0-9. ]{0,3}`),
			rapid.Map(rapid.IntRange(50, 400), func(n int) string { return "x" + strings.Repeat("é", n) })).Draw(t, "name")
		id := newRunID(name)
		if archive.FileName(id) != id+archive.Extension || provider.CheckPortable(id) != nil || len(id) > 150 ||
			!utf8.ValidString(id) {
			t.Fatalf("%q: got %q, which is no name of a file: %v", name, id, provider.CheckPortable(id))
		}
	})
}

// Runs of different ids get archives of names that no file system takes for one.
func TestNameTargets(t *testing.T) {
	targets := func(names ...string) []string {
		var jobs []importJob
		for _, name := range names {
			jobs = append(jobs, importJob{name: name})
		}
		nameTargets(jobs, "f")
		var all []string
		for _, job := range jobs {
			all = append(all, filepath.Base(job.target))
		}
		return all
	}
	for _, alike := range [][]string{
		{"Exp", "exp"}, {"ÉTÉ", "été"}, {"été", "e\u0301te\u0301"}, {"σ", "ς"}, {"K", "\u212a"}, {"가", "\u1100\u1161"},
		{"a\u0323\u0307", "a\u0307\u0323"},
	} {
		got := targets(alike...)
		if strings.EqualFold(got[0], got[1]) || !strings.Contains(got[0], "~") || !strings.Contains(got[1], "~") ||
			got[0][len(got[0])-15:] == got[1][len(got[1])-15:] {
			t.Errorf("%q: got %q, want names that a hash tells apart", alike, got)
		}
	}
	for _, apart := range [][]string{{"a", "b"}, {"實驗", "试验"}, {"実験", "實驗"}, {"a1", "a2"}, {"é1", "é2"}, {"e", "é"}} {
		if got := targets(apart...); got[0] != apart[0]+archive.Extension || got[1] != apart[1]+archive.Extension {
			t.Errorf("%q: got %q, want the names as they are", apart, got)
		}
	}
	if got := targets("a", "a"); got[0] != got[1] || got[0] != "a"+archive.Extension {
		t.Errorf("twice the same: got %q", got)
	}
}
