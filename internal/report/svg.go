package report

import (
	"fmt"
	"html/template"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/provider"
)

// Charts are drawn 360 units wide in whole tenths of a unit, so that they are the same wherever they are made.
const (
	chartWidth = 360
	plotLeft   = 520 // tenths
	plotRight  = 3080
)

// maxTitled is how many iterations a chart has at most whose marks have titles.
const maxTitled = 120

// A drawing is SVG that is being put together. Nothing from outside gets into it but through title.
type drawing struct {
	strings.Builder
	many bool                              // marks are drawn together, without titles
	all  [len(markClasses)]strings.Builder // them, by class
}

// markClasses are the signs of decisions; see [State].
var markClasses = [...]string{"yes", "no", "same", "ref", "open", "none"}

// tenths writes a length.
func tenths(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	if n%10 == 0 {
		return sign + strconv.Itoa(n/10)
	}
	return sign + strconv.Itoa(n/10) + "." + strconv.Itoa(n%10)
}

// title gives an element with a title as its end.
func title(text string) string {
	return "<title>" + template.HTMLEscapeString(Text(text).String()) + "</title>"
}

// text writes a text of ours or a number.
func (d *drawing) text(class string, x, y int, anchor, text string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	if anchor != "" {
		anchor = ` text-anchor="` + anchor + `"`
	}
	fmt.Fprintf(d, `<text%s x="%s" y="%s"%s>%s</text>`, class, tenths(x), tenths(y), anchor,
		template.HTMLEscapeString(text))
}

// path writes lines along d.
func (d *drawing) path(class, along string) {
	if along != "" {
		fmt.Fprintf(d, `<path class="%s" d="%s"/>`, class, along)
	}
}

// mark writes the sign of a decision with a title.
func (d *drawing) mark(class string, x, y int, about string) {
	if d.many {
		d.together(class, x, y)
		return
	}
	end := title(about)
	switch class {
	case "yes":
		fmt.Fprintf(d, `<circle class="yes" cx="%s" cy="%s" r="3.2">%s</circle>`, tenths(x), tenths(y), end)
	case "no":
		fmt.Fprintf(d, `<circle class="no" cx="%s" cy="%s" r="2.9">%s</circle>`, tenths(x), tenths(y), end)
	case "same":
		fmt.Fprintf(d, `<path class="keep" d="M%s %sh6">%s</path>`, tenths(x-30), tenths(y), end)
	case "ref":
		fmt.Fprintf(d, `<path class="ref" d="M%s %sl6 6m-6 0l6-6">%s</path>`, tenths(x-30), tenths(y-30), end)
	case "open":
		fmt.Fprintf(d, `<circle class="dot" cx="%s" cy="%s" r="2.4">%s</circle>`, tenths(x), tenths(y), end)
	default:
		fmt.Fprintf(d, `<circle class="dot" cx="%s" cy="%s" r="1.4">%s</circle>`, tenths(x), tenths(y), end)
	}
}

// together adds a sign to those of its class.
func (d *drawing) together(class string, x, y int) {
	for i, c := range markClasses {
		if c != class {
			continue
		}
		switch b := &d.all[i]; class {
		case "yes", "open":
			fmt.Fprintf(b, "M%s %sh0", tenths(x), tenths(y))
		case "no":
			fmt.Fprintf(b, "M%s %sa2 2 0 1 0 4 0a2 2 0 1 0-4 0", tenths(x-20), tenths(y))
		case "same":
			fmt.Fprintf(b, "M%s %sh3", tenths(x-15), tenths(y))
		case "ref":
			fmt.Fprintf(b, "M%s %sl4 4m-4 0l4-4", tenths(x-20), tenths(y-20))
		}
	}
}

// marks writes what was drawn together.
func (d *drawing) marks() {
	for i, class := range markClasses {
		d.path(class+" pts", d.all[i].String())
	}
}

// An xAxis has the iterations at equal distances.
type xAxis struct {
	numbers []int
}

// at gives the place of the i-th iteration.
func (x xAxis) at(i int) int {
	if len(x.numbers) < 2 {
		return plotLeft
	}
	return plotLeft + int((int64(i)*2*(plotRight-plotLeft)/int64(len(x.numbers)-1)+1)/2)
}

// step tells the script where the iterations are.
func (x xAxis) step() string {
	step := 0
	if n := len(x.numbers) - 1; n > 0 {
		step = (plotRight - plotLeft) * 1000 / n
	}
	return fmt.Sprintf("%d %d.%04d %d", plotLeft/10, step/10000, step%10000, len(x.numbers))
}

// draw writes the axis with the numbers of the first and the last iteration, and of every fifth or more between.
func (x xAxis) draw(d *drawing, y int) {
	n := len(x.numbers)
	if n == 0 {
		return
	}
	every := 5
	for ; n/every > 5; every *= 2 {
	}
	along := fmt.Sprintf("M%s %sH%s", tenths(x.at(0)), tenths(y), tenths(x.at(n-1)))
	var labels []int
	for i := range n {
		middle := i > 0 && i < n-1 && x.numbers[i]%every == 0 &&
			x.at(n-1)-x.at(i) >= 200 && x.at(i)-x.at(0) >= 200
		if i == 0 || i == n-1 || middle {
			along += fmt.Sprintf("M%s %sv3", tenths(x.at(i)), tenths(y))
			labels = append(labels, i)
		}
	}
	d.path("ax", along)
	for _, i := range labels {
		d.text("", x.at(i), y+130, "middle", strconv.Itoa(x.numbers[i]))
	}
}

// follows reports whether the i-th iteration comes directly after the one before.
func (x xAxis) follows(i int) bool { return i > 0 && x.numbers[i] == x.numbers[i-1]+1 }

// A scale places values between two heights, in tenths of a unit.
type scale struct {
	low, high   *big.Rat
	top, bottom int
	log         bool // of cents: by the logarithm, zero and less on the base line
}

func (s scale) at(v *big.Rat) int {
	if s.log {
		return s.atLog(v)
	}
	if s.high.Cmp(s.low) == 0 {
		return (s.top + s.bottom) / 2
	}
	part := new(big.Rat).Sub(s.high, v)
	part.Quo(part, new(big.Rat).Sub(s.high, s.low))
	part.Mul(part, big.NewRat(int64(s.bottom-s.top), 1))
	return s.top + int(decimal.Round(part).Int64())
}

// atLog leaves a line's room at the bottom for what has no logarithm.
func (s scale) atLog(v *big.Rat) int {
	if v.Sign() <= 0 {
		return s.bottom
	}
	bottom := s.bottom - 80
	low, high, x := log2(s.low), log2(s.high), log2(v)
	if high == low {
		return s.top
	}
	return s.top + int((int64(bottom-s.top)*2*(high-x)/(high-low)+1)/2)
}

// log2 gives the binary logarithm of a positive whole number below 2^63, in 65536ths. It is computed in integers, since
// those of floating-point numbers differ between processors.
func log2(r *big.Rat) int64 {
	v := r.Num().Uint64()
	whole := bits.Len64(v) - 1
	x := v << (63 - whole) // from 1 to 2 as from 2^63 to 2^64
	result := int64(whole)
	for range 16 {
		result <<= 1
		hi, _ := bits.Mul64(x, x)
		if hi >= 1<<63 { // 2 or more
			result |= 1
			x = hi
		} else {
			x = hi << 1
		}
	}
	return result
}

// centsRat gives an amount as a number.
func centsRat(c provider.Cents) *big.Rat { return big.NewRat(int64(c), 1) }

// short writes an amount for an axis: exactly below $10,000, and with three digits from there on.
func short(c provider.Cents) string {
	const k = 10_000_00
	if c < k && c > -k {
		text := money(c)
		return strings.TrimSuffix(text, ".00")
	}
	v := new(big.Rat).Abs(centsRat(c))
	v.Quo(v, big.NewRat(100, 1))
	unit := ""
	for _, unit = range []string{"k", "M", "bn", "tn", "qn"} {
		v.Quo(v, big.NewRat(1000, 1))
		if v.Cmp(big.NewRat(9995, 10)) < 0 {
			break
		}
	}
	places := 2
	if v.Cmp(big.NewRat(9995, 100)) >= 0 {
		places = 0
	} else if v.Cmp(big.NewRat(9995, 1000)) >= 0 {
		places = 1
	}
	text := "$" + decimal.Format(v, places) + unit
	if c < 0 {
		return minus + text
	}
	return text
}

// spark draws how many events of a type there are in each iteration, in a field of 300 by 16.
func spark(numbers []int, in map[int]int64, most int64) template.HTML {
	var d drawing
	n := len(numbers)
	if n == 0 || most == 0 {
		return ""
	}
	width := max(3000/n*7/10, 4)
	along := ""
	for i, number := range numbers {
		if c := in[number]; c > 0 {
			h := max(int(140*c/most), 15)
			along += fmt.Sprintf("M%s 16v-%sh%sv%sz", tenths(3000*i/n), tenths(h), tenths(width), tenths(h))
		}
	}
	d.path("tick", along)
	return template.HTML(d.String())
}
