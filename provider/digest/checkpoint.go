package digest

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Checkpoint names a run up to a number of records and gives the digest of those. Its text is a tlog-checkpoint
// (https://c2sp.org/tlog-checkpoint): three lines with the origin, the size in decimal and the root in base64.
//
//	simexp/exp1-20251215-084901-866d63
//	44
//	CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//
// It is what signatures sign: the run id and every record are covered by the root.
type Checkpoint struct {
	Origin     string   // see [Origin]
	Size       int64    // number of records, at most MaxSize
	Root       Hash     // digest of them
	Extensions []string // further lines, which this program neither writes nor understands; none is empty
}

const (
	// MaxSize is the largest number of records that a checkpoint or a proof may speak of.
	MaxSize = math.MaxInt64 / 4
	// MaxCheckpoint is the length in bytes of the longest checkpoint, with the signatures of a note, that is read.
	MaxCheckpoint = 1 << 16
)

// ErrCheckpoint means that a text is no checkpoint.
var ErrCheckpoint = errors.New("not a checkpoint")

// originPrefix stands before the run id in the origin.
const originPrefix = "simexp/"

// Limits of an origin: a signed checkpoint should stay below 300 bytes, so that it can be printed in a footnote.
const (
	maxOriginName = 56 // bytes behind the prefix
	originCut     = 39 // bytes of a longer one that are kept before its hash
)

// Origin gives the first line of the checkpoints of a run: "simexp/" and the run id, in which bytes other than letters,
// digits and -._/:@ are written as %XX. An id that would take more than 56 bytes is cut, and a tilde and the first
// 16 hexadecimal digits of its SHA-256 follow.
func Origin(runID string) string {
	var b strings.Builder
	cut := 0
	for i := range len(runID) {
		if b.Len() <= originCut {
			cut = b.Len()
		}
		c := runID[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._/:@", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if len(name) > maxOriginName {
		sum := sha256.Sum256([]byte(runID))
		name = fmt.Sprintf("%s~%x", name[:cut], sum[:8])
	}
	return originPrefix + name
}

// Text gives the three lines that are signed, or more if there are extensions.
func (c Checkpoint) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d\n%s\n", c.Origin, c.Size, c.Root.base64())
	for _, e := range c.Extensions {
		b.WriteString(e + "\n")
	}
	return b.String()
}

func (h Hash) base64() string { return base64.StdEncoding.EncodeToString(h[:]) }

// ParseCheckpoint undoes [Checkpoint.Text]. The text may also be a whole signed note (https://c2sp.org/signed-note),
// whose signatures are not looked at. An error wraps [ErrCheckpoint].
func ParseCheckpoint(text string) (Checkpoint, error) {
	var c Checkpoint
	if len(text) > MaxCheckpoint {
		return c, fmt.Errorf("%w: %d bytes, more than %d", ErrCheckpoint, len(text), MaxCheckpoint)
	}
	if strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' }) >= 0 || !utf8.ValidString(text) {
		return c, fmt.Errorf("%w: a control character, or no UTF-8", ErrCheckpoint)
	}
	if body, signatures, ok := cutLast(text, "\n\n"); ok && signatures != "" {
		text = body + "\n"
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" {
		return c, fmt.Errorf("%w: %d lines, want three that each end in a newline: origin, size and root", ErrCheckpoint,
			len(lines)-1)
	}
	c.Origin, c.Extensions = lines[0], lines[3:len(lines)-1]
	if c.Origin == "" || strings.IndexFunc(c.Origin, unicode.IsSpace) >= 0 {
		return c, fmt.Errorf("%w: line 1: origin %.80q is empty or has spaces", ErrCheckpoint, c.Origin)
	}
	var err error
	if c.Size, err = parseSize(lines[1]); err != nil {
		return c, fmt.Errorf("%w: line 2: %w", ErrCheckpoint, err)
	}
	if c.Root, err = parseBase64(lines[2]); err != nil {
		return c, fmt.Errorf("%w: line 3: %w", ErrCheckpoint, err)
	}
	for i, e := range c.Extensions {
		if e == "" {
			return c, fmt.Errorf("%w: line %d is empty", ErrCheckpoint, i+4)
		}
	}
	if len(c.Extensions) == 0 {
		c.Extensions = nil
	}
	return c, nil
}

// cutLast is strings.Cut at the last place.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// parseSize reads a decimal without leading zeroes up to MaxSize.
func parseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > MaxSize || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("number %.80q, want a decimal from 0 to %d", s, int64(MaxSize))
	}
	return n, nil
}

func parseBase64(s string) (Hash, error) {
	if len(s) == base64.StdEncoding.EncodedLen(len(Hash{})) {
		if b, err := base64.StdEncoding.Strict().DecodeString(s); err == nil && len(b) == len(Hash{}) {
			return Hash(b), nil
		}
	}
	return Hash{}, fmt.Errorf("hash %.80q, want 32 bytes in base64", s)
}
