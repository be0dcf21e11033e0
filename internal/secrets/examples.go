package secrets

import (
	"slices"
	"strings"
	"sync"
)

// examples are secrets that documents show, so that everybody has them already. The sources are in their order: AWS
// (all of whose examples have the word EXAMPLE in them) by their end; Stripe "API keys"; GitHub REST "Apps"; the
// storage emulators of Azure; Telegram "Bot API"; Discord "Reference"; RFC 6749 and 6750; RFC 7617 (base64 of
// "Aladdin:open sesame").
var examples = strings.Fields(`
	sk_test_4eC39HqLyjWDarjtT1zdp7dc sk_test_BQokikJOvBiI2HlWgH4olfQ2 sk_test_tR3PYbcVNZZ796tH88S4VQ2u
	ghp_16C7e42F292c6912E7710c838347Ae178B4a gho_16C7e42F292c6912E7710c838347Ae178B4a
	ghu_16C7e42F292c6912E7710c838347Ae178B4a
	Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==
	C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==
	110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs
	2YotnFZFEjr1zCsicMWpAA tGzv3JOkF0XG5Qx2TlKWIA mF_9.B5f-4.1JqM czZCaGRSa3F0MzpnWDFmQmF0M2JW 7Fjfp0ZBr1KtDRbnfVdmIw
	QWxhZGRpbjpvcGVuIHNlc2FtZQ== QWxhZGRpbjpPcGVuU2VzYW1l dXNlcjpwYXNzd29yZA== dXNlcm5hbWU6cGFzc3dvcmQ= dXNlcjpwYXNz`)

// exampleParts are in every example of a kind: the tokens that jwt.io and RFC 7519 are explained with; Slack.
var exampleParts = []string{".eyJzdWIiOiIxMjM0NTY3ODkwIi", ".eyJpc3MiOiJqb2UiL", "services/T00000000/B00000000"}

// documented reports whether everybody knows the secret from a document.
func documented(secret string) bool {
	return strings.HasSuffix(strings.TrimSuffix(secret, "KEY"), "EXAMPLE") || slices.Contains(examples, secret) ||
		slices.ContainsFunc(exampleParts, func(part string) bool { return strings.Contains(secret, part) })
}

// documentedLogin reports whether a user and a password stand for any.
func documentedLogin(user, password string) bool {
	return isPlaceholder(password) || password == "" || documented(password) || isPlaceholder(user) && password == user
}

var (
	// RFC 2606 and 6761
	reserved = newPattern(`(?:\A|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost)\z`)
	// names that no public host has: RFC 6762 (.local), RFC 8375 (.home.arpa), ICANN on .internal
	internal = newPattern(`\.(?:local|localdomain|internal|lan|home\.arpa)\z`)
	// what texts put in the place of a domain
	anyDomain = newPattern(`\A(?:your?-?|my-?|some-?|the-?|any-?)?(?:domain|company|organi[sz]ation|org|email|mail|host|hostname|server|site|website|provider|foo|bar|baz|acme)\.(?:com|org|net|tld|io|co|dev)\z`)
	noReply   = newPattern(`\A(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|bounces?)(?:[-+].*)?\z|\A.*[-+]noreply\z`)
	anybody   = newPattern(`\A(?:you|your[-_.]?(?:name|email|user)|name|first[-_.]?name[-_.]?last[-_.]?name|firstname\.lastname|user(?:name)?|email|someone|somebody|nobody|foo|bar)\z`)
)

// documentedHost reports whether host, perhaps with a port, is one of documents only.
func documentedHost(host string) bool {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	host = strings.TrimRight(host, ".")
	return host != "localhost" && strings.Contains(host, "example") && reserved.MatchString(host)
}

// documentedAddress reports whether nobody reads mail at local@domain, both in lower case.
func documentedAddress(local, domain string) bool {
	return reserved.MatchString(domain) || anyDomain.MatchString(domain) || noReply.MatchString(local) ||
		strings.Contains(domain, "noreply.") || anybody.MatchString(local) && strings.HasPrefix(domain, "your") ||
		nobody()[local] && internal.MatchString(domain) // of a machine
}

// nobody has the names of home directories that are of no person: of systems, of build machines, of images, of
// documents.
var nobody = set(`shared public default all linuxbrew user username users you yourname your-name yourusername me
	someone somebody foo bar runner runneradmin runnervm ubuntu debian centos fedora alpine admin administrator root pi
	ec2-user azureuser opc vagrant docker node jovyan vscode codespace gitpod circleci travis jenkins buildkite app
	appuser nonroot nobody guest test tester demo build builder sandbox work workspace container coder www www-data git
	steam project code python`)

// noDomain has ends of what looks like a domain and is none: of files, of members in programs.
var noDomain = set(`png jpg jpeg svg gif webp ico pdf zip gz js ts jsx tsx mjs go txt json yaml yml toml css html lock
	ini cfg conf log csv parquet ipynb java kt scala rb php hpp cpp swift jl lua shape mean sum dot transpose reshape
	numpy item detach values size grad weight bias inverse astype conj flatten ravel squeeze`)

// files has ends of files that are countries too.
var files = set(`py rs md sh cc`)

// set gives the set of the words of list, made when it is first asked for.
func set(list string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		m := map[string]bool{}
		for word := range strings.FieldsSeq(list) {
			m[word] = true
		}
		return m
	})
}
