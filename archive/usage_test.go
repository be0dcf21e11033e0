package archive_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/provider"
)

func TestUsage(t *testing.T) {
	call := func(model string, prompt, completion *int64) *provider.Interaction {
		i := &provider.Interaction{AgentID: "A", PromptTokens: prompt, CompletionTokens: completion}
		if model != "" {
			i.Model = &model
		}
		return i
	}
	big := int64(math.MaxInt64)
	for name, c := range map[string]struct {
		calls []*provider.Interaction
		want  archive.Usage
	}{
		"none": {nil, archive.Usage{}},
		"some": {
			[]*provider.Interaction{call("b", new(int64(3)), nil), call("", new(int64(4)), new(int64(0))), call("a", nil, nil),
				call("b", nil, nil)},
			archive.Usage{PromptTokens: new(int64(7)), CompletionTokens: new(int64(0)), TotalTokens: new(int64(7)),
				Models: []string{"a", "b"}},
		},
		"large": {
			[]*provider.Interaction{call("a", new(big-1), new(big)), call("b", new(int64(1)), new(int64(1)))},
			archive.Usage{PromptTokens: new(big), Models: []string{"a", "b"}},
		},
		"one kind": {
			[]*provider.Interaction{call("", new(big-1), nil), call("", new(int64(1)), nil)},
			archive.Usage{PromptTokens: new(big), TotalTokens: new(big)},
		},
		"both large": {
			[]*provider.Interaction{call("", new(big), new(int64(1)))},
			archive.Usage{PromptTokens: new(big), CompletionTokens: new(int64(1))},
		},
		"larger": {
			[]*provider.Interaction{call("a", new(big), new(int64(1)<<53+1)), call("a", new(big), nil),
				call("a", new(big), nil)},
			archive.Usage{CompletionTokens: new(int64(1)<<53 + 1), Models: []string{"a"}},
		},
	} {
		records := []provider.Record{&provider.Start{RunID: "r", Name: "n", Type: "t"}}
		for _, i := range c.calls {
			records = append(records, i)
		}
		path := recordtest.Record(t, filepath.Join(t.TempDir(), "x.simexp"), records, nil)
		got, err := archivetest.Open(t, path).Usage(t.Context())
		if err != nil || !equal(got.PromptTokens, c.want.PromptTokens) ||
			!equal(got.CompletionTokens, c.want.CompletionTokens) || !equal(got.TotalTokens, c.want.TotalTokens) ||
			!slices.Equal(got.Models, c.want.Models) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

func equal(a, b *int64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }
