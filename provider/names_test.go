package provider_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
)

func TestCheckPlain(t *testing.T) {
	for _, name := range []string{"a", "a/b", "a/b c/é..x", ".hidden", "..x", "a/...b"} {
		if err := provider.CheckPlain(name); err != nil {
			t.Errorf("%q: got %v", name, err)
		}
	}
	for _, name := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/./b", "../a", "a/..", "a/../b", "a/../../b", `a\b`, "C:x",
	} {
		if err := provider.CheckPlain(name); err == nil {
			t.Errorf("%q: taken", name)
		}
	}
}

func TestCheckPortable(t *testing.T) {
	part := strings.Repeat("x", 255)
	for _, name := range []string{
		"a", "a/b", "configs/exp1.yaml", part, "a/" + part + "/" + part, "a b", ".a", "a.b.c", "..x", "é", "日本/🏦", "a\u00a0",
		"\u3000a",
		"con1", "cont.txt", "xcon", "com", "com10", "com1x", "lpt", "lpt10", "auxiliary.py", ".con", "conin", "conout$x",
		"com⁴", "co.n",
		"c on", "a'b", "a;b&c", "a=b,c+d[e]", "\u0080",
	} {
		if err := provider.CheckPortable(name); err != nil {
			t.Errorf("%.40q: got %v", name, err)
		}
	}
	for _, name := range []string{
		part + "x", strings.Repeat("é", 128), "a/" + part + "x/b", "a.", "a..", "a/b./c", "a ", "a /b", " a", "a/ b", "\x01",
		"a\x1f", "a\n", "\x7f",
		"a<", "a>b", "a:b", `"`, "|", "what?", "*.py", `a\b`, "con", "CON", "Con.txt", "prn", "aux.h", "nul", "NUL.tar.gz",
		"conin$", "CONOUT$.x",
		"com0", "COM1", "com9.log", "lpt0", "LPT9", "com¹", "COM².txt", "lpt³", "con .txt", "nul  .a.b", "a/aux/b", "a/com1",
	} {
		err := provider.CheckPortable(name)
		if !errors.Is(err, provider.ErrNotPortable) {
			t.Errorf("%.40q: got %v, want %v", name, err, provider.ErrNotPortable)
		}
	}
	err := provider.CheckPortable("figures/aux/a.svg")
	if want := `"figures/aux/a.svg" is ` + provider.ErrNotPortable.Error() +
		`: "aux" is the name of a device on Windows`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAttachmentNames(t *testing.T) {
	for _, test := range []struct {
		names string // with blanks between them; all but the last one can lie in one folder
		other string // that the last one clashes with, "" if with none
		kind  string // of the error
	}{
		{"a b", "", ""},
		{"a a", "a", "is recorded already"},
		{"a A", "a", "only the case"},
		{"x/README.md X/readme.MD", "x/README.md", "only the case"},
		{"AZ az", "AZ", "only the case"},
		{"x/a X/b", "", ""}, // the folder is the same, and that is no fault
		{"a a/b", "a", "a folder and a file"},
		{"a/b a", "a/b", "a folder and a file"},
		{"a/b/c A/B", "a/b/c", "a folder and a file"},
		{"A a/b/c", "A", "a folder and a file"},
		{"a a.b", "", ""},
		{"a ab", "", ""},
		{"ab a", "", ""},
		{"a/b a.b", "", ""},
		{"a a! a-b a", "a", "is recorded already"},
		{"a! a/b a-b a.b a", "a/b", "a folder and a file"}, // which stand between them in other orders
		{"a! a a-b a.b a/b", "a", "a folder and a file"},
		{"é É", "", ""}, // only letters of ASCII
		{"[ {", "", ""}, // which are as far apart as a capital letter from a small one
		{"@ `", "", ""},
	} {
		var names provider.AttachmentNames
		all := strings.Fields(test.names)
		for _, name := range all[:len(all)-1] {
			if err := names.Add(name); err != nil {
				t.Errorf("%s: %q: got %v", test.names, name, err)
			}
		}
		name := all[len(all)-1]
		for range 2 { // one that is refused is not there afterwards
			err := names.Add(name)
			if test.other == "" {
				if err != nil {
					t.Errorf("%s: got %v", test.names, err)
				}
				break
			}
			var clash *provider.NameClashError
			if !errors.As(err, &clash) || clash.Name != name || clash.Other != test.other ||
				!errors.Is(err, provider.ErrInvalid) ||
				!strings.Contains(err.Error(), test.kind) || clash.Folder != strings.Contains(test.kind, "folder") {
				t.Errorf("%s: got %#v, want a clash with %q: %s", test.names, err, test.other, test.kind)
			}
		}
	}
}

// The set says what comparing each name with each other one says, whatever the order, also with more names than a block has.
func TestAttachmentNames_random(t *testing.T) {
	clashes := 0
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.StringMatching(`[aB!](/[Ab.]{1,2}|[c0]{0,2}){0,3}`), 1, 60).Draw(t, "names")
		if many := rapid.IntRange(0, 5).Draw(t, "many"); many == 0 {
			for i := range 3000 {
				list = append(list, fmt.Sprintf("%d/%x", i*7919%3000, i))
			}
			list = rapid.Permutation(list).Draw(t, "order")
		}
		var names provider.AttachmentNames
		taken := map[string]bool{}   // names, and
		folders := map[string]bool{} // the folders that they lie in
		for _, name := range list {
			key := strings.ToLower(name)
			clash := taken[key] || folders[key]
			for i := range key {
				clash = clash || key[i] == '/' && taken[key[:i]]
			}
			err := names.Add(name)
			if errors.As(err, new(*provider.NameClashError)) != clash || (err != nil) != clash {
				t.Fatalf("%q: got %v, want a clash: %t", name, err, clash)
			}
			if clash {
				clashes++
				continue
			}
			taken[key] = true
			for i := range key {
				if key[i] == '/' {
					folders[key[:i]] = true
				}
			}
		}
	})
	if clashes == 0 {
		t.Error("no names ever clashed")
	}
}

// Each of many names is compared with its neighbours, wherever they lie.
func TestAttachmentNames_many(t *testing.T) {
	const n = 3000
	file := func(i int) string { return fmt.Sprintf("f%04d/x", i) }
	for name, at := range map[string]func(i int) int{
		"ascending": func(i int) int { return i }, "descending": func(i int) int { return n - 1 - i },
		"mixed": func(i int) int { return i * 1009 % n },
	} {
		var names provider.AttachmentNames
		for i := range n {
			if err := names.Add(file(at(i))); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for i := range n {
			for _, other := range []string{file(i), strings.ToUpper(file(i)), file(i) + "/y", file(i)[:len("f0000")]} {
				var clash *provider.NameClashError
				if err := names.Add(other); !errors.As(err, &clash) || clash.Other != file(i) {
					t.Fatalf("%s: %s: got %v, want a clash with %s", name, other, err, file(i))
				}
			}
		}
	}
}

// What a name takes does not depend on how many folders it names.
func TestAttachmentNames_memory(t *testing.T) {
	var names provider.AttachmentNames
	n := 0
	deep := strings.Repeat("/a", 2000)
	if got := testing.AllocsPerRun(100, func() {
		n++
		if err := names.Add(fmt.Sprint(n) + deep); err != nil {
			t.Fatal(err)
		}
	}); got > 8 {
		t.Errorf("got %v allocations for a name with 2000 folders, want at most 8", got)
	}
}

// A name that was taken back is as if it had never been added.
func TestAttachmentNames_Remove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var names, want provider.AttachmentNames
		list := rapid.SliceOfNDistinct(rapid.StringMatching(`[abc](/[ab]{1,2})?`), 1, 40, strings.ToLower).Draw(t, "names")
		if rapid.IntRange(0, 5).Draw(t, "many") == 0 {
			for i := range 2000 {
				list = append(list, fmt.Sprintf("f%d", i*7919%2000))
			}
		}
		names.Remove("a")
		var kept []string
		for _, name := range list {
			names.Remove(name + "x") // which is not there
			if names.Add(name) != nil {
				continue
			}
			if rapid.IntRange(0, 2).Draw(t, "remove") == 0 {
				names.Remove(strings.ToUpper(name)) // nor is this
				names.Remove(name)
				continue
			}
			kept = append(kept, name)
			if err := want.Add(name); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range list {
			if got, want := names.Add(name), want.Add(name); (got == nil) != (want == nil) {
				t.Fatalf("%q beside %q: got %v, want %v", name, kept, got, want)
			}
		}
		for _, name := range kept {
			names.Remove(name)
		}
	})
}

func TestStatus_Known(t *testing.T) {
	for s, want := range map[provider.Status]bool{"completed": true, "failed": true, "interrupted": true,
		"unfinished": true, "done": false, "": false, "Completed": false} {
		if got := s.Known(); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}
