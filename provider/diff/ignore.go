package diff

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// Ignore says what does not count as a difference. The zero value is nothing.
type Ignore struct {
	pointers []string
	kinds    []provider.Kind
	spelling bool
}

// ErrIgnore means that a word names nothing that can be ignored.
var ErrIgnore = errors.New("names nothing that can be ignored")

// words stand for several fields, or for what is no field.
var words = map[string][]string{
	"timestamp": {"timestamp", "created_at", "completed_at"},
	"latency":   {"latency_seconds"},
	"tokens":    {"prompt_tokens", "completion_tokens"},
}

// kindWords are the kinds of records that can be left out.
var kindWords = map[string]provider.Kind{
	"event": provider.KindEvent, "llm_interaction": provider.KindInteraction,
	"note": provider.KindNote, "attachment": provider.KindAttachment,
}

// Words gives what [ParseIgnore] knows, without pointers.
func Words() []string {
	all := slices.AppendSeq([]string{"spelling"}, maps.Keys(words))
	all = slices.AppendSeq(all, maps.Keys(kindWords))
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		for f := range k.Fields() {
			all = append(all, f.Name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ParseIgnore reads what to ignore, a word each: the name of a field in the line protocol; timestamp (which is also created_at and
// completed_at), latency or tokens; a kind of record (event, llm_interaction, note or attachment); spelling, for JSON values that
// are only written differently; or a JSON pointer into a record, which stands for all below it. The error wraps [ErrIgnore].
func ParseIgnore(list []string) (Ignore, error) {
	var ig Ignore
	for _, word := range list {
		fields, isWord := words[word]
		kind, isKind := kindWords[word]
		switch {
		case word == "spelling":
			ig.spelling = true
		case isKind:
			ig.kinds = append(ig.kinds, kind)
		case isWord:
			for _, f := range fields {
				ig.pointers = append(ig.pointers, "/"+f)
			}
		case strings.HasPrefix(word, "/") && isField(strings.SplitN(word[1:], "/", 2)[0]):
			ig.pointers = append(ig.pointers, word)
		case isField(word):
			ig.pointers = append(ig.pointers, "/"+word)
		default:
			return Ignore{}, fmt.Errorf("%q %w", word, ErrIgnore)
		}
	}
	return ig, nil
}

// isField reports whether a record of some kind has a field of that name.
func isField(name string) bool {
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		if _, ok := k.Field(name); ok {
			return true
		}
	}
	return false
}

// kind reports whether records of the kind are left out.
func (ig Ignore) kind(k provider.Kind) bool { return slices.Contains(ig.kinds, k) }

// pointer reports whether what is at a pointer does not count.
func (ig Ignore) pointer(pointer string) bool {
	for _, p := range ig.pointers {
		if rest, ok := strings.CutPrefix(pointer, p); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

// within reports whether something in a field does not count.
func (ig Ignore) within(field string) bool {
	for _, p := range ig.pointers {
		if name, _, _ := strings.Cut(p[1:], "/"); name == field {
			return true
		}
	}
	return false
}
