package jsontext

import (
	"bytes"
	"errors"
	"fmt"
)

// maxSplitDepth is how deep encoding/json lets values nest.
const maxSplitDepth = 10000

// A Member is a member of an object: its name, decoded, and the text of its value without white space around it. They
// share the object's memory, but for a name with escapes.
type Member struct{ Name, Value []byte }

// Split appends the members of an object to dst, in order, and checks in the same pass that text, which has no white
// space around it, is one JSON value. That it is UTF-8 the caller knows or checks.
//
// What is not JSON, or no object, is [ErrNotObject], in which case nothing is known of text. A name that comes twice is
// [ErrKey], and so is one with an unpaired surrogate; of several faults of names it is the first. Values may nest as
// deep as encoding/json lets them.
func Split(text []byte, dst []Member) ([]Member, error) {
	if len(text) == 0 || text[0] != '{' {
		return dst, ErrNotObject
	}
	first := len(dst)
	i := skipSpace(text, 1)
	if i == len(text)-1 && text[i] == '}' {
		return dst, nil
	}
	for {
		begin := skipSpace(text, i)
		name, colon := nameAndColon(text, begin)
		if colon < 0 {
			return dst[:first], ErrNotObject
		}
		value := skipSpace(text, colon)
		end := endOfValue(text, value, maxSplitDepth-1)
		if end < 0 {
			return dst[:first], ErrNotObject
		}
		dst = append(dst, Member{text[begin:name:name], text[value:end:end]})
		if i = skipSpace(text, end); i == len(text) || text[i] != ',' {
			break
		}
		i++
	}
	if i != len(text)-1 || text[i] != '}' {
		return dst[:first], ErrNotObject
	}
	return dst, decodeNames(dst[first:])
}

// decodeNames takes the quotes off the names of an object's members.
func decodeNames(members []Member) error {
	const few = 32 // that need no map
	var seen map[string]struct{}
	if len(members) > few {
		seen = make(map[string]struct{}, len(members))
	}
	for i := range members {
		name := members[i].Name
		if bytes.IndexByte(name, '\\') < 0 {
			name = name[1 : len(name)-1 : len(name)-1]
		} else if s, err := Unquote(name); err == nil {
			name = []byte(s)
		} else if errors.Is(err, ErrSurrogate) {
			return fmt.Errorf("%w: %w", ErrKey, err)
		} else {
			return err
		}
		members[i].Name = name
		twice := false
		if seen != nil {
			before := len(seen)
			seen[string(name)] = struct{}{}
			twice = len(seen) == before
		}
		for j := 0; j < i && seen == nil; j++ {
			twice = twice || string(members[j].Name) == string(name)
		}
		if twice {
			return fmt.Errorf("%w: %.80q stands twice", ErrKey, name)
		}
	}
	return nil
}
