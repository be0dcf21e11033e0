package liquidity

import "math/bits"

// A random is a splitmix64 generator (Steele, Lea and Flood 2014); its value is its state.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	return mix(uint64(*r))
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives a number from 0 to n-1. The bias is n in 2^64.
func (r *random) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// derive gives the generator of one place of a run: the same place of the same seed always gets the same numbers,
// however many numbers other places used.
func derive(seed uint64, place ...uint64) *random {
	s := mix(seed + 1)
	for _, p := range place {
		s = mix(s ^ mix(p+0x632be59bd9b4e019))
	}
	return new(random(s))
}

// derive is like the function, for places of runs of this experiment.
func (s *Scenario) derive(seed uint64, place ...uint64) *random {
	for i := range len(s.Name) {
		place = append(place, uint64(s.Name[i]))
	}
	return derive(seed, place...)
}

// The first element of a place says what the numbers are for.
const (
	placeArrivals uint64 = iota + 1
	placeDay
	placeSample
	placeCall
	placeRunID
)
