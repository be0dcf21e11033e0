package diff

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// Ignore says what does not count as a difference. The zero value is nothing.
type Ignore struct {
	pointers []string
	members  []string // of the fields in open, at any depth
	kinds    []provider.Kind
	spelling bool
}

// open are the fields whose members are the experiment's own, and may repeat what other records have in fields.
var open = []string{"event_data", "extra"}

// ErrIgnore means that a word names nothing that can be ignored.
var ErrIgnore = errors.New("names nothing that can be ignored")

// words stand for fields and members of these names.
var words = map[string][]string{
	"run_id":    {"run_id", "simulation_id"}, // ids of simulations begin with that of the run
	"timestamp": {"timestamp", "created_at", "started_at", "completed_at", "finished_at"},
	"latency":   {"latency", "latency_ms", "latency_seconds", "duration", "duration_ms", "duration_seconds"},
	"tokens": {"tokens", "prompt_tokens", "completion_tokens", "total_tokens", "total_prompt_tokens",
		"total_completion_tokens",
		"input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens"},
}

// kindWords are the kinds of records that can be left out.
var kindWords = map[string]provider.Kind{
	"event": provider.KindEvent, "llm_interaction": provider.KindInteraction,
	"note": provider.KindNote, "attachment": provider.KindAttachment,
}

// spellingWord leaves out JSON values that are only written differently.
const spellingWord = "spelling"

// IgnoreWords gives the words that [ParseIgnore] takes, sorted; it takes JSON pointers too.
func IgnoreWords() []string {
	list := []string{spellingWord}
	list = slices.AppendSeq(list, maps.Keys(words))
	list = slices.AppendSeq(list, maps.Keys(kindWords))
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		for f := range k.Fields() {
			list = append(list, f.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// WordMembers gives the names of fields and members that a word stands for, in the order in which help shows them, and
// nil if it is no word for several.
func WordMembers(word string) []string { return slices.Clone(words[word]) }

// ParseIgnore reads what to ignore, a word each:
//
//   - run_id, timestamp, latency or tokens, for the names that [WordMembers] gives, or the name of a field in the line
//     protocol: fields of these names in records of all kinds, and members of these names, at any depth, in the data of
//     events and in what else was kept of calls (event_data and extra);
//   - event, llm_interaction, note or attachment: records of that kind;
//   - spelling: JSON values that are only written differently;
//   - a JSON pointer into a record, such as /config/seed: what is there, and below it.
//
// The error wraps [ErrIgnore].
func ParseIgnore(list []string) (Ignore, error) {
	var ig Ignore
	for _, word := range list {
		names, isWord := words[word]
		kind, isKind := kindWords[word]
		switch {
		case word == spellingWord:
			ig.spelling = true
		case isKind:
			ig.kinds = append(ig.kinds, kind)
		case isWord:
			ig.names(names...)
		case strings.HasPrefix(word, "/") && isField(strings.SplitN(word[1:], "/", 2)[0]):
			ig.pointers = append(ig.pointers, word)
		case isField(word):
			ig.names(word)
		default:
			return Ignore{}, fmt.Errorf("%q %w", word, ErrIgnore)
		}
	}
	return ig, nil
}

// names leaves out fields and members of some names.
func (ig *Ignore) names(names ...string) {
	ig.members = append(ig.members, names...)
	for _, name := range names {
		if isField(name) {
			ig.pointers = append(ig.pointers, "/"+name)
		}
	}
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
	if len(ig.members) == 0 {
		return false
	}
	field, rest, _ := strings.Cut(pointer[1:], "/")
	if !slices.Contains(open, field) {
		return false
	}
	for part := range strings.SplitSeq(rest, "/") {
		if slices.Contains(ig.members, jsontext.UnescapePointer(part)) {
			return true
		}
	}
	return false
}

// within reports whether something in a field may not count.
func (ig Ignore) within(field string) bool {
	if len(ig.members) > 0 && slices.Contains(open, field) {
		return true
	}
	for _, p := range ig.pointers {
		if name, _, _ := strings.Cut(p[1:], "/"); name == field {
			return true
		}
	}
	return false
}

// appendCounted appends what counts of a valid JSON value at a pointer, in a form that is only good for comparing.
func (ig Ignore) appendCounted(dst []byte, pointer string, text json.RawMessage) []byte {
	begin := len(dst)
	next := func(part string, value []byte) {
		if at := pointer + "/" + part; !ig.pointer(at) {
			dst = append(jsontext.AppendString(append(dst, ','), part), ':')
			dst = ig.appendCounted(dst, at, value)
		}
	}
	var err error
	switch text[0] {
	case '{':
		dst = append(dst, '{')
		err = jsontext.Members(text, func(name string, value []byte) error {
			next(jsontext.EscapePointer(name), value)
			return nil
		})
		dst = append(dst, '}')
	case '[':
		var elements []json.RawMessage
		err = json.Unmarshal(text, &elements)
		dst = append(dst, '[')
		for i, value := range elements {
			next(strconv.Itoa(i), value)
		}
		dst = append(dst, ']')
	default:
		return append(dst, text...)
	}
	if err != nil {
		return append(dst[:begin], text...)
	}
	return dst
}
