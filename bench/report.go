package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/simexp/exparchive/bench/internal/measure"
)

// A line is a goal with its ratios.
type line struct {
	goal
	median, least, most float64
}

// compare takes the ratio of each round, and checks that both cases had the same rows.
func compare(g goal, sc scale, rounds []round) (line, error) {
	if g.skipped != "" {
		return line{goal: g}, nil
	}
	var ratios []float64
	for _, r := range rounds {
		subject := value(r[g.subject], g.metric)
		if g.per != nil {
			subject /= float64(g.per(sc))
		}
		divisor := g.unit
		if g.base != "" {
			divisor = value(r[g.base], g.metric)
			if g.basePer != nil {
				divisor /= float64(g.basePer(sc))
			}
			if a, b := r[g.subject].Sum, r[g.base].Sum; g.equal && (a == "" || a != b) {
				return line{}, fmt.Errorf("%s: %s and %s have not the same rows: %s and %s", g.id, g.subject, g.base, a, b)
			}
		}
		if divisor == 0 {
			return line{}, fmt.Errorf("%s: the base %s measured nothing", g.id, g.base)
		}
		ratios = append(ratios, subject/divisor)
	}
	slices.Sort(ratios)
	return line{goal: g, median: ratios[len(ratios)/2], least: ratios[0], most: ratios[len(ratios)-1]}, nil
}

func value(m measure.Measure, of metric) float64 {
	switch of {
	case wall:
		return float64(m.Wall)
	case user:
		return float64(m.User)
	case cpu:
		return float64(m.User + m.Sys)
	default:
		return float64(m.Bytes)
	}
}

// verdict says what became of a goal: noise if the spread has the limit within.
func (l line) verdict() string {
	switch {
	case l.skipped != "":
		return "skipped: " + l.skipped
	case l.must == 0:
		return ""
	case l.most <= l.must:
		return "met"
	case l.least > l.must:
		return "not met"
	case l.median <= l.must:
		return "met, noisy"
	default:
		return "not met, noisy"
	}
}

type report struct {
	scale   scale
	rounds  int
	machine string
	peers   bool
	lines   []line
}

// text is the report as Markdown.
func (r *report) text() string {
	var s strings.Builder
	target, what := "make bench", fmt.Sprintf("%d events, %d archives", r.scale.events, r.scale.archives)
	with := driver()
	if r.peers {
		target, what = "make bench-peers", fmt.Sprintf("%d events, %d in a DuckDB file", r.scale.events,
			measure.DuckDBRows(r.scale.events))
		with = "mattn/go-sqlite3 and duckdb/duckdb-go of bench/cgo/go.mod"
	}
	fmt.Fprintf(&s, "Made by `%s`. %s, %d rounds; ratios are of one round, median [least, greatest]. %s, %s.\n\n", target,
		what, r.rounds, r.machine, with)
	s.WriteString("| id | what | of | ratio | goal | |\n|---|---|---|---|---|---|\n")
	for _, l := range r.lines {
		goal, ratio := "", "–"
		if l.must != 0 {
			goal = fmt.Sprintf("%.3g", l.must)
		}
		if l.skipped == "" {
			ratio = strings.TrimSpace(fmt.Sprintf("%.3g [%.3g, %.3g] %s", l.median, l.least, l.most, l.unitName))
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %s | %s | %s |\n", l.id, l.what, l.metric, ratio, goal, l.verdict())
	}
	return s.String()
}

// gate fails if a ratio is more than factor times what it must be. Wall time is left out: it measures the load of the
// machine.
func (r *report) gate(factor float64) (err error) {
	for _, l := range r.lines {
		if limit := l.must * factor; l.skipped == "" && l.must != 0 && l.metric != wall && l.least > limit {
			err = errors.Join(err, fmt.Errorf("%s, %s: %.3g, more than %.3g", l.id, l.what, l.least, limit))
		}
	}
	return err
}
