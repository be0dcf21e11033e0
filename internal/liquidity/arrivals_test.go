package liquidity

import (
	"flag"
	"math"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files and arrivals.csv")

// The table that is shipped is the one that the generator makes, byte for byte.
func TestArrivalsTable(t *testing.T) {
	want := formatPayments(generateArrivals(arrivalsSeed, 12, 2), banks())
	if *update {
		if err := os.WriteFile("arrivals.csv", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("arrivals.csv")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("arrivals.csv: got\n%s\nwant\n%s", got, want)
	}
	s := load(t, "exp2")
	if got := formatPayments(s.Payments, s.Banks); got != want {
		t.Errorf("read back: got\n%s\nwant\n%s", got, want)
	}
}

func TestArrivalsObeyTheRules(t *testing.T) {
	for seed := range uint64(50) {
		last := 0
		for _, p := range generateArrivals(seed, 12, 2) {
			switch {
			case p.Arrival < last || p.Arrival > 11:
				t.Errorf("seed %d: got arrival %d after %d", seed, p.Arrival, last)
			case p.From == p.To:
				t.Errorf("seed %d: got a payment from bank %d to itself", seed, p.From)
			case p.Amount <= 0:
				t.Errorf("seed %d: got amount %d", seed, p.Amount)
			case p.Deadline <= p.Arrival || p.Deadline > max(11, p.Arrival+1) || p.Deadline > p.Arrival+8 ||
				p.Deadline < min(p.Arrival+3, 11):
				t.Errorf("seed %d: got deadline %d of a payment that arrives in tick %d", seed, p.Deadline, p.Arrival)
			}
			last = p.Arrival
		}
	}
}

// The integer tables agree with the distributions they stand for.
func TestDistributions(t *testing.T) {
	sigma2 := math.Log(1.25)
	quantile := func(p float64) float64 {
		return math.Exp(math.Log(10_000) - sigma2/2 + math.Sqrt(sigma2*2)*math.Erfinv(2*p-1))
	}
	for i, got := range logNormal {
		p := min(max(float64(i)/256, 1.0/512), 511.0/512)
		if want := quantile(p); math.Abs(float64(got)-want) > 0.51 {
			t.Errorf("quantile %d/256: got %d, want %.2f", i, got, want)
		}
	}
	term, below := math.Exp(-2), 0.0
	for n, got := range poissonBelow {
		below += term
		term *= 2 / float64(n+1)
		if want := below * (1 << 32); math.Abs(float64(got)-want) > 2 {
			t.Errorf("Poisson up to %d: got %d, want %.1f", n, got, want)
		}
	}
	const draws = 200_000
	r := derive(1)
	var amounts, squares, counts float64
	for range draws {
		a := float64(r.amount())
		amounts += a
		squares += a * a
		counts += float64(r.poisson())
	}
	mean := amounts / draws
	for _, c := range []struct {
		what              string
		got, want, within float64
	}{
		{"mean amount", mean, 10_000, 100},
		{"standard deviation of amounts", math.Sqrt(squares/draws - mean*mean), 5_000, 200}, // the tails are cut
		{"mean number of payments", counts / draws, 2, 0.02},
	} {
		if math.Abs(c.got-c.want) > c.within {
			t.Errorf("%s: got %.3f, want %.0f ± %v", c.what, c.got, c.want, c.within)
		}
	}
}

// The first numbers of splitmix64 from 1234567, as the authors' program prints them.
func TestRandom(t *testing.T) {
	r := random(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
		16408922859458223821} {
		if got := r.next(); got != want {
			t.Errorf("number %d: got %d, want %d", i, got, want)
		}
	}
}

func TestParsePaymentsRefuses(t *testing.T) {
	for _, table := range []string{
		"", "tick\n", arrivalsHeader + "\n1,BANK_A,BANK_B,5", arrivalsHeader + "\n1,BANK_A,BANK_C,5,2",
		arrivalsHeader + "\nx,BANK_A,BANK_B,5,2", arrivalsHeader + "\n1,BANK_A,BANK_B,5.0,2",
	} {
		if got, err := parsePayments(table, banks()); err == nil {
			t.Errorf("table %q: got %v, want an error", table, got)
		}
	}
}

func load(t *testing.T, name string) *Scenario {
	t.Helper()
	s, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
