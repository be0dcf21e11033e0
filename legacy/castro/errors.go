package castro

import (
	"errors"
	"fmt"

	"github.com/simexp/exparchive/provider"
)

var (
	// ErrForeign means that the file is a database or JSON, but not of the original project.
	ErrForeign = errors.New("not a database of this project")
	// ErrNoTables means that the database is empty, as that of a killed process is when its log is lost.
	ErrNoTables = errors.New("the database has no tables")
	// ErrManyRuns means that a run has to be chosen.
	ErrManyRuns = errors.New("the file holds several runs")
	// ErrFraction means that an amount of money is not a whole number of cents.
	ErrFraction = errors.New("not a whole number of cents")
	// ErrNotFinite means that a number is NaN or infinite.
	ErrNotFinite = errors.New("not a finite number")
	// ErrRounded means that an amount of money may have been rounded before it was recorded.
	ErrRounded = errors.New("a DOUBLE from 2^53 on, or a FLOAT from 2^24 on, cannot hold every number of cents")
	// ErrMinusZero means that an amount of money is minus zero, which no computation with integers gives.
	ErrMinusZero = errors.New("minus zero")
)

// A CellError reports a value of a table that cannot be kept as recorded. [Options.Lenient] leaves such values out.
type CellError struct {
	Table  string
	Row    int64  // from 1, in the order of the table
	Key    string // the row's primary key, such as `run_id "exp1", iteration 3`; empty if it has none
	Column string
	Value  string // as text
	Err    error  // what is wrong with it
}

func (e *CellError) Error() string {
	key := ""
	if e.Key != "" {
		key = " (" + e.Key + ")"
	}
	value := ""
	if e.Value != "" && !errors.As(e.Err, new(*provider.CostError)) { // which tells the value
		value = fmt.Sprintf(" is %s", shorten(e.Value))
	}
	return fmt.Sprintf("table %s, row %d%s: %s%s: %v", e.Table, e.Row, key, e.Column, value, e.Err)
}

// Unwrap gives the cause, for errors.Is and errors.As.
func (e *CellError) Unwrap() error { return e.Err }

// shorten quotes text that is long or odd.
func shorten(text string) string {
	if len(text) > 60 {
		text = text[:57] + "..."
	}
	return fmt.Sprintf("%q", text)
}
