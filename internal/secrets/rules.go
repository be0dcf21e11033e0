package secrets

import (
	"slices"
	"sync"
)

// Kinds that are named elsewhere in the package.
const (
	kindPrivateKey  = "private-key"
	kindEmail       = "email"
	kindHome        = "home-directory"
	kindPassword    = "password"
	kindURLPassword = "url-password"
	kindHeader      = "authorization-header"
	kindAWSSecret   = "aws-secret-access-key"
	kindAssigned    = "assigned-secret"
	kindPhrase      = "seed-phrase"
)

// token makes the rule for tokens that begin with one of the prefixes. pattern is the whole token, the prefix included.
func token(kind, pattern string, prefixes ...string) rule {
	return rule{kind: kind, literals: prefixes, pattern: begins(pattern), accept: tokenLike,
		body: true, word: true}
}

// infix makes the rule for tokens that have one of the parts behind up to before characters of back. pattern has the
// whole token as its group.
func infix(kind, pattern string, before int, back string, parts ...string) rule {
	return rule{kind: kind, literals: parts, back: back, before: before, pattern: begins(pattern),
		accept: tokenLike, word: true}
}

// rules are in order of precedence: what is of several kinds is of the first.
var rules = sync.OnceValue(func() []rule {
	return slices.Concat(keys, cloud, models, development, services, general)
})

// keys in files of their own. RFC 7468 (PEM), RFC 9580 (OpenPGP), openssh PROTOCOL.key, PuTTY manual appendix C,
// age-encryption.org.
var keys = []rule{
	{kind: kindPrivateKey, literals: []string{"-----BEGIN "},
		pattern: newPattern(`\A-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?:[\sA-Za-z0-9+/=\\:,]|-[A-Za-z0-9])*?-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|[\sA-Za-z0-9+/=\\]*)`)},
	{kind: "putty-private-key", literals: []string{"PuTTY-User-Key-File-"},
		pattern: newPattern(`\APuTTY-User-Key-File-[0-9]: (?:[^P]|P[^u]|Pu[^T])*?Private-MAC: [0-9a-f]+`)},
	token("age-secret-key", `AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{58,}`, "AGE-SECRET-KEY-"),
}

// general holds what has no issuer. RFC 7519 (JWT), RFC 6750 and 7617 (Bearer, Basic), RFC 3986 (URLs), RFC 5321
// (addresses).
var general = []rule{
	{kind: "jwt", word: true, literals: []string{"eyJ"}, accept: varied,
		pattern: newPattern(`\AeyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*`)},
	{kind: kindURLPassword, word: true, literals: []string{"://"}, back: nameBytes + "+", before: 20, textOnly: true,
		whole:   urlPassword,
		pattern: newPattern(`\A[0-9A-Za-z+._-]*[A-Za-z][0-9A-Za-z+.-]*://[^\s/:@"'<>\\\x00]*:([^\s/@"'<>\\\x00]+)@[0-9A-Za-z\[_.-]+`)},
	{kind: kindURLPassword, word: true, literals: []string{"@tcp("}, back: nameBytes + ":!#$%&*+=?^~", before: 100,
		textOnly: true, accept: notPlaceholder,
		pattern: newPattern(`\A[0-9A-Za-z_.-]+:([^\s/@"'<>\\:]+)@tcp\(`)},
	{kind: "netrc-password", literals: []string{"login "}, fold: true, textOnly: true, accept: netrcPassword,
		pattern: newPattern(`\A(?i:login)\s+\S+\s+(?i:password)\s+([^\s\x00]+)`)},
	{kinds: []string{kindPassword, kindHeader, kindAWSSecret, kindAssigned, kindPhrase}, fold: true, textOnly: true,
		find: assignments,
		literals: []string{"pass", "pw", "psw", "kennwort", "contrasena", "senha", "key", "token", "secret",
			"cred", "auth", "cookie", "jwt", "mnemonic", "phrase", "seedwords", "seed_words", "session", "sessid", "pat"}},
	{kinds: []string{kindAssigned}, textOnly: true, find: webKey, literals: []string{`"kty"`}},
	{kind: kindPassword, literals: []string{"identified by "}, fold: true, textOnly: true, accept: passwordInText,
		pattern: newPattern(`\A(?i:identified by)\s+["']([^"'\s\x00]{4,})["']`)},
	{kinds: []string{kindPassword}, textOnly: true, find: flagged,
		literals: []string{"-p", "-P", "-a", "-w", "-u", "-su", "-sSu", "-U", "--user", "--proxy-user"}},
	{kind: kindHeader, literals: []string{"bearer "}, fold: true, textOnly: true, accept: bearer,
		pattern: newPattern(`\A(?i:bearer) {1,4}([0-9A-Za-z._~+/=-]{20,})`)},
	{kind: kindEmail, word: true, literals: []string{"@"}, back: nameBytes + "+'", before: 64, textOnly: true,
		accept:  address,
		whole:   noCall,
		pattern: newPattern(`\A[^0-9A-Za-z]*([0-9A-Za-z](?:[0-9A-Za-z._+'-]*[0-9A-Za-z_+-])?@(?:[0-9A-Za-z][0-9A-Za-z-]*\.)+[A-Za-z][A-Za-z]+)\(?`)},
	{kind: kindHome, literals: []string{"/home/", "/Users/"}, textOnly: true, accept: homeOwner,
		pattern: newPattern(`\A/(?:home|Users)/[0-9A-Za-z][0-9A-Za-z._-]{0,63}`)},
	{kind: kindHome, literals: []string{`:\users\`, `:\documents and settings\`, `:/users/`, `:\\users\\`}, fold: true,
		back: nameBytes, before: 1, textOnly: true, accept: homeOwner,
		pattern: newPattern(`\A(?i)([a-z]:(?:\\{1,2}|/)(?:users|documents and settings)(?:\\{1,2}|/)[^\\/:*?"<>|\r\n\t\x00]{1,64})`)},
}

// Kinds gives the kinds of secrets that [Scan] knows, in order of precedence.
func Kinds() []string {
	var kinds []string
	for _, r := range rules() {
		for _, kind := range append([]string{r.kind}, r.kinds...) {
			if kind != "" && !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}
