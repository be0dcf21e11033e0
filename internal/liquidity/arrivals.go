package liquidity

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/provider"
)

// The random arrivals of exp2 are a table, so that nobody needs the generator to repeat the experiment. The table was
// made by [generateArrivals] with [arrivalsSeed], which a test repeats.
//
//go:embed arrivals.csv
var arrivalsTable string

const (
	arrivalsSeed   = 7
	arrivalsHeader = "tick,from,to,amount_cents,deadline"
)

// generateArrivals draws a day of payments among banks: for every tick and bank a Poisson(2) number of payments to the
// next bank, each of a log-normal amount with mean 10,000 and standard deviation 5,000 cents, due 3 to 8 ticks later
// but before the day ends (and at least one tick after it arrived).
func generateArrivals(seed uint64, ticks, banks int) []Payment {
	r := derive(seed, placeArrivals)
	var payments []Payment
	for tick := range ticks {
		for from := range banks {
			for range r.poisson() {
				amount := r.amount()
				deadline := max(tick+1, min(tick+3+r.below(6), ticks-1))
				payments = append(payments, Payment{tick, from, (from + 1) % banks, amount, deadline})
			}
		}
	}
	return payments
}

// poissonBelow holds the distribution function of Poisson(2) in units of 2^-32, rounded down. What is left, less than
// one in ten million, counts as the next number.
var poissonBelow = [...]uint32{
	581260615, 1743781846, 2906303077, 3681317231, 4068824308, 4223827139, 4275494749, 4290256923, 4293947467, 4294767588,
	4294931612, 4294961435,
}

func (r *random) poisson() int {
	u := uint32(r.next() >> 32)
	for n, below := range poissonBelow {
		if u < below {
			return n
		}
	}
	return len(poissonBelow)
}

// amount draws a place in the table of quantiles: one of its 256 intervals, then a number in it.
func (r *random) amount() provider.Cents {
	i := r.below(len(logNormal) - 1)
	return provider.Cents(logNormal[i] + r.below(logNormal[i+1]-logNormal[i]))
}

// logNormal holds the quantiles 0/256 to 256/256 of the log-normal distribution with mean 10,000 and standard deviation
// 5,000, except that the first and last, which would be 0 and infinite, are the quantiles 1/512 and 511/512.
var logNormal = [257]int{
	2288, 2546, 2855, 3066, 3233, 3374, 3498, 3609, 3710, 3804, 3892, 3974,
	4052, 4127, 4199, 4267, 4333, 4397, 4459, 4519, 4578, 4635, 4691, 4746,
	4799, 4851, 4903, 4953, 5003, 5052, 5100, 5148, 5195, 5241, 5287, 5332,
	5376, 5421, 5464, 5508, 5551, 5593, 5635, 5677, 5719, 5760, 5801, 5842,
	5882, 5922, 5962, 6002, 6042, 6081, 6120, 6159, 6198, 6237, 6275, 6314,
	6352, 6390, 6428, 6466, 6504, 6542, 6579, 6617, 6654, 6692, 6729, 6766,
	6804, 6841, 6878, 6915, 6952, 6989, 7026, 7063, 7100, 7137, 7174, 7211,
	7248, 7285, 7322, 7359, 7396, 7434, 7471, 7508, 7545, 7582, 7620, 7657,
	7694, 7732, 7769, 7807, 7845, 7882, 7920, 7958, 7996, 8034, 8072, 8111,
	8149, 8188, 8226, 8265, 8304, 8343, 8382, 8421, 8460, 8500, 8539, 8579,
	8619, 8659, 8699, 8740, 8780, 8821, 8862, 8903, 8944, 8986, 9027, 9069,
	9111, 9154, 9196, 9239, 9282, 9325, 9368, 9412, 9456, 9500, 9545, 9589,
	9634, 9680, 9725, 9771, 9817, 9863, 9910, 9957, 10005, 10053, 10101, 10149,
	10198, 10247, 10297, 10347, 10397, 10448, 10499, 10551, 10603, 10656, 10709, 10762,
	10816, 10871, 10926, 10981, 11037, 11094, 11151, 11209, 11267, 11326, 11386, 11446,
	11507, 11569, 11631, 11695, 11759, 11823, 11889, 11955, 12022, 12090, 12159, 12229,
	12300, 12372, 12445, 12519, 12594, 12671, 12748, 12827, 12907, 12989, 13071, 13155,
	13241, 13328, 13417, 13508, 13600, 13694, 13790, 13889, 13989, 14091, 14196, 14303,
	14413, 14525, 14640, 14759, 14880, 15005, 15133, 15265, 15401, 15541, 15686, 15835,
	15990, 16151, 16317, 16490, 16670, 16858, 17054, 17259, 17475, 17701, 17940, 18193,
	18462, 18748, 19054, 19384, 19741, 20130, 20557, 21030, 21562, 22167, 22870, 23707,
	24741, 26090, 28023, 31424, 34957,
}

// formatPayments gives payments as a table in CSV with the names of the banks.
func formatPayments(payments []Payment, banks []string) string {
	var b strings.Builder
	b.WriteString(arrivalsHeader + "\n")
	for _, p := range payments {
		fmt.Fprintf(&b, "%d,%s,%s,%d,%d\n", p.Arrival, banks[p.From], banks[p.To], int64(p.Amount), p.Deadline)
	}
	return b.String()
}

// parsePayments undoes [formatPayments].
func parsePayments(table string, banks []string) ([]Payment, error) {
	var payments []Payment
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if i == 0 {
			if line != arrivalsHeader {
				return nil, fmt.Errorf("payments: line 1: header %q, want %q", line, arrivalsHeader)
			}
			continue
		}
		p, err := parsePayment(strings.Split(line, ","), banks)
		if err != nil {
			return nil, fmt.Errorf("payments: line %d: %w", i+1, err)
		}
		payments = append(payments, p)
	}
	return payments, nil
}

func parsePayment(cells, banks []string) (p Payment, err error) {
	if len(cells) != 5 {
		return p, fmt.Errorf("%d cells, want 5", len(cells))
	}
	bank := func(name string) int {
		for i, b := range banks {
			if b == name {
				return i
			}
		}
		if err == nil {
			err = fmt.Errorf("unknown bank %q", name)
		}
		return 0
	}
	integer := func(text string) int64 {
		n, e := strconv.ParseInt(text, 10, 64)
		if err == nil {
			err = e
		}
		return n
	}
	p.Arrival, p.Deadline = int(integer(cells[0])), int(integer(cells[4]))
	p.From, p.To = bank(cells[1]), bank(cells[2])
	p.Amount = provider.Cents(integer(cells[3]))
	return p, err
}
