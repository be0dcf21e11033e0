package secrets

import (
	"math"
	"regexp"
	"strings"
)

// entropy gives the bits per byte that s has if its bytes were drawn as often as they occur in it.
func entropy(s string) float64 {
	var counts [256]int
	for i := range len(s) {
		counts[s[i]]++
	}
	var bits float64
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

// varied refuses what stands for a token, such as sk-xxxxxxxxxxxxxxxx.
func varied(s string) bool {
	var seen [256]bool
	n := 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			n++
		}
	}
	return n >= 8
}

// variedDigit also refuses words joined by dashes.
func variedDigit(s string) bool { return varied(s) && strings.ContainsAny(s, "0123456789") }

// placeholder matches what documents and templates put where a secret goes.
var placeholder = regexp.MustCompile(`(?i)^(?:none|null|nil|true|false|undefined|required|optional|string|withheld|redacted|hidden|missing|invalid|wrong|incorrect|expired|empty)$` +
	`|^[*.xX_-]+$|\*{3}|x{6}|^[<\[({$%]|\$\{|\{\{|%s|\byour[_-]|environ|getenv|getpass|\(|(?-i:^[A-Z][A-Z_]+$)`)

// isPlaceholder looks at the beginning of s only, so that it takes no time.
func isPlaceholder(s string) bool { return placeholder.MatchString(s[:min(len(s), 64)]) }

// assigned accepts values of names such as api_key: long, of high entropy, and no identifier.
func assigned(s string) bool {
	if len(s) < 16 || !strings.ContainsAny(s, "0123456789") || !varied(s) || isPlaceholder(s) {
		return false
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }) {
		return false
	}
	if entropy(s) < 3.2 {
		return false
	}
	// identifiers, versions and paths: words of letters only or of digits only
	pieces := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("_-./:=@", r) })
	for _, p := range pieces {
		if strings.ContainsAny(p, "0123456789") && strings.Trim(p, "0123456789") != "" && !numbered.MatchString(p) {
			return true
		}
	}
	return false
}

// numbered matches words with a number at their end, as names have.
var numbered = regexp.MustCompile(`^(?:[A-Za-z]?[a-z]+|[A-Z]+)[0-9]{1,4}$`)

// password accepts values of names such as password.
func password(s string) bool {
	s = strings.Trim(s, `"'`)
	if len(s) < 4 || isPlaceholder(s) {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") != "" || len(s) >= 12 // one word is prose: "password: too short"
}

// urlPassword accepts what stands between a user and a host.
func urlPassword(s string) bool { return !isPlaceholder(s) }

// homeOwner refuses folders beside the home directories that belong to nobody.
func homeOwner(path string) bool {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	switch strings.ToLower(name) {
	case "shared", "public", "default", "all", "linuxbrew":
		return false
	}
	return strings.Trim(name, ".") != ""
}

// address refuses what only looks like an e-mail address.
func address(s string) bool {
	local, domain, _ := strings.Cut(s, "@")
	if local == "git" { // git@github.com:… is how repositories are named
		return false
	}
	top := domain[strings.LastIndexByte(domain, '.')+1:]
	switch strings.ToLower(top) {
	case "png", "jpg", "jpeg", "svg", "gif", "webp", "py", "js", "ts", "go", "rs", "md", "txt", "json", "yaml", "yml", "toml", "css", "html", "lock":
		return false // logo@2x.png, package@1.2.js
	}
	return true
}
