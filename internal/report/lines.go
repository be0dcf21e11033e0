package report

import (
	"slices"
	"strings"
)

// A lineStore keeps texts as ranges of lines, each distinct run of lines once. Prompts of one run repeat each other in
// sections, between which single lines change.
type lineStore struct {
	lines  []string
	places map[string][]int32 // where each line stands, the last maxPlaces
	bytes  int                // of the lines, with the ends of lines
}

// maxPlaces is how many places are tried at which a line stands.
const maxPlaces = 32

// add gives the ranges that text is, as start and count of each, and stores those of its lines that are new.
func (s *lineStore) add(text string) (ranges []int) {
	if s.places == nil {
		s.places = map[string][]int32{}
	}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		at, n := s.longest(lines[i:])
		if n == 0 {
			at, n = s.store(lines[i]), 1
		}
		if k := len(ranges); k > 0 && ranges[k-2]+ranges[k-1] == at {
			ranges[k-1] += n
		} else {
			ranges = append(ranges, at, n)
		}
		i += n
	}
	return ranges
}

// has reports whether every line of a text that is not long is stored already.
func (s *lineStore) has(text string) bool {
	const most = 1000 // lines
	if strings.Count(text, "\n") >= most {
		return false
	}
	for line := range strings.SplitSeq(text, "\n") {
		if s.places[line] == nil {
			return false
		}
	}
	return true
}

// longest gives the place of the longest run of stored lines that lines begin with, the earliest of several.
func (s *lineStore) longest(lines []string) (at, n int) {
	for _, p := range s.places[lines[0]] {
		k := 1
		for k < len(lines) && int(p)+k < len(s.lines) && s.lines[int(p)+k] == lines[k] {
			k++
		}
		if k > n {
			at, n = int(p), k
		}
	}
	return at, n
}

func (s *lineStore) store(line string) int {
	at := len(s.lines)
	s.lines = append(s.lines, line)
	s.bytes += len(line) + 1
	places := s.places[line]
	if len(places) == maxPlaces {
		places = slices.Delete(places, 0, 1)
	}
	s.places[line] = append(places, int32(at))
	return at
}
