package secrets

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// How much is read out of one text. What is left out is among what [Look] reports as unseen.
const (
	maxDepth    = 6        // encodings inside each other
	unpackRatio = 32       // bytes for each byte of the text
	unpackLeast = 64 << 10 // and so many more
	unpackMost  = 64 << 20 // and no more in all
	maxUnseen   = 20       // different reasons
)

// An Unseen is a part of a text that was not looked into, or several of the same kind.
type Unseen struct {
	What  string // such as "base64: zip: a.txt is encrypted"; it may quote the text
	Count int    // of parts
}

// Views gives text and everything that can be read out of it: without the escapes of JSON, and what stands in it in
// base64, hexadecimal, percent-encoding or UTF-16 or is packed, up to some levels deep. The views must not be modified.
func Views(text []byte) [][]byte {
	var views [][]byte
	w := newWalker(text, func(view []byte, _ origin, _ bool) []located {
		views = append(views, view)
		return nil
	})
	w.walk(text, origin{})
	return views
}

// An origin says where a text was read out of.
type origin struct {
	via   []string // the encodings around it, the outermost first
	outer []byte   // the part of the whole text that has it, where that is known
	known []string // the kinds of secrets that were found in that part as it stands
}

// through gives the origin of a text that is in one of this origin as s.
func (o origin) through(s segment, kinds []string, part []byte) origin {
	if len(o.via) > 0 {
		part = o.outer
	}
	return origin{append(slices.Clip(o.via), s.encoding), part, kinds}
}

// A walker goes through everything that can be read out of a text.
type walker struct {
	left   int // bytes that may still be read out
	full   bool
	unseen []Unseen
	visit  visitor
}

// A visitor looks at a text and gives what it finds, in order. plainer is whether it was called with the text without a
// level of escapes before.
type visitor func(text []byte, of origin, plainer bool) []located

func newWalker(text []byte, visit visitor) *walker {
	return &walker{left: int(min(unpackLeast+unpackRatio*int64(len(text)), unpackMost)), visit: visit}
}

// walk visits text and what is in it. What is a secret as a whole is not decoded.
func (w *walker) walk(text []byte, of origin) {
	levels := Unescaped(w.unpack(text, of))
	slices.Reverse(levels)
	last := levels[0]
	found := w.visit(last, of, false)
	for _, level := range levels[1:] {
		w.visit(level, of, true)
	}
	segments(last, func(s segment) bool {
		kinds, secret := overlapping(found, s.span)
		return secret || w.enter(s.decoded, of.through(s, kinds, last[s.start:s.end]))
	})
}

// enter walks a text that was read out of another one. It is false if that is too much.
func (w *walker) enter(text []byte, of origin) bool {
	switch w.left -= len(text); {
	case len(of.via) > maxDepth:
		w.leaveOut(of.via[:maxDepth], fmt.Sprintf("more than %d encodings inside each other", maxDepth))
		return false
	case w.left < 0:
		w.fill(of.via)
		return false
	}
	w.walk(text, of)
	return true
}

// fill notes that there is no room for more. The rest of the whole text is not read out.
func (w *walker) fill(via []string) {
	if w.left = 0; !w.full {
		w.full = true
		w.leaveOut(via, "more than is read out of a text of this size")
	}
}

// leaveOut notes what is not looked into.
func (w *walker) leaveOut(via []string, what string) {
	what = strings.Join(append(slices.Clip(via), what), ": ")
	same := func(u Unseen) bool { return u.What == what }
	i := slices.IndexFunc(w.unseen, same)
	if i < 0 && len(w.unseen) >= maxUnseen {
		what = "other parts"
		i = slices.IndexFunc(w.unseen, same)
	}
	if i < 0 {
		i = len(w.unseen)
		w.unseen = append(w.unseen, Unseen{What: what})
	}
	w.unseen[i].Count++
}

// overlapping gives the kinds of the secrets that have a part of s, and whether one has all of it. found is in order,
// and its spans have nothing in common.
func overlapping(found []located, s span) (kinds []string, whole bool) {
	i, _ := slices.BinarySearchFunc(found, s.start, func(f located, start int) int {
		return cmp.Compare(f.end, start+1)
	})
	for ; i < len(found) && found[i].start < s.end; i++ {
		kinds = append(kinds, found[i].Kind)
		whole = whole || found[i].start <= s.start && s.end <= found[i].end
	}
	return kinds, whole
}
