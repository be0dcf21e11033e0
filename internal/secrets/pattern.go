package secrets

import (
	"regexp"
	"sync"
)

// A pattern is a regular expression that is compiled when it is first used. There are some hundred of them, and most
// who have this package in their program look for no secret; so they need not wait.
type pattern struct{ compiled func() *regexp.Regexp }

func newPattern(expr string) *pattern {
	return &pattern{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })}
}

// ends makes the pattern of what stands at the end of a text, begins at its beginning.
func ends(expr string) *pattern   { return newPattern(`(?:` + expr + `)\z`) }
func begins(expr string) *pattern { return newPattern(`\A(?:` + expr + `)`) }

func (p *pattern) Match(b []byte) bool              { return p.compiled().Match(b) }
func (p *pattern) MatchString(s string) bool        { return p.compiled().MatchString(s) }
func (p *pattern) FindIndex(b []byte) []int         { return p.compiled().FindIndex(b) }
func (p *pattern) FindSubmatchIndex(b []byte) []int { return p.compiled().FindSubmatchIndex(b) }
