package papercmd

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/internal/tabular"
)

// SortChoices gives the columns by which a table command of that name sorts, for a command line with its flags.
func SortChoices(table string, cmd *cobra.Command) []string {
	var columns []tabular.Column
	switch table {
	case "iterations":
		columns = iterationColumns
	case "summary":
		columns = summaryColumns
	case "convergence":
		columns = convergenceColumns
	case "evaluations":
		columns = evaluationColumns
	case "compare":
		columns = compareColumns
	}
	var names []string
	if keys, err := cmd.Flags().GetStringArray("group-by"); err == nil && len(keys) > 0 {
		names, columns = slices.Compact(keys), groupColumns // completion reads flags twice
	}
	for _, c := range columns {
		names = append(names, c.Name)
	}
	var own []string
	if f, ok := cmd.Flags().Lookup("column").Value.(columnFlag); ok {
		own = f.GetSlice()
	}
	for _, c := range own {
		if name, _, ok := strings.Cut(c, "="); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// sortRows sorts the rows by columns, each from the largest with a minus sign before it. Numbers come before texts, and
// what is absent last, whichever way.
func sortRows(t *tabular.Table, keys []string) error {
	type key struct {
		at   int
		down bool
	}
	var by []key
	for _, k := range keys {
		name, down := strings.CutPrefix(k, "-")
		at := slices.IndexFunc(t.Columns, func(c tabular.Column) bool {
			return c.Name == name || strings.EqualFold(c.Heading(), name)
		})
		if at < 0 {
			var names []string
			for _, c := range t.Columns {
				names = append(names, c.Name)
			}
			return fmt.Errorf("no column %q, want one of %s", name, strings.Join(names, ", "))
		}
		by = append(by, key{at, down})
	}
	slices.SortStableFunc(t.Rows, func(a, b []tabular.Cell) int {
		for _, k := range by {
			x, y := a[k.at], b[k.at]
			order := 0
			switch {
			case x.Value == nil || y.Value == nil:
				if order = rank(x) - rank(y); order != 0 {
					return order
				}
			case k.down:
				order = compareCells(y, x)
			default:
				order = compareCells(x, y)
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	return nil
}

// rank orders cells of different kinds: numbers, others, absent ones.
func rank(c tabular.Cell) int {
	switch {
	case c.Value == nil:
		return 2
	case numeric(c.Value) != nil:
		return 0
	}
	return 1
}

// compareCells orders cells as numbers, where both are.
func compareCells(a, b tabular.Cell) int {
	x, y := numeric(a.Value), numeric(b.Value)
	if x != nil && y != nil {
		return x.Cmp(y)
	}
	if order := rank(a) - rank(b); order != 0 {
		return order
	}
	return strings.Compare(a.ForPeople(), b.ForPeople())
}

// numeric gives a number, nil if the value is none.
func numeric(v json.RawMessage) *big.Rat {
	if len(v) == 0 || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return nil
	}
	x, err := decimal.Parse(string(v))
	if err != nil {
		return nil
	}
	return x
}
