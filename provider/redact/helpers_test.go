package redact

import (
	"context"
	"encoding/json"
	"iter"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
)

type (
	ctx      = context.Context
	jsonText = json.RawMessage
)

func keptOf(t *rapid.T, p provider.Provider) iter.Seq[provider.Record] {
	return func(yield func(provider.Record) bool) {
		for r, err := range p.Records(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if !yield(r) {
				return
			}
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
