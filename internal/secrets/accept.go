package secrets

import (
	"errors"
	"math"
	"strconv"
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
func varied(s string) bool { return distinct(s) >= 8 }

func distinct(s string) int {
	var seen [256]bool
	n := 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			n++
		}
	}
	return n
}

// mixed reports whether s has letters and digits, or many different letters that do not make words.
func mixed(s string) bool {
	lower, upper := strings.ToLower(s), strings.ToUpper(s)
	switch {
	case lower == upper: // no letters
		return false
	case strings.ContainsAny(s, "0123456789"):
		return true
	case len(s) > longestName || distinct(s) < 12 || isIdentifier(s):
		return false
	}
	return s != lower && s != upper || len(s) >= 24 && !strings.ContainsAny(s, "_./-:=")
}

// longestName is how many bytes words have together, at most, that are a name.
const longestName = 100

// isWords reports whether s is words and numbers joined by dashes and the like, such as risk-model-of-2025.
func isWords(s string) bool { return len(s) <= longestName && words.MatchString(s) }

// isIdentifier reports whether s is a name of a program: of words that are told apart by case, dots and the like, with
// a few digits. Random letters change their case much oftener.
func isIdentifier(s string) bool {
	const (
		longest = 15   // letters of a word
		average = 3.5  // letters or digits of a word
		digits  = 0.45 // of all
	)
	if len(s) > longestName || strings.ToLower(s) == s && !strings.ContainsAny(s, "_./") {
		return false
	}
	words, all, numbers, run := 0, 0, 0, 0
	for i := range len(s) {
		if !alphanumeric(s[i]) {
			run = 0
			continue
		}
		all++
		digit := !letter(s[i])
		if digit {
			numbers++
		}
		begins := upper(s[i]) && (i == 0 || !upper(s[i-1]) || i+1 < len(s) && lower(s[i+1])) // the S of HTTPServer, too
		if i == 0 || !alphanumeric(s[i-1]) || digit == letter(s[i-1]) || begins {
			words++
			run = 0
		}
		if run++; run > longest {
			return false
		}
	}
	return words > 0 && float64(all) >= average*float64(words) && float64(numbers) <= digits*float64(all)
}

// isResource reports whether s is no token although it may look random: a path, an address, a name of a resource or of
// a run, a date.
func isResource(s string) bool {
	return strings.IndexByte("./~#", s[0]) >= 0 || strings.Contains(s, "://") || strings.Contains(s, "@sha256:") ||
		resource.MatchString(s)
}

var (
	// words matches short words and short numbers with something between them
	words = newPattern(`\A(?:(?:[a-z]{1,15}|[A-Z][a-z]{0,14}|[A-Z]{1,15}|[0-9]{1,4}|v[0-9]{1,2}|[a-z]{2,15}[0-9])(?:[-_./:]+|\z))+\z`)
	// numbered matches words with a number at their end, as names have.
	numbered = newPattern(`\A(?:[A-Za-z]?[a-z]+|[A-Z]+)[0-9]{1,4}\z`)
	uuid     = newPattern(`(?i)\A[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\z`)
	resource = newPattern(`\A(?:[A-Za-z]:[/\\]|arn:|projects/|refs/|[0-9]{4}-[0-9]{2}-[0-9]{2}|[\w.-]{1,60}-[0-9]{8}-[0-9]{6}(?:-[0-9a-f]{1,8})?\z)`)
)

// tokenLike accepts what is behind the prefix of a token: no words, and nothing that stands for a token.
func tokenLike(body string) bool {
	return varied(body) && !standsFor(body) && !isWords(body)
}

// placeholders are what documents, templates and types put where a secret goes, in lower case.
var placeholders = set(`none null nil true false undefined required optional any withheld redacted hidden missing
	invalid wrong incorrect expected expired empty default unknown unset disabled enabled yes no na n/a tbd todo ... …
	type field value key token secret credential credentials auth bearer pass passwd password passphrase passwort pwd
	pw user username email login changeit changeme change-me change_me string str text secretstr varchar bytes object
	number int integer bool boolean aws4-hmac-sha256`)

// standIns are words that make what has them a placeholder, where they stand between other characters than letters.
var standIns = strings.Fields(`your example examples sample dummy fake mock placeholder changeme replace_me replaceme
	replace-me redacted insert not-real notreal not_real not-a-real goes-here goes_here key-here token-here secret-here
	password-here key_here token_here secret_here password_here`)

var (
	// reference matches what templates and shells put a value in the place of: {key}, <key>, ${KEY}, $(cat key),
	// %(key)s, @key@, !vault
	reference = newPattern(`\A(?:\{.*\}|\[.*\]|<.*>|\(.*\)|\$\{.*|\$\(.*|\$[A-Za-z_]+|\$[0-9]|%[a-zA-Z]|%\w+%|%\(\w+\)[sd]|@\w+@|![a-z/-]+)\z`)
	constant  = newPattern(`\A[A-Z][A-Z_]+\z`)
	myOwn     = newPattern(`\Amy[-_.]?(?:secret|super|api|access|token|key|password|pass)[a-z_.-]*\z`)
)

// isPlaceholder reports whether s is what documents and templates put where a secret goes, or the name of a variable.
func isPlaceholder(s string) bool {
	return standsFor(s) || upper(s[0]) && constant.MatchString(s[:min(len(s), 64)])
}

// standsFor is isPlaceholder but for names. It looks at the beginning of s only, so that it takes no time.
func standsFor(s string) bool {
	s = s[:min(len(s), 64)]
	lower := strings.ToLower(s)
	switch {
	case placeholders()[lower], strings.HasSuffix(lower, "example"), strings.Trim(s, "*.xX_#•·?-") == "",
		strings.Contains(s, "EXAMPLE"), strings.Contains(lower, "xxxxx"),
		strings.Contains(s, "***"), strings.Contains(s, "..."), strings.Contains(s, "…"), strings.Contains(s, "%s"),
		strings.Contains(s, "${"), strings.Contains(s, "{{"):
		return true
	case strings.IndexByte("{[<($%@!", s[0]) >= 0 && reference.MatchString(s),
		lower[0] == 'm' && myOwn.MatchString(lower):
		return true
	}
	for _, word := range standIns {
		if i := strings.Index(lower, word); i >= 0 && len(lower) == len(s) &&
			partsWord(s, i) && partsWord(s, i+len(word)) {
			return true
		}
	}
	return false
}

// partsWord reports whether a word of s may end or begin at i.
func partsWord(s string, i int) bool {
	return i <= 0 || i >= len(s) || !letter(s[i-1]) || !letter(s[i]) || upper(s[i]) && !upper(s[i-1])
}

func lower(c byte) bool { return c >= 'a' && c <= 'z' }

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func notPlaceholder(s string) bool { return !isPlaceholder(s) }

// assigned accepts values of names such as api_key: of least bytes or more, random, and no identifier.
func assigned(s string, least int) bool {
	if len(s) < least || !mixed(s) || isPlaceholder(s) || isResource(s) || isWords(s) || isIdentifier(s) {
		return false
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return false
	}
	if len(s) < 16 {
		return strings.ContainsAny(s, "0123456789") && entropy(s) >= 2.8 && !numbered.MatchString(s)
	}
	if !varied(s) || entropy(s) < 3.2 {
		return false
	}
	if !strings.ContainsAny(s, "0123456789") {
		return len(s) >= 20
	}
	// identifiers, versions and paths: words of letters only or of digits only
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("_-./:=@", r) }) {
		if strings.ContainsAny(p, "0123456789") && strings.Trim(p, "0123456789") != "" && !numbered.MatchString(p) {
			return true
		}
	}
	return false
}

// anyKey accepts values of what is just called a key, or several of what is called keys. A single one has digits and
// letters of both cases, as hashes and identifiers do not.
func anyKey(s string, several bool) bool {
	both := strings.ToLower(s) != s && strings.ToUpper(s) != s
	return assigned(s, 20) && strings.ContainsAny(s, "0123456789") && (both || several && !uuid.MatchString(s))
}

// header accepts values of headers such as Authorization.
func header(s string) bool {
	return len(s) >= 12 && varied(s) && !isPlaceholder(s) && mixed(s) && !isWords(s)
}

// bearer accepts what stands behind "Bearer", wherever that is.
func bearer(s string) bool { return assigned(s, 20) }

// password accepts values of names such as password.
func password(s string, quoted, loose bool) bool {
	switch {
	case len(s) < 4 || isPlaceholder(s) || namesOne(s) || strings.Contains(s, "://") || strings.HasPrefix(s, "arn:"):
		return false
	case loose: // "the password is …"
		return len(s) >= 6 && strings.ContainsAny(s, "0123456789") && strings.Trim(s, "0123456789.:,-/") != "" &&
			!strings.ContainsAny(s, " \t")
	case !quoted:
		return passwordInText(s)
	case strings.ContainsAny(s, " \t"):
		return passphrase(s)
	}
	return true
}

// namesOne reports whether s is itself a name of a secret, such as db_password.
func namesOne(s string) bool {
	if !strings.ContainsAny(s, "_.") || strings.ContainsAny(s, "0123456789") {
		return false
	}
	class, _ := classOf([]byte(s))
	return class != noSecret
}

// label matches words of texts about passwords.
var label = newPattern(`(?i)\b(?:your|enter|must|please|the|is|for|of|to|a|or|and|not|required|here|password|passphrase|characters|confirm|forgot)\b`)

// passphrase accepts several words that are a password, and not a text about one.
func passphrase(s string) bool {
	if len(s) > 64 || label.MatchString(s) {
		return false
	}
	n := len(strings.Fields(s))
	return n >= 4 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz -") == "" ||
		n == 2 && strings.ContainsAny(s, "0123456789")
}

// passwordInText accepts a password that is not in quotes.
func passwordInText(s string) bool {
	return len(s) >= 4 && !isPlaceholder(s) && !code.MatchString(s) &&
		(strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") != "" || len(s) >= 12) && // "password: too short"
		!capitalised.MatchString(s) && (strings.ContainsAny(s, "0123456789") || !isIdentifier(s))
}

// netrcPassword accepts what stands behind "login … password", which need not look as little like a word as elsewhere.
func netrcPassword(s string) bool {
	return passwordInText(s) ||
		len(s) >= 8 && !isPlaceholder(s) && !code.MatchString(s) && !capitalised.MatchString(s) &&
			s != strings.ToLower(s) && s != strings.ToUpper(s)
}

// capitalised matches a word, or several, as sentences and types have them.
var capitalised = newPattern(`\A(?:[A-Z][a-z]+)+[.,!?:]*\z`)

// code matches what stands for a value in programs: self.password, new_password.
var code = newPattern(`\A(?:[A-Za-z_]\w*(?:(?:\.|::|->)[A-Za-z_]\w*)+|_?[a-z]+(?:_[a-z]+)+)\z`)

// urlPassword accepts what stands between a user and a host; match is all of it.
func urlPassword(match string) bool {
	_, rest, _ := strings.Cut(match, "://")
	login, host, _ := strings.Cut(rest, "@")
	user, password, _ := strings.Cut(login, ":")
	return !documentedLogin(user, password) && !documentedHost(host)
}

// homeOwner refuses folders beside the home directories that belong to nobody.
func homeOwner(path string) bool {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	return !nobody()[strings.ToLower(name)] && strings.Trim(name, ".") != ""
}

// address refuses what only looks like an e-mail address, and those that are nobody's.
func address(s string) bool {
	local, domain, _ := strings.Cut(s, "@")
	domain = strings.ToLower(domain)
	top := domain[strings.LastIndexByte(domain, '.')+1:]
	version := domain[0] >= '0' && domain[0] <= '9' // logo@2x.png, package@1.2.rs
	return local != "git" &&                        // git@github.com:… is how repositories are named
		!noDomain()[top] && !(version && files()[top]) && !documentedAddress(strings.ToLower(local), domain)
}

// noCall refuses a match with a parenthesis behind it: the product a@b.mean() of a program.
func noCall(match string) bool { return !strings.HasSuffix(match, "(") }
