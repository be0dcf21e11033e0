package series

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/provider"
)

// What an evaluation has, by its name in JSON.
const (
	Samples  = "samples"
	Mean     = "mean"
	StdDev   = "std_dev"
	Interval = "ci95"
	Count    = "n"
)

// Statistics are what a [Source] may have pointers to.
var Statistics = []string{Samples, Mean, StdDev, Interval, Count}

// A Source says where events of a type have samples of a value, and what was recorded of all samples: their mean,
// standard deviation, 95 % confidence interval (an array of two numbers) and number.
//
// Samples are an array of numbers, or one number an event: of several events in an iteration, for one agent, all such
// numbers are the samples.
type Source struct {
	Type  string
	Cents bool               // the values are costs
	At    map[string]Pointer // by [Statistics]; without a pointer it was not recorded
}

// Sources are the events of the original project that have samples.
var Sources = []Source{
	documented("policy_evaluation", "/sample_details/{each}/new_cost", "/new_cost", "/cost_std_dev",
		"/confidence_interval_95", "/num_samples"),
	documented("bootstrap_evaluation", "/seed_results/{each}/cost", "/mean_cost", "/std_cost", "", ""),
	documented("monte_carlo_evaluation", "/seed_results/{each}/cost", "/mean_cost", "/std_cost", "", ""),
	documented("evaluation", "", "/total_cost_mean", "/total_cost_std", "", ""), // of the first databases
	documented("iteration_context", "", "/cost_mean", "/cost_std", "", "/num_samples"),
}

func documented(name string, pointers ...string) Source {
	s := Source{Type: name, Cents: true, At: map[string]Pointer{}}
	for i, text := range pointers {
		if text != "" {
			s.At[Statistics[i]], _ = ParsePointer(text)
		}
	}
	return s
}

// ParseSources reads texts TYPE:/POINTER, by [Statistics], and puts those of one type of events together. It returns
// [ErrColumn] for anything else.
func ParseSources(texts map[string][]string, cents bool) ([]Source, error) {
	var list []Source
	for _, name := range Statistics {
		for _, text := range texts[name] {
			c, err := ParseColumn("x=" + text)
			if err != nil || !c.ofEvents() {
				return nil, fmt.Errorf("%w: %.200q, want TYPE:/POINTER with a type of events, such as my_trials:/costs",
					ErrColumn, text)
			}
			i := slices.IndexFunc(list, func(s Source) bool { return s.Type == c.Source })
			if i < 0 {
				i = len(list)
				list = append(list, Source{Type: c.Source, Cents: cents, At: map[string]Pointer{}})
			}
			if _, twice := list[i].At[name]; twice {
				return nil, fmt.Errorf("%w: %.200q: there is another one of that type", ErrColumn, text)
			}
			list[i].At[name] = c.Pointer
		}
	}
	return list, nil
}

// Columns gives the columns that [Run.Evaluations] takes the values of sources from. Their names are those of the flags
// and members that stand for them.
func Columns(sources []Source) (list []Column) {
	for _, s := range sources {
		for _, name := range Statistics {
			if p, ok := s.At[name]; ok {
				list = append(list, Column{Name: name, Source: s.Type, Pointer: p, gather: name == Samples})
			}
		}
	}
	return list
}

// gathered adds a number to those of the events before. An array stands for itself.
func gathered(before, v Value) Value {
	if len(v) == 0 || v[0] == '[' {
		return slices.Clone(v)
	}
	if len(before) == 0 {
		before = Value("[")
	} else {
		before = append(before[:len(before)-1], ',')
	}
	return append(append(before, v...), ']')
}

// An Evaluation is what samples of one agent in one iteration come to.
type Evaluation struct {
	Iteration               int
	Agent                   string // empty for the iteration as a whole
	Type                    string // of the events
	Cents                   bool
	Mean, StdDev, Low, High Value // Low and High are the bounds of the 95 % confidence interval
	Count                   Value
	// Derived are those of the [Statistics] that were computed, in their order.
	Derived []string
	Row     *Row // with values of columns; what an agent has none of is that of the iteration as a whole

	mean *big.Rat // before it was rounded; nil if there is none that can be computed with
}

// Change gives by how much the mean differs from that of base, in percent, rounded half to even to some places; empty
// if one of the two is absent or that of base is zero.
func (e *Evaluation) Change(base *Evaluation, places int) string {
	if base == nil || e.mean == nil || base.mean == nil {
		return ""
	}
	return change(e.mean, base.mean, places)
}

// Evaluations gives the evaluations of a run that was read with columns of which those from first on are [Columns] of
// the sources. What was not recorded is computed of the samples, if they are all there: the mean, the standard
// deviation of the sample (over n-1), and the interval by Student's t distribution; exactly, and rounded once, half to
// even, to some decimal places. One sample has no deviation.
func (r *Run) Evaluations(sources []Source, first, places int) ([]Evaluation, error) {
	var list []Evaluation
	for rows := range r.ByIteration() {
		for i := range rows {
			at := first
			for _, s := range sources {
				values := map[string]Value{}
				for _, name := range Statistics {
					if _, ok := s.At[name]; ok {
						if v := rows[i].Values[at]; v != nil {
							values[name] = v
						}
						at++
					}
				}
				if len(values) == 0 {
					continue
				}
				e := Evaluation{Iteration: rows[i].Iteration, Agent: rows[i].Agent, Type: s.Type, Cents: s.Cents,
					Row: withWhole(rows, i)}
				if err := e.fill(values, places); err != nil {
					return nil, fmt.Errorf("iteration %d: %s: %w", e.Iteration, s.Type, err)
				}
				list = append(list, e)
			}
		}
	}
	return list, nil
}

// withWhole gives a row with the values of the iteration as a whole where it has none.
func withWhole(rows []Row, i int) *Row {
	r, whole := rows[i], rows[0]
	if r.Agent == "" || whole.Agent != "" {
		return &r
	}
	r.Values = slices.Clone(r.Values)
	for k, v := range r.Values {
		if v == nil {
			r.Values[k] = whole.Values[k]
		}
	}
	return &r
}

func (e *Evaluation) fill(recorded map[string]Value, places int) error {
	e.Mean, e.StdDev, e.Count = recorded[Mean], recorded[StdDev], recorded[Count]
	if v, ok := recorded[Interval]; ok {
		var bounds []Value
		if json.Unmarshal(v, &bounds) != nil || len(bounds) != 2 {
			return fmt.Errorf("%.80q is no interval, which is an array of two numbers", v)
		}
		e.Low, e.High = bounds[0], bounds[1]
	}
	if x, err := decimal.Parse(string(e.Mean)); err == nil {
		e.mean = x
	}
	samples := numbers(recorded[Samples])
	if len(samples) == 0 || e.Count != nil && string(e.Count) != strconv.Itoa(len(samples)) { // not all of them are there
		return nil
	}
	n := int64(len(samples))
	mean, variance := moments(samples)
	set := func(name string, to *Value, text string) {
		if *to == nil {
			*to = Value(text)
			if !slices.Contains(e.Derived, name) {
				e.Derived = append(e.Derived, name)
			}
		}
	}
	if e.Mean == nil {
		e.mean = mean
	}
	set(Mean, &e.Mean, decimal.Format(mean, places))
	if variance != nil {
		set(StdDev, &e.StdDev, decimal.Sqrt(variance, places))
		if e.Low == nil && e.High == nil {
			low, high := decimal.Interval(mean, variance, int(n), places)
			set(Interval, &e.Low, low)
			set(Interval, &e.High, high)
		}
	}
	set(Count, &e.Count, strconv.FormatInt(n, 10))
	return nil
}

// numbers gives the numbers of an array, nil if it is none or has anything else in it.
func numbers(v Value) (list []*big.Rat) {
	var texts []json.RawMessage
	if json.Unmarshal(v, &texts) != nil {
		return nil
	}
	for _, text := range texts {
		x, err := decimal.Parse(string(text))
		if err != nil {
			return nil
		}
		list = append(list, x)
	}
	return list
}

// moments gives the mean of numbers, and their variance over n-1; nil for that of one.
func moments(list []*big.Rat) (mean, variance *big.Rat) {
	sum, squares := new(big.Rat), new(big.Rat)
	for _, x := range list {
		sum.Add(sum, x)
		squares.Add(squares, new(big.Rat).Mul(x, x))
	}
	n := int64(len(list))
	mean = new(big.Rat).Quo(sum, big.NewRat(n, 1))
	if n < 2 {
		return mean, nil
	}
	squares.Sub(squares, sum.Mul(sum, mean))
	return mean, squares.Quo(squares, big.NewRat(n-1, 1))
}

// Dollars shows an amount of cents that need not be whole, such as a mean: 5000.25 is $50.0025. It is empty if v is no
// number.
func Dollars(v Value) string {
	x, err := decimal.Parse(string(v))
	if err != nil {
		return ""
	}
	sign := ""
	if x.Sign() < 0 {
		sign = "-"
		x.Neg(x)
	}
	places, exact := x.FloatPrec()
	if !exact {
		return ""
	}
	whole, part, _ := strings.Cut(decimal.Format(x, places), ".")
	cents, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return ""
	}
	return sign + provider.Cents(cents).String() + part
}
