package secrets

import (
	"bytes"
	"strings"
)

// A value is what is assigned to a name.
type value struct {
	span
	quoted bool
	loose  bool   // by something that often stands between two words and assigns nothing
	login  bool   // a password, whatever the name says
	by     string // what assigns it, for a person
}

const (
	maxValue  = 320     // bytes of a value
	maxList   = 4 << 10 // of a list of values
	maxValues = 64      // values of a list
	reach     = 48      // bytes before a name that are looked at
	reachBack = 600     // the same where the value stands before its name
	reachOn   = 320     // bytes between a name and its value
)

// A joint is a way in which a value is joined to a name: what stands before the name, and what between the name and the
// value.
type joint struct {
	sign          byte                   // what tells that it may be this one, see [signsOf]
	before, after *pattern               // nil: anything; an operator
	behind        func(after []byte) int // stands for after: where the value begins, 0 for nowhere
	by            string                 // what is between, for a person; empty for what is there
	loose         bool                   // see value
	quoted        bool                   // only a value in quotes
	tag           bool                   // the value ends with a tag
	login         bool                   // the value is the password of a user that stands before it
}

// joints are tried in this order.
var joints = []joint{
	// {"name": "api_key", "value": "…"}; <add key="ApiKey" value="…"/>; - name: API_KEY⏎ value: …
	{sign: 'm', before: ends(`(?i)(?:^|[^a-z0-9])` + nameOf + `["']?\s*[:=]\s*["']?-{0,2}`),
		behind: behindValue, by: " … value: "},
	// <param name="apiKey">…</param>; <setting name="ApiKey"><value>…</value>
	{sign: 'm', before: ends(`(?i)[^a-z0-9]` + nameOf + `=["']`),
		after: begins(`(?i)["'][^<>]{0,100}>\s*(?:<(?:\w+:)?(?:value|val|string)>\s*)?`), by: ">", tag: true},
	// Content-Disposition: form-data; name="api_key"
	{sign: 'm', before: ends(`(?i)form-data;\s*name="`),
		after: begins(`"[^\r\n]{0,100}(?:\r?\n[\w-]{1,40}:[^\r\n]{0,100}){0,3}\r?\n\r?\n`), by: ": "},
	// ? api_key⏎: …
	{sign: '?', before: ends(`(?:^|\n)[ \t]*\?[ \t]+["']?`), after: begins(`["']?[ \t]*\r?\n[ \t]*:[ \t]+`), by: ": "},
	// <password>…</password>
	{sign: '<', before: ends(`<(?:[\w.-]+:)?`), after: begins(`(?:\s[^<>]{0,100})?>\s*(?:<!\[CDATA\[)?`), by: ">",
		tag: true},
	// <name>fs.s3a.secret.key</name><value>…</value>
	{sign: '>', before: ends(`>\s*`), after: begins(`(?i)\s*</[\w:]+>\s*<(?:\w+:)?(?:value|val|string)>\s*`),
		by: " … value: ", tag: true},
	// variable "db_password" { default = "…" }
	{sign: '{', before: ends(`["']`), after: begins(`["']\s*\{[^{}]{0,240}?\bdefault\s*=\s*`), by: " … default = "},
	// api_key: str = "…"; let api_key: &'static str = "…"
	{sign: ':', after: begins(`\s*:\s*&?(?:'\w+ )?(?:\[&?\w+(?:;\s*\w+)?\]|[A-Za-z_][\w.]*(?:\[[\w., \[\]|]{0,40}\]|<[\w:, ]{0,40}>)?)(?:\s*\|\s*\w+)?\s*=\s*`), by: " = ", quoted: true},
	// var apiKey string = "…"
	{sign: 's', after: begins(`[ \t]+(?:\[\])?(?:string|byte|any)[ \t]*=[ \t]*`), by: " = ", quoted: true},
	// auth=("bot", "…"); auth=HTTPBasicAuth("bot", "…")
	{sign: '=', before: ends(`(?:^|[^\w])["']?`),
		after: begins(`["']?\s*[:=]\s*(?:[\w.]{0,40}Auth)?\(\s*["'][^"'\s]{1,64}["']\s*,\s*`), by: "=… ",
		quoted: true, login: true},
	// api_key = …; "api_key": …; environ["API_KEY"] = …; **API key:** …; ${API_KEY:-…}
	{sign: '='},
	// --api-key …; ["--api-key", "…"]; - --api-key⏎- …
	{sign: '-', before: ends(`(?:^|[\s"'=(\[])-{1,2}`),
		after: begins(`(?:[ \t]{1,8}|["']\s{0,8},\s{0,40}|\r?\n[ \t]{0,40}-[ \t]{1,8})`), by: " "},
	// ("X-Api-Key", "…"); setenv("API_KEY", "…")
	{sign: ',', before: ends(`["'][#.]?`), after: begins(`["']\s{0,8},\s{0,40}`), by: ", ", quoted: true, loose: true},
	// .withToken("…")
	{sign: '(', after: begins(`\(\s{0,40}`), by: "(", quoted: true, loose: true},
	// api_key,…
	{sign: 'c', before: ends(`(?:^|[\n"'])`), after: begins(`[,;\t]`), loose: true},
	// ENV API_KEY …; setx API_KEY …; set -x API_KEY …
	{sign: ' ', before: ends(`(?:^|[\s"'])(?:ENV|ARG|setx|SETX|setenv|set(?:[ \t]+-[A-Za-z]{1,4})+)[ \t]+`),
		after: begins(`[ \t]+`), by: " "},
	// | api_key | … |
	{sign: '|', before: ends(`\|[ \t*` + "`" + `]{0,8}`), after: begins(`[ \t*` + "`" + `]{0,8}\|[ \t]{0,8}`),
		by: " | ", loose: true},
	// the API key is …; PASSWORD '…'
	{sign: 'i', after: begins(`["'` + "`" + `*]{0,3}[ \t]{1,4}(?:is|was)(?: now)?:?[ \t]{1,4}`), loose: true},
	{sign: 'q', after: begins(`[ \t]{1,4}`), by: " ", quoted: true, loose: true},
}

// cost is what it takes to look for what is between a name and its value.
func (j *joint) cost(n int) int {
	if j.sign == 'm' {
		return n
	}
	return min(n, reach)
}

// between gives how long what is between a name and its value is, of what stands behind the name.
func (j *joint) between(after []byte) (length int, ok bool) {
	switch {
	case j.behind != nil:
		length = j.behind(after)
		return length, length > 0
	case j.after == nil:
		return operator(after)
	}
	m := j.after.FindIndex(after)
	if m == nil {
		return 0, false
	}
	return m[1], true
}

// valueNames are what a value is called that stands beside its name.
var valueNames = strings.Fields("value val v content plaintext string")

// behindValue gives where the value begins that is called so in the object of which text is what follows its name: up to
// 240 bytes further.
func behindValue(text []byte) int {
	const blanks = " \t\r\n\f"
	for i := range min(len(text), 242) {
		c := text[i]
		if !alphanumeric(c) {
			for _, name := range valueNames {
				end := i + 1 + len(name)
				if end >= len(text) || !bytes.EqualFold(text[i+1:end], []byte(name)) {
					continue
				}
				end = skip(text, end, "\"'", 1)
				end = skip(text, end, blanks, reachOn)
				if next := skip(text, end, ":=", 1); next > end {
					return skip(text, next, blanks, reachOn)
				}
			}
		}
		if strings.IndexByte("{}[]<>", c) >= 0 {
			break
		}
	}
	return 0
}

// operators assign what is behind them, or compare with it; none is the beginning of a later one.
var operators = strings.Fields(":= ::= :** :- : => === == = !== != ?= ||= += <-")

// operator gives how long an operator is that text begins with, together with what closes a name before it and with
// blanks.
func operator(text []byte) (length int, ok bool) {
	at := skip(text, 0, "\"'`*", 3)
	switch {
	case at > 0 || len(text) > 0 && text[0] == '}': // environ["API_KEY"], $ENV{API_KEY}
		at = skip(text, at, "])}", 2)
	case len(text) > 0 && text[0] == '[': // char api_key[41]
		if end := skip(text, 1, "0123456789", 6); end < len(text) && text[end] == ']' {
			at = end + 1
		}
	}
	at = skip(text, at, " \t", 8)
	for _, o := range operators {
		if bytes.HasPrefix(text[at:], []byte(o)) {
			return skip(text, at+len(o), " \t", 8), true
		}
	}
	return 0, false
}

// signsOf gives the signs of the joints that may be there, of what stands before and behind a name. It is fast, and the
// joints' expressions are not.
func signsOf(before, after []byte) string {
	var signs [16]byte
	n := 0
	add := func(ok bool, sign byte) {
		if ok {
			signs[n] = sign
			n++
		}
	}
	last := func(b []byte) byte {
		if len(b) == 0 {
			return '\n'
		}
		return b[len(b)-1]
	}
	at := func(i int) byte {
		if i < len(after) {
			return after[i]
		}
		return 0
	}
	quote := isQuote(last(before))
	unquoted := last(bytes.TrimRight(before, "\"'- \t"))
	add((quote || last(before) == '-' || last(before) == ' ' || last(before) == '=') &&
		(unquoted == ':' || unquoted == '='), 'm')
	add(unquoted == '?', '?')
	add(last(before) == '<' || last(before) == ':' && bytes.IndexByte(before, '<') >= 0, '<')
	add(unquoted == '>' || last(bytes.TrimRight(before, " \t\r\n")) == '>', '>')
	next := skip(after, 0, " \t\r\n", 40)
	closed := skip(after, 0, "\"'`*", 3)
	blank := skip(after, closed, " \t\r\n", 40)
	add(quote && at(blank) == '{', '{')
	add(at(next) == ':' && bytes.IndexByte(after[:min(len(after), 2*reach)], '=') >= 0, ':')
	add(next > 0 && (at(next) == 's' || at(next) == 'b' || at(next) == 'a' || at(next) == '['), 's')
	_, isOperator := operator(after)
	add(isOperator, '=')
	add(last(before) == '-', '-')
	add((quote || last(before) == '#' || last(before) == '.') && at(blank) == ',', ',')
	add(at(0) == '(', '(')
	add((last(before) == '\n' || quote) && (at(0) == ',' || at(0) == ';' || at(0) == '\t'), 'c')
	word := bytes.TrimRight(before, " \t")
	add(len(word) < len(before) && (at(0) == ' ' || at(0) == '\t') && isCommand(word), ' ')
	add(at(skip(after, 0, " \t*`", 8)) == '|' && last(bytes.TrimRight(before, " \t*`")) == '|', '|')
	add((at(blank) == 'i' || at(blank) == 'w') && blank > closed, 'i')
	add(next > 0 && (isQuote(at(next)) || isQuote(at(next+1))), 'q')
	return string(signs[:n])
}

// isCommand reports whether text ends with a word behind which a name stands.
func isCommand(text []byte) bool {
	if len(text) == 0 || strings.IndexByte("gvxtGVXT", text[len(text)-1]) < 0 && bytes.IndexByte(text, '-') < 0 {
		return false
	}
	return command.Match(text)
}

// command matches up to such a word.
var command = ends(`(?i:ENV|ARG|setx|setenv|set(?:[ \t]+-[a-z]{1,4})+)`)

const nameOf = `(?:name|key|k|id|field|header|param|parameter|label|variable|var|env|setting|option|property|attribute|title)`

// valueBefore matches up to a name of which the value stands before it: {"value": "…", "name": "api_key"}.
var valueBefore = ends(`(?i)["']?(?:value|val|v|content)["']?\s*[:=]\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*,(?:[^{}\[\]]{0,200},)?\s*["']?` + nameOf + `["']?\s*[:=]\s*["']|` +
	`\bvalue:[ \t]+["']?([^\s"']+)["']?[ \t]*\r?\n\s+name:[ \t]+["']?`)

// valuePlace gives where in text valueBefore may match, -1 for nowhere. It is fast: a value is behind the last bracket or,
// in YAML, on the line before the last.
func valuePlace(text []byte) int {
	const blanks = " \t\r\n\f"
	line := bytes.LastIndexByte(text, '\n')
	if line > 0 && bytes.HasPrefix(bytes.TrimLeft(text[line:], blanks), []byte("name:")) {
		above := bytes.LastIndexByte(text[:line], '\n') + 1
		if bytes.Contains(text[above:line], []byte("value:")) {
			return above
		}
	}
	bracket := bytes.LastIndexAny(text, "{}[]")
	for i := range text {
		name := bytes.TrimRight(text[:i], blanks)
		if c := text[i]; c != '=' && c != ':' || !called(name) {
			continue
		}
		from := skip(text, i+1, blanks, len(text))
		if from < len(text) && (text[from] == '"' || text[from] == '\'') {
			if n := bytes.IndexByte(text[from+1:], text[from]); n >= 0 && from+1+n > bracket {
				return max(0, len(name)-len(`"content"`))
			}
		}
	}
	return -1
}

// called reports whether text ends with what a value is called, perhaps with a quote.
func called(text []byte) bool {
	if n := len(text); n > 0 && (text[n-1] == '"' || text[n-1] == '\'') {
		text = text[:n-1]
	}
	for _, name := range valueNames[:4] {
		if n := len(text) - len(name); n >= 0 && bytes.EqualFold(text[n:], []byte(name)) {
			return true
		}
	}
	return false
}

// valuesOf gives what is assigned to the name that is text[name.start:name.end]; if the name is of several, all of
// them.
func valuesOf(s *scan, name span, several bool) []value {
	text := s.text
	before := text[max(0, name.start-reach):name.start]
	after := text[name.end:min(len(text), name.end+reachOn)]
	signs := signsOf(before, after)
	if signs == "" {
		return nil
	}
	if signs[0] == 'm' && joints[0].before.Match(before) {
		back := text[max(0, name.start-reachBack):name.start]
		if at := valuePlace(back); s.spend(len(back)/4) && at >= 0 && s.spend(searching*(len(back)-at)) {
			back = back[at:]
			if m := valueBefore.FindSubmatchIndex(back); m != nil {
				from, to := max(m[2], m[4], m[6]), max(m[3], m[5], m[7])
				shift := name.start - len(back)
				return []value{{span: span{shift + from, shift + to}, quoted: true, by: " … value: "}}
			}
		}
	}
	isAuth := bytes.HasSuffix(bytes.ToLower(text[name.start:name.end]), []byte("auth"))
	for _, j := range joints {
		if strings.IndexByte(signs, j.sign) < 0 || j.login && !isAuth || j.before != nil &&
			!(s.spend(searching*len(before)) && j.before.Match(before)) {
			continue
		}
		if j.after != nil && !s.spend(j.cost(len(after))) {
			break
		}
		length, ok := j.between(after)
		if !ok {
			continue
		}
		at := name.end + length
		by := j.by
		if by == "" {
			by = string(after[:length])
		}
		var list []value
		switch {
		case j.tag:
			list = untilTag(text, at)
		case j.sign == '|':
			list = untilBar(text, at)
		case j.sign == 'c':
			list = untilLine(text, at)
		case j.quoted && !opensQuote(text[at:]) && !(several && opensList(text[at:])), j.sign == '-' && bytes.HasPrefix(text[at:], []byte("-")): // the next flag
			continue
		default:
			list = valuesAt(text, at, several)
			if several && len(list) > 0 {
				s.spend(list[len(list)-1].end - at + reach*len(list))
			}
		}
		for i := range list {
			list[i].by, list[i].loose, list[i].login = by, j.loose, j.login
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// untilLine gives the value that ends with the line, or with the string that the line is in.
func untilLine(text []byte, at int) []value {
	v, ok := oneValue(text, at)
	end := v.end
	if v.quoted {
		end++
	}
	if !ok || end < len(text) && text[end] != '\n' && text[end] != '\r' && (v.quoted || !isQuote(text[end])) {
		return nil
	}
	return []value{v}
}

// untilBar gives the cell of a table.
func untilBar(text []byte, at int) []value {
	at = skip(text, at, "`*", 3)
	v, ok := oneValue(text, at)
	if i := bytes.IndexByte(text[v.start:v.end], '|'); i >= 0 {
		v.end = v.start + i
	}
	end := skip(text, v.end, " \t`*", reach)
	if !ok || v.end == v.start || end < len(text) && text[end] != '|' && text[end] != '\n' && text[end] != '\r' {
		return nil
	}
	return []value{v}
}

// untilTag gives the text of an element.
func untilTag(text []byte, at int) []value {
	end := at
	for end < len(text) && end-at < maxValue && text[end] != '<' && text[end] >= ' ' {
		end++
	}
	if !bytes.HasPrefix(text[end:], []byte("</")) {
		return nil
	}
	end = at + len(bytes.TrimRight(bytes.TrimSuffix(text[at:end], []byte("]]>")), " "))
	if end == at {
		return nil
	}
	return []value{{span: span{at, end}, quoted: true}}
}

// What may stand between an operator and a value in quotes.
var (
	// b"…"; SecretStr("…"); new Password("…"); ConvertTo-SecureString "…"
	opening = begins(`(?:new\s+)?(?:[\w.:]{0,40}(?:Secret|String|Str|str|bytes|Some|Password|Token|Credential|Buffer\.from)s?\(\s*` +
		`|ConvertTo-SecureString\s+(?:-String\s+)?|String::from\(|\[\]byte\(|\(\s{0,40}|\\\r?\n\s{0,40}|\[\s{0,40}|[bBrRuUfFL]{1,2}|[@$])["']`)
	// set(["…"]); []string{"…"}; List.of("…"); vec!["…"]; &["…"]; %w[…]
	list = begins(`(?:new\s+)?&?(?:\[\w*\][\w.]*|[A-Za-z][\w.:]{0,40}!?(?:\[\]|<[\w, ]{0,40}>)?|%[wW])?[\[({]`)
	// the beginning of a value in YAML: a tag, an anchor, a block
	node = begins(`(?:!![a-z]+[ \t]+|&\w+[ \t]+)?(?:[|>][+-]?[0-9]?[ \t]*)?(?:\r?\n[ \t]{1,40})?`)
	// os.getenv("API_KEY", "…"); environ["API_KEY"] or "…"; process.env.API_KEY || "…"
	fallback = begins(`[A-Za-z_][\w.]{0,60}(?:[(\[]["'][\w.-]{1,60}["'])?(?:,\s*(?:default\s*=\s*)?|[)\]]?\s*(?:\|\||\?\?|\bor\b)\s*)["']`)
	scheme   = begins(`(?i)(?:\+?(?:bearer|basic|token|apikey|api-key)(?:[ \t]+|\+)|pass:)`)
	// the items of a list in YAML
	listItem = begins(`\r?\n[ \t]*(?:-[ \t]+|[\w.-]{1,60}:[ \t]+)`)
)

// valuesAt gives the value that begins at text[at:]; if several are wanted and there is a list, its values.
func valuesAt(text []byte, at int, several bool) []value {
	rest := text[at:min(len(text), at+maxValue)]
	if n := beforeQuote(rest); n > 0 && !several {
		at += n
	} else if several && len(rest) > 0 && rest[0] < ' ' && listItem.Match(rest) {
		return yamlValues(text, at)
	} else if len(rest) > 0 && (rest[0] == '\r' || rest[0] == '\n') { // a value on the next line is in quotes
		if next := skip(text, at, " \t\r\n", reach); opensQuote(text[next:]) {
			at = next
		}
	}
	if several && opensList(text[at:]) {
		return bracketValues(text, at+lengthOfList(text[at:])-1)
	}
	if at < len(text) && strings.IndexByte("!&|>\r\n", text[at]) >= 0 {
		if n := node.FindIndex(text[at:min(len(text), at+3*reach)]); n[1] > 0 { // a value of YAML ends with the line
			if list := untilLine(text, at+n[1]); len(list) > 0 && text[list[0].end-1] != ':' {
				return list
			}
			return nil
		}
	}
	if bytes.HasPrefix(text[at-1:], []byte(":[")) { // map[X-Api-Key:[…]], as Go prints headers
		at++
	}
	v, ok := oneValue(text, at)
	if !ok {
		return nil
	}
	if several {
		return separated(text, v)
	}
	return []value{v}
}

// opensList reports whether a list begins with text.
func opensList(text []byte) bool { return lengthOfList(text) > 0 }

// lengthOfList gives how long what begins a list is, with its bracket.
func lengthOfList(text []byte) int {
	if len(text) > 0 && strings.IndexByte("[({", text[0]) >= 0 && !bytes.HasPrefix(text, []byte("[]")) {
		return 1
	}
	if m := list.FindIndex(text[:min(len(text), 2*reach)]); m != nil {
		if after := skip(text, m[1], "[({ \t\r\n", reach); after < len(text) && (isQuote(text[after]) || text[0] == '%') {
			return m[1]
		}
	}
	return 0
}

func opensQuote(text []byte) bool {
	return len(text) > 0 && (isQuote(text[0]) || beforeQuote(text) > 0)
}

// beforeQuote gives how long what belongs to a value is before its quote, 0 if there is no such thing.
func beforeQuote(text []byte) int {
	if len(text) == 0 || !alphanumeric(text[0]) && strings.IndexByte("_@$([\\", text[0]) < 0 {
		return 0
	}
	text = text[:min(len(text), 3*reach)]
	if bytes.IndexByte(text, '"') < 0 && bytes.IndexByte(text, '\'') < 0 {
		return 0
	}
	for _, before := range []*pattern{opening, fallback} {
		if m := before.FindIndex(text); m != nil {
			return m[1] - 1
		}
	}
	return 0
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// oneValue gives the value in quotes, or without them, that begins at text[at:].
func oneValue(text []byte, at int) (v value, ok bool) {
	if at < len(text) && isQuote(text[at]) {
		quote := text[at]
		for n := 0; n < 3 && at < len(text) && text[at] == quote; n++ { // """…"""
			at++
		}
		at = skip(text, at, " \t", 8)
		v.start, v.quoted = at, true
		for v.end = at; ; v.end++ {
			if v.end == len(text) || v.end-at > maxValue || text[v.end] < ' ' && text[v.end] != '\t' {
				return v, false
			}
			if text[v.end] == quote {
				break
			}
			if text[v.end] == '\\' && v.end+1 < len(text) {
				v.end++
			}
		}
	} else {
		v.start, v.end = at, at
		for v.end < len(text) && v.end-at < maxValue && !endsValue(text[v.end]) {
			v.end++
		}
	}
	if v.start < len(text) && strings.IndexByte("bBtTaAp+", text[v.start]) < 0 {
		return v, v.end > v.start
	}
	if m := scheme.FindIndex(text[v.start:min(len(text), v.start+16)]); m != nil {
		if v.start += m[1]; !v.quoted {
			for v.end = v.start; v.end < len(text) && v.end-at < maxValue && !endsValue(text[v.end]); v.end++ {
			}
		}
	}
	return v, v.end > v.start
}

// endsValue reports whether c ends a value that is not in quotes.
func endsValue(c byte) bool {
	return c <= ' ' || c == 0x7f || strings.IndexByte("\"'`,;<>{}()[]\\", c) >= 0
}

// skip gives the place behind at most n bytes of a set.
func skip(text []byte, at int, set string, n int) int {
	for ; n > 0 && at < len(text) && strings.IndexByte(set, text[at]) >= 0; n-- {
		at++
	}
	return at
}

// separated gives the parts of a value between commas and semicolons.
func separated(text []byte, v value) (list []value) {
	from := v.start
	for i := v.start; i <= v.end && len(list) < maxValues; i++ {
		if i < v.end && text[i] != ',' && text[i] != ';' {
			continue
		}
		from = skip(text, from, " \t", 8)
		if from < i {
			list = append(list, value{span: span{from, i}, quoted: v.quoted})
		}
		from = i + 1
	}
	if !v.quoted { // a,b,c
		for v.end < len(text) && (text[v.end] == ',' || text[v.end] == ';') && len(list) < maxValues {
			next, ok := oneValue(text, v.end+1)
			if !ok || next.quoted {
				break
			}
			list = append(list, next)
			v.end = next.end
		}
	}
	return list
}

// bracketValues gives the elements of the list or map that begins at text[at:], without the names in it.
func bracketValues(text []byte, at int) (list []value) {
	depth := 0
	for i := at; i < len(text) && i-at < maxList && len(list) < maxValues; i++ {
		switch c := text[i]; {
		case c == '[' || c == '(' || c == '{':
			depth++
		case c == ']' || c == ')' || c == '}':
			if depth--; depth == 0 {
				return list
			}
		case c > ' ' && c != ',' && c != ';':
			v, ok := oneValue(text, i)
			if !ok {
				if isQuote(c) {
					return list
				}
				continue
			}
			behind := v.end
			if v.quoted {
				behind++
			}
			next := skip(text, behind, " \t\r\n", reach)
			name := !v.quoted && text[v.end-1] == ':' || next < len(text) && (text[next] == ':' || text[next] == '=')
			if !name {
				list = append(list, v)
			}
			i = behind - 1
		}
	}
	return list
}

// yamlValues gives the values of the list or map of YAML of which the first item is on the line behind text[at:].
func yamlValues(text []byte, at int) (list []value) {
	limit := min(len(text), at+maxList)
	for len(list) < maxValues {
		m := listItem.FindIndex(text[at:limit])
		if m == nil {
			return list
		}
		v, ok := oneValue(text, at+m[1])
		if !ok {
			return list
		}
		list = append(list, v)
		at = v.end
		if v.quoted {
			at++
		}
		if i := bytes.IndexByte(text[at:limit], '\n'); i > 0 { // a comment
			at += i
		}
	}
	return list
}
