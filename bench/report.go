package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
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
	scale  scale
	rounds int
	load   [2]string
	lines  []line
}

// write prints the report as Markdown.
func (r *report) write(w io.Writer) error {
	var s strings.Builder
	s.WriteString("# What exparchive costs beside what people would use instead\n\nMade by `make bench`. ")
	fmt.Fprintf(&s, "%d events, %d archives, %d rounds; ratios are of one round, median [least, greatest]. ",
		r.scale.events,
		r.scale.archives, r.rounds)
	fmt.Fprintf(&s, "%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	if r.load[0] != "" {
		fmt.Fprintf(&s, ", load average %s before and %s after", r.load[0], r.load[1])
	}
	s.WriteString(sqliteVersion())
	s.WriteString(".\n\n| id | what | of | ratio | goal | |\n|---|---|---|---|---|---|\n")
	for _, l := range r.lines {
		goal := ""
		if l.must != 0 {
			goal = fmt.Sprint(l.must)
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %.3g [%.3g, %.3g] %s | %s | %s |\n", l.id, l.what, l.metric, l.median, l.least,
			l.most,
			l.unitName, goal, l.verdict())
	}
	_, err := io.WriteString(w, s.String())
	return err
}

// gate fails if a ratio is more than factor times what it must be. Wall time is left out: it measures the load of the
// machine.
func (r *report) gate(factor float64) (err error) {
	for _, l := range r.lines {
		if limit := l.must * factor; l.must != 0 && l.metric != wall && l.least > limit {
			err = errors.Join(err, fmt.Errorf("%s, %s: %.3g, more than %.3g", l.id, l.what, l.least, limit))
		}
	}
	return err
}

// loadAverage gives the load of the last minute, where the system tells.
func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}

// sqliteVersion names the driver that all is compared with.
func sqliteVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == "modernc.org/sqlite" {
			return ", " + m.Path + " " + m.Version
		}
	}
	return ""
}
