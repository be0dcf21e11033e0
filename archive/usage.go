package archive

import (
	"context"
	"database/sql"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// A Usage sums up the calls of language models of a run.
type Usage struct {
	// PromptTokens and CompletionTokens are the sums of those recorded; nil if none was, or if the sum has more than 63
	// bits.
	PromptTokens, CompletionTokens *int64
	// Models are the names of the models, sorted.
	Models []string
}

// Usage computes the Usage of the run from the short columns of the interactions; prompts and answers are not read.
func (a *Archive) Usage(ctx context.Context) (u Usage, err error) {
	defer a.file.Explain(&err)
	conn, err := a.file.Conn(ctx)
	if err != nil {
		return u, err
	}
	defer conn.Close()
	return u, u.addCalls(ctx, conn, a.file.Budget())
}

// addCalls takes in the calls, a row for each model.
func (u *Usage) addCalls(ctx context.Context, conn *sql.Conn, budget *sqlitefile.Budget) error {
	// A sum past 64 bits would be an error of SQLite, and a total is a float: the parts of 32 bits are summed instead.
	rows, err := conn.QueryContext(ctx, `SELECT coalesce(model, ''), count(prompt_tokens), count(completion_tokens),
		coalesce(sum(prompt_tokens >> 32), 0), coalesce(sum(prompt_tokens & 4294967295), 0),
		coalesce(sum(completion_tokens >> 32), 0), coalesce(sum(completion_tokens & 4294967295), 0)
		FROM z_llm_interaction GROUP BY model ORDER BY model`)
	if err != nil {
		return sqlitefile.Damage(err)
	}
	defer rows.Close()
	var prompt, completion tokens
	for rows.Next() {
		var model string
		var p, c tokens
		if err := rows.Scan(&model, &p.count, &c.count, &p.high, &p.low, &c.high, &c.low); err != nil {
			return sqlitefile.Damage(err)
		}
		if err := budget.Take(len(model)); err != nil {
			return err
		}
		if model != "" {
			u.Models = append(u.Models, model)
		}
		prompt, completion = prompt.plus(p), completion.plus(c)
	}
	u.PromptTokens, u.CompletionTokens = prompt.sum(), completion.sum()
	return sqlitefile.Damage(rows.Err())
}

// tokens is a sum in two parts, of values of which there were count.
type tokens struct{ count, high, low int64 }

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
