// Package secretstest makes secrets that look like real ones, for tests.
package secretstest

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	digits   = "0123456789"
	hexa     = digits + "abcdef"
	small    = "abcdefghijklmnopqrstuvwxyz"
	capital  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alnum    = digits + small + capital
	base64s  = alnum + "+/"
	base64u  = alnum + "-_"
	bech32   = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
	capitals = capital + "234567"
)

// A Planter makes secrets of every kind that look like real ones.
type Planter struct{ *rand.Rand }

func (p Planter) of(n int, from string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[p.IntN(len(from))]
	}
	return string(b)
}

func (p Planter) pick(of ...string) string { return of[p.IntN(len(of))] }

// pem gives a block of lines.
func (p Planter) pem(label string, lines int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "-----BEGIN %s-----\n", label)
	for range lines {
		b.WriteString(p.of(64, base64s) + "\n")
	}
	fmt.Fprintf(&b, "%s==\n-----END %s-----", p.of(22, base64s), label)
	return b.String()
}

// Plant gives a secret of the kind, and the text in which it stands where the kind needs a context.
func (p Planter) Plant(kind string) (secret, text string) {
	with := func(format string) (string, string) { return secret, fmt.Sprintf(format, secret) }
	jwt := func() string {
		head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
		body := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"sub":"%s","iat":1516239022}`, p.of(10, digits)))
		return head + "." + body + "." + p.of(43, base64u)
	}
	secret = map[string]func() string{
		"private-key": func() string {
			return p.pem(p.pick("RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED ")+"PRIVATE KEY", 3+p.IntN(20))
		},
		"putty-private-key": func() string {
			return "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: key\nPublic-Lines: 1\n" + p.of(60, base64s) + "\nPrivate-Lines: 1\n" + p.of(44, base64s) + "\nPrivate-MAC: " + p.of(64, hexa)
		},
		"age-secret-key":        func() string { return "AGE-SECRET-KEY-1" + p.of(58, bech32) },
		"aws-access-key-id":     func() string { return p.pick("AKIA", "ASIA") + p.of(16, capitals) },
		"aws-secret-access-key": func() string { return p.of(40, base64s) },
		"gcp-api-key":           func() string { return "AIza" + p.of(35, base64u) },
		"google-oauth-token":    func() string { return "ya29." + p.of(120, base64u) },
		"google-oauth-secret":   func() string { return "GOCSPX-" + p.of(28, base64u) },
		"azure-storage-key":     func() string { return p.of(86, base64s) + "==" },
		"azure-client-secret":   func() string { return p.of(3, alnum) + "8Q~" + p.of(34, alnum) },
		"azure-sas":             func() string { return p.of(43, base64s) + "%3D" },
		"azure-ai-key":          func() string { return p.of(52, alnum) + "JQQJ99" + p.of(26, alnum) },
		"digitalocean-token":    func() string { return "dop_v1_" + p.of(64, hexa) },
		"databricks-token":      func() string { return "dapi" + p.of(32, hexa) },
		"tailscale-key":         func() string { return "tskey-auth-" + p.of(12, alnum) + "-" + p.of(32, alnum) },
		"anthropic-key":         func() string { return "sk-ant-api03-" + p.of(93, base64u) + "AA" },
		"openrouter-key":        func() string { return "sk-or-v1-" + p.of(64, hexa) },
		"openai-key": func() string {
			return p.pick("sk-proj-"+p.of(74, base64u)+"T3BlbkFJ"+p.of(74, base64u), "sk-"+p.of(48, alnum))
		},
		"huggingface-token":         func() string { return "hf_" + p.of(34, alnum) },
		"groq-key":                  func() string { return "gsk_" + p.of(52, alnum) },
		"xai-key":                   func() string { return "xai-" + p.of(80, alnum) },
		"replicate-token":           func() string { return "r8_" + p.of(37, alnum) },
		"langsmith-key":             func() string { return "lsv2_pt_" + p.of(32, hexa) + "_" + p.of(10, hexa) },
		"github-token":              func() string { return p.pick("ghp_", "gho_", "ghs_") + p.of(36, alnum) },
		"github-fine-grained-token": func() string { return "github_pat_" + p.of(22, alnum) + "_" + p.of(59, alnum) },
		"gitlab-token":              func() string { return "glpat-" + p.of(20, base64u) },
		"npm-token":                 func() string { return "npm_" + p.of(36, alnum) },
		"pypi-token":                func() string { return "pypi-AgEIcHlwaS5vcmc" + p.of(120, base64u) },
		"docker-token":              func() string { return "dckr_pat_" + p.of(27, base64u) },
		"vault-token":               func() string { return "hvs." + p.of(95, base64u) },
		"terraform-token":           func() string { return p.of(14, alnum) + ".atlasv1." + p.of(67, alnum) },
		"newrelic-key":              func() string { return "NRAK-" + p.of(27, capital+digits) },
		"grafana-token":             func() string { return "glsa_" + p.of(32, alnum) + "_" + p.of(8, hexa) },
		"postman-key":               func() string { return "PMAK-" + p.of(24, hexa) + "-" + p.of(34, hexa) },
		"slack-token":               func() string { return "xoxb-" + p.of(12, digits) + "-" + p.of(13, digits) + "-" + p.of(24, alnum) },
		"slack-webhook": func() string {
			return "hooks.slack.com/services/T" + p.of(10, capital+digits) + "/B" + p.of(10, capital+digits) + "/" + p.of(24, alnum)
		},
		"stripe-key":         func() string { return p.pick("sk_live_", "rk_test_") + p.of(24, alnum) },
		"square-token":       func() string { return "EAAA" + p.of(60, base64u) },
		"shopify-token":      func() string { return "shpat_" + p.of(32, hexa) },
		"sendgrid-key":       func() string { return "SG." + p.of(22, base64u) + "." + p.of(43, base64u) },
		"mailgun-key":        func() string { return "key-" + p.of(32, hexa) },
		"mailchimp-key":      func() string { return p.of(32, hexa) + "-us" + p.of(1, "123456789") },
		"twilio-key":         func() string { return "SK" + p.of(32, hexa) },
		"telegram-bot-token": func() string { return "7" + p.of(9, digits) + ":AA" + p.of(33, base64u) },
		"discord-token": func() string {
			return base64.RawStdEncoding.EncodeToString([]byte("1"+p.of(17, digits))) + "." + p.of(6, base64u) + "." + p.of(38, base64u)
		},
		"discord-webhook":      func() string { return "discord.com/api/webhooks/" + p.of(18, digits) + "/" + p.of(68, base64u) },
		"linear-key":           func() string { return "lin_api_" + p.of(40, alnum) },
		"airtable-token":       func() string { return "pat" + p.of(14, alnum) + "." + p.of(64, hexa) },
		"jwt":                  jwt,
		"authorization-header": func() string { return p.of(32, alnum) },
		"url-password":         func() string { return p.of(12, alnum) },
		"password":             func() string { return p.of(6, small) + p.pick("!", "#", "9", "X") + p.of(4, alnum) },
		"netrc-password":       func() string { return p.of(12, alnum) },
		"email": func() string {
			return p.of(7, small) + "." + p.of(6, small) + "@" + p.of(8, small) + p.pick(".org", ".edu", ".co.uk")
		},
		"home-directory":  func() string { return p.pick("/home/", "/Users/", `C:\Users\`) + p.of(7, small) },
		"assigned-secret": func() string { return p.of(40, alnum) },
	}[kind]()
	switch kind {
	case "aws-secret-access-key":
		return with(p.pick("aws_secret_access_key = %s", "AWS_SECRET_ACCESS_KEY=%s", `"SecretAccessKey": "%s"`))
	case "azure-storage-key":
		return with("DefaultEndpointsProtocol=https;AccountName=runs;AccountKey=%s;EndpointSuffix=core.windows.net")
	case "azure-sas":
		return with("https://runs.blob.core.windows.net/a?sv=2022-11-02&se=2026-01-01&sr=b&sig=%s")
	case "authorization-header":
		return with(p.pick("Authorization: Bearer %s", `"x-api-key": "%s"`, "curl -H 'authorization: token %s'"))
	case "url-password":
		return with(p.pick("postgres://runs:%s@db.internal:5432/runs", "redis://:%s@cache/0", "https://bot:%s@git.internal/x.git"))
	case "password":
		return with(p.pick("password=%s", `"password": "%s"`, "DB_PASSWORD: %s", "Server=db;Uid=sa;Pwd=%s;"))
	case "netrc-password":
		return with("machine git.internal login bot password %s")
	case "home-directory":
		return with(p.pick(`%s`, `%s/runs/config.yaml`))
	case "assigned-secret":
		return with(p.pick("API_KEY=%s", `"api_key": "%s"`, "client_secret: '%s'", "SESSION_TOKEN := %s"))
	}
	return with(p.pick("%s", "key %s was used", `KEY="%s"`, "line\n%s\nline", "(%s)", "%s,"))
}

// Kinds are the kinds of secrets that a Planter knows.
var Kinds = strings.Fields(`private-key putty-private-key age-secret-key aws-access-key-id aws-secret-access-key gcp-api-key google-oauth-token
	google-oauth-secret azure-storage-key azure-client-secret azure-sas azure-ai-key digitalocean-token databricks-token tailscale-key
	anthropic-key openrouter-key openai-key huggingface-token groq-key xai-key replicate-token langsmith-key github-token
	github-fine-grained-token gitlab-token npm-token pypi-token docker-token vault-token terraform-token newrelic-key grafana-token
	postman-key slack-token slack-webhook stripe-key square-token shopify-token sendgrid-key mailgun-key mailchimp-key twilio-key
	telegram-bot-token discord-token discord-webhook linear-key airtable-token jwt authorization-header url-password password
	netrc-password email home-directory assigned-secret`)
