package liquidity

import (
	"slices"
	"testing"

	"github.com/simexp/exparchive/provider"
)

// The costs known for profiles of shares, in cents: computed independently of this package.
func TestKnownCosts(t *testing.T) {
	for _, c := range []struct {
		name   string
		shares []Fraction
		want   []provider.Cents
	}{
		{"exp1", []Fraction{500, 500}, []provider.Cents{5000, 5000}},
		{"exp1", []Fraction{110, 200}, []provider.Cents{1100, 2000}},
		{"exp1", []Fraction{0, 200}, []provider.Cents{0, 2000}},
		{"exp1", []Fraction{0, 150}, []provider.Cents{0, 2500}},
		{"exp1", []Fraction{0, 180}, []provider.Cents{0, 2800}},
		{"exp1", []Fraction{0, 170}, []provider.Cents{0, 2700}},
		{"exp1", []Fraction{0, 0}, []provider.Cents{3000, 7000}},
		// From the published results; they give shares to a thousandth.
		{"exp1", []Fraction{1, 170}, []provider.Cents{10, 2700}},
		{"exp1", []Fraction{0, 179}, []provider.Cents{0, 2790}},
		{"exp1", []Fraction{18, 0}, []provider.Cents{3180, 7000}}, // published as 3178: the shares there are rounded
		{"exp2", []Fraction{500, 500}, []provider.Cents{49800, 49800}},
		{"exp3", []Fraction{500, 500}, []provider.Cents{4995, 4995}},
		{"exp3", []Fraction{210, 200}, []provider.Cents{2097, 1998}},
		{"exp3", []Fraction{200, 200}, []provider.Cents{1998, 1998}},
		{"exp3", []Fraction{10, 300}, []provider.Cents{12099, 6997}},
		{"exp3", []Fraction{0, 0}, []provider.Cents{20000, 20000}},
		{"exp3", []Fraction{180, 180}, []provider.Cents{21797, 21797}},
		{"exp3", []Fraction{0, 200}, []provider.Cents{12000, 5998}},
		{"exp3", []Fraction{49, 290}, []provider.Cents{12489, 6898}},
		{"exp3", []Fraction{100, 9}, []provider.Cents{20999, 20090}}, // published as 20996 and 20096: likewise
	} {
		if got := load(t, c.name).Costs(c.shares); !slices.Equal(got, c.want) {
			t.Errorf("%s at %v: got %v, want %v", c.name, c.shares, got, c.want)
		}
	}
}

// A scan of all profiles of whole percents finds the one equilibrium in pure strategies, and no other.
func TestUniqueEquilibrium(t *testing.T) {
	for name, want := range map[string][]Fraction{"exp1": {0, 200}, "exp3": {200, 200}} {
		s := load(t, name)
		const n = 101
		var costs [n][n][]provider.Cents
		for a := range n {
			for b := range n {
				costs[a][b] = s.Costs([]Fraction{Fraction(a) * Percent, Fraction(b) * Percent})
			}
		}
		var found [][]Fraction
		for a := range n {
			for b := range n {
				stable := true
				for x := range n {
					stable = stable && costs[x][b][bankA] >= costs[a][b][bankA] && costs[a][x][bankB] >= costs[a][b][bankB]
				}
				if stable {
					found = append(found, []Fraction{Fraction(a) * Percent, Fraction(b) * Percent})
				}
			}
		}
		if len(found) != 1 || !slices.Equal(found[0], want) {
			t.Errorf("%s: got equilibria %v, want %v alone", name, found, want)
		}
	}
}

// From one half each, unlimited best responses arrive in one iteration, one after the other as well as at the same
// time.
func TestBestResponseArrivesAtOnce(t *testing.T) {
	for name, want := range map[string][]Fraction{"exp1": {0, 200}, "exp3": {200, 200}} {
		s := load(t, name)
		from := []Fraction{500, 500}
		together := []Fraction{s.BestResponse(from, bankA, One), s.BestResponse(from, bankB, One)}
		inTurn := slices.Clone(from)
		for i := range inTurn {
			inTurn[i] = s.BestResponse(inTurn, i, One)
		}
		if !slices.Equal(together, want) || !slices.Equal(inTurn, want) {
			t.Errorf("%s: got %v together and %v in turn, want %v", name, together, inTurn, want)
		}
	}
}

func TestBestResponseWithinReach(t *testing.T) {
	s := load(t, "exp3")
	for _, c := range []struct{ at, reach, want Fraction }{
		{500, Reach, 400}, {500, Percent, 490}, {205, Reach, 200}, {200, Reach, 200}, {0, Reach, 0}, {1000, One, 200},
	} {
		if got := s.BestResponse([]Fraction{c.at, 200}, bankA, c.reach); got != c.want {
			t.Errorf("from %v with reach %v: got %v, want %v", c.at, c.reach, got, c.want)
		}
	}
}

// Deadlines, by hand: a payment of 1000 arrives in tick 0, is due in tick 1 and never settles in a day of 4 ticks.
// Delay costs 200 in ticks 0 and 1 and 1000 in ticks 2 and 3, where it is overdue; the penalty falls due once, the fee
// at the end.
func TestOverdue(t *testing.T) {
	s := &Scenario{
		Banks: banks(), Ticks: 4, Pool: 1000,
		Payments: []Payment{{Arrival: 0, From: bankA, To: bankB, Amount: 1000, Deadline: 1}},
	}
	var protocol []Entry
	days := s.Settle([]Fraction{999, 0}, func(e Entry) { protocol = append(protocol, e) })
	want := Day{Delay: 200 + 200 + 1000 + 1000, Overdue: 50_000, Unsettled: 100_000, Due: 1, Waited: 4, Balance: 999}
	if days[bankA] != want {
		t.Errorf("bank A: got %+v, want %+v", days[bankA], want)
	}
	p := s.Payments[0]
	if want := []Entry{{0, Queues, p}, {2, Overdue, p}, {3, Remains, p}}; !slices.Equal(protocol, want) {
		t.Errorf("protocol: got %v, want %v", protocol, want)
	}
	// Not overdue at the end if the deadline is the last tick.
	s.Payments[0].Deadline = 3
	if got, want := s.Costs([]Fraction{0, 0})[bankA], provider.Cents(4*200); got != want {
		t.Errorf("due in the last tick: got %v, want %v", got, want)
	}
}

// The queue is first in, first out, passes over what the balance does not cover, and stands behind new payments; what a
// bank receives can be spent in the tick after.
func TestQueueOrder(t *testing.T) {
	p := func(tick, from int, amount provider.Cents) Payment {
		return Payment{Arrival: tick, From: from, To: 1 - from, Amount: amount, Deadline: 9}
	}
	s := &Scenario{Banks: banks(), Ticks: 4, Pool: 1000, Payments: []Payment{
		p(0, bankA, 500), p(0, bankA, 100), p(0, bankA, 200), // none covered
		p(1, bankB, 250), // credited for tick 2
		p(2, bankA, 50),  // before the queue; leaves 200, so 500 is passed over, 100 settles, 200 is not covered
		p(2, bankB, 200), // credited for tick 3: 300
	}}
	var got []Entry
	s.Settle([]Fraction{0, 1000}, func(e Entry) { got = append(got, e) })
	q := s.Payments
	want := []Entry{
		{0, Queues, q[0]}, {0, Queues, q[1]}, {0, Queues, q[2]}, {1, Settles, q[3]},
		{2, Settles, q[4]}, {2, Settles, q[5]}, {2, Released, q[1]},
		{3, Released, q[2]}, {3, Remains, q[0]},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// Half a cent is rounded up: 50 at one percent is 0.5, and a fifth of 2 is 0.4.
func TestRounding(t *testing.T) {
	s := &Scenario{
		Banks: banks(), Ticks: 1, Pool: 50, LiquidityBps: 100,
		Payments: []Payment{{From: bankB, To: bankA, Amount: 2, Deadline: 1}},
	}
	if got, want := s.Costs([]Fraction{One, 0}), []provider.Cents{1, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	s.Payments[0].Amount = 3 // 0.6
	if got := s.Costs([]Fraction{One, 0})[bankB]; got != 1 {
		t.Errorf("a fifth of 3: got %v, want %v", got, provider.Cents(1))
	}
	if got, want := Fraction(290).Of(100_000), provider.Cents(29_000); got != want { // 28,999 in floats
		t.Errorf("0.29 of 100000: got %d, want %d", got, want)
	}
	if got, want := Fraction(1).Of(999), provider.Cents(0); got != want {
		t.Errorf("0.001 of 999: got %d, want %d", got, want)
	}
}

// No money appears or vanishes.
func TestConservation(t *testing.T) {
	for seed := range uint64(100) {
		s := load(t, "exp2")
		s.Payments = generateArrivals(seed, s.Ticks, 2)
		r := derive(seed)
		shares := []Fraction{Fraction(r.below(300)), Fraction(r.below(300))}
		var start, end provider.Cents
		for i, d := range s.Settle(shares, nil) {
			start += shares[i].Of(s.Pool)
			end += d.Balance
			if d.Settled > d.Due || d.Balance < 0 {
				t.Errorf("seed %d: got %+v", seed, d)
			}
		}
		if start != end {
			t.Errorf("seed %d: got %v at the end of the day, want %v", seed, end, start)
		}
	}
}

func BenchmarkSettle(b *testing.B) {
	s, err := Load("exp2")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.Settle([]Fraction{90, 110}, nil)
	}
}
