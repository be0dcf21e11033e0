package secrets

import (
	"bytes"
	"strings"
)

// A flagOf is a flag of the command line that takes a password, of some programs and not of others.
type flagOf struct {
	flag     string
	programs *pattern // what stands before it on the line; nil for anything
	joined   bool     // the value follows without a blank
	login    bool     // the value is user:password
	strong   bool     // the value cannot be anything but a password
}

var flagsOf = []flagOf{
	{flag: "-p", programs: programs(`mysql\w*|mariadb\w*|sshpass|7z`), joined: true},
	{flag: "-p", programs: programs(`sshpass|docker\s+login|podman\s+login|registry\s+login|mongo\w*|oc\s+login|az\s+login|twine|snowsql|` +
		`rabbitmqadmin|argocd\s+login|influx\w*|-u["'\s=,]+[^\s-]\S*|-U["'\s=,]+[^\s-]\S*|--user(?:name)?["'\s=,]+[^\s-]\S*`)},
	{flag: "-p", strong: true},
	{flag: "-P", programs: programs(`sqlcmd|bcp|isql|unzip|zip`)},
	{flag: "-a", programs: programs(`redis-cli`)},
	{flag: "-w", programs: programs(`ldap\w+`)},
	{flag: "-u", programs: programs(`curl|https?|wget`), login: true},
	{flag: "-su", programs: programs(`curl`), login: true},
	{flag: "-sSu", programs: programs(`curl`), login: true},
	{flag: "-u", programs: programs(`curl`), joined: true, login: true},
	{flag: "-U", programs: programs(`curl`), login: true},
	{flag: "-a", programs: programs(`https?`), login: true},
	{flag: "--user", programs: programs(`curl|https?|wget`), login: true},
	{flag: "--proxy-user", programs: programs(`curl`), login: true},
}

func programs(names string) *pattern {
	return &pattern{before: `(?:^|[\s"'/;&|(\[])(?:`, expr: names, behind: `)(?:\.exe)?["']?[\s,]`}
}

var (
	flagValue  = begins(`(?:[ \t]{1,4}|=|["']\s{0,4},\s{0,4})`)
	noPassword = newPattern(`\A(?:[0-9:.]+(?:/(?:tcp|udp))?|[./~-].*|[A-Za-z]:[\\/].*)\z`) // a port, a path, a flag
)

// flagged emits the password behind the flag at text[at:].
func flagged(s *scan, at int, emit func(located)) (behind int) {
	text := s.text
	if at > 0 && strings.IndexByte(" \t\n\"'", text[at-1]) < 0 {
		return at + 1
	}
	start := at // of the line, with what a backslash joins to it
	for start > 0 && at-start < 2*maxValue && (text[start-1] != '\n' || start > 1 && text[start-2] == '\\') {
		start--
	}
	for _, f := range flagsOf {
		value := at + len(f.flag)
		if !bytes.HasPrefix(text[at:], []byte(f.flag)) {
			continue
		}
		if m := flagValue.FindIndex(text[value:min(len(text), value+reach)]); f.joined == (m != nil) {
			continue
		} else if m != nil {
			value += m[1]
		}
		v, ok := oneValue(text, value)
		if !ok {
			continue
		}
		secret := string(text[v.start:v.end])
		if f.login {
			user, password, isLogin := strings.Cut(secret, ":")
			if !isLogin || documentedLogin(user, password) {
				continue
			}
			secret = password
			v.start = v.end - len(password)
		}
		if len(secret) < 4 || noPassword.MatchString(secret) || isPlaceholder(secret) || f.strong && !strong(secret) {
			continue
		}
		if f.programs != nil && (!s.spend(3*searching*(at-start)) || !f.programs.Match(text[start:at])) {
			continue
		}
		emit(located{span: v.span, context: span{at, v.start}, Finding: Finding{
			Kind: kindPassword, Secret: secret, Forms: []string{secret}, before: string(text[at:v.start]),
		}})
		return v.end
	}
	return at + 1
}

// strong reports whether s has what people are told to put into a password: letters of both cases and a digit, and no
// dot, slash or equals sign, as files and settings have.
func strong(s string) bool {
	return len(s) >= 8 && len(s) <= 40 && strings.ContainsAny(s, "0123456789") &&
		strings.ToLower(s) != s && strings.ToUpper(s) != s &&
		!strings.ContainsAny(s, "./=:_") && !isWords(s)
}
