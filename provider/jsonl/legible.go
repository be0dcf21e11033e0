package jsonl

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// maxLegible is how far into a line that is no record it is looked for what can be read of it.
const maxLegible = 1 << 20

// legible gives what can be read of a text, which need not be JSON: of each outermost object, or part of one, those
// members that are strings and of a good name's form, by their names; of two of a name the first. Objects may follow
// each other without line ends or stand in an array, and a text without braces may be a line of an object that has
// several. Single quotes are taken for double ones, since Python prints dictionaries so, and zero bytes for nothing:
// ASCII has them in UTF-16 and UTF-32.
func legible(text []byte) (objects []map[string]string) {
	text = bytes.ReplaceAll(text[:min(len(text), maxLegible)], []byte{0}, nil)
	members := map[string]string{}
	depth := 0
	next := func() {
		if len(members) > 0 {
			objects = append(objects, members)
			members = map[string]string{}
		}
	}
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '{', '[':
			if depth == 0 {
				next()
			}
			if c == '{' || depth > 0 {
				depth++
			}
			i++
		case '}', ']':
			depth = max(depth-1, 0)
			i++
		case '"', '\'':
			name, end := quoted(text, i)
			i = end
			if at := behindColon(text, end); depth <= 1 && at > 0 && (text[at] == '"' || text[at] == '\'') {
				var value string
				value, i = quoted(text, at)
				if _, twice := members[name]; !twice && name != "" && value != "" && len(value) <= provider.MaxName &&
					provider.CheckName(value) == nil {
					members[name] = value
				}
			}
		default:
			i++
		}
	}
	next()
	return objects
}

// quoted reads the string that begins at i, empty if it cannot be read, and gives the index behind it.
func quoted(text []byte, i int) (string, int) {
	quote := text[i]
	for end := i + 1; end < len(text); end++ {
		switch text[end] {
		case '\\':
			end++
		case quote:
			inner := text[i+1 : end]
			if quote == '\'' && (bytes.ContainsAny(inner, "\\\"") || !utf8.Valid(inner)) {
				return "", end + 1
			}
			s, _ := jsontext.Unquote(slices.Concat([]byte{'"'}, inner, []byte{'"'}))
			return s, end + 1
		}
	}
	return "", len(text)
}

// behindColon gives the index of the value behind the name that ends at i, 0 if there is none.
func behindColon(text []byte, i int) int {
	skip := func() {
		for i < len(text) && strings.IndexByte(jsontext.Space, text[i]) >= 0 {
			i++
		}
	}
	skip()
	if i == len(text) || text[i] != ':' {
		return 0
	}
	i++
	skip()
	if i == len(text) {
		return 0
	}
	return i
}

// A legibleStart is what can be read of experiment lines that could not be recorded.
type legibleStart struct {
	line    int
	members map[string]string
}

// claims reports whether any of a text claims to be a record of a kind.
func claims(text []byte, kind provider.Kind) bool {
	return slices.ContainsFunc(legible(text), func(members map[string]string) bool { return members["type"] == kind.String() })
}

// read reads a line that was rejected before the run began, and reports whether any of it claims to be a call of a
// language model.
func (s *legibleStart) read(l line) (call bool) {
	for _, members := range legible(l.text) {
		if s.members == nil && (members["type"] == provider.KindStart.String() || members["type"] == "" &&
			members["experiment_name"] != "") {
			s.line, s.members = l.number, members
		}
		call = call || members["type"] == provider.KindInteraction.String()
	}
	return call
}

// record makes the experiment with which a run begins whose own could not be recorded, and the note that says so.
// Without a name that can be read it has the one given, or is unknown; complete fills in id and time.
func (s *legibleStart) record(complete func(provider.Record), name string) (*provider.Start, *provider.Note) {
	m := s.members
	start := &provider.Start{RunID: m["run_id"], Name: m["experiment_name"], Type: m["experiment_type"],
		CreatedAt: m["created_at"]}
	var read, filled []string
	for _, f := range []struct {
		name  string
		value *string
	}{{"run_id", &start.RunID}, {"experiment_name", &start.Name}, {"experiment_type", &start.Type},
		{"created_at", &start.CreatedAt}} {
		if *f.value != "" {
			read = append(read, f.name)
		} else {
			filled = append(filled, f.name)
		}
	}
	const unknown = "unknown"
	if start.Name == "" {
		start.Name = name
	}
	if start.Name == "" || len(start.Name) > provider.MaxName || !utf8.ValidString(start.Name) ||
		provider.CheckName(start.Name) != nil {
		start.Name = unknown
	}
	if start.Type == "" {
		start.Type = unknown
	}
	complete(start)
	if start.CreatedAt == "" {
		filled = slices.DeleteFunc(filled, func(name string) bool { return name == "created_at" })
	}
	text := "no experiment line could be recorded before the run began"
	if len(read) > 0 {
		text += fmt.Sprintf("; read from line %d: %s", s.line, strings.Join(read, ", "))
	}
	if len(filled) > 0 {
		text += "; not recorded but filled in: " + strings.Join(filled, ", ")
	}
	return start, &provider.Note{Kind: "derived", Text: text}
}
