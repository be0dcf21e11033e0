package chart

import (
	"math"
	"slices"
	"testing"

	"github.com/simexp/exparchive/internal/scene"
)

// A sight turns linear red, green and blue into what somebody sees of them.
type sight [3][3]float64

// sights are those of people who lack a kind of cones, at full severity, by G. M. Machado, M. M. Oliveira and L. A. F.
// Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009; and a
// print in grey, by the luminance of ITU-R BT.709.
var sights = map[string]sight{
	"all cones":    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
	"grey":         {{0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}},
}

// seen gives a colour as it is seen, in L*a*b* (CIE 1976, D65).
func (s sight) seen(c scene.Color) (lab [3]float64) {
	var linear, rgb [3]float64
	for i, v := range c {
		x := float64(v) / 255
		if linear[i] = x / 12.92; x > 0.04045 {
			linear[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	for i, row := range s {
		for k, v := range row {
			rgb[i] += v * linear[k]
		}
		rgb[i] = min(max(rgb[i], 0), 1)
	}
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f((0.4124*rgb[0] + 0.3576*rgb[1] + 0.1805*rgb[2]) / 0.9505)
	y := f(0.2126*rgb[0] + 0.7152*rgb[1] + 0.0722*rgb[2])
	z := f((0.0193*rgb[0] + 0.1192*rgb[1] + 0.9505*rgb[2]) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// apart is by how much two colours differ (Delta E, 1976), where 2 can just be told apart side by side.
func (s sight) apart(a, b scene.Color) float64 {
	x, y := s.seen(a), s.seen(b)
	return math.Hypot(math.Hypot(x[0]-y[0], x[1]-y[1]), x[2]-y[2])
}

// TestStyles: any two styles differ in their dashes and in their marks, so that one of the two may be hard to make out,
// and in a terminal. For every sight, and in grey, each can be seen on white and on its own band, and those that are
// solid or have long dashes differ in colour too.
func TestStyles(t *testing.T) {
	const clearly = 10 // of 100 between black and white; 2 can just be told apart side by side
	all := append(slices.Clone(styles[:]), total)
	for i, a := range all {
		for _, b := range all[:i] {
			if slices.Equal(a.dash, b.dash) || a.marker == b.marker && a.hollow == b.hollow || a.letter == b.letter {
				t.Errorf("%c and %c are too much alike", a.letter, b.letter)
			}
		}
	}
	long := func(s style) bool { return s.dash == nil || s.dash[0] >= 8*scene.Pt }
	for name, s := range sights {
		for i, a := range all {
			for _, b := range all[:i] {
				if d := s.apart(a.color, b.color); long(a) && long(b) && d < clearly {
					t.Errorf("%s: %c and %c differ by %.0f", name, a.letter, b.letter, d)
				}
			}
			if d := s.apart(a.color, scene.White); d < 25 {
				t.Errorf("%s: %c is hard to see on white: %.0f", name, a.letter, d)
			}
			if d := s.apart(a.color, a.tint); d < 20 {
				t.Errorf("%s: %c is hard to see on its band: %.0f", name, a.letter, d)
			}
		}
	}
}
