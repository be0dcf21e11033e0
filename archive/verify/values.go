package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// A checker checks values of one row after another.
type checker struct {
	*problemLog
	place Place
}

func (c checker) at(column string) Place {
	place := c.place
	place.Column = column
	return place
}

// name checks a short text that is there, and what is not there if it is required. A text that is optional is NULL and
// never empty.
func (c checker) name(column string, x btree.Value, required bool) {
	switch n := len(x.Bytes); {
	case x.Kind == btree.Null:
	case n == 0 && required:
		c.add(sxRequired, c.at(column), "empty")
	case n == 0:
		c.add(sxAbsent, c.at(column), "an empty text, want NULL")
	case n > provider.MaxName:
		c.add(sxNameLength, c.at(column), "%d bytes, more than %d", n, provider.MaxName)
	}
	if bytes.IndexByte(x.Bytes, 0) >= 0 {
		c.add(sxZeroByte, c.at(column), "has U+0000")
	}
}

// text checks a long text that may be absent. One that is so long that a reader's handle of SQLite gives it up is let
// go.
func (c checker) text(column string, x *btree.Value) {
	c.length(column, len(x.Bytes))
	if len(x.Bytes) > provider.MaxText+1<<20 {
		x.Bytes = nil
	}
}

func (c checker) length(column string, n int) {
	if n > provider.MaxText {
		c.add(sxTextLength, c.at(column), "%d bytes, more than %d", n, provider.MaxText)
	}
}

// json checks a JSON text that is there and reports whether it is one.
func (c checker) json(column string, text []byte) bool {
	c.length(column, len(text))
	if trimmed := jsontext.Trim(text); len(trimmed) != len(text) {
		c.add(sxJSONForm, c.at(column), "white space around the value")
		text = trimmed
	} else if string(text) == "null" {
		c.add(sxJSONForm, c.at(column), "null, want NULL")
		return false
	}
	err := jsontext.Check(text)
	switch {
	case err == nil:
		return true
	case errors.Is(err, jsontext.ErrDepth):
		c.add(sxJSONDepth, c.at(column), "%v", err)
	case errors.Is(err, jsontext.ErrUTF8): // reported with the column
		return true
	default:
		c.add(sxJSON, c.at(column), "%v", err)
	}
	return false
}

// object checks a canonical object by agent, unless it is NULL, and calls value for each member. It reports whether the
// object can be read.
func (c checker) object(
	column string, x btree.Value, value func(agent string, place Place, text []byte) bool,
) (sound bool) {
	if x.Kind == btree.Null {
		return true
	}
	if !c.json(column, x.Bytes) {
		return false
	}
	sound = true
	members := map[string]json.RawMessage{}
	err := jsontext.Members(x.Bytes, func(agent string, text []byte) error {
		members[agent] = text
		place := c.at(column)
		place.Pointer = provider.Subject(agent)
		if agent == "" || len(agent) > provider.MaxName {
			c.add(sxAgents, place, "an agent's name of %d bytes, want 1 to %d", len(agent), provider.MaxName)
		}
		if provider.CheckName(agent) != nil {
			c.add(sxZeroByte, place, "an agent's name has U+0000")
		}
		sound = value(agent, place, text) && sound
		return nil
	})
	if err != nil {
		c.add(sxAgents, c.at(column), "%v", err)
		return false
	}
	if !bytes.Equal(provider.AppendPolicies(nil, members), x.Bytes) {
		c.add(sxAgents, c.at(column),
			"not in canonical form: want agents in ascending order, no white space and nothing escaped without need")
	}
	return sound
}

func (c checker) costs(x btree.Value) bool {
	return c.object("costs_per_agent", x, func(_ string, place Place, text []byte) bool {
		_, err := provider.ParseCents(string(text))
		if err != nil {
			c.add(sxCents, place, "%v", err)
		}
		return err == nil
	})
}

func (c checker) accepted(x btree.Value) bool {
	return c.object("accepted_changes", x, func(_ string, place Place, text []byte) bool {
		if s := string(text); s == "true" || s == "false" {
			return true
		}
		c.add(sxAccepted, place, "%.80s, want true or false", text)
		return false
	})
}

func (c checker) policies(x btree.Value) bool {
	return c.object("policies", x, func(_ string, place Place, text []byte) bool {
		if jsontext.IsNull(text) {
			c.add(sxPolicies, place, "null: an agent without a policy is left out")
			return false
		}
		return true
	})
}

// iteration checks the number of an iteration, and reports whether it can be one.
func (c checker) iteration(column string, n int64) bool {
	if n < 0 || n > provider.MaxIteration {
		c.add(sxIterationRange, c.at(column), "%d, want 0 to %d", n, provider.MaxIteration)
		return false
	}
	return true
}

// tokens checks a count that may be absent.
func (c checker) tokens(column string, x btree.Value) {
	if x.Kind != btree.Null && x.Int < 0 {
		c.add(sxTokens, c.at(column), "%d is negative", x.Int)
	}
}

// latency checks a latency that may be absent.
func (c checker) latency(column string, x btree.Value) {
	if f := x.Float; x.Kind != btree.Null && (math.IsNaN(f) || math.IsInf(f, 0) || math.Signbit(f)) {
		c.add(sxLatency, c.at(column), "%v, want a finite number that is not negative, nor minus zero", f)
	}
}

// A valueCheck checks the data and the timestamps of events.
type valueCheck struct{ problemLog }

func (l *valueCheck) run(in <-chan *recordBatch) {
	for b := range in {
		for i := range b.items {
			it := &b.items[i]
			if it.record != nil {
				continue
			}
			e := &b.events[it.event]
			c := func() checker { return checker{&l.problemLog, Place{Table: tables.TableEvent, Record: new(e.Seq)}} }
			if it.time[0] >= 0 && (e.Timestamp == "" || len(e.Timestamp) > provider.MaxName ||
				provider.CheckName(e.Timestamp) != nil) {
				c().name("timestamp", btree.Value{Kind: btree.Text, Bytes: []byte(e.Timestamp)}, false)
			}
			if e.Data != nil && (len(e.Data) > provider.MaxText || len(jsontext.Trim(e.Data)) != len(e.Data) ||
				string(e.Data) == "null" || jsontext.Check(e.Data) != nil) {
				c().json("data", e.Data)
			}
		}
		b.users.Done()
	}
}
