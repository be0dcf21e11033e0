package verify

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/simexp/exparchive/internal/longtest"
)

// A counter counts the bytes that are read.
type counter struct {
	io.ReaderAt
	bytes atomic.Int64 // read ahead by goroutines of the pager
}

func (c *counter) ReadAt(b []byte, offset int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, offset)
	c.bytes.Add(int64(n))
	return n, err
}

// TestWorkInProportion: a small file cannot name so much that it takes long to check. Counted are the bytes of prompts
// that are joined, which are what is hashed, and the bytes that are read.
func TestWorkInProportion(t *testing.T) {
	// sections have 1 to 20 bytes, and one is empty.
	sections := func(n int) string {
		return fmt.Sprintf(`INSERT INTO z_section WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)
			SELECT i, CASE i WHEN 1 THEN '' ELSE substr('x' || i || 'yyyyyyyyyyyyyyyyyyyy', 1, 8 + i %% 12) END FROM n;`, n)
	}
	// interactions name the sections of a list, and are all of the iteration 0, which says that it has so many bytes.
	interactions := func(n int, list, size string) string {
		return fmt.Sprintf(`INSERT INTO z_llm_interaction (seq, iteration, system_prompt, user_prompt)
				WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %[1]d), list(v) AS (%[2]s) SELECT i, 0, v, v FROM n, list;
			INSERT INTO z_iteration (number, first_seq, last_seq, events, interactions, bytes) VALUES (0, 1, %[1]d, 0, %[1]d, %[3]s);
			UPDATE z_leaf_block SET leaves = zeroblob(4 * min(256, 1 + %[1]d))`, n, list, size)
	}
	allSections := "SELECT '[' || group_concat(id) || ']' FROM z_section"
	again := func(n int) string {
		return fmt.Sprintf("SELECT '[1' || replace(printf('%%.*c', %d, 'x'), 'x', ',1') || ']'", n-1)
	}
	many := longtest.Count(60_000, 300_000)
	for _, c := range []struct {
		what, sql string
		want      []string
		joined    int64 // at most
	}{
		{"one section without end", endless(250), []string{sxProportion}, 0},
		{"one section without end, and none of it counted", endless(250) + "; UPDATE z_iteration SET bytes = 0",
			[]string{sxSpanBytes}, 0},
		{"the first 128 MiB of it are counted", endless(250) + "; UPDATE z_iteration SET bytes = 1 << 27",
			[]string{sxSpanBytes}, 1 << 27},
		{"all sections in each interaction", sections(4000) + interactions(250, allSections, "1 << 40"),
			[]string{sxProportion}, 0},
		{"all sections in each interaction, and none counted", sections(4000) + interactions(250, allSections, "0"),
			[]string{sxSpanBytes}, 0},
		{"an iteration without a row", sections(4000) + interactions(250, allSections, "0") + "; DELETE FROM z_iteration",
			[]string{sxSpanRows}, 0},
		{"the empty section, again and again", "INSERT INTO z_section VALUES (1, '');" + interactions(1, again(4<<20-1), "0"),
			[]string{sxSectionCut}, 0},
		{"sections out of order", sections(many) + interactions(1, fmt.Sprintf(
			"SELECT '[' || group_concat(1 + id * 7919 %% %d) || ']' FROM z_section", many), "0") + `;
			UPDATE z_iteration SET bytes = 2 * (SELECT sum(length(body)) FROM z_section)`, []string{sxSectionOrder, sxSectionCut}, int64(2 * 20 * many)},
	} {
		b := badFile{sql: c.sql}.make(t, goodFiles()["start"].make(t))
		r := &counter{ReaderAt: bytes.NewReader(b)}
		v := newCheck(t.Context())
		v.sealed = true
		v.file(r, int64(len(b)))
		joined := v.joined
		report, err := v.done()
		if err != nil || !slices.Equal(codes(report), c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.what, report.Problems, err, c.want)
		}
		if joined > c.joined {
			t.Errorf("%s: %d bytes were joined for a file of %d bytes, want at most %d", c.what, joined, len(b), c.joined)
		}
		if most := 300 * int64(len(b)); r.bytes.Load() > most {
			t.Errorf("%s: %d bytes were read of a file of %d bytes, want at most %d", c.what, r.bytes.Load(), len(b), most)
		}
	}
}
