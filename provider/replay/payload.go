package replay

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// A payload is the data of an event, taken member by member. Members that nobody took are shown by rest. A member of an
// unexpected type is shown as it is written.
type payload struct {
	names  []string
	values [][]byte // nil once taken
}

// parsePayload reads an object; of anything else, and of an object with a name twice, it says false.
func parsePayload(data []byte) (*payload, bool) {
	const few = 8 // that need no more memory
	p := &payload{names: make([]string, 0, few), values: make([][]byte, 0, few)}
	err := jsontext.Members(data, func(name string, value []byte) error {
		p.names = append(p.names, name)
		p.values = append(p.values, value)
		return nil
	})
	return p, err == nil
}

// take gives a member's text, or nil if it is absent or null.
func (p *payload) take(names ...string) []byte {
	for _, want := range names {
		for i, name := range p.names {
			if v := p.values[i]; name == want && v != nil {
				p.values[i] = nil
				if !jsontext.IsNull(v) {
					return v
				}
			}
		}
	}
	return nil
}

// text gives a member for printing: a string without its quotes, anything else as compact JSON. Absent is "".
func (p *payload) text(names ...string) string { return plain(p.take(names...)) }

// agent gives the agent_id for use as a key and not for printing.
func (p *payload) agent() string {
	v := p.take("agent_id")
	if s, ok := unquote(v); ok {
		return s
	}
	return string(v)
}

// peekAgent is agent, but leaves the member where it is.
func (p *payload) peekAgent() string {
	other := payload{p.names, slices.Clone(p.values)}
	return other.agent()
}

// money gives an amount for printing. Absent is "".
func (p *payload) money(names ...string) string { return money(p.take(names...)) }

func (p *payload) boolean(name string) *bool {
	for i, n := range p.names {
		if n == name {
			switch string(p.values[i]) {
			case "true":
				p.values[i] = nil
				return new(true)
			case "false":
				p.values[i] = nil
				return new(false)
			}
		}
	}
	return nil
}

// list gives the elements of an array, or the value itself if it is none.
func (p *payload) list(names ...string) [][]byte { return elements(p.take(names...)) }

// rest gives the members that were not taken, for printing behind others; nulls are left out.
func (p *payload) rest() string {
	var b strings.Builder
	for i, v := range p.values {
		if !jsontext.IsNull(v) {
			b.WriteString(" " + escape(p.names[i]) + "=" + clip(compact(v), 400))
		}
	}
	return b.String()
}

func elements(v []byte) [][]byte {
	if v == nil {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(v, &list) != nil {
		return [][]byte{v}
	}
	out := make([][]byte, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

func unquote(v []byte) (string, bool) {
	if len(v) == 0 || v[0] != '"' {
		return "", false
	}
	s, err := jsontext.Unquote(v)
	return s, err == nil
}

// plain gives a JSON value for printing on one line, a string without its quotes.
func plain(v []byte) string {
	if s, ok := unquote(v); ok {
		return clip(escape(s), 400)
	}
	return clip(compact(v), 400)
}

// compact gives a JSON value for printing on one line.
func compact(v []byte) string { return escape(string(jsontext.Compact(v))) }

// money formats an amount in a payload; what is no integer of cents stays as it is written.
func money(v []byte) string {
	if v == nil {
		return ""
	}
	if c, err := provider.ParseCents(string(v)); err == nil {
		return c.String()
	}
	return clip(compact(v), 400)
}

// costsByAgent formats an object of amounts: "BANK_A $50.00, BANK_B $40.00".
func costsByAgent(v []byte) string {
	p, ok := parsePayload(v)
	if !ok {
		return plain(v)
	}
	var parts []string
	for i, name := range p.names {
		value := money(p.values[i])
		if jsontext.IsNull(p.values[i]) {
			value = "-"
		}
		parts = append(parts, escape(name)+" "+value)
	}
	return strings.Join(parts, ", ")
}

// seed formats an integer as the hexadecimal number it is known by.
func seed(v []byte) string {
	n, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil {
		return plain(v)
	}
	s := strconv.FormatUint(n, 16)
	return "0x" + strings.Repeat("0", max(0, 8-len(s))) + s
}

// number reads a JSON number that is not money.
func number(v []byte) (float64, bool) {
	if len(v) == 0 || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(v), 64)
	return n, err == nil
}

// share formats a number from 0 to 1 in percent.
func share(v []byte) string {
	n, ok := number(v)
	if !ok {
		return plain(v)
	}
	return strconv.FormatFloat(n*100, 'f', 1, 64) + "%"
}

// seconds formats a duration in a payload.
func seconds(v []byte) string {
	n, ok := number(v)
	if !ok {
		return plain(v)
	}
	return strconv.FormatFloat(n, 'f', 1, 64) + "s"
}

// costChange formats two amounts: "$50.00 -> $40.00, -20.0%"; absent ones are "-", and "" if both are.
func costChange(from, to []byte) string {
	if from == nil && to == nil {
		return ""
	}
	s := dash(money(from)) + " -> " + dash(money(to))
	a, errA := provider.ParseCents(string(from))
	b, errB := provider.ParseCents(string(to))
	if errA == nil && errB == nil && a != 0 {
		s += ", " + percent(int64(a), int64(b))
	}
	return s
}

// percent gives the change from a to b in percent of a, which is not 0, rounded half away from zero.
func percent(a, b int64) string {
	change := new(big.Int).Sub(big.NewInt(b), big.NewInt(a))
	base := new(big.Int).Abs(big.NewInt(a))
	sign := "+"
	if change.Sign() < 0 {
		sign = "-"
		change.Neg(change)
	}
	change.Mul(change, big.NewInt(2000)).Add(change, base) // twice the tenths of a percent, plus one half
	change.Quo(change, base.Lsh(base, 1))
	tenths, digit := change.QuoRem(change, big.NewInt(10), new(big.Int))
	return sign + tenths.String() + "." + digit.String() + "%"
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
