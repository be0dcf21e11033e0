package readcmd

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// printed gives what a tableRows for lines of that many characters makes of rows.
func printed(t *testing.T, fit int, rows ...[]any) string {
	t.Helper()
	var b bytes.Buffer
	w := &tableRows{w: &b, fit: fit, cell: max(tableCell, fit)}
	err := w.columns([]string{"n", "text"})
	for _, row := range rows {
		err = errors.Join(err, w.row(row))
	}
	if err := errors.Join(err, w.end()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestTableRows_fit: a table that fits the line to the character is one, and a wider one is printed expanded, with the
// rows that were kept until then.
func TestTableRows_fit(t *testing.T) {
	rows := [][]any{{int64(1), "short"}, {int64(20), "of 17 characters!"}, {nil, "a\nb"}}
	const table = " n  text\n 1  short\n20  of 17 characters!\n    a\\nb\n"
	const expanded = "-[ row 1 ]------------------------------\nn     1\ntext  short\n" +
		"-[ row 2 ]------------------------------\nn     20\ntext  of 17 characters!\n" +
		"-[ row 3 ]------------------------------\nn\ntext  a\n      b\n"
	for fit, want := range map[int]string{0: table, 21: table, 20: expanded, 1: expanded, 1000: table} {
		if got := printed(t, fit, rows...); got != want {
			t.Errorf("%d characters: got\n%swant\n%s", fit, got, want)
		}
	}
	if got, want := printed(t, 1), "n  text\n"; got != want {
		t.Errorf("no rows: got %q, want %q", got, want)
	}
	// On a wide terminal no cell is cut that its line has room for.
	long := strings.Repeat("y", 290)
	if got := printed(t, 300, []any{int64(1), long}); !strings.Contains(got, long+"\n") {
		t.Errorf("a wide terminal: got %s", got)
	}
	// A column that makes the table too wide only behind the sample does not change the form.
	var many [][]any
	for i := range tableSample {
		many = append(many, []any{int64(i), "x"})
	}
	if got := printed(t, 20, append(many, []any{int64(0), long})...); strings.Contains(got, "-[ row") {
		t.Error("rows behind the sample changed the form")
	}
}
