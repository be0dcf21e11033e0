package series

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/simexp/exparchive/provider"
)

// days is a run of two agents, of which B has no policy on day 1.
func days(id string, settled, arrived []string) []provider.Record {
	records := []provider.Record{&provider.Start{RunID: id, Name: "n", Type: "t", Config: []byte(`{"k": 4, "w": "word"}`)}}
	for i := range settled {
		policies := map[string]json.RawMessage{"A": []byte(fmt.Sprintf(`{"f": 0.%d}`, i+1)), "B": []byte(`{"f": 0.25}`)}
		if i == 1 {
			delete(policies, "B")
		}
		records = append(records,
			&provider.Event{Iteration: i, Type: "day", Data: []byte(fmt.Sprintf(`{"settled": %s, "arrived": %s, "word": "w"}`,
				settled[i], arrived[i]))},
			&provider.Iteration{Number: i, Costs: map[string]provider.Cents{"A": provider.Cents(100 * (i + 1)), "B": 7},
				Policies: policies})
	}
	return records
}

// values shows the values of the last column in the rows that have one.
func values(r *Run) string {
	var list []string
	for _, row := range r.Rows {
		i := len(row.Values) - 1
		if row.Values[i] == nil {
			continue
		}
		mark := ""
		if row.Defaulted != nil && row.Defaulted[i] {
			mark = "*"
		}
		list = append(list, fmt.Sprintf("%d%s:%s%s", row.Iteration, row.Agent, row.Values[i], mark))
	}
	return strings.Join(list, " ")
}

var daily = []string{"s=day:/settled", "a=day:/arrived", "f=policy:/f", "k=config:/k", "word=day:/word",
	"none=day:/none else 3"}

func TestFormulas(t *testing.T) {
	run, base := days("r", []string{"1", "2", "3"}, []string{"3", "2", "7"}), days("base", []string{"4"}, []string{"8"})
	for formula, want := range map[string]string{
		"s": "0:1 1:2 2:3", "s/a": "0:0.333333 1:1 2:0.428571", "round(s/a, 2)": "0:0.33 1:1.00 2:0.43",
		"s - a*2": "0:-5 1:-2 2:-11",
		"(s-a)*2": "0:-4 1:0 2:-8", "-s": "0:-1 1:-2 2:-3", "2*-s": "0:-2 1:-4 2:-6", "s-1-1": "0:-1 1:0 2:1",
		"8/s/2":      "0:4 1:2 2:1.333333",
		"running(s)": "0:1 1:3 2:6", "running(s)/running(a)": "0:0.333333 1:0.6 2:0.5", "total(s)": "0:6 1:6 2:6",
		"mean(s)":  "0:2 1:2 2:2",
		"first(a)": "0:3 1:3 2:3", "last(a)": "0:7 1:7 2:7", "least(a)": "0:2 1:2 2:2", "greatest(a)": "0:7 1:7 2:7",
		"rises(s)": "0:1 1:1 2:1", "rises(a)": "0:0 1:0 2:0", "if(rises(s), s, running(s))": "0:1 1:2 2:3",
		"if(rises(a), a, running(a))": "0:3 1:5 2:12", "s/(a-2)": "0:1 2:0.6", "running(s/(a-2))": "0:1",
		"total(s/(a-2))": "",
		"s/(a-2) else 9": "0:1 1:9* 2:0.6", "(s/(a-2) else -1.5)*2": "0:2 1:-3* 2:1.2",
		"total(s/(a-2) else 0)": "0:1.6* 1:1.6* 2:1.6*",
		"f":                     "0A:0.1 0B:0.25 1A:0.2 2A:0.3 2B:0.25",
		"f else 0.5":            "0A:0.1 0B:0.25 1A:0.2 1B:0.5* 2A:0.3 2B:0.25",
		"agents(f)":             "0:0.35 2:0.55", "agents(f else 0.5)": "0:0.35 1:0.7* 2:0.55",
		"f*s":      "0A:0.1 0B:0.25 1A:0.4 2A:0.9 2B:0.75",
		"total(f)": "0A:0.6 1A:0.6 2A:0.6", "cost_cents": "0A:100 0B:7 1A:200 1B:7 2A:300 2B:7",
		"agents(cost_cents)":                        "0:107 1:207 2:307",
		"cents(cost_cents/agents(cost_cents)*1000)": "0A:935 0B:65 1A:966 1B:34 2A:977 2B:23",
		"iteration*10":                              "0:0 1:10 2:20",
		"iterations()":                              "0:3 0A:3 0B:3 1:3 1A:3 1B:3 2:3 2A:3 2B:3",
		"k/8":                                       "0:0.5 0A:0.5 0B:0.5 1:0.5 1A:0.5 1B:0.5 2:0.5 2A:0.5 2B:0.5",
		"change(s)":                                 "0:-75", "change(total(s))": "0:50 1:50 2:50",
		"round(change(last(a)), 1)": "0:-12.5 1:-12.5 2:-12.5",
		"change(-s)":                "0:75",
		"change(f)":                 "0A:0 0B:0", "change(total(f))": "0A:500 1A:500 2A:500", "none": "0:3* 1:3* 2:3*",
		"none+s": "0:4* 1:5* 2:6*",
		"word":   `0:"w" 1:"w" 2:"w"`, "if(s-1, 1, 0)": "0:0 1:1 2:1", "if(s/(a-2), 1, 0)": "0:1 2:1",
		"round(2.5, 0) ": "0:2 0A:2 0B:2 1:2 1A:2 1B:2 2:2 2A:2 2B:2",
		"cents(s/2)":     "0:0 1:1 2:2", "round(s, 3)": "0:1.000 1:2.000 2:3.000", `"s"+"a"`: "0:4 1:4 2:10",
		" s\t+ 1": "0:2 1:3 2:4",
	} {
		list := columns(t, append(slices.Clone(daily), "x="+formula)...)
		b, err := Of(t.Context(), play(t, base...), list)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Of(t.Context(), play(t, run...), list)
		if err == nil && list[len(list)-1].NeedsBaseline() {
			if got := values(r); got != "" {
				t.Errorf("%s without a baseline: got %s, want nothing", formula, got)
			}
			err = r.Against(b)
		}
		if err != nil {
			t.Errorf("%s: %v", formula, err)
			continue
		}
		if got := values(r); got != want {
			t.Errorf("%s: got %s, want %s", formula, got, want)
		}
	}
}

// TestDefaults: a default stands for what was not recorded, in the rows of the kind that the column has, and is not
// taken for recorded when the run is compared.
func TestDefaults(t *testing.T) {
	for column, want := range map[string]string{
		"x=policy:/f else 0.5": "0A:0.1 0B:0.25 1A:0.2 1B:0.5*", "x=policy:/none else 0.5": "0A:0.5* 0B:0.5* 1A:0.5* 1B:0.5*",
		"x=day:/none else 0": "0:0* 1:0*", "x=nothing:/none else 0": "0:0* 1:0*",
		`x=day:/none/{agent} else "no"`: `0A:"no"* 0B:"no"* 1A:"no"* 1B:"no"*`,
		"x=config:/none else true":      "0:true* 0A:true* 0B:true* 1:true* 1A:true* 1B:true*",
		"x=config:/k else 1":            "0:4 0A:4 0B:4 1:4 1A:4 1B:4",
	} {
		list := columns(t, "s=day:/settled", column)
		r, err := Of(t.Context(), play(t, days("r", []string{"1", "2"}, []string{"1", "2"})...), list)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := values(r); got != want {
				t.Errorf("%s: got %s, want %s", column, got, want)
			}
			if has := !strings.Contains(column, "none"); r.Has(1) != has {
				t.Errorf("%s: Has gives %v", column, r.Has(1))
			}
			if err := r.Against(r); err != nil {
				t.Fatal(err)
			}
		}
		if list[1].String() != column {
			t.Errorf("got %q, want %q", list[1], column)
		}
	}
}

// TestShown: columns that are there for others only are not in what is shown, and no row is there for them alone.
func TestShown(t *testing.T) {
	list := columns(t, "s=day:/settled", "f=policy:/f else 0.5", "x=f*2")
	list[0].Hidden, list[1].Hidden = true, true
	r, err := Of(t.Context(), play(t, days("r", []string{"1", "2"}, []string{"1", "2"})...), list)
	if err != nil {
		t.Fatal(err)
	}
	r = r.Shown()
	if got, want := show(r), "0  []\n0 A 100 [0.2]\n0 B 7 [0.5]\n1  []\n1 A 200 [0.4]\n1 B 7 [1]\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
	if got, want := values(r), "0A:0.2 0B:0.5 1A:0.4 1B:1*"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(r.Columns) != 1 || r.Columns[0].Name != "x" || !r.Has(0) {
		t.Errorf("got columns %v, want x", r.Columns)
	}
}

func TestFormulaErrors(t *testing.T) {
	for formula, want := range map[string]string{
		"s+": "character 3", "s+(a": "character 5", "s a": "character 3", "s+b": "character 3", "+s": "character 1",
		"foo(s)":  "character 1",
		"total()": "character 1", "total(s, a)": "character 1", "if(s, a)": "character 1", "1+round(s, 1)": "character 3",
		"round(s)":      "character 8",
		"round(s, 101)": "character 10", "round(s, x)": "character 10", "cents(s": "character 8", "s else a": "character 8",
		"else 3": "character 1",
		"é":      "character 1", `"é"+"é`: `character 1`, "s+é": "character 3", "1.": "character 1", "01": "character 1",
		"1.2.3": "character 1",
		"s;a":   "character 2", "x": "character 1", "--s": "character 2", "s)": "character 2", "total(s": "character 8",
		strings.Repeat("(", 300) + "s": "deep", strings.Repeat("-(", 300) + "s": "deep", strings.Repeat("s", 20_000): "bytes",
	} {
		_, err := ParseColumn("x="+formula, columns(t, daily...)...)
		if !errors.Is(err, ErrColumn) || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "column x: ") {
			t.Errorf("%.80s: got %v, want %s", formula, err, want)
		}
	}
	for _, formula := range []string{"word+1", "total(word)", "round(word, 1)", "agents(cost_cents*word)",
		"if(word, 1, 2)", "change(word)"} {
		list := columns(t, append(slices.Clone(daily), "x="+formula)...)
		r, err := Of(t.Context(), play(t, days("r", []string{"1"}, []string{"1"})...), list)
		if err == nil && formula == "change(word)" {
			err = r.Against(r)
		}
		if !errors.Is(err, ErrFormula) || !strings.Contains(err.Error(), "column x, iteration 0: ") {
			t.Errorf("%s: got %v, want ErrFormula", formula, err)
		}
	}
}

// TestFormulaBounds: what doubles with each column ends, in time and in size.
func TestFormulaBounds(t *testing.T) {
	texts, squares := []string{"c0=day:/settled"}, []string{"c0=day:/settled"}
	for i := range 200 {
		texts = append(texts, fmt.Sprintf("c%d=change(c%[2]d)+c%[2]d+c%[2]d", i+1, i))
		squares = append(squares, fmt.Sprintf("c%d=c%[2]d*c%[2]d", i+1, i))
	}
	run := play(t, days("r", []string{"3", "4"}, []string{"1", "2"})...)
	r, err := Of(t.Context(), run, columns(t, texts...))
	if err == nil {
		err = r.Against(r)
	}
	if err != nil {
		t.Error(err)
	}
	if _, err := Of(t.Context(), run, columns(t, squares...)); !errors.Is(err, ErrFormula) {
		t.Errorf("got %v, want ErrFormula", err)
	}
}

// TestFormulaArithmetic compares random formulas with what they are made from.
func TestFormulaArithmetic(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var make func(depth int) (string, *big.Rat)
		make = func(depth int) (string, *big.Rat) {
			if depth == 0 || rapid.Bool().Draw(rt, "leaf") {
				n := rapid.IntRange(0, 50).Draw(rt, "n")
				return fmt.Sprintf("%d.%02d", n/10, n%10), big.NewRat(int64(n/10*100+n%10), 100)
			}
			a, x := make(depth - 1)
			b, y := make(depth - 1)
			op := rapid.SampledFrom([]string{"+", "-", "*", "/"}).Draw(rt, "op")
			text := "(" + a + " " + op + " " + b + ")"
			z := new(big.Rat)
			switch {
			case x == nil || y == nil || op == "/" && y.Sign() == 0:
				return text, nil
			case op == "+":
				z.Add(x, y)
			case op == "-":
				z.Sub(x, y)
			case op == "*":
				z.Mul(x, y)
			default:
				z.Quo(x, y)
			}
			return text, z
		}
		text, want := make(5)
		c, err := ParseColumn("x=" + text)
		if err != nil {
			rt.Fatal(err)
		}
		e := newEvaluator(&Run{})
		v, err := e.value(c.formula.root, place{})
		if err != nil || (v.number == nil) != (want == nil) || want != nil && v.number.Cmp(want) != 0 {
			rt.Fatalf("%s: got %v, %v, want %v", text, v.number, err, want)
		}
	})
}

// FuzzColumn: no text makes the parser panic or loop, and what it takes it writes the same way.
func FuzzColumn(f *testing.F) {
	for _, seed := range []string{
		"x=day:/a else 0.5", "x=round(s/a, 2)", "x=if(rises(a), s, running(s)) else -1", `x="s"*cents(a)`, "x=total(s, )",
		"x=-(-(s))", `x=day:/"a"`,
	} {
		f.Add(seed)
	}
	before := columns(f, daily...)
	run := play(f, days("r", []string{"1", "0"}, []string{"3", "2"})...)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseColumn(text, before...)
		if err != nil {
			if !errors.Is(err, ErrColumn) {
				t.Fatalf("got %v, want ErrColumn", err)
			}
			return
		}
		again, err := ParseColumn(c.String(), before...)
		if err != nil || again.String() != c.String() {
			t.Fatalf("%q: got %q, %v", c, again, err)
		}
		if _, err := Of(t.Context(), run, append(slices.Clone(before), c)); err != nil && !errors.Is(err, ErrFormula) {
			t.Fatal(err)
		}
	})
}

// TestFormulaRows: a formula has values in the rows of its columns, and makes no row that holds nothing.
func TestFormulaRows(t *testing.T) {
	run := play(t, days("r", []string{"1", "2"}, []string{"1", "2"})...)
	for formula, want := range map[string]string{
		"f*2":                "0 A 100 [0.1] [0.2]\n0 B 7 [0.25] [0.5]\n1 A 200 [0.2] [0.4]\n1 B 7 [] []\n",
		"iteration/0":        "0 A 100 [0.1] []\n0 B 7 [0.25] []\n1 A 200 [0.2] []\n1 B 7 [] []\n",
		"iteration":          "0  [] [0]\n0 A 100 [0.1] []\n0 B 7 [0.25] []\n1  [] [1]\n1 A 200 [0.2] []\n1 B 7 [] []\n",
		"f*iteration":        "0 A 100 [0.1] [0]\n0 B 7 [0.25] [0]\n1 A 200 [0.2] [0.2]\n1 B 7 [] []\n",
		"f*iteration else 9": "0 A 100 [0.1] [0]\n0 B 7 [0.25] [0]\n1 A 200 [0.2] [0.2]\n1 B 7 [] [9]\n",
	} {
		r, err := Of(t.Context(), run, columns(t, "f=policy:/f", "x="+formula))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := show(r); got != want {
				t.Errorf("%s: got\n%swant\n%s", formula, got, want)
			}
			if err := r.Against(r); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestFormulaPart: a formula needs all iterations and rows, also where only a part or an outline of the run is asked
// for.
func TestFormulaPart(t *testing.T) {
	run := play(t, days("r", []string{"1", "2", "3"}, []string{"1", "2", "3"})...)
	for _, o := range []Options{{Span: &provider.Span{First: 2, Last: 2}}, {Outline: true}} {
		o.Columns = columns(t, "s=day:/settled", "x=total(s)+total(agents(cost_cents))")
		r, err := Read(t.Context(), run, o)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := values(r), "0:627 1:627 2:627"; got != want {
			t.Errorf("%+v: got %s, want %s", o, got, want)
		}
	}
}

// TestChangeAgents: an agent that the baseline does not have is not compared with a default.
func TestChangeAgents(t *testing.T) {
	list := columns(t, "f=policy:/f", "x=change(f else 0.5)", "y=change(total(f else 0.5))")
	of := func(agent string) *Run {
		r, err := Of(t.Context(), play(t, &provider.Start{RunID: "r", Name: "n", Type: "t"},
			&provider.Iteration{Number: 0, Policies: map[string]json.RawMessage{agent: []byte(`{}`)}}), list)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := of("A")
	for base, want := range map[string]string{"A": "0 A [] [0] [0]\n", "B": "0 A [] [] []\n"} {
		if err := r.Against(of(base)); err != nil {
			t.Fatal(err)
		}
		if got := show(r); got != want {
			t.Errorf("against %s: got %s, want %s", base, got, want)
		}
	}
}
