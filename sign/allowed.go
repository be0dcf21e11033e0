package sign

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// ErrUnknownSigner means that a signature is by a key that no line of an allowed signers file names, or by none of the
// note keys given.
var ErrUnknownSigner = errors.New("unknown signer")

// AllowedSigners says whose keys are trusted. It is a file in the format that ssh-keygen(1) describes under ALLOWED
// SIGNERS, a line for each key:
//
//	alice@example.com namespaces="simexp-*" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…
//
// The options namespaces, valid-after and valid-before are obeyed. Lines with cert-authority are of no use here, since
// certificates are not supported.
type AllowedSigners struct {
	signers []allowedSigner
	// Skipped are the numbers of lines that were not understood, which therefore allow nothing.
	Skipped []int
}

type allowedSigner struct {
	principals string
	key        []byte   // in wire format
	namespaces []string // patterns; nil allows all
	after      time.Time
	before     time.Time
}

// Limits of an allowed signers file.
const (
	MaxAllowedSigners = 4 << 20 // bytes
	maxSigners        = 1 << 16
)

// ParseAllowedSigners reads an allowed signers file. Lines that cannot be understood are skipped, as ssh-keygen does.
// Times without a time zone are in loc.
func ParseAllowedSigners(text []byte, loc *time.Location) (*AllowedSigners, error) {
	if len(text) > MaxAllowedSigners {
		return nil, fmt.Errorf("allowed signers: %d bytes, more than %d", len(text), MaxAllowedSigners)
	}
	list := &AllowedSigners{}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if len(list.signers)+len(list.Skipped) >= maxSigners {
			return nil, fmt.Errorf("allowed signers: more than %d lines", maxSigners)
		}
		s, err := parseAllowedSigner(line, loc)
		if err != nil {
			list.Skipped = append(list.Skipped, number)
			continue
		}
		list.signers = append(list.signers, s)
	}
	return list, nil
}

var errLine = errors.New("not a line of an allowed signers file")

func parseAllowedSigner(line []byte, loc *time.Location) (s allowedSigner, err error) {
	principals, rest, ok := bytes.Cut(line, []byte(" "))
	if tab := bytes.IndexByte(line, '\t'); tab >= 0 && (!ok || tab < len(principals)) {
		principals, rest, ok = line[:tab], line[tab+1:], true
	}
	if line[0] == '"' {
		principals, rest, ok = bytes.Cut(line[1:], []byte{'"'})
	}
	if !ok || len(principals) == 0 {
		return s, errLine
	}
	s.principals = string(principals)
	key, _, options, _, err := ssh.ParseAuthorizedKey(rest)
	if err != nil {
		return s, err
	}
	if err := checkKey(key); err != nil {
		return s, err
	}
	s.key = key.Marshal()
	seen := map[string]bool{}
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		name = strings.ToLower(name)
		value, ok := dequote(value)
		if !ok || seen[name] { // of two the second would lift what the first restricts
			return s, errLine
		}
		seen[name] = true
		switch name {
		case "namespaces":
			s.namespaces = strings.Split(value, ",")
		case "valid-after":
			s.after, err = parseTime(value, loc)
		case "valid-before":
			s.before, err = parseTime(value, loc)
		default: // an option that restricts must not be overlooked
			return s, errLine
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// dequote gives what stands between the quotation marks of an option's value, in which \" is one that does not end it.
func dequote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	s = s[1 : len(s)-1]
	if strings.HasSuffix(s, `\`) || strings.Contains(strings.ReplaceAll(s, `\"`, ""), `"`) {
		return "", false
	}
	return strings.ReplaceAll(s, `\"`, `"`), true
}

// parseTime reads YYYYMMDD or YYYYMMDDHHMM[SS], each with an optional Z.
func parseTime(s string, loc *time.Location) (time.Time, error) {
	digits, utc := strings.CutSuffix(s, "Z")
	if utc {
		loc = time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(layout) == len(digits) {
			return time.ParseInLocation(layout, digits, loc)
		}
	}
	return time.Time{}, fmt.Errorf("time %.80q: %w", s, errLine)
}

// Check reports who signed text with s: the principals of the line that allows the key at the time now. A signature
// that does not verify wraps [ErrSignature], one by another key [ErrUnknownSigner].
func (a *AllowedSigners) Check(s *Signature, text string, now time.Time) (principals string, err error) {
	if err := s.Verify(text); err != nil {
		return "", err
	}
	key := s.Key.Marshal()
	reason := "no allowed signer has the key"
	for _, l := range a.signers {
		switch {
		case !bytes.Equal(l.key, key):
		case !matchList(s.Namespace, l.namespaces):
			reason = fmt.Sprintf("%s may not sign for %s", l.principals, s.Namespace)
		case !l.after.IsZero() && now.Before(l.after):
			reason = fmt.Sprintf("the key of %s is not valid yet", l.principals)
		case !l.before.IsZero() && now.After(l.before):
			reason = fmt.Sprintf("the key of %s is not valid any more", l.principals)
		default:
			return l.principals, nil
		}
	}
	if len(a.Skipped) > 0 {
		reason += fmt.Sprintf("; line %d of them was not understood", a.Skipped[0])
	}
	return "", fmt.Errorf("%w: %s: %s", ErrUnknownSigner, Describe(s.Key), reason)
}

// matchList reports whether s matches one of the patterns and none of those with a ! before it. No list matches all.
func matchList(s string, patterns []string) bool {
	found := patterns == nil
	for _, p := range patterns {
		p, not := strings.CutPrefix(p, "!")
		if match(s, p) {
			if not {
				return false
			}
			found = true
		}
	}
	return found
}

// match reports whether s matches a pattern in which * stands for any bytes and ? for any one.
func match(s, pattern string) bool {
	star, from := -1, 0
	i, p := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			i++
			p++
		case star >= 0:
			from++
			i, p = from, star+1
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
