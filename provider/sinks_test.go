package provider_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/redact"
	"github.com/simexp/exparchive/provider/replay"
)

// linesOf gives the run of p in the line protocol.
func linesOf(t *testing.T, p provider.Provider) string {
	t.Helper()
	var b bytes.Buffer
	if err := provider.Copy(t.Context(), jsonl.NewWriter(&b), p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// No sink keeps what it is given after the call.
func TestSinks_keepNothing(t *testing.T) {
	test := func(name string, open func(t *testing.T) (provider.Sink, func() string)) {
		t.Run(name, func(t *testing.T) { providertest.TestSink(t, open) })
	}
	test("Live", func(t *testing.T) (provider.Sink, func() string) {
		l := new(provider.Live)
		return l, func() string { return linesOf(t, l) }
	})
	test("Tee", func(t *testing.T) (provider.Sink, func() string) {
		var a, b provider.Live
		return provider.Tee(&a, &b), func() string { return linesOf(t, &a) + linesOf(t, &b) }
	})
	test("jsonl.Writer", func(*testing.T) (provider.Sink, func() string) {
		var b bytes.Buffer
		return jsonl.NewWriter(&b), b.String
	})
	test("digest.Sink", func(*testing.T) (provider.Sink, func() string) {
		s := new(digest.Sink)
		return s, func() string { return s.Root().String() }
	})
	test("redact.Sink", func(t *testing.T) (provider.Sink, func() string) {
		l := new(provider.Live)
		some := []string{"event_data", "system_prompt", "costs_per_agent", "extra"}
		rule := func(seq int64, _ provider.Record, field string, _ []byte) bool {
			return seq%2 == 0 && slices.Contains(some, field)
		}
		return redact.NewSink(l, rule), func() string { return linesOf(t, l) }
	})
	for name, o := range map[string]*replay.Options{
		"replay.Printer": nil, "replay.Printer verbose": {Verbose: true}, "replay.Printer audit": {Audit: true},
	} {
		test(name, func(*testing.T) (provider.Sink, func() string) {
			var b bytes.Buffer
			return replay.NewPrinter(&b, o), b.String
		})
	}
}
