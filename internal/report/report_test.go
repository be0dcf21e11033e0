package report_test

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/liquidity"
	"github.com/simexp/exparchive/internal/report"
	"github.com/simexp/exparchive/internal/visible"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/provider/redact"
	"github.com/simexp/exparchive/series"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// written gives the page of a run.
func written(t *testing.T, p provider.Provider, o report.Options) string {
	t.Helper()
	run, err := report.Read(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := run.WriteFile(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// played gives a reference experiment.
func played(t *testing.T, name string, iterations int) *provider.Live {
	t.Helper()
	l := new(provider.Live)
	if err := liquidity.Play(t.Context(), name, liquidity.Options{Seed: liquidity.DefaultSeed, MaxIter: iterations},
		l); err != nil {
		t.Fatal(err)
	}
	return l
}

// A pageData is the JSON of a page.
type pageData struct {
	Its   []int
	Kinds []string
	Sys   int
	Lines []string
	Calls []struct {
		I          int
		Q          int64
		B          *int64
		G          string
		S, U, R, P *pageText
		E          *string
	}
	Events []struct {
		I       int
		Q       int64
		K       int
		T, D, H string
		X       int
	}
}

type pageText struct {
	R []int
	T *string
	H string
	X int
}

// text puts a text together again.
func (d *pageData) text(t *pageText) string {
	if t.T != nil {
		return *t.T
	}
	var lines []string
	for i := 0; i < len(t.R); i += 2 {
		lines = append(lines, d.Lines[t.R[i]:t.R[i]+t.R[i+1]]...)
	}
	return strings.Join(lines, "\n")
}

var (
	dataElement   = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)
	packedElement = regexp.MustCompile(`<script type="text/plain" id="packed">(.*?)</script>`)
)

// dataOf reads the JSON of a page, as its script does.
func dataOf(t *testing.T, page string) (d pageData, packed bool) {
	t.Helper()
	m := dataElement.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page has no data")
	}
	if err := json.Unmarshal([]byte(m[1]), &d); err != nil {
		t.Fatal(err)
	}
	if m := packedElement.FindStringSubmatch(page); m != nil {
		raw, err := base64.StdEncoding.DecodeString(m[1])
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(flate.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		return d, true
	}
	return d, false
}

// TestGolden: what a small run looks like. Style and script are left out, and so is the drawing of charts.
func TestGolden(t *testing.T) {
	page := written(t, providertest.Live(providertest.Sample()), report.Options{File: "sample.simexp", Archive: true,
		Facts: [][2]string{{"State", "sealed"}}})
	_, got, _ := strings.Cut(page, "<main>")
	got, _, _ = strings.Cut(got, `<script type="application/json"`)
	got = regexp.MustCompile(`(?s)(<svg viewBox="0 0 3[^>]*>).*?</svg>`).ReplaceAllString(got, "$1…</svg>")
	got = regexp.MustCompile(`(<(?:section|details|summary|dt|li|figure|tr|h[1-4]|p|div)\b)`).ReplaceAllString(got, "\n$1")
	const golden = "testdata/sample.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	x, y := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			t.Fatalf("line %d of %s:\ngot  %s\nwant %s", i+1, golden, x[i], y[i])
		}
	}
	t.Fatalf("got %d lines, want %d", len(x), len(y))
}

// TestSameBytes: the same run has the same page, also from another provider.
func TestSameBytes(t *testing.T) {
	live := played(t, "exp1", 5)
	first := written(t, live, report.Options{})
	if again := written(t, live, report.Options{}); again != first {
		t.Error("the page of the same run differs")
	}
	copied := new(provider.Live)
	if err := provider.Copy(t.Context(), copied, live); err != nil {
		t.Fatal(err)
	}
	if again := written(t, copied, report.Options{}); again != first {
		t.Error("the page of a copy of the run differs")
	}
}

// TestTexts: every prompt, answer, policy and event comes out of the page as it was recorded.
func TestTexts(t *testing.T) {
	for name, p := range map[string]*provider.Live{"exp1": played(t, "exp1", 6), "exp2": played(t, "exp2", 0),
		"sample": providertest.Live(providertest.Sample())} {
		d, _ := dataOf(t, written(t, p, report.Options{}))
		calls, events, last := 0, 0, map[string]int64{}
		for r, err := range p.Records(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			switch r := r.(type) {
			case *provider.Interaction:
				c := d.Calls[calls]
				calls++
				if c.Q != r.Seq || c.I != r.Iteration {
					t.Fatalf("%s: call %d: got record %d of iteration %d, want %d of %d", name, calls, c.Q, c.I, r.Seq, r.Iteration)
				}
				before, had := last[r.AgentID]
				last[r.AgentID] = r.Seq
				if had != (c.B != nil) || had && *c.B != before {
					t.Errorf("%s: record %d: got %v for the call before, want %d, %t", name, r.Seq, c.B, before, had)
				}
				for what, text := range map[string][2]*string{"system": {r.SystemPrompt, whole(&d, c.S)},
					"user": {r.UserPrompt, whole(&d, c.U)}, "response": {r.Response, whole(&d, c.R)}} {
					if (text[0] == nil) != (text[1] == nil) || text[0] != nil && *text[0] != *text[1] {
						t.Errorf("%s: record %d: the %s is not what was recorded", name, r.Seq, what)
					}
				}
				if policy := whole(&d, c.P); (policy == nil) != (r.ParsedPolicy == nil) ||
					policy != nil && *policy != string(r.ParsedPolicy) {
					t.Errorf("%s: record %d: the policy is not what was recorded", name, r.Seq)
				}
			case *provider.Event:
				e := d.Events[events]
				events++
				if e.Q != r.Seq || d.Kinds[e.K] != r.Type || e.D != string(r.Data) || e.T != r.Timestamp {
					t.Errorf("%s: record %d: got %+v", name, r.Seq, e)
				}
			}
		}
		if calls != len(d.Calls) || events != len(d.Events) {
			t.Errorf("%s: got %d calls and %d events, want %d and %d", name, len(d.Calls), len(d.Events), calls, events)
		}
	}
}

func whole(d *pageData, t *pageText) *string {
	if t == nil {
		return nil
	}
	return new(d.text(t))
}

// TestPolicy: the page's own style and script are those that it allows, and nothing else.
func TestPolicy(t *testing.T) {
	page := written(t, played(t, "exp1", 2), report.Options{})
	m := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page has no policy")
	}
	policy := html.UnescapeString(m[1])
	for _, element := range []string{"style", "script"} {
		text := regexp.MustCompile(`(?s)<` + element + `>(.*?)</` + element + `>`).FindStringSubmatch(page)
		sum := sha256.Sum256([]byte(text[1]))
		want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if !strings.Contains(policy, want+";") {
			t.Errorf("got the policy %s, want %s", policy, want)
		}
	}
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'",
		"require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("got the policy %s, want %s", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "connect-src") ||
		strings.Contains(page, " style=") || regexp.MustCompile(`<[^>]* on[a-z]+=`).MatchString(page) {
		t.Errorf("the page has what its policy forbids, or allows more: %s", policy)
	}
}

var tag = regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)

// TestHostile: the elements and attributes of a page are the same whatever is recorded, but for signs of characters
// that cannot be seen.
func TestHostile(t *testing.T) {
	shape := func(page string) string {
		_, page, _ = strings.Cut(page, "</style>")
		page, _, _ = strings.Cut(page, "<script>'use strict'")
		page = regexp.MustCompile(`<span class="ctl">[^<]*</span>`).ReplaceAllString(page, "")
		page = dataElement.ReplaceAllString(page, "<data>")
		var tags []string
		for _, m := range tag.FindAllString(page, -1) {
			tags = append(tags, regexp.MustCompile(`"[^"]*"`).ReplaceAllString(m, `""`))
		}
		return strings.Join(tags, "\n")
	}
	o := func(text string) report.Options {
		return report.Options{File: text, Facts: [][2]string{{"State", text}},
			Annotations: []report.Annotation{{Kind: text, Name: text, Text: text}, {Kind: "invalidated", Text: text}}}
	}
	want := shape(written(t, providertest.HostileRun("harmless"), o("harmless")))
	for _, text := range providertest.Hostile {
		page := written(t, providertest.HostileRun(text), o(text))
		if got := shape(page); got != want {
			x, y := strings.Split(got, "\n"), strings.Split(want, "\n")
			i := 0
			for i < min(len(x), len(y)) && x[i] == y[i] {
				i++
			}
			t.Errorf("%.40q: element %d: got %.200q, want %.200q", text, i, x[min(i, len(x)-1)], y[min(i, len(y)-1)])
		}
		still, _, _ := strings.Cut(page, `<script type="application/json"`)
		for _, r := range still {
			if visible.Hidden(r) && r != '\n' && r != '\t' {
				t.Errorf("%.40q: U+%04X stands in the page", text, r)
				break
			}
		}
		if d, _ := dataOf(t, page); len(d.Calls) != 6 || d.text(d.Calls[0].R) != text {
			t.Errorf("%.40q: the answer is not what was recorded", text)
		}
		if body := dataElement.FindStringSubmatch(page)[1]; strings.ContainsAny(body, "<\u2028\u2029") {
			t.Errorf("%.40q: the data has characters that end or change a script", text)
		}
	}
}

// TestHidden: the script shows the same characters by number as the program.
func TestHidden(t *testing.T) {
	script, err := os.ReadFile("page/report.js")
	if err != nil {
		t.Fatal(err)
	}
	class := ""
	source := regexp.MustCompile(`(?s)const HIDDEN = .*?'gu'`).FindString(string(script))
	for _, m := range regexp.MustCompile(`u\{[0-9a-f]+\}|-|p\{NChar\}`).FindAllString(source, -1) {
		switch m[0] {
		case 'u':
			m = `\x` + m[1:]
		case 'p': // of which the standard library has no class
			m = `\x{fdd0}-\x{fdef}`
			for plane := range 17 {
				m += fmt.Sprintf(`\x{%xfffe}\x{%[1]xffff}`, plane)
			}
		}
		class += m
	}
	listed := regexp.MustCompile("^[" + class + "]$")
	for r := range rune(0x110000) {
		if r >= 0xd800 && r <= 0xdfff { // no character of Go's
			continue
		}
		want := visible.Hidden(r) && r != '\n' && r != '\t'
		if got := listed.MatchString(string(r)); got != want {
			t.Errorf("U+%04X: the script hides it: %t, want %t", r, got, want)
		}
	}
	if !strings.Contains(class, `\x{d800}-\x{dfff}`) {
		t.Error("the script does not hide half surrogate pairs")
	}
}

// largeRun has iterations of two agents whose prompts have so many bytes, of whose lines of numbers a part is new in
// each call.
func largeRun(iterations, size int, fresh float64) *provider.Live {
	random := rand.New(rand.NewPCG(1, 2))
	number := func() string {
		return fmt.Sprintf("tick %d: queue %d, balance %d.%02d, inflow %d", random.IntN(1e4), random.IntN(1e6),
			random.IntN(1e7), random.IntN(100), random.IntN(1e6))
	}
	var stock []string
	for range 2000 {
		stock = append(stock, number())
	}
	records := []provider.Record{&provider.Start{RunID: "large", Name: "large", Type: "t"}}
	for n := range iterations {
		for _, agent := range []string{"BANK_A", "BANK_B"} {
			var b strings.Builder
			for i := 0; b.Len() < size; i++ {
				line := stock[i%len(stock)]
				if random.Float64() < fresh {
					line = number()
				}
				fmt.Fprintln(&b, line)
			}
			records = append(records, &provider.Interaction{Iteration: n, AgentID: agent, UserPrompt: new(b.String()),
				SystemPrompt: new("You are a bank."), Response: new(fmt.Sprintf(`{"x":%d}`, n)),
				ParsedPolicy: json.RawMessage(fmt.Sprintf(`{"x":%d}`, n))})
		}
		records = append(records, &provider.Iteration{Number: n,
			Costs: map[string]provider.Cents{"BANK_A": 100, "BANK_B": 200}})
	}
	return providertest.Live(append(records, &provider.Result{Status: "completed"}))
}

// TestBudget: a usual run stays under 1 MB, and one of 50 iterations with prompts of 40 KB under 3 MB, whole; what a
// larger one leaves out it says.
func TestBudget(t *testing.T) {
	if n := len(written(t, played(t, "exp2", 0), report.Options{})); n > 1<<20 {
		t.Errorf("exp2: %d bytes, more than 1 MB", n)
	}
	page := written(t, largeRun(50, 40_000, 0.5), report.Options{})
	d, packed := dataOf(t, page)
	if len(page) > 3<<20 || !packed || strings.Contains(page, "To keep this page small") || len(d.Calls) != 100 {
		t.Errorf("50 iterations: %d bytes, packed: %t, %d calls", len(page), packed, len(d.Calls))
	}
	page = written(t, largeRun(50, 57_000, 1), report.Options{})
	d, _ = dataOf(t, page)
	left := 0
	for i, c := range d.Calls {
		if c.U.X > 0 {
			left++
		}
		if c.R.X > 0 || c.P.X > 0 {
			t.Errorf("call %d: an answer is left out", i)
		}
	}
	if want := fmt.Sprintf("leaves out %d prompts or answers of %d calls", left, left); len(page) > 3<<20 || left == 0 ||
		!strings.Contains(page, want) {
		t.Errorf("%d bytes, %d prompts left out, want less than 3 MB and: %s", len(page), left, want)
	}
}

// TestLong: of a run of thousands of iterations the page has the first and the last, and says so.
func TestLong(t *testing.T) {
	records := []provider.Record{&provider.Start{RunID: "long", Name: "long", Type: "t"}}
	for n := range 3000 {
		records = append(records, &provider.Event{Iteration: n, Type: "tick", Data: json.RawMessage(fmt.Sprint(n))},
			&provider.Iteration{Number: n, Costs: map[string]provider.Cents{"A": provider.Cents(n), "B": 7}})
	}
	page := written(t, providertest.Live(append(records, &provider.Result{Status: "completed"})), report.Options{})
	if len(page) > 3<<20 || !strings.Contains(page, "leaves out iterations 333 to 2666.") ||
		!strings.Contains(page, `id="i332"`) || strings.Contains(page, `id="i333"`) || !strings.Contains(page, `id="i2999"`) {
		t.Errorf("%d bytes; want the iterations up to 332 and from 2667 on", len(page))
	}
}

// TestWithheld: what is withheld is said to be, with its commitment, and nothing stands in its place.
func TestWithheld(t *testing.T) {
	live := played(t, "exp1", 3)
	secret := "initial_liquidity_fraction"
	public := new(provider.Live)
	all := func(int64, provider.Record, string, []byte) bool { return true }
	if err := provider.Copy(t.Context(), redact.NewSink(public, all), live); err != nil {
		t.Fatal(err)
	}
	page := written(t, public, report.Options{})
	still, _, _ := strings.Cut(page, `<script type="application/json"`)
	if strings.Contains(page, secret) || !strings.Contains(still, "This copy of the run withholds ") ||
		!strings.Contains(still, "withheld · commitment") {
		t.Error("the page does not say what is withheld, or has it")
	}
	d, _ := dataOf(t, page)
	for _, c := range d.Calls {
		if len(c.S.H) != 64 || len(c.U.H) != 64 || len(c.R.H) != 64 {
			t.Errorf("record %d: got %+v", c.Q, c)
		}
	}
	for _, e := range d.Events {
		if len(e.H) != 64 || e.D != "" {
			t.Errorf("record %d: got %+v", e.Q, e)
		}
	}
	if !strings.Contains(still, `aria-label="Total cost: withheld"`) {
		t.Error("the chart does not say that costs are withheld")
	}
	if strings.Contains(still, "$0.00") {
		t.Error("a zero stands for an amount that is withheld")
	}
}

// TestOutcome: the sentence that says how a run ended.
func TestOutcome(t *testing.T) {
	start := &provider.Start{RunID: "r", Name: "n", Type: "t"}
	it := func(n int, cost provider.Cents) provider.Record {
		return &provider.Iteration{Number: n, Costs: map[string]provider.Cents{"A": cost}}
	}
	decided := func(n int, accepted bool) provider.Record {
		return &provider.Iteration{Number: n, Costs: map[string]provider.Cents{"A": 100},
			AcceptedChanges: map[string]bool{"A": accepted}, Policies: map[string]json.RawMessage{"A": json.RawMessage(`1`)}}
	}
	call := func(n int, policy string) provider.Record {
		return &provider.Interaction{Iteration: n, AgentID: "A", ParsedPolicy: json.RawMessage(policy)}
	}
	result := &provider.Result{Status: "completed"}
	for _, c := range []struct {
		want    string
		records []provider.Record
	}{
		{"Cut short: it ends without an iteration and without a result.", nil},
		{"Cut short: it ends in iteration 3 without a result. Total cost was $1.00.", []provider.Record{it(3, 100)}},
		{"Ended after 0 iterations.", []provider.Record{result}},
		{"Ended after 2 iterations. Total cost fell from $1.00 to $0.99 (−1.0 %), the lowest.",
			[]provider.Record{it(0, 100), it(1, 99), result}},
		{"Ended after 2 iterations. Total cost rose from $1.00 to $11.00 (11 times as much); the lowest was $1.00 in " +
			"iteration 0.",
			[]provider.Record{it(0, 100), it(1, 1100), result}},
		{"Ended after 2 iterations. Total cost rose from $0.01 to $12.34 (1,234 times as much); the lowest was $0.01 in " +
			"iteration 0.", []provider.Record{it(0, 1), it(1, 1234), result}},
		{"Ended after 3 iterations. Total cost rose from $0.00 to $5.00; the lowest was −$2.00 in iteration 4.",
			[]provider.Record{it(0, 0), it(4, -200), it(5, 500), result}},
		{"Ended after 3 iterations. Total cost fell from $3.00 to $2.00 (−33.3 %), the lowest, first reached in iteration 1.",
			[]provider.Record{it(0, 300), it(1, 200), it(2, 200), result}},
		{"Ended after 2 iterations. Total cost ended where it began, at $1.00.",
			[]provider.Record{it(0, 100), it(1, 100), result}},
		{"Converged after 1 iteration (so it is). Total cost was $1.00.", []provider.Record{it(0, 100),
			&provider.Result{Status: "completed", Converged: new(true), ConvergenceReason: new("so it is")}}},
		{"Ended after 1 iteration without converging. Total cost was $1.00.", []provider.Record{it(0, 100),
			&provider.Result{Status: "completed", Converged: new(false)}}},
		{"Failed after 0 iterations.", []provider.Record{&provider.Result{Status: "failed"}}},
		{"Interrupted after 0 iterations.", []provider.Record{&provider.Result{Status: "interrupted"}}},
		{"Ended after 2 iterations. Total cost ended where it began, at $1.00. What became of 1 proposal was not recorded; " +
			"1 time there was no usable answer.", []provider.Record{call(0, `2`), it(0, 100),
			&provider.Interaction{Iteration: 1, AgentID: "A", ParsingError: new("no")}, it(1, 100), result}},
		{"Ended after 4 iterations. Total cost ended where it began, at $1.00. Of 4 proposals 1 was accepted, 1 rejected, " +
			"1 kept the policy as it was, 1 undecided.", []provider.Record{call(0, `2`), decided(0, true), call(1, `3`),
			decided(1, false), call(2, `1`), decided(2, false), call(3, `9`), it(3, 100), result}},
	} {
		p := providertest.Live(append([]provider.Record{start}, c.records...))
		run, err := report.Read(t.Context(), p, report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h := run.Head
		if got := h.Outcome + string(h.Reason) + h.OutcomeEnd; got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// TestColumns: columns of one's own are drawn in the place of parameters, and one that is not there is an error.
func TestColumns(t *testing.T) {
	live := played(t, "exp1", 4)
	columns, err := series.ParseColumns([]string{"f=policy:/parameters/initial_liquidity_fraction", "g=f*2"})
	if err != nil {
		t.Fatal(err)
	}
	run, err := report.Read(t.Context(), live, report.Options{Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	if p := run.Costs.Parameters; len(p) != 2 || p[0].Name != "f" || p[1].Name != "g" {
		t.Errorf("got %+v, want f and g", p)
	}
	for text, want := range map[string]string{
		"x=policy:/parameters/no": "nothing at",
		"x=policy:/payment_tree":  "want a number",
	} {
		columns, err := series.ParseColumns([]string{text})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := report.Read(t.Context(), live, report.Options{Columns: columns}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", text, err, want)
		}
	}
}

// TestServed: the page of a server has no texts and names where they are, and what the server answers is what the file
// would have.
func TestServed(t *testing.T) {
	live := played(t, "exp1", 5)
	run, err := report.Read(t.Context(), live, report.Options{Outline: true,
		Types: []report.EventType{{Type: "evaluation"}}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := run.WriteServed(&b, report.Served{Base: "/token/", From: 1, Count: 2, Script: "// more\n"}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if !strings.Contains(page, `"base":"/token/"`) || strings.Contains(page, `"lines"`) ||
		strings.Contains(page, `id="i0"`) || !strings.Contains(page, `id="i2/BANK_A"`) ||
		strings.Contains(page, `id="i3"`) || !strings.Contains(page, "// more") {
		t.Error("the page is not that of iterations 1 and 2, without texts")
	}
	full, err := report.Read(t.Context(), live, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, it := range run.Iterations {
		if want := full.Iterations[i]; len(it.Rows) != len(want.Rows) || it.Rows[0].ID != want.Rows[0].ID ||
			it.Rows[0].Calls != want.Rows[0].Calls || !slices.Equal(it.Rows[0].Why, want.Rows[0].Why) {
			t.Errorf("iteration %d: got %+v, want %+v", it.Number, it.Rows[0], want.Rows[0])
		}
	}
	var calls []*provider.Interaction
	for c, err := range provider.AllInteractions(t.Context(), live) {
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, &c)
	}
	var answer struct {
		C, B struct{ S, R struct{ T string } }
	}
	if err := json.Unmarshal(report.CallJSON(calls[2], calls[0]), &answer); err != nil ||
		answer.C.S.T != *calls[2].SystemPrompt || answer.B.R.T != *calls[0].Response {
		t.Errorf("got %+v, %v", answer, err)
	}
}
