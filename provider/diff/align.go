package diff

import (
	"bytes"
	"slices"

	"github.com/simexp/exparchive/provider"
)

// run pairs the records of the two runs.
func (c *comparer) run() error {
	a, b := &c.sides[0], &c.sides[1]
	for {
		if err := c.readBoth(1); err != nil {
			return err
		}
		switch {
		case len(a.ahead) == 0 && len(b.ahead) == 0:
			return nil
		case len(a.ahead) == 0 || len(b.ahead) == 0:
			rest := bStep
			if len(a.ahead) > 0 {
				rest = aStep
			}
			if err := c.apply([]step{rest}); err != nil {
				return err
			}
			continue
		}
		x, y := a.ahead[0], b.ahead[0]
		if bytes.Equal(x.entry, y.entry) || x.r.RecordKind() == provider.KindStart && y.r.RecordKind() == provider.KindStart {
			if err := c.apply([]step{pairStep}); err != nil {
				return err
			}
			continue
		}
		if err := c.readBoth(Window); err != nil {
			return err
		}
		for i := range c.sides {
			if err := c.sides[i].prepare(); err != nil {
				return err
			}
		}
		steps := align(a.ahead, b.ahead, a.ended, b.ended)
		if err := c.apply(steps[:sure(steps, a, b)]); err != nil {
			return err
		}
	}
}

func (c *comparer) readBoth(n int) error {
	for i := range c.sides {
		if err := c.sides[i].read(n); err != nil {
			return err
		}
	}
	return nil
}

// A step says what becomes of the next records.
type step byte

const (
	aStep    step = iota // the next record of A is only there
	bStep                // the next record of B is only there
	pairStep             // the next records of A and B belong together
)

// apply carries out steps.
func (c *comparer) apply(steps []step) error {
	a, b := &c.sides[0], &c.sides[1]
	for _, s := range steps {
		var err error
		switch s {
		case aStep:
			err = c.only(a.take(1)[0], OnlyA)
		case bStep:
			err = c.only(b.take(1)[0], OnlyB)
		case pairStep:
			err = c.pair(a.take(1)[0], b.take(1)[0])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sure gives how many of the steps do not depend much on records that have not been read: those up to half of a window.
func sure(steps []step, a, b *side) int {
	i, j := 0, 0
	for n, s := range steps {
		if n > 0 && (!a.ended && 2*i >= len(a.ahead) || !b.ended && 2*j >= len(b.ahead)) {
			return n
		}
		if s != bStep {
			i++
		}
		if s != aStep {
			j++
		}
	}
	return len(steps)
}

// Costs of the steps of an alignment: a pair of records that are not equal costs less than the two apart.
const (
	costOnly    = 2
	costChanged = 3
)

// align lays the records ahead in two runs side by side with the least cost for each record that is used up, and gives
// the steps. Unless both runs have ended it may leave some of one run.
func align(a, b []*item, aEnded, bEnded bool) []step {
	n, m := len(a), len(b)
	width := m + 1
	cost := make([]int32, (n+1)*width)
	at := func(i, j int) int32 { return cost[i*width+j] }
	change := func(i, j int) int32 { // of pairing a[i-1] with b[j-1]; negative if they cannot be
		switch {
		case a[i-1].print == b[j-1].print:
			return 0
		case a[i-1].key == b[j-1].key:
			return costChanged
		}
		return -1
	}
	for i := range n + 1 {
		for j := range m + 1 {
			if i == 0 || j == 0 {
				cost[i*width+j] = int32(i+j) * costOnly
				continue
			}
			least := min(at(i-1, j), at(i, j-1)) + costOnly
			if p := change(i, j); p >= 0 {
				least = min(least, at(i-1, j-1)+p)
			}
			cost[i*width+j] = least
		}
	}
	i, j := end(n, m, aEnded, bEnded, earlier(a[0].r, b[0].r), at)
	var steps []step
	for i > 0 || j > 0 {
		p := int32(-1)
		if i > 0 && j > 0 {
			p = change(i, j)
		}
		switch {
		case p >= 0 && at(i, j) == at(i-1, j-1)+p:
			steps = append(steps, pairStep)
			i, j = i-1, j-1
		case j > 0 && at(i, j) == at(i, j-1)+costOnly:
			steps = append(steps, bStep)
			j--
		default:
			steps = append(steps, aStep)
			i--
		}
	}
	slices.Reverse(steps)
	return steps
}

// end chooses how much of the records ahead an alignment uses up: all of a run that goes on, with the least cost for
// each record. Of ends that cost the same, the one that leaves alone the run whose next record belongs to a later
// iteration is taken, and otherwise the one that uses up most.
func end(n, m int, aEnded, bEnded bool, earlier int, cost func(i, j int) int32) (bestI, bestJ int) {
	bestI, bestJ = n, m
	if aEnded && bEnded {
		return n, m
	}
	weight := func(i, j int) int {
		switch {
		case earlier < 0:
			return i - j
		case earlier > 0:
			return j - i
		}
		return i + j
	}
	consider := func(i, j int) {
		c := int64(cost(i, j))*int64(bestI+bestJ) - int64(cost(bestI, bestJ))*int64(i+j)
		if i+j > 0 && (c < 0 || c == 0 && weight(i, j) > weight(bestI, bestJ)) {
			bestI, bestJ = i, j
		}
	}
	if !aEnded {
		for j := range m + 1 {
			consider(n, j)
		}
	}
	if !bEnded {
		for i := range n + 1 {
			consider(i, m)
		}
	}
	return bestI, bestJ
}

// earlier is negative if the iteration of x comes before that of y, positive if after, and else 0.
func earlier(x, y provider.Record) int {
	i, ok := provider.IterationOf(x)
	j, ok2 := provider.IterationOf(y)
	switch {
	case !ok || !ok2 || i == j:
		return 0
	case i < j:
		return -1
	}
	return 1
}
