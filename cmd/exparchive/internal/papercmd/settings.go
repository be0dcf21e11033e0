package papercmd

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/simexp/exparchive/internal/evolution"
	"github.com/simexp/exparchive/internal/jsontext"
)

// settings are the values in a configuration that hold no others, by JSON pointer.
type settings struct {
	order  []string // of the text
	values map[string]json.RawMessage
}

func settingsOf(config json.RawMessage) settings {
	s := settings{values: map[string]json.RawMessage{}}
	if len(config) > 0 {
		s.add("", config)
	}
	return s
}

func (s *settings) add(at string, text json.RawMessage) {
	text = jsontext.Trim(text)
	inside := false
	switch {
	case len(text) > 0 && text[0] == '{':
		_ = jsontext.Members(text, func(name string, value []byte) error {
			s.add(at+"/"+jsontext.EscapePointer(name), value)
			inside = true
			return nil
		})
	case len(text) > 0 && text[0] == '[':
		var elements []json.RawMessage
		if json.Unmarshal(text, &elements) == nil {
			for i, x := range elements {
				s.add(at+"/"+strconv.Itoa(i), x)
				inside = true
			}
		}
	}
	if inside {
		return
	}
	if _, twice := s.values[at]; !twice {
		s.order = append(s.order, at)
	}
	s.values[at] = text
}

// differing gives the pointers to values that are not the same in all configurations, in the order in which they occur.
func differing(all []settings) (pointers []string) {
	seen := map[string]bool{}
	for _, s := range all {
		for _, pointer := range s.order {
			if seen[pointer] {
				continue
			}
			seen[pointer] = true
			first, there := all[0].values[pointer]
			if slices.ContainsFunc(all, func(s settings) bool {
				v, ok := s.values[pointer]
				return ok != there || ok && len(evolution.Diff(first, v)) > 0
			}) {
				pointers = append(pointers, pointer)
			}
		}
	}
	return pointers
}
