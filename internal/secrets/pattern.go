package secrets

import (
	"regexp"
	"sync"
)

// A pattern is a regular expression that is compiled when it is first used. There are some hundred of them, and most
// who have this package in their program look for no secret; so they need not wait.
type pattern struct {
	before, expr, behind string
	once                 sync.Once
	re                   *regexp.Regexp
}

// The tables of patterns are laid out by the compiler, as long as what makes one is a literal: start-up makes none.
func newPattern(expr string) *pattern { return &pattern{expr: expr} }

// ends makes the pattern of what stands at the end of a text, begins at its beginning.
func ends(expr string) *pattern   { return &pattern{before: `(?:`, expr: expr, behind: `)\z`} }
func begins(expr string) *pattern { return &pattern{before: `\A(?:`, expr: expr, behind: `)`} }

func (p *pattern) compiled() *regexp.Regexp {
	p.once.Do(func() { p.re = regexp.MustCompile(p.before + p.expr + p.behind) })
	return p.re
}

func (p *pattern) Match(b []byte) bool              { return p.compiled().Match(b) }
func (p *pattern) MatchString(s string) bool        { return p.compiled().MatchString(s) }
func (p *pattern) FindIndex(b []byte) []int         { return p.compiled().FindIndex(b) }
func (p *pattern) FindSubmatchIndex(b []byte) []int { return p.compiled().FindSubmatchIndex(b) }
func (p *pattern) FindAllSubmatchIndex(b []byte) [][]int {
	return p.compiled().FindAllSubmatchIndex(b, -1)
}
