package tables

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// Prompts repeat: the system prompt is the same in every call, and user prompts share long parts. So a prompt is stored
// as a list of sections, and a section once for each content. Only the writer decides where to cut; readers join
// whatever a list names.

// minSection is the length in bytes below which a section is not worth a row of its own.
const minSection = 128

// SplitSections cuts text behind blank lines. The sections joined are the text. A section is at least minSection bytes
// long, but for the last, so where a part begins that two prompts share their sections soon are the same again.
func SplitSections(text string) []string {
	var sections []string
	for start := 0; ; {
		from := min(start+minSection, len(text))
		cut := strings.Index(text[from:], "\n\n")
		if cut < 0 {
			return append(sections, text[start:])
		}
		end := from + cut
		for end < len(text) && text[end] == '\n' {
			end++
		}
		if end == len(text) {
			return append(sections, text[start:])
		}
		sections = append(sections, text[start:end])
		start = end
	}
}

// AppendSectionList appends the list of sections as a column holds it.
func AppendSectionList(dst []byte, ids []int64) []byte {
	dst = append(dst, '[')
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, id, 10)
	}
	return append(dst, ']')
}

// MaxSectionCache bounds what a reader keeps of the sections that it met last, in bytes.
const MaxSectionCache = 8 << 20

// ParseSectionList reads a list as [AppendSectionList] writes it: a JSON array of numbers from 1 on in decimal without
// leading zeros, without white space, not empty, of at most [MaxSectionList] bytes. Nothing else is a list.
func ParseSectionList(list string) ([]int64, error) {
	bad := func() ([]int64, error) { return nil, fmt.Errorf("%w: section list %.80q", sqlitefile.ErrDamaged, list) }
	if len(list) > MaxSectionList {
		return nil, fmt.Errorf("%w: a section list of %d bytes, more than %d", sqlitefile.ErrDamaged, len(list),
			MaxSectionList)
	}
	inner, ok := strings.CutPrefix(list, "[")
	inner, ok2 := strings.CutSuffix(inner, "]")
	if !ok || !ok2 {
		return bad()
	}
	ids := make([]int64, 0, strings.Count(inner, ",")+1)
	for part := range strings.SplitSeq(inner, ",") {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil || part[0] < '1' || part[0] > '9' {
			return bad()
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// MaxSectionList is the length in bytes of the longest list of sections.
const MaxSectionList = 8 << 20

// TextLength gives the length in bytes of a text that may be absent.
func TextLength(s *string) int64 {
	if s == nil {
		return 0
	}
	return int64(len(*s))
}
