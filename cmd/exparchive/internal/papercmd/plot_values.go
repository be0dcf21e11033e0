package papercmd

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/series"
)

// numberIn gives the number that a row has in a column, nil for none; money is in dollars. Anything else is an error.
func numberIn(c series.Column, r series.Row, v series.Value) (*big.Rat, error) {
	if v == nil {
		return nil, nil
	}
	if n, ok := cents(c, v); ok {
		return dollars(&n), nil
	}
	n, err := decimal.Parse(string(v))
	if err == nil {
		return n, nil
	}
	hint := ""
	switch v[0] {
	case '[':
		hint = "; `exparchive plot spread` draws arrays of numbers"
	case '{':
		hint = "; name one of its members by a longer pointer"
	}
	return nil, notDrawn(c, r, v, "a number", hint)
}

// notDrawn is the error about a value that is no number or array of them.
func notDrawn(c series.Column, r series.Row, v series.Value, want, hint string) error {
	whose := ""
	if r.Agent != "" {
		whose = fmt.Sprintf(" of agent %.200q", r.Agent)
	}
	return fmt.Errorf("column %s: iteration %d%s has %.80s, want %s%s", c.Name, r.Iteration, whose, v, want, hint)
}

// A spread is the least, the mean and the greatest of samples; nil where there are none.
type spread struct{ low, mean, high *big.Rat }

// spreadIn gives the spread of the samples that a row has in a column, an array of numbers; null stands for a sample
// that is absent. Anything else is an error.
func spreadIn(c series.Column, r series.Row, v series.Value) (s spread, err error) {
	if v == nil {
		return s, nil
	}
	var samples []json.RawMessage
	if v[0] != '[' || json.Unmarshal(v, &samples) != nil {
		hint := ""
		if _, err := decimal.Parse(string(v)); err == nil {
			hint = "; `exparchive plot parameter` draws single numbers"
		}
		return s, notDrawn(c, r, v, "an array of numbers", hint)
	}
	sum, n := new(big.Rat), int64(0)
	for _, text := range samples {
		if jsontext.IsNull(text) {
			continue
		}
		x, err := decimal.Parse(string(text))
		if err != nil {
			return spread{}, notDrawn(c, r, v, "an array of numbers", memberHint(c, text))
		}
		sum.Add(sum, x)
		n++
		if s.low == nil || x.Cmp(s.low) < 0 {
			s.low = x
		}
		if s.high == nil || x.Cmp(s.high) > 0 {
			s.high = x
		}
	}
	if n > 0 {
		s.mean = sum.Quo(sum, big.NewRat(n, 1))
	}
	return s, nil
}

// memberHint says, for samples that are objects, which of their members are numbers.
func memberHint(c series.Column, sample []byte) string {
	var list []string
	_ = jsontext.Members(sample, func(name string, value []byte) error {
		if _, err := decimal.Parse(string(value)); err == nil && len(list) < 5 {
			list = append(list, fmt.Sprintf("%s/{each}/%s", c.Pointer, jsontext.EscapePointer(name)))
		}
		return nil
	})
	if list == nil {
		return ""
	}
	return "; did you mean " + strings.Join(list, " or ") + "?"
}
