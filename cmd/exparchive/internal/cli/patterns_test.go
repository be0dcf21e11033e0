package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestExpandPattern(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.simexp", "B.SIMEXP", "c[1].simexp", "c1.simexp", "ä.simexp", ".hidden.simexp",
		"x.db", "runs1/a.simexp", "runs1/.x.simexp", "runs2/b.simexp", "runs[3]/c.simexp", "with space/d.simexp"} {
		name = filepath.FromSlash(name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ pattern, want string }{
		{"a.simexp", "a.simexp"}, {"none.simexp", "none.simexp"}, {"-", "-"}, {"", ""},
		{"*.simexp", "B.SIMEXP a.simexp c1.simexp c[1].simexp ä.simexp"},
		{"*.db", "x.db"}, {"?.simexp", "B.SIMEXP a.simexp ä.simexp"}, {"[ab].simexp", "B.SIMEXP a.simexp"},
		{"c[1].simexp", "c[1].simexp"}, {"c[12].simexp", "c1.simexp"}, {".*.simexp", ".hidden.simexp"},
		{"runs*/*.simexp", "runs1/a.simexp runs2/b.simexp runs[3]/c.simexp"},
		{"runs[3]/*.simexp", "runs[3]/c.simexp"}, {"runs[12]/*", "runs1/a.simexp runs2/b.simexp"},
		{"runs?/a.simexp", "runs1/a.simexp"}, {"./a*", "./a.simexp"}, {"runs?", "runs1 runs2"}, {"runs?/", "runs1 runs2"},
		{"w*/d.*", "with space/d.simexp"}, {"https://example.org/*.simexp?x=[1]", "https://example.org/*.simexp?x=[1]"},
	} {
		got, err := ExpandPattern(filepath.FromSlash(c.pattern))
		if strings.Contains(c.pattern, "://") {
			got, err = ExpandPattern(c.pattern)
		}
		for i := range got {
			got[i] = filepath.ToSlash(got[i])
		}
		slices.Sort(got)
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.pattern, got, err, c.want)
		}
	}
	for pattern, want := range map[string]string{
		"*.none":       "*.none: no file fits the pattern",
		"runs*/none":   "runs*/none: no file fits the pattern",
		"none/*":       "none/*: ",
		"[a":           "[a: not the name of a file, and no pattern of names either: a [ without a ]",
		"none*/a*/b*c": "none*/a*/b*c: no file fits the pattern",
	} {
		got, err := ExpandPattern(filepath.FromSlash(pattern))
		if err == nil || !strings.HasPrefix(filepath.ToSlash(err.Error()), want) {
			t.Errorf("%s: got %q, %v, want %s", pattern, got, err, want)
		}
	}
}

// TestTakePatterns: only what the usage line calls files is expanded, before the arguments are counted.
func TestTakePatterns(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.x", "b.x", "SELECT 1"} {
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ use, args, want string }{
		{"ls [FILE|FOLDER...]", "", ""}, {"ls [FILE|FOLDER...]", "*.x|a.x", "a.x b.x a.x"},
		{"view RUN...|FOLDER", "?.x|*.x", "a.x b.x a.x b.x"},
		{"query FILE|FOLDER... [SQL]", "*.x|SELECT *", "a.x b.x SELECT *"},
		{"query FILE|FOLDER... [SQL]", "*.x|*.x|S*", "a.x b.x a.x b.x S*"},
		{"query FILE|FOLDER... [SQL]", "*.x", "a.x b.x"}, {"extract FILE [NAME...] [-o FOLDER]", "a.*|*.x|b*", "a.x *.x b*"},
		{"attach FILE.simexp-live ATTACHMENT...", "a.*|*.x|b*", "a.x a.x b.x b.x"}, {"diff A B", "a*|b*", "a.x b.x"},
		{"dump FILE TABLE", "a*|b*", "a.x b*"}, {"run exp1|exp2 -o FILE", "e*", "e*"},
		{"check [paper.yaml]", "a*", "a.x"}, {"resume FILE.simexp-live [-- COMMAND [ARGUMENT...]]", "a*|b*", "a* b*"},
		{"sign FILE.simexp --key KEY | --note-key KEY", "a*", "a.x"},
	} {
		var got, checked []string
		cmd := &cobra.Command{Use: c.use, RunE: func(_ *cobra.Command, args []string) error { got = args; return nil },
			Args: func(_ *cobra.Command, args []string) error { checked = args; return nil }}
		root := &cobra.Command{Use: "root"}
		root.AddCommand(cmd)
		TakePatterns(root)
		args := []string{cmd.Name()}
		if c.args != "" {
			args = append(args, strings.Split(c.args, "|")...)
		}
		root.SetArgs(args)
		if err := root.Execute(); err != nil {
			t.Errorf("%s: %v", c.use, err)
		}
		if strings.Join(got, " ") != c.want || !slices.Equal(got, checked) {
			t.Errorf("%s, %s: got %q, checked %q, want %s", c.use, c.args, got, checked, c.want)
		}
	}
}

// TestTakePatterns_changed: what runs before a command changes its arguments where they are, and the command has them
// so.
func TestTakePatterns_changed(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.x", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	var got []string
	root := &cobra.Command{Use: "root", PersistentPreRunE: func(_ *cobra.Command, args []string) error {
		args[0] = "https://example.org/a"
		return nil
	}}
	root.AddCommand(&cobra.Command{Use: "diff A B", RunE: func(_ *cobra.Command, args []string) error {
		got = args
		return nil
	}})
	TakePatterns(root)
	root.SetArgs([]string{"diff", "https://guest:s3cret@example.org/a", "*.x"})
	if err := root.Execute(); err != nil || !slices.Equal(got, []string{"https://example.org/a", "a.x"}) {
		t.Errorf("got %q, %v", got, err)
	}
}
