package series

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/internal/decimal"
	"github.com/simexp/exparchive/internal/jsontext"
)

// A formula computes a column from columns before it. Its syntax, in the notation of the Go specification:
//
//	Formula  = "round" "(" Else "," Places ")" | "cents" "(" Else ")" | Else .
//	Else     = Sum [ "else" [ "-" ] Number ] .
//	Sum      = Product { ( "+" | "-" ) Product } .
//	Product  = Factor { ( "*" | "/" ) Factor } .
//	Factor   = [ "-" ] ( Number | Name | Function | "(" Else ")" ) .
//	Function = Word "(" [ Else { "," Else } ] ")" .
//
// A Name is letters, digits and _, not beginning with a digit, or any text in double quotes. White space separates.
type formula struct {
	text   string
	root   *node
	places int  // decimal places; -1 if none are asked for
	money  bool // cents, as money for people
}

// A node is a part of a formula.
type node struct {
	op     string   // a function of functions, a sign of operators, or one of the operations below
	at     int      // where it begins: the character, from 1
	number *big.Rat // of opNumber
	column int      // of opColumn: its index
	args   []*node
}

// The operations besides functions and signs.
const (
	opNumber = "number"
	opColumn = "column"
	opCost   = "cost_cents" // of the agent in the iteration
	opIndex  = "iteration"  // the number of the iteration
	opMinus  = "minus"      // of one operand
	opElse   = "else"
)

// functions are those of formulas, with the number of their arguments.
var functions = map[string]int{
	"running": 1, "total": 1, "mean": 1, "first": 1, "last": 1, "least": 1, "greatest": 1, "rises": 1,
	"agents": 1, "change": 1, "if": 3, "iterations": 0,
}

const (
	maxFormula = 10_000 // bytes
	maxDepth   = 200    // of parts in parts
	maxPlaces  = 100    // of decimals
)

// A formulaError reports what is wrong with a formula and where.
type formulaError struct {
	text string
	at   int // the character, from 1
	what string
}

func (e *formulaError) Error() string {
	return fmt.Sprintf("character %d of %.200q: %s", e.at, e.text, e.what)
}

// A parser reads a formula. The first error sticks.
type parser struct {
	text    string
	off     int // of the first byte of word
	end     int // behind it
	word    string
	kind    tokenKind
	depth   int
	columns []Column
	err     error
}

type tokenKind byte

const (
	tokenEnd tokenKind = iota
	tokenNumber
	tokenName   // without quotes
	tokenQuoted // word is the text in the quotes
	tokenSign
)

// parseFormula reads a formula over columns.
func parseFormula(text string, columns []Column) (*formula, error) {
	p := &parser{text: text, columns: columns}
	if len(text) > maxFormula {
		return nil, fmt.Errorf("a formula of %d bytes, want at most %d", len(text), maxFormula)
	}
	f := &formula{text: text, places: -1}
	p.next()
	outer := ""
	if (p.word == "round" || p.word == "cents") && p.kind == tokenName && p.before("(") {
		outer = p.word
		p.next()
		p.next()
	}
	f.root = p.orElse()
	switch outer {
	case "round":
		p.want(",")
		f.places = p.number0(maxPlaces)
		p.want(")")
	case "cents":
		f.places, f.money = 0, true
		p.want(")")
	}
	if p.kind != tokenEnd {
		p.fail("want the end of the formula or an operator, not %.80q", p.shown())
	}
	return f, p.err
}

func (p *parser) fail(format string, args ...any) {
	p.failAt(p.off, format, args...)
}

func (p *parser) failAt(off int, format string, args ...any) {
	if p.err == nil {
		p.err = &formulaError{p.text, p.character(off), fmt.Sprintf(format, args...)}
	}
	p.off, p.end, p.kind, p.word = len(p.text), len(p.text), tokenEnd, ""
}

func (p *parser) character(off int) int { return utf8.RuneCountInString(p.text[:off]) + 1 }

// shown gives the token as it is written.
func (p *parser) shown() string { return p.text[p.off:p.end] }

// before reports whether a sign follows the token.
func (p *parser) before(sign string) bool {
	return strings.HasPrefix(strings.TrimLeft(p.text[p.end:], " \t"), sign)
}

// next reads a token.
func (p *parser) next() {
	p.off = p.end
	for p.off < len(p.text) && (p.text[p.off] == ' ' || p.text[p.off] == '\t') {
		p.off++
	}
	p.end, p.word, p.kind = p.off, "", tokenEnd
	if p.off == len(p.text) {
		return
	}
	rest := p.text[p.off:]
	length := func(in func(c byte) bool) int {
		if i := strings.IndexFunc(rest, func(r rune) bool { return r >= utf8.RuneSelf || !in(byte(r)) }); i >= 0 {
			return i
		}
		return len(rest)
	}
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	letter := func(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
	switch c := rest[0]; {
	case digit(c):
		p.kind = tokenNumber
		p.end += length(func(c byte) bool { return digit(c) || c == '.' })
	case letter(c):
		p.kind = tokenName
		p.end += length(func(c byte) bool { return letter(c) || digit(c) })
	case c == '"':
		i := strings.IndexByte(rest[1:], '"')
		if i < 0 {
			p.fail("a name without its closing quote")
			return
		}
		p.kind, p.end, p.word = tokenQuoted, p.off+i+2, rest[1:i+1]
		return
	case strings.IndexByte("+-*/(),", c) >= 0:
		p.kind, p.end = tokenSign, p.off+1
	default:
		_, size := utf8.DecodeRuneInString(rest)
		p.fail("%.80q cannot stand in a formula; a name that has it wants double quotes", rest[:size])
		return
	}
	p.word = p.text[p.off:p.end]
}

// is reports whether the token is a sign or a word.
func (p *parser) is(word string) bool {
	return p.word == word && (p.kind == tokenSign || p.kind == tokenName)
}

func (p *parser) want(sign string) {
	switch {
	case p.is(sign):
		p.next()
	case p.kind == tokenEnd:
		p.fail("want %q before the end", sign)
	default:
		p.fail("want %q, not %.80q", sign, p.shown())
	}
}

// number0 reads a whole number up to most.
func (p *parser) number0(most int) int {
	n := 0
	if p.kind != tokenNumber || len(p.word) > 3 || strings.Contains(p.word, ".") {
		n = most + 1
	} else {
		fmt.Sscan(p.word, &n)
	}
	if n > most {
		p.fail("want a number of decimal places, 0 to %d", most)
		return 0
	}
	p.next()
	return n
}

func (p *parser) orElse() *node {
	if p.depth++; p.depth > maxDepth {
		p.fail("parts in parts, more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	left := p.sum()
	for p.is("else") {
		n := &node{op: opElse, at: p.character(p.off), args: []*node{left}}
		p.next()
		negative := p.is("-")
		if negative {
			p.next()
		}
		if p.kind != tokenNumber {
			p.fail("want a number behind else")
			return n
		}
		right := p.factor()
		if negative && right.number != nil {
			right.number.Neg(right.number)
		}
		n.args = append(n.args, right)
		left = n
	}
	return left
}

func (p *parser) sum() *node { return p.operators("+-", p.product) }

func (p *parser) product() *node { return p.operators("*/", p.factor) }

// operators reads operands with signs between them, from the left.
func (p *parser) operators(signs string, operand func() *node) *node {
	left := operand()
	for p.kind == tokenSign && strings.Contains(signs, p.word) {
		n := &node{op: p.word, at: p.character(p.off)}
		p.next()
		n.args = []*node{left, operand()}
		left = n
	}
	return left
}

func (p *parser) factor() *node {
	n := &node{op: opNumber, at: p.character(p.off), number: new(big.Rat)}
	switch {
	case p.is("-"):
		p.next()
		if p.is("-") {
			p.fail("two minus signs")
			return n
		}
		n.op, n.args = opMinus, []*node{p.factor()}
	case p.is("("):
		p.next()
		n = p.orElse()
		p.want(")")
	case p.kind == tokenNumber:
		x, err := decimal.Parse(p.word)
		zero := strings.HasPrefix(p.word, "0") && len(p.word) > 1 && p.word[1] != '.'
		if err != nil || zero || strings.HasSuffix(p.word, ".") {
			p.fail("%.80q is not a number", p.word)
			return n
		}
		n.number = x
		p.next()
	case p.kind == tokenName && p.before("("):
		p.function(n)
	case p.kind == tokenName && p.word == "else":
		p.fail("want a value before else")
	case p.kind == tokenName && (p.word == opCost || p.word == opIndex):
		n.op = p.word
		p.next()
	case p.kind == tokenName || p.kind == tokenQuoted:
		n.op = opColumn
		n.column = slices.IndexFunc(p.columns, func(c Column) bool { return c.Name == p.word })
		if n.column < 0 {
			p.fail("no column %.80q before this one%s", p.word, p.known())
			n.column = 0
			return n
		}
		p.next()
	case p.kind == tokenEnd:
		p.fail("want a value before the end")
	default:
		p.fail("want a value, not %.80q", p.shown())
	}
	return n
}

// known lists the columns that a formula may name.
func (p *parser) known() string {
	var names []string
	for _, c := range p.columns {
		names = append(names, string(jsontext.AppendString(nil, c.Name)))
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("; there are %.400s", strings.Join(names, ", "))
}

func (p *parser) function(n *node) {
	count, ok := functions[p.word]
	n.op = p.word
	switch {
	case p.word == "round" || p.word == "cents":
		p.fail("%s rounds, which is done once, at the end: it can only be around the whole formula", p.word)
		return
	case !ok:
		p.fail("no function %.80q", p.word)
		return
	}
	off := p.off
	p.next()
	p.next()
	for !p.is(")") && p.kind != tokenEnd {
		if len(n.args) > 0 {
			p.want(",")
		}
		n.args = append(n.args, p.orElse())
	}
	if p.err == nil && len(n.args) != count {
		p.failAt(off, "%s wants %d values, not %d", n.op, count, len(n.args))
		return
	}
	p.want(")")
}
