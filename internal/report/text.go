package report

import (
	"fmt"
	"html/template"
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/internal/visible"
	"github.com/simexp/exparchive/provider"
)

// A Text is text from outside. As a string it is that of package visible, which attributes get.
type Text string

// String gives the text on one line, with escapes for what cannot be seen.
func (t Text) String() string { return visible.Line(string(t)) }

// HTML gives the text for the content of an element, isolated from the direction of what is around it. What cannot be
// seen is its bordered number.
func (t Text) HTML() template.HTML {
	var b strings.Builder
	b.WriteString("<bdi>")
	rest, done := string(t), 0
	for i, r := range rest {
		_, size := utf8.DecodeRuneInString(rest[i:])
		if r == '\n' || r == '\t' || !visible.Hidden(r) && (r != utf8.RuneError || size > 1) {
			continue
		}
		b.WriteString(template.HTMLEscapeString(rest[done:i]))
		fmt.Fprintf(&b, `<span class="ctl">U+%04X</span>`, r)
		done = i + size
	}
	b.WriteString(template.HTMLEscapeString(rest[done:]))
	b.WriteString("</bdi>")
	return template.HTML(b.String())
}

// minus is the sign of negative numbers (U+2212).
const minus = "\u2212"

// money writes an amount for people.
func money(c provider.Cents) string { return strings.Replace(c.String(), "-", minus, 1) }

// moneyOf is money of an amount that may be absent, which is a dash.
func moneyOf(c *provider.Cents) string {
	if c == nil {
		return "–"
	}
	return money(*c)
}

// difference writes by how much an amount differs from the one before it, "=" for not at all.
func difference(from, to *provider.Cents) string {
	if from == nil || to == nil {
		return ""
	}
	d := new(big.Int).Sub(big.NewInt(int64(*to)), big.NewInt(int64(*from)))
	switch {
	case d.Sign() == 0:
		return "="
	case !d.IsInt64():
		return ""
	case d.Sign() > 0:
		return "+" + money(provider.Cents(d.Int64()))
	}
	return money(provider.Cents(d.Int64()))
}

// times is from how many times as much on a change is no longer written in percent.
const times = 11

// relative writes a change of an amount in percent, or as a multiple if it is large; empty if it has none.
func relative(from, to provider.Cents) string {
	if from <= 0 || from == to {
		return ""
	}
	ratio := big.NewRat(int64(to), int64(from))
	if ratio.Cmp(big.NewRat(times, 1)) >= 0 {
		return grouped(decimal.Round(ratio).Int64()) + " times as much"
	}
	percent := decimal.Format(ratio.Mul(ratio.Sub(ratio, big.NewRat(1, 1)), big.NewRat(100, 1)), 1)
	if rest, negative := strings.CutPrefix(percent, "-"); negative {
		return minus + rest + " %"
	}
	return "+" + percent + " %"
}

// grouped writes a number with a comma between thousands.
func grouped[T ~int | ~int64](n T) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// plural writes a number of things.
func plural[T ~int | ~int64](n T, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}
