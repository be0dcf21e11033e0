package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A published run is what the authors of the original campaign published of one of its results.
type published struct {
	File     string `json:"file"`
	Scenario string `json:"scenario"`
	Model    string `json:"model"`
	Run      int    `json:"run"`
	NumDays  int    `json:"num_days"`
	Final    int64  `json:"final_total_cost"`
	Average  int64  `json:"avg_daily_cost"`
	Rate     number `json:"cumulative_sr"`
	Settled  int64  `json:"total_settled"`
	Arrived  int64  `json:"total_arrived"`
	Daily    []struct {
		Day  int    `json:"day"`
		Rate number `json:"cumulative_rate"`
		Cost int64  `json:"daily_cost"`
	} `json:"daily_sr"`
	Fractions []map[string]float64 `json:"liq_fractions"`
	Change    number               `json:"cost_delta_pct"`
}

// A number is NaN where it is absent.
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = number(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

func (n number) is(m number) bool { return n == m || math.IsNaN(float64(n)) && math.IsNaN(float64(m)) }

// buildCampaign has one paper of all results in a folder built, and gives what its tables have of each.
func buildCampaign(t *testing.T, folder string, more ...string) map[string]*published {
	t.Helper()
	items, err := os.ReadFile("testdata/paper/campaign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	exparchive := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "exparchive", args...)
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("exparchive %q: %v\n%s", args, err, out)
		}
	}
	exparchive(append([]string{"paper", "init", "results", "--label", "run=1", "--baseline", "model=baseline,run=1",
		"--same", "scenario", "--labels",
		`^(?P<scenario>.+)_-_(?P<model>.+?)[ _]?(\((?P<run>\d+)\))?$`}, more...)...)
	paper := filepath.Join(folder, "paper.yaml")
	text, err := os.ReadFile(paper)
	if err != nil {
		t.Fatal(err)
	}
	exparchive("paper", "build") // as it stands
	exparchive("paper", "check")
	runs, _, ok := strings.Cut(string(text), "\ntables:\n")
	if !ok {
		t.Fatalf("got %s, want tables", text)
	}
	if err := os.WriteFile(paper, []byte(runs+"\n"+string(items)), 0o666); err != nil {
		t.Fatal(err)
	}
	exparchive("paper", "build")
	exparchive("paper", "check")
	type row struct {
		published
		Iteration int      `json:"iteration"`
		Agent     string   `json:"agent_id"`
		Cost      *int64   `json:"daily_cost"`
		Day       number   `json:"cumulative_rate"`
		Fraction  *float64 `json:"liq_fraction"`
	}
	read := func(name string) (rows []row) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(folder, "tables", name))
		if err == nil {
			err = json.Unmarshal(text, &rows)
		}
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	got := map[string]*published{}
	key := func(p published) string { return fmt.Sprintf("%s %s %d", p.Scenario, p.Model, p.Run) }
	for _, r := range read("runs.json") {
		p := r.published
		got[key(p)] = &p
	}
	for _, r := range read("days.json") {
		p := got[key(r.published)]
		if r.Cost != nil {
			p.Daily = append(p.Daily, struct {
				Day  int    `json:"day"`
				Rate number `json:"cumulative_rate"`
				Cost int64  `json:"daily_cost"`
			}{r.Iteration, r.Day, *r.Cost})
		}
		if r.Fraction != nil {
			if n := len(p.Fractions); n == 0 || p.Fractions[n-1]["day"] != float64(r.Iteration) {
				p.Fractions = append(p.Fractions, map[string]float64{"day": float64(r.Iteration)})
			}
			p.Fractions[len(p.Fractions)-1][r.Agent] = *r.Fraction
		}
	}
	return got
}

// compareCampaign compares number by number.
func compareCampaign(t *testing.T, want []published, got map[string]*published) {
	t.Helper()
	numbers := 0
	for _, w := range want {
		g := got[fmt.Sprintf("%s %s %d", w.Scenario, w.Model, w.Run)]
		if g == nil {
			t.Errorf("%s: not in the table", w.File)
			continue
		}
		if g.NumDays != w.NumDays || g.Final != w.Final || g.Average != w.Average || !g.Rate.is(w.Rate) ||
			g.Settled != w.Settled ||
			g.Arrived != w.Arrived || !g.Change.is(w.Change) {
			t.Errorf("%s: got %+v, want %+v", w.File, *g, w)
		}
		numbers += 7
		if len(g.Daily) != len(w.Daily) || len(g.Fractions) != len(w.Fractions) {
			t.Errorf("%s: got %d days with costs and %d with fractions, want %d and %d", w.File, len(g.Daily), len(g.Fractions),
				len(w.Daily), len(w.Fractions))
			continue
		}
		for i, d := range w.Daily {
			if x := g.Daily[i]; x.Day != d.Day || x.Cost != d.Cost || !x.Rate.is(d.Rate) {
				t.Errorf("%s, day %d: got %+v, want %+v", w.File, d.Day, x, d)
			}
			if !maps.Equal(g.Fractions[i], w.Fractions[i]) {
				t.Errorf("%s, day %d: got %v, want %v", w.File, d.Day, g.Fractions[i], w.Fractions[i])
			}
			numbers += 2 + len(w.Fractions[i])
		}
	}
	if len(got) != len(want) || numbers == 0 {
		t.Errorf("got %d runs and %d numbers, want %d runs", len(got), numbers, len(want))
	}
	t.Logf("%d numbers of %d runs", numbers, len(want))
}

// TestCampaign: one paper gives every number that the authors published of four results.
func TestCampaign(t *testing.T) {
	t.Parallel()
	from := os.Getenv("EXPARCHIVE_REALDATA")
	if from == "" {
		t.Skip("EXPARCHIVE_REALDATA is not set")
	}
	from = filepath.Join(from, "..", "campaign")
	text, err := os.ReadFile(filepath.Join(from, "published.json"))
	if os.IsNotExist(err) {
		t.Skip("the campaign is not there")
	}
	var want []published
	if err == nil {
		err = json.Unmarshal(text, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	results := map[string][]byte{}
	for _, w := range want {
		f, err := os.Open(filepath.Join(from, w.File+".gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		if results[w.File], err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	writeResults(t, folder, results)
	compareCampaign(t, want, buildCampaign(t, folder))
}

func writeResults(t *testing.T, folder string, results map[string][]byte) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(folder, "results"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range results {
		if err := os.WriteFile(filepath.Join(folder, "results", name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// A result is one of the web sandbox, as far as its numbers go.
type result struct {
	ID     string      `json:"experiment_id"`
	Status string      `json:"status"`
	Days   []resultDay `json:"days"`
}

type resultDay struct {
	Day      int              `json:"day"`
	Policies map[string]any   `json:"policies"`
	Costs    map[string]int64 `json:"per_agent_costs"`
	Cost     int64            `json:"total_cost"`
	Arrived  int64            `json:"total_arrivals"`
	Settled  int64            `json:"total_settled"`
}

// TestCampaignShapes: the paper of the four results holds for results of other shapes. What it should give is computed
// here in another way, in the floating-point numbers of the original.
func TestCampaignShapes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	policy := func(parameters any) any { return map[string]any{"version": "2.0", "parameters": parameters} }
	fraction := func(x any) any { return policy(map[string]any{"initial_liquidity_fraction": x}) }
	id := 0
	make := func(days int, day func(n int, d *resultDay)) result {
		id++
		r := result{ID: fmt.Sprintf("%08d", id*1111), Status: "complete", Days: []resultDay{}}
		for n := range days {
			d := resultDay{Day: n, Policies: map[string]any{"A": fraction(0.5), "B": fraction(0.25)}, Costs: map[string]int64{}}
			day(n, &d)
			d.Costs["A"], d.Costs["B"] = d.Cost/2, d.Cost-d.Cost/2
			r.Days = append(r.Days, d)
		}
		return r
	}
	rounds := func(seed int64) func(n int, d *resultDay) { // each day its own
		return func(n int, d *resultDay) {
			x := (int64(n)*7919 + seed*104729) % 97
			d.Arrived, d.Settled, d.Cost = 40+x, 40+x-x%5, 100_003-int64(n)*1777+x
		}
	}
	long := func(seed int64) func(n int, d *resultDay) { // running totals
		return func(n int, d *resultDay) {
			d.Arrived, d.Settled, d.Cost = 141*int64(n+1)+seed%7, 141*int64(n+1)-int64(n*n)*2, 86_400+seed*int64(n)*3_333_331
		}
	}
	with := func(f func(int, *resultDay), more func(int, *resultDay)) func(int, *resultDay) {
		return func(n int, d *resultDay) { f(n, d); more(n, d) }
	}
	results := map[string]result{
		"two_banks_-_baseline.json":    make(1, rounds(1)),
		"two_banks_-_flash.json":       make(10, rounds(2)),
		"two_banks_-_flash (2).json":   make(10, rounds(3)),
		"two_banks_-_flash_(3).json":   make(7, rounds(4)),
		"two_banks_-_glm_4.7(2).json":  make(3, rounds(5)),
		"long_one_-_baseline.json":     make(25, long(1)),
		"long_one_-_baseline (2).json": make(25, long(2)),
		"long_one_-_pro.json":          make(30, long(3)),
		"long_one_-_none.json": make(25, with(long(4), func(_ int, d *resultDay) {
			d.Policies = map[string]any{"A": policy(map[string]any{}), "B": policy(nil)}
		})),
		"long_one_-_partly.json": make(25, with(long(5),
			func(n int, d *resultDay) { d.Policies["A"] = fraction(nil); d.Policies["B"] = fraction(n % 2) })),
		"one_day_-_baseline.json": make(1, rounds(6)),
		"one_day_-_pro.json":      make(1, rounds(7)),
		"same_-_baseline.json":    make(1, func(_ int, d *resultDay) { d.Arrived, d.Settled, d.Cost = 4, 4, 5000 }),
		"same_-_pro.json": make(9, func(n int, d *resultDay) {
			d.Arrived, d.Settled, d.Cost = 4, 4-int64(n%2),
				5000-int64(n)
		}),
		"nothing_-_baseline.json": make(2, func(_ int, d *resultDay) {}),
		"nothing_-_pro.json": make(3, func(n int, d *resultDay) {
			d.Arrived, d.Settled, d.Cost = int64(n),
				int64(n), -int64(n)
		}),
		"without_baseline_-_flash.json": make(2, rounds(8)),
		"agents_-_baseline.json": make(2, with(rounds(9),
			func(n int, d *resultDay) { d.Policies["$C & é"] = fraction(0.125) })),
		"running_-_baseline.json": make(4, rounds(10)),
		"stopped_-_baseline.json": make(4, rounds(11)),
	}
	for name, status := range map[string]string{"running_-_baseline.json": "running",
		"stopped_-_baseline.json": "stopped"} {
		r := results[name]
		r.Status = status
		results[name] = r
	}
	texts := map[string][]byte{}
	var want []published
	for _, name := range slices.Sorted(maps.Keys(results)) {
		r := results[name]
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = text
		want = append(want, publish(name, r, results))
	}
	writeResults(t, folder, texts)
	compareCampaign(t, want, buildCampaign(t, folder, "--accept", "unfinished"))
}

// publish computes what the authors published of a result.
func publish(name string, r result, all map[string]result) published {
	scenario, rest, _ := strings.Cut(strings.TrimSuffix(name, ".json"), "_-_")
	model, repetition, ok := strings.Cut(rest, "(")
	p := published{File: name, Scenario: scenario, Model: strings.TrimRight(model, " _"), Run: 1, NumDays: len(r.Days)}
	if ok {
		fmt.Sscanf(repetition, "%d", &p.Run)
	}
	rises := true
	for i, d := range r.Days[1:] {
		rises = rises && d.Arrived >= r.Days[i].Arrived
	}
	var settled, arrived int64
	for _, d := range r.Days {
		settled, arrived = settled+d.Settled, arrived+d.Arrived
		s, a := settled, arrived
		if rises {
			s, a = d.Settled, d.Arrived
		}
		p.Daily = append(p.Daily, struct {
			Day  int    `json:"day"`
			Rate number `json:"cumulative_rate"`
			Cost int64  `json:"daily_cost"`
		}{d.Day, number(float64(s) / float64(a)), d.Cost})
		f := map[string]float64{"day": float64(d.Day)}
		for agent, policy := range d.Policies {
			f[agent] = 0.5
			parameters, _ := policy.(map[string]any)["parameters"].(map[string]any)
			switch x := parameters["initial_liquidity_fraction"].(type) {
			case float64:
				f[agent] = x
			case int:
				f[agent] = float64(x)
			}
		}
		p.Fractions = append(p.Fractions, f)
		p.Final += d.Cost
		p.Settled, p.Arrived = d.Settled, d.Arrived
	}
	if !rises {
		p.Final = r.Days[len(r.Days)-1].Cost
	}
	p.Average = int64(math.RoundToEven(float64(p.Final) / float64(len(r.Days))))
	p.Rate = number(math.RoundToEven(float64(p.Settled)/float64(p.Arrived)*1e4) / 1e4)
	p.Change = number(math.NaN())
	if base, ok := all[scenario+"_-_baseline.json"]; ok {
		b := p.Final
		if name != scenario+"_-_baseline.json" {
			b = publish(scenario+"_-_baseline.json", base, all).Final
		}
		if b != 0 {
			p.Change = number(math.RoundToEven((float64(p.Final)/float64(b)-1)*1e3) / 10)
		}
	}
	return p
}
