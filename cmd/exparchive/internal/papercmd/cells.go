package papercmd

import (
	"fmt"
	"strings"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/internal/tabular"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/series"
)

// The cells of tables.

func text(s string) tabular.Cell { return tabular.String(s) }

// runCell is the id of a run, for which people may read something else.
func runCell(run *series.Run) tabular.Cell {
	c := text(run.RunID)
	c.Text = run.Title
	return c
}

// textOr is text, but an absent cell for an empty one.
func textOr(s string) tabular.Cell {
	if s == "" {
		return tabular.Cell{}
	}
	return text(s)
}

func money(c *provider.Cents) tabular.Cell {
	if c == nil {
		return tabular.Cell{}
	}
	return tabular.Cell{Value: fmt.Appendf(nil, "%d", int64(*c)), Text: c.String()}
}

func truth(b *bool) tabular.Cell {
	if b == nil {
		return tabular.Cell{}
	}
	return tabular.Cell{Value: fmt.Appendf(nil, "%t", *b), Text: cli.YesNoOrDash(b)}
}

func number[N int | int64](n N) tabular.Cell { return tabular.Cell{Value: fmt.Appendf(nil, "%d", n)} }

// agentCell is absent for programs where something is of all agents together.
func agentCell(agent string) tabular.Cell {
	if agent == "" {
		return tabular.Cell{Text: "all"}
	}
	return text(agent)
}

// percent is a change that [series.Change] gives.
func percent(change string) tabular.Cell {
	if change == "" {
		return tabular.Cell{}
	}
	sign := ""
	if change[0] != '-' && strings.Trim(change, "0.") != "" {
		sign = "+"
	}
	return tabular.Cell{Value: []byte(change), Text: sign + change + " %"}
}
