package jsonl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
)

// reference reads a line in the plain way: it is checked by encoding/json, then split, and each value is read by the
// general functions. What [Reader] does in one pass, with shortcuts for events, must give the same.
func reference(line []byte) (provider.Record, error) {
	if !json.Valid(line) {
		return nil, jsontext.Check(line)
	}
	if !utf8.Valid(line) {
		return nil, jsontext.ErrUTF8
	}
	if line[0] != '{' {
		return nil, errIsArray
	}
	var f fields
	var kind []byte
	err := jsontext.Members(line, func(name string, value []byte) error {
		if name == "type" {
			kind = value
			return nil
		}
		f.members = append(f.members, jsontext.Member{Name: []byte(name), Value: value})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if jsontext.IsNull(kind) {
		return nil, fmt.Errorf(`"type": %w`, errMissing)
	}
	word, err := jsontext.Unquote(kind)
	if err != nil {
		return nil, fmt.Errorf(`"type": got %.80s, want a string`, kind)
	}
	k, ok := kinds[word]
	if !ok {
		return nil, fmt.Errorf("%w type %.80q: want one of %s", ErrUnknown, word, allTypes())
	}
	f.kind = k
	for _, m := range f.members {
		if !referenceMember(k, string(m.Name)) {
			var all []string
			for field := range k.Fields() {
				all = append(all, field.Name)
			}
			return nil, fmt.Errorf("%w member %.80q: %s has %s", ErrUnknown, m.Name, k, strings.Join(all, ", "))
		}
	}
	if k != provider.KindEvent {
		return f.record()
	}
	e := &provider.Event{
		Iteration: f.iteration(), Type: f.text("event_type", true), Timestamp: f.text("timestamp", false),
		Data: f.json("event_data"),
	}
	e.Redaction = f.redaction()
	return e, f.err
}

func referenceMember(k provider.Kind, name string) bool {
	if _, ok := k.Field(name); ok || slices.Contains(redactionMembers, name) {
		return true
	}
	base, ok := strings.CutSuffix(name, textSuffix)
	if !ok || !isJSON(base) {
		return false
	}
	_, ok = k.Field(base)
	return ok
}

// checkLine compares what a Reader makes of a line with the reference, up to what is wrong with the record itself.
func checkLine(t testing.TB, line []byte) {
	t.Helper()
	if line = jsontext.Trim(line); len(line) == 0 || bytes.IndexByte(line, '\n') >= 0 {
		return
	}
	want, wantErr := reference(bytes.Clone(line))
	if wantErr == nil {
		wantErr = want.Validate()
	}
	newReader := func() *Reader { return &Reader{o: ReaderOptions{Resume: true}, iterations: map[int]struct{}{}} }
	if wantErr == nil {
		wantErr = newReader().inOrder(want)
	}
	for _, lent := range []bool{false, true} {
		r := newReader()
		r.fields.lent = lent
		got, err := r.parse(line, true)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) && !isWide(line) {
			t.Fatalf("%.300q, lent %v: got %v, want %v", line, lent, err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%.300q, lent %v: got %+v, want %+v", line, lent, got, want)
		}
	}
}

// lineSeeds are lines of all kinds, and what is nearly one.
func lineSeeds(t testing.TB) (seeds [][]byte) {
	for _, r := range providertest.Sample() {
		line, err := Line(r)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, bytes.TrimSpace(line))
	}
	deep := strings.Repeat("[", 600) + strings.Repeat("]", 600)
	for _, s := range []string{
		`{}`, `{ }`, `[]`, `null`, `{"type":"event"}`, `{"type":null}`, `{"type":7}`, `{"type":""}`, `{"type":"evens"}`,
		`{"type":"\u0065vent","iteration":0,"event_type":"x"}`,
		`{"\u0074ype":"event","iteration":1,"event_type":"\u0078"}`,
		`{"type":"\"event\"","iteration":0,"event_type":"x"}`, `{"type":"event","type":"event"}`,
		`{"type":"event","iteration":0,"event_type":"x","event_data":{"a":1,"a":2}}`,
		`{"type":"event","iteration":0,"event_type":"x","iteratio\u006e":1}`, `{"type":"event","\ud800":1}`,
		`{"type":"event","iteration":0,"event_type":"","timestamp":""}`,
		`{"type":"event","iteration":0,"event_type":7}`,
		`{"type":"event","iteration":-0,"event_type":"x"}`, `{"type":"event","iteration":1e3,"event_type":"x"}`,
		`{"type":"event","iteration":2147483648,"event_type":"x"}`,
		`{"type":"event","iteration":0,"event_type":"x","timestamp":null}`,
		`{"type":"event","iteration":0,"event_type":"x\u0000"}`,
		`{"type":"event","iteration":0,"event_type":"x","timestamp":[1]}`,
		`{"type":"event","iteration":0,"event_type":"x","event_data_text":" [1] "}`,
		`{"type":"event","iteration":0,"event_type":"x","event_data_text":" "}`,
		`{"type":"event","iteration":0,"event_type":"x","event_data":1,"event_data_text":"1"}`,
		`{"type":"event","iteration":0,"event_type":"x","event_data":null,"event_data_text":"1"}`,
		`{"type":"event","iteration":0,"event_type":"x","event_data":` + deep + `}`,
		`{"type":"event","unknown":` + deep + `}`,
		`{"type":"event","iteration":0,"event_type":"` + strings.Repeat("x", 300) + `"}`,
		`{"type":"event","iteration":0,"event_type":"x","withheld":{"event_data":"` + strings.Repeat("0a", 32) + `"}}`,
		"{\"type\":\"event\",\"iteration\":0,\"event_type\":\"\xff\"}",
		`{"type":"event","iteration":0,"event_type":"é"}`,
		` { "type" : "event" , "iteration" : 0 , "event_type" : "x" , "event_data" : { } } `, `{"type":"event",}`,
		`{"type":"event" "iteration":0}`, `{"type":"event","iteration":0,"event_type":"x"}}`,
		`{"type":"event","iteration":0`,
		`{"a":1,"a":2`, "{\"type\":\"event\"}\x00",
		`{"type":"iteration","iteration":1,"costs_per_agent":{"A":1,"A":2}}`,
	} {
		seeds = append(seeds, []byte(s))
	}
	var many strings.Builder
	for i := range 40 {
		fmt.Fprintf(&many, `"m%d":0,`, i)
	}
	return append(seeds, []byte(`{`+many.String()+`"m40":0}`), []byte(`{`+many.String()+`"m39":0}`))
}

func TestReader_reference(t *testing.T) {
	for _, line := range lineSeeds(t) {
		checkLine(t, line)
		for i := range min(len(line), 150) { // and cut, or with a byte changed
			checkLine(t, line[:i])
			for _, c := range []byte("\"\\{}[],: 0x\xff") {
				checkLine(t, slices.Concat(line[:i], []byte{c}, line[i+1:]))
			}
		}
	}
}

func FuzzReaderReference(f *testing.F) {
	for _, line := range lineSeeds(f) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) { checkLine(t, line) })
}
