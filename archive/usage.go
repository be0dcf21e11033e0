package archive

import (
	"context"
	"maps"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
)

// A Usage sums up the calls of language models of a run.
type Usage struct {
	// PromptTokens and CompletionTokens are the sums of those recorded; nil if none was, or if the sum has more than 63
	// bits.
	PromptTokens, CompletionTokens *int64
	// TotalTokens is the sum of both, or of the one kind that was recorded; nil if neither was, or if the sum has more
	// than 63 bits.
	TotalTokens *int64
	// Models are the names of the models, sorted.
	Models []string
}

// Usage computes the Usage of the run from the short columns of the interactions; prompts and answers are not read.
func (a *Archive) Usage(ctx context.Context) (u Usage, err error) {
	defer a.file.Explain(&err)
	r, err := a.read(ctx)
	if err != nil {
		return u, err
	}
	defer r.Close()
	var prompt, completion tokens
	models, budget := map[string]bool{}, a.file.Budget()
	err = all(r, tables.TableInteraction, tables.InteractionCompletionTokens+1, func(row tables.Row) error {
		prompt.add(row[tables.InteractionPromptTokens])
		completion.add(row[tables.InteractionCompletionTokens])
		model := row[tables.InteractionModel].Bytes
		if len(model) == 0 || models[string(model)] {
			return nil
		}
		models[string(model)] = true
		return budget.Take(len(model))
	})
	if err != nil {
		return Usage{}, err
	}
	u.PromptTokens, u.CompletionTokens = prompt.sum(), completion.sum()
	u.TotalTokens = prompt.plus(completion).sum()
	u.Models = slices.Sorted(maps.Keys(models))
	return u, nil
}

// tokens is a sum in two parts, of values of which there were count: the whole could have more than 64 bits.
type tokens struct{ count, high, low int64 }

func (t *tokens) add(x btree.Value) {
	if x.Kind == btree.Null {
		return
	}
	t.count++
	t.high += x.Int >> 32
	t.low += x.Int & (1<<32 - 1)
}

func (t tokens) plus(u tokens) tokens {
	return tokens{t.count + u.count, t.high + u.high, t.low + u.low}
}

func (t tokens) sum() *int64 {
	high := t.high + t.low>>32
	if t.count == 0 || high < 0 || high >= 1<<31 {
		return nil
	}
	return new(high<<32 + t.low&(1<<32-1))
}
