package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
)

// A change is one difference between two policies, for printing. An empty old or new value is absent.
type change struct{ name, old, new string }

func (c change) String() string {
	switch {
	case c.old == "" && c.new == "":
		return c.name + " changed"
	case c.old == "":
		return c.name + " " + c.new + " added"
	case c.new == "":
		return c.name + " " + c.old + " removed"
	}
	return c.name + " " + c.old + " -> " + c.new
}

// policyParts splits a policy: its parameters, nested ones with a dot, and its other members. It says false if the
// policy is not an object.
func policyParts(policy []byte) (parameters, others *payload, ok bool) {
	others, ok = parsePayload(policy)
	if !ok {
		return nil, nil, false
	}
	parameters = new(payload)
	for i, name := range others.names {
		if name == "parameters" {
			if flat, isObject := parsePayload(others.values[i]); isObject {
				others.names = append(others.names[:i:i], others.names[i+1:]...)
				others.values = append(others.values[:i:i], others.values[i+1:]...)
				flatten(parameters, "", flat, mostNesting)
				break
			}
		}
	}
	return parameters, others, true
}

// mostNesting is how deep parameters are looked into; what is deeper is compared as a whole.
const mostNesting = 8

func flatten(into *payload, prefix string, p *payload, nesting int) {
	for i, name := range p.names {
		if nesting > 0 {
			if inner, ok := parsePayload(p.values[i]); ok && len(inner.names) > 0 {
				flatten(into, prefix+name+".", inner, nesting-1)
				continue
			}
		}
		into.names = append(into.names, prefix+name)
		into.values = append(into.values, p.values[i])
	}
}

// changes compares two policies by what they mean: order of members and white space do not count.
func changes(old, new []byte) []change {
	if same(old, new) {
		return nil
	}
	oldParameters, oldOthers, ok1 := policyParts(old)
	newParameters, newOthers, ok2 := policyParts(new)
	if !ok1 || !ok2 {
		return []change{{"policy", clip(compact(old), 60), clip(compact(new), 60)}}
	}
	list := compare(nil, oldParameters, newParameters, true)
	return compare(list, oldOthers, newOthers, false)
}

// compare appends the members that differ, in the order of the new ones, then those that are gone. Values that are long
// or composite are left out unless always is set.
func compare(list []change, old, new *payload, always bool) []change {
	add := func(name string, from, to []byte) {
		c := change{name: escape(name)}
		if always || scalar(from) && scalar(to) {
			c.old, c.new = brief(from), brief(to)
		}
		list = append(list, c)
	}
	oldAt := make(map[string]int, len(old.names))
	for i, name := range old.names {
		oldAt[name] = i
	}
	for i, name := range new.names {
		var from []byte
		if j, ok := oldAt[name]; ok {
			from = old.values[j]
			delete(oldAt, name)
		}
		if !same(from, new.values[i]) {
			add(name, from, new.values[i])
		}
	}
	for i, name := range old.names {
		if j, ok := oldAt[name]; ok && j == i {
			add(name, old.values[i], nil)
		}
	}
	return list
}

func brief(v []byte) string { return clip(compact(v), 60) }

func scalar(v []byte) bool { return len(v) < 60 && (len(v) == 0 || v[0] != '{' && v[0] != '[') }

// same compares two JSON values by meaning, numbers by their spelling.
func same(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if a == nil || b == nil {
		return false
	}
	x, ok1 := canonical(a)
	y, ok2 := canonical(b)
	return ok1 && ok2 && bytes.Equal(x, y)
}

func canonical(v []byte) ([]byte, bool) {
	d := json.NewDecoder(bytes.NewReader(v))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return nil, false
	}
	text, err := json.Marshal(value)
	return text, err == nil
}

// repeats is said of a proposal that changes nothing.
const repeats = "repeats the policy in force"

// mostChanges is how many changes or parameters a summary shows.
const mostChanges = 4

// describe tells on one line what a proposal changes; if the old policy is not known, what it sets.
func describe(old, proposal []byte) string {
	if old == nil {
		return parametersOf(proposal)
	}
	list := changes(old, proposal)
	if len(list) == 0 {
		return repeats
	}
	var parts []string
	for _, c := range list[:min(len(list), mostChanges)] {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, ", ") + more(len(list))
}

func more(n int) string {
	if n > mostChanges {
		return fmt.Sprintf(", %d more", n-mostChanges)
	}
	return ""
}

// parametersOf lists the first parameters of a policy, or the policy if it has none.
func parametersOf(policy []byte) string {
	parameters, _, ok := policyParts(policy)
	if !ok || len(parameters.names) == 0 {
		return clip(compact(policy), 60)
	}
	var parts []string
	for i, name := range parameters.names[:min(len(parameters.names), mostChanges)] {
		parts = append(parts, escape(name)+" "+brief(parameters.values[i]))
	}
	return strings.Join(parts, ", ") + more(len(parameters.names))
}

// changeTable gives the rows of parameter, old, new and change in percent.
func changeTable(old, proposal []byte) [][]string {
	rows := [][]string{{"parameter", "old", "new", "change"}}
	for _, c := range changes(old, proposal) {
		if c.old == "" && c.new == "" {
			rows = append(rows, []string{c.name, "", "", "changed"})
			continue
		}
		rows = append(rows, []string{c.name, dash(c.old), dash(c.new), parameterChange(c.old, c.new)})
	}
	return rows
}

// parameterChange gives the change of a number in percent, or "".
func parameterChange(old, new string) string {
	a, ok1 := number([]byte(old))
	b, ok2 := number([]byte(new))
	if !ok1 || !ok2 || a == 0 {
		return ""
	}
	change := (b - a) / math.Abs(a) * 100
	if math.IsInf(change, 0) || math.IsNaN(change) {
		return ""
	}
	s := strconv.FormatFloat(change, 'f', 1, 64)
	if change > 0 {
		s = "+" + s
	}
	return s + "%"
}

// isAbsent reports whether a policy was not given.
func isAbsent(policy []byte) bool { return jsontext.IsNull(policy) }
