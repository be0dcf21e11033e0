package diff

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/providertest/randomrun"
)

// A node is a JSON value: an object or an array with its parts, or else a text.
type node struct {
	text  string
	parts []part
}

type part struct {
	name string // of a member, quoted; of an element its index
	node *node
}

func (n *node) String() string {
	if n.text[0] != '{' && n.text[0] != '[' {
		return n.text
	}
	var b strings.Builder
	b.WriteByte(n.text[0])
	for i, p := range n.parts {
		if i > 0 {
			b.WriteByte(',')
		}
		if n.text == "{" {
			fmt.Fprintf(&b, "%q:", p.name)
		}
		b.WriteString(p.node.String())
	}
	b.WriteByte(n.text[0] + 2)
	return b.String()
}

var scalars = []string{"0", "1", "1.5", "null", "false", "true", `""`, `"x"`, "9007199254740993", "9007199254740992"}

var memberNames = []string{"a", "b/c", "d~e", "", "timestamp", "0"}

func drawNode(t *rapid.T, depth int) *node {
	if depth == 0 || depth < 3 && rapid.IntRange(0, 2).Draw(t, "scalar") > 0 {
		return &node{text: rapid.SampledFrom(scalars).Draw(t, "value")}
	}
	n := &node{text: "{"}
	if depth < 3 && rapid.Bool().Draw(t, "array") {
		n.text = "["
	}
	for i, name := range rapid.Permutation(memberNames).Draw(t, "names")[:rapid.IntRange(0, 4).Draw(t, "parts")] {
		if n.text == "[" {
			name = fmt.Sprint(i)
		}
		n.parts = append(n.parts, part{name, drawNode(t, depth-1)})
	}
	return n
}

// plant changes one value somewhere in an object, and gives the pointer to it and both values, empty for none.
func plant(t *rapid.T, n *node) (pointer, before, after string) {
	how := rapid.IntRange(0, 3).Draw(t, "how")
	at := 0
	if len(n.parts) > 0 {
		at = rapid.IntRange(0, len(n.parts)-1).Draw(t, "at")
	}
	switch {
	case how == 0 || len(n.parts) == 0: // one more, the last
		name := "planted"
		if n.text == "[" {
			name = fmt.Sprint(len(n.parts))
		}
		after = rapid.SampledFrom(scalars).Draw(t, "more")
		n.parts = append(n.parts, part{name, &node{text: after}})
		return "/" + name, "", after
	case how == 1: // one less
		if n.text == "[" {
			at = len(n.parts) - 1
		}
		gone := n.parts[at]
		n.parts = slices.Delete(n.parts, at, at+1)
		return "/" + jsontext.EscapePointer(gone.name), gone.node.String(), ""
	}
	p := &n.parts[at]
	pointer = "/" + jsontext.EscapePointer(p.name)
	if how == 2 && (p.node.text == "{" || p.node.text == "[") {
		inner, before, after := plant(t, p.node)
		return pointer + inner, before, after
	}
	others := slices.DeleteFunc(append(slices.Clone(scalars), "{", "["), func(s string) bool { return s == p.node.text })
	before = p.node.String()
	p.node = &node{text: rapid.SampledFrom(others).Draw(t, "other")}
	return pointer, before, p.node.String()
}

// TestCompare_plantedInside: a change of one value in a JSON text, absent, null, zero, false and empty told apart, is
// the only difference, and is named with both values, wherever the text stands.
func TestCompare_plantedInside(t *testing.T) {
	randomrun.Checks(t, longtest.Count(300, 3000))
	fields := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		tree := drawNode(t, 3)
		old := json.RawMessage(tree.String())
		pointer, before, after := plant(t, tree)
		changed := json.RawMessage(tree.String())
		field := rapid.SampledFrom([]string{"/config", "/event_data", "/parsed_policy", "/extra", "/policies/A"}).Draw(t,
			"field")
		a, err := providertest.Kept(providertest.Sample())
		if err != nil {
			t.Fatal(err)
		}
		b := make([]provider.Record, len(a))
		seq := -1
		for i, r := range a {
			b[i] = r.Clone()
			switch x := r.(type) {
			case *provider.Start:
				if field == "/config" && seq < 0 {
					seq, x.Config, b[i].(*provider.Start).Config = i, old, changed
				}
			case *provider.Event:
				if field == "/event_data" && seq < 0 {
					seq, x.Data, b[i].(*provider.Event).Data = i, old, changed
				}
			case *provider.Interaction:
				if y := b[i].(*provider.Interaction); field == "/parsed_policy" && seq < 0 {
					seq, x.ParsedPolicy, y.ParsedPolicy = i, old, changed
				} else if field == "/extra" && seq < 0 {
					seq, x.Extra, y.Extra = i, old, changed
				}
			case *provider.Iteration:
				if field == "/policies/A" && seq < 0 {
					seq, x.Policies["A"], b[i].(*provider.Iteration).Policies["A"] = i, old, changed
				}
			}
		}
		all, _ := compare(t, a, b)
		value := func(v *Value) string {
			if v == nil {
				return ""
			}
			return string(v.JSON)
		}
		if len(all) != 1 || all[0].Sort != Changed || all[0].Pointer != field+pointer || all[0].SeqA != int64(seq) ||
			all[0].SeqB != int64(seq) ||
			value(all[0].A) != before || value(all[0].B) != after {
			t.Fatalf("planted %s: %s -> %s in record %d, from %s to %s; got\n%s", field+pointer, before, after, seq, old,
				changed, show(all))
		}
		fields[field]++
	})
	if len(fields) != 5 {
		t.Errorf("planted in %v", fields)
	}
}

// TestCompare_plantedAbsence: absent, zero, false and empty are four things in every field that may be absent.
func TestCompare_plantedAbsence(t *testing.T) {
	zero := func(f provider.Field, r provider.Record) bool {
		switch p := f.Addr(r).(type) {
		case **string:
			*p = new(string)
		case **int64:
			*p = new(int64)
		case **float64:
			*p = new(float64)
		case **bool:
			*p = new(bool)
		case **provider.Cents:
			*p = new(provider.Cents)
		case *[]byte:
			if f.Name == "salt" || f.Name == "data" {
				return false
			}
			*p = []byte(`{}`)
		default:
			return false
		}
		return true
	}
	planted := 0
	for k := provider.KindStart; k <= provider.KindResult; k++ {
		for f := range k.Fields() {
			run, err := providertest.Kept(providertest.Sample())
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(run, func(r provider.Record) bool { return r.RecordKind() == k })
			if at < 0 {
				t.Fatalf("the sample has no %s", k)
			}
			without, with := slices.Clone(run), slices.Clone(run)
			without[at], with[at] = run[at].Clone(), run[at].Clone()
			if !zero(f, with[at]) {
				continue
			}
			switch p := f.Addr(without[at]).(type) {
			case **string:
				*p = nil
			case **int64:
				*p = nil
			case **float64:
				*p = nil
			case **bool:
				*p = nil
			case **provider.Cents:
				*p = nil
			case *[]byte:
				*p = nil
			}
			planted++
			all, _ := compare(t, without, with)
			if len(all) != 1 || all[0].Pointer != "/"+f.Name || all[0].SeqA != int64(at) || all[0].A != nil || all[0].B == nil {
				t.Errorf("%s, %s absent and zero: got\n%s", k, f.Name, show(all))
			}
		}
	}
	if planted < 15 {
		t.Errorf("%d fields", planted)
	}
}

// TestCompare_plantedOrder: two neighbours that change places make a difference there.
func TestCompare_plantedOrder(t *testing.T) {
	run, err := providertest.Kept(providertest.Sample())
	if err != nil {
		t.Fatal(err)
	}
	swapped := 0
	for i := 1; i+1 < len(run); i++ {
		b := slices.Clone(run)
		b[i], b[i+1] = b[i+1], b[i]
		if providertest.Play(ctx, new(provider.Live), b) != nil || digestsEqual(run, b) {
			continue
		}
		swapped++
		_, s := compare(t, run, b)
		if d := s.First; d == nil || max(d.SeqA, d.SeqB) < int64(i) || d.SeqA > int64(i+1) || d.SeqB > int64(i+1) {
			t.Errorf("records %d and %d changed places: the first difference is %+v", i, i+1, d)
		}
	}
	if swapped < 20 {
		t.Errorf("%d pairs", swapped)
	}
}
