package readcmd

import (
	"bufio"
	"strings"
	"testing"
	"testing/iotest"
)

// TestBeginning reads what comes byte by byte, and wants as much as it takes to know what it is.
func TestBeginning(t *testing.T) {
	const line = `{"run_id":"x","type":"experiment"}` + "\n"
	duck := strings.Repeat("\n", 8) + "DUCK" + strings.Repeat("\x00", 20)
	for _, c := range []struct{ text, want string }{
		{line + line, line[:len(line)-2]},
		{`{"a":1}` + "\n" + line, `{"a":1}` + "\n" + line[:8]}, // as long as the longest mark
		{"{\n\"id\": \"x\",\n\"days\": [{}]}\n", "{\n\"id\": \"x\",\n\"days\": ["},
		{"\ufeff{\n\"days\": [{\"day\": 0}]}", "\ufeff{\n\"days\": [{\""},
		{duck, duck[:16]},
		{"{\"a\" 1, \"type\": 2}\n" + line, "{\"a\" 1, \"type\": 2}\n"},
		{"hello", "hello"},
		{"", ""},
	} {
		r := bufio.NewReaderSize(iotest.OneByteReader(strings.NewReader(c.text)), 64<<10)
		if got := string(beginning(r)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}
