package providertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strconv"

	"github.com/simexp/exparchive/provider"
)

// Play gives records to s: copies of them, so that nothing s does can reach the originals. If the last of them is not a
// [provider.Result] it finishes s with nil.
func Play(ctx context.Context, s provider.Sink, records []provider.Record) error {
	finished := false
	for i, r := range records {
		if err := provider.Put(ctx, s, r.Clone()); err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
		finished = r.RecordKind() == provider.KindResult
	}
	if finished {
		return nil
	}
	return s.Finish(ctx, nil)
}

// Live plays records into a new [provider.Live] and panics if they do not make a run.
func Live(records []provider.Record) *provider.Live {
	l := new(provider.Live)
	if err := Play(context.Background(), l, records); err != nil {
		panic("providertest: records do not make a run: " + err.Error())
	}
	return l
}

// Kept gives copies of records as a provider gives them back: JSON texts in the form in which they are kept, Seq set.
func Kept(records []provider.Record) ([]provider.Record, error) {
	kept := make([]provider.Record, len(records))
	for i, r := range records {
		r = r.Clone()
		if err := r.Validate(); err != nil {
			return nil, fmt.Errorf("record %d: %w", i, err)
		}
		r.RecordMeta().Seq = int64(i)
		kept[i] = r
	}
	return kept, nil
}

// Diff tells in which fields got differs from want, or gives "" if they are equal. Empty and nil maps, and empty and
// nil attachments, are equal; every other difference between absent and empty counts.
func Diff(got, want provider.Record) string {
	if got == nil || want == nil || got.RecordKind() != want.RecordKind() {
		return fmt.Sprintf("got %s, want %s", show(got), show(want))
	}
	g, w := reflect.ValueOf(got).Elem(), reflect.ValueOf(want).Elem()
	var out []byte
	for _, f := range reflect.VisibleFields(g.Type()) {
		g, w := g.FieldByIndex(f.Index), w.FieldByIndex(f.Index)
		if f.Anonymous || equal(g, w) {
			continue
		}
		if out != nil {
			out = append(out, "; "...)
		}
		out = fmt.Appendf(out, "%s: %s: got %s, want %s", got.RecordKind(), f.Name,
			show(g.Interface()), show(w.Interface()))
	}
	return string(out)
}

func equal(got, want reflect.Value) bool {
	switch got.Kind() {
	case reflect.Map:
		if got.Len() == 0 && want.Len() == 0 {
			return true
		}
	case reflect.Slice:
		if got.Type() == reflect.TypeFor[[]byte]() {
			return bytes.Equal(got.Bytes(), want.Bytes())
		}
	}
	if g, ok := got.Interface().(*provider.Redaction); ok {
		w := want.Interface().(*provider.Redaction)
		if g == nil || w == nil {
			return g == w
		}
		return maps.Equal(g.Withheld, w.Withheld) && maps.Equal(g.FieldKeys, w.FieldKeys)
	}
	return reflect.DeepEqual(got.Interface(), want.Interface())
}

// show formats a value for a message: short, on one line, pointers followed.
func show(v any) string {
	const most = 200
	var s string
	switch v := v.(type) {
	case nil:
		return "nothing"
	case provider.Record:
		return v.RecordKind().String()
	case json.RawMessage:
		if v == nil {
			return "nil"
		}
		s = strconv.Quote(string(v))
	case []byte:
		s = strconv.Quote(string(v))
	case string:
		s = strconv.Quote(v)
	case map[string]json.RawMessage:
		s = fmt.Sprintf("%q", v)
	default:
		if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer {
			if p.IsNil() {
				return "nil"
			}
			return show(p.Elem().Interface())
		}
		s = fmt.Sprintf("%#v", v)
	}
	if len(s) > most {
		s = fmt.Sprintf("%s... (%d bytes)", s[:most], len(s))
	}
	return s
}
