package secrets

import (
	"bytes"
	"strings"
)

// assignments emits what is assigned to the name that has the literal at text[at:], if such a name has secrets. It
// gives where the name ends.
func assignments(text []byte, at int, emit func(located)) (behind int) {
	name := nameAround(text, at)
	class, several := classOf(text[name.start:name.end])
	if class == noSecret || class == namesKey {
		if wider, widerClass, widerSeveral := wordsAround(text, name); widerClass != noSecret {
			name, class, several = wider, widerClass, widerSeveral
		}
	}
	if class == noSecret {
		return name.end
	}
	before := byte('\n')
	if name.start > 0 {
		before = text[name.start-1]
	}
	alone := string(bytes.ToLower(text[name.start:name.end])) == "pass"
	for _, v := range valuesOf(text, name, several) {
		class := class
		if v.login {
			class = namesPassword
		}
		switch {
		case v.quoted:
		case before == ':' && v.by == ":", // arn:aws:secretsmanager:…:secret:name
			v.end < len(text) && (text[v.end] == '(' || text[v.end] == '['): // a call
			continue
		case before == '?' || before == '&': // the query of a URL
			if i := bytes.IndexAny(text[v.start:v.end], "&#"); i >= 0 {
				v.end = v.start + i
			}
		}
		if alone && !v.quoted && strings.HasPrefix(v.by, ":") {
			if upper(text[name.start]) { // PASS: TestName
				continue
			}
			v.loose = true
		}
		kind := kindOf(class, several, text[name.start:name.end], text, &v)
		secret := string(text[v.start:v.end])
		if kind == "" || documented(secret) {
			continue
		}
		emit(located{span: v.span, context: name, Finding: Finding{
			Kind: kind, Secret: secret, Forms: []string{secret}, before: string(text[name.start:name.end]) + v.by,
		}})
	}
	return name.end
}

// nameAround gives the name that text[at:] is in, without the dashes of a flag.
func nameAround(text []byte, at int) span {
	name := span{at, at}
	for name.start > 0 && at-name.start < maxName && strings.IndexByte(nameBytes, text[name.start-1]) >= 0 {
		name.start--
	}
	for name.end < len(text) && name.end-at < maxName && strings.IndexByte(nameBytes, text[name.end]) >= 0 {
		name.end++
	}
	for name.start < at && !alphanumeric(text[name.start]) && text[name.start] != '_' {
		name.start++
	}
	for name.end > at+1 && !alphanumeric(text[name.end-1]) {
		name.end--
	}
	return name
}

// wordsAround adds to a name that is one word the one or two words in front of it: API key, secret access key.
func wordsAround(text []byte, name span) (span, nameClass, bool) {
	switch strings.ToLower(string(text[name.start:min(name.end, name.start+8)])) {
	case "key", "keys", "phrase", "id", "mnemonic":
	default:
		return name, noSecret, false
	}
	wider := name
	for range 2 {
		start := wider.start
		if start > 0 && text[start-1] == ' ' {
			start--
		}
		end := start
		for start > 0 && wider.start-start < 16 && alphanumeric(text[start-1]) {
			start--
		}
		if start == end {
			break
		}
		wider.start = start
		if class, several := classOf(text[wider.start:wider.end]); class != noSecret && class != namesKey {
			return wider, class, several
		}
	}
	return name, noSecret, false
}

// tokenBytes are what tokens are made of.
const tokenBytes = nameBytes + "+/~!@#$%^&*=:"

var (
	awsName     = newPattern(`(?i)aws|secret[_. -]?access[_. -]?key`)
	awsSecret   = newPattern(`\A[A-Za-z0-9/+]{40}\z`)
	phraseWords = newPattern(`\A(?:[a-z]{3,8}[ ,]+){11,23}[a-z]{3,8}\z`)
)

// kindOf gives the kind of a value of a name of the class, empty if it is no secret. The value may be longer than the
// secret, and is cut then.
func kindOf(class nameClass, several bool, name, text []byte, v *value) string {
	switch {
	case class == namesPhrase && !v.quoted: // up to the end of the line
		line := text[v.start:min(len(text), v.start+maxValue)]
		if i := bytes.IndexAny(line, "\r\n\"'<"); i >= 0 {
			line = line[:i]
		}
		v.end = v.start + len(bytes.TrimRight(line, " ."))
	case !v.quoted: // up to the end of the sentence
		for v.end > v.start+1 && strings.IndexByte(".:?", text[v.end-1]) >= 0 {
			v.end--
		}
	}
	s := string(text[v.start:v.end])
	switch {
	case class == namesPhrase:
		if phraseWords.MatchString(s) {
			return kindPhrase
		}
	case class == namesPassword:
		setting := v.by == "=" && bytes.Equal(name, bytes.ToUpper(name)) // DB_PASSWORD=…, which is as good as quotes
		if password(s, v.quoted || setting, v.loose) {
			return kindPassword
		}
	case strings.Trim(s, tokenBytes) != "":
	case class == namesHeader:
		if header(s) {
			return kindHeader
		}
	case awsName.Match(name) && awsSecret.MatchString(s) && mixed(s) && !isPlaceholder(s):
		return kindAWSSecret
	case class == namesSecret && assigned(s, 10), class == namesLoosely && assigned(s, 16),
		class == namesSession && assigned(s, 16) && !uuid.MatchString(s), class == namesKey && anyKey(s, several):
		return kindAssigned
	}
	return ""
}
