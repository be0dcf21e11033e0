package secrets

import (
	"regexp"
	"slices"
)

// Kinds that are named elsewhere in the package.
const (
	kindPrivateKey  = "private-key"
	kindEmail       = "email"
	kindHome        = "home-directory"
	kindPassword    = "password"
	kindURLPassword = "url-password"
)

// token makes the rule for tokens that begin with one of the prefixes. pattern is the whole token, the prefix included.
func token(kind, pattern string, prefixes ...string) rule {
	return rule{kind: kind, literals: prefixes, pattern: regexp.MustCompile(`\A` + pattern), accept: variedDigit}
}

// assignment makes the rule for values of which only the name they are assigned to tells what they are. literals, in lower case,
// are what names contain; name is the pattern of the names, value that of the values.
func assignment(kind, name, value string, accept func(string) bool, literals ...string) rule {
	return rule{
		kind: kind, literals: literals, fold: true, back: nameBytes, before: 60, textOnly: true, accept: accept,
		name: regexp.MustCompile(`(?i:` + name + `)`), pattern: regexp.MustCompile(`\A` + value),
	}
}

// rules are in order of precedence: what is of several kinds is of the first.
var rules = slices.Concat(keys, cloud, models, development, services, general)

// keys in files of their own. RFC 7468 (PEM), RFC 9580 (OpenPGP), openssh PROTOCOL.key, PuTTY manual appendix C, age-encryption.org.
var keys = []rule{
	{kind: kindPrivateKey, literals: []string{"-----BEGIN "},
		pattern: regexp.MustCompile(`\A-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?:[\sA-Za-z0-9+/=\\:,]|-[A-Za-z0-9])*?-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|[\sA-Za-z0-9+/=\\]*)`)},
	{kind: "putty-private-key", literals: []string{"PuTTY-User-Key-File-"}, pattern: regexp.MustCompile(`\APuTTY-User-Key-File-[0-9]: (?:[^P]|P[^u]|Pu[^T])*?Private-MAC: [0-9a-f]+`)},
	token("age-secret-key", `AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}`, "AGE-SECRET-KEY-1"),
}

// cloud holds tokens of cloud providers.
var cloud = []rule{
	// AWS IAM user guide, "IAM identifiers": unique id prefixes.
	token("aws-access-key-id", `A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}\b`, "AKIA", "ASIA", "ABIA", "ACCA"),
	assignment("aws-secret-access-key", `aws.*(?:secret|key|sk)|secret[_.-]?access[_.-]?key`, `[A-Za-z0-9/+]{40}`, variedDigit, "aws", "secretaccess", "secret_access", "secret-access", "secret.access"),
	// Google Cloud, "Using API keys" and "Authenticate with OAuth".
	token("gcp-api-key", `AIza[0-9A-Za-z_-]{35}`, "AIza"),
	token("google-oauth-token", `ya29\.[0-9A-Za-z_-]{20,}`, "ya29."),
	token("google-oauth-secret", `GOCSPX-[0-9A-Za-z_-]{28}`, "GOCSPX-"),
	// Microsoft Purview, sensitive information types "Azure … key".
	{kind: "azure-storage-key", literals: []string{"accountkey", "account_key", "storage_key", "storagekey"}, fold: true, back: nameBytes, before: 40, accept: variedDigit,
		pattern: regexp.MustCompile(`\A[0-9A-Za-z_.-]*?(?i:account_?key|storage_?key)["']?\s*[=:]\s*["']?([A-Za-z0-9+/]{86}==)`)},
	{kind: "azure-client-secret", literals: []string{"Q~"}, back: nameBytes + "~", before: 4, accept: variedDigit,
		pattern: regexp.MustCompile(`\A([A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})`)},
	{kind: "azure-sas", literals: []string{"sig="}, back: "?&;", before: 1, accept: variedDigit,
		pattern: regexp.MustCompile(`\A[?&;]sig=([A-Za-z0-9%+/]{43,}(?:=|%3[dD]))`)},
	{kind: "azure-ai-key", literals: []string{"JQQJ99"}, back: nameBytes, before: 52, accept: variedDigit,
		pattern: regexp.MustCompile(`\A([0-9A-Za-z]{52}JQQJ99[0-9A-Za-z]{26})`)},
	// DigitalOcean, "API token formats"; Alibaba Cloud RAM; Cloudflare origin CA keys; Databricks "Personal access tokens".
	token("digitalocean-token", `do[opr]_v1_[0-9a-f]{64}`, "doo_v1_", "dop_v1_", "dor_v1_"),
	token("alibaba-access-key-id", `LTAI[0-9A-Za-z]{12,26}\b`, "LTAI"),
	token("cloudflare-origin-key", `v1\.0-[0-9a-f]{24}-[0-9a-f]{146}`, "v1.0-"),
	token("databricks-token", `dapi[0-9a-f]{32}(?:-[0-9])?\b`, "dapi"),
	token("heroku-token", `HRKU-[0-9A-Za-z_-]{30,}`, "HRKU-"),
	token("tailscale-key", `tskey-[a-z]{3,10}-[0-9A-Za-z_-]{15,}`, "tskey-"),
}

// models holds keys of the services of language models, as their consoles issue them.
var models = []rule{
	token("anthropic-key", `sk-ant-[0-9a-z]{2,12}-[0-9A-Za-z_-]{12,}`, "sk-ant-"),
	token("openrouter-key", `sk-or-v[0-9]-[0-9a-f]{32,}`, "sk-or-"),
	token("openai-key", `sk-[0-9A-Za-z_-]{20,}`, "sk-"), // also those of services that speak its protocol
	token("google-ai-key", `AQ\.[0-9A-Za-z_-]{40,}`, "AQ."),
	token("huggingface-token", `(?:hf_|api_org_)[0-9A-Za-z]{34,}`, "hf_", "api_org_"),
	token("groq-key", `gsk_[0-9A-Za-z]{40,}`, "gsk_"),
	token("xai-key", `xai-[0-9A-Za-z]{60,}`, "xai-"),
	token("perplexity-key", `pplx-[0-9A-Za-z]{40,}`, "pplx-"),
	token("replicate-token", `r8_[0-9A-Za-z]{37}\b`, "r8_"),
	token("nvidia-key", `nvapi-[0-9A-Za-z_-]{60,}`, "nvapi-"),
	token("langsmith-key", `ls(?:v2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}|__[0-9a-f]{32})\b`, "lsv2_", "ls__"),
	token("fireworks-key", `fw_[0-9A-Za-z]{22,24}\b`, "fw_"),
}

// development holds tokens of the places where code is kept, built and published.
var development = []rule{
	// GitHub, "About authentication to GitHub": token prefixes.
	token("github-token", `gh[pousr]_[0-9A-Za-z]{30,}`, "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
	token("github-fine-grained-token", `github_pat_[0-9A-Za-z_]{40,}`, "github_pat_"),
	// GitLab, "Token overview": token prefixes.
	token("gitlab-token", `gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|wt|ffct|rtr)-[0-9A-Za-z_.-]{20,}`, "glpat-", "gloas-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glsoat-", "glwt-", "glffct-", "glrtr-"),
	token("npm-token", `npm_[0-9A-Za-z]{36}\b`, "npm_"),
	token("pypi-token", `pypi-Ag[0-9A-Za-z_-]{50,}`, "pypi-Ag"),
	token("rubygems-key", `rubygems_[0-9a-f]{48}\b`, "rubygems_"),
	token("crates-token", `cio[0-9A-Za-z]{32}\b`, "cio"),
	token("docker-token", `dckr_(?:pat|oat)_[0-9A-Za-z_-]{20,}`, "dckr_"),
	token("vault-token", `hv[sbr]\.[0-9A-Za-z_-]{24,}`, "hvs.", "hvb.", "hvr."),
	{kind: "terraform-token", literals: []string{".atlasv1."}, back: nameBytes, before: 14, accept: variedDigit, pattern: regexp.MustCompile(`\A([0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z_=-]{50,})`)},
	token("doppler-token", `dp\.(?:pt|st|ct|sa|scim|audit)\.[0-9A-Za-z_.-]{40,}`, "dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."),
	token("pulumi-token", `pul-[0-9a-f]{40}\b`, "pul-"),
	token("sentry-token", `sntry(?:s_eyJ[0-9A-Za-z+/=_-]{40,}|u_[0-9a-f]{64})`, "sntrys_", "sntryu_"),
	token("newrelic-key", `NRAK-[0-9A-Z]{27}\b`, "NRAK-"),
	token("grafana-token", `gl(?:sa_[0-9A-Za-z]{32}_[0-9a-fA-F]{8}|c_eyJ[0-9A-Za-z+/=_-]{30,})`, "glsa_", "glc_eyJ"),
	token("postman-key", `PMAK-[0-9a-f]{24}-[0-9a-f]{34}\b`, "PMAK-"),
	token("atlassian-token", `ATATT3[0-9A-Za-z_=-]{100,}`, "ATATT3"),
	token("supabase-token", `sb(?:p_[0-9a-f]{40}\b|_secret_[0-9A-Za-z_-]{20,})`, "sbp_", "sb_secret_"),
	token("planetscale-token", `pscale_(?:tkn|pw|oauth)_[0-9A-Za-z_.=-]{32,}`, "pscale_"),
}

// services holds tokens of other services, as their documentation of the interface shows them.
var services = []rule{
	token("slack-token", `xox[abceoprs](?:\.xox[bp])?-[0-9A-Za-z-]{10,}`, "xoxa", "xoxb", "xoxc", "xoxe", "xoxo", "xoxp", "xoxr", "xoxs"),
	token("slack-app-token", `xapp-[0-9]-[0-9A-Z]+-[0-9]+-[0-9a-f]{20,}`, "xapp-"),
	{kind: "slack-webhook", literals: []string{"hooks.slack.com/"}, pattern: regexp.MustCompile(`\Ahooks\.slack\.com/(?:services|workflows|triggers)/[0-9A-Za-z+/]{20,}`)},
	token("stripe-key", `(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,}`, "sk_live_", "sk_test_", "rk_live_", "rk_test_"),
	token("stripe-webhook-secret", `whsec_[0-9A-Za-z+/=]{24,}`, "whsec_"),
	token("square-token", `(?:EAAA[0-9A-Za-z_-]{60}|sq0(?:atp|csp|idp)-[0-9A-Za-z_-]{22,43})`, "EAAA", "sq0atp-", "sq0csp-", "sq0idp-"),
	token("shopify-token", `shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}`, "shpat_", "shpca_", "shppa_", "shpss_"),
	token("sendgrid-key", `SG\.[0-9A-Za-z_-]{16,32}\.[0-9A-Za-z_-]{30,64}`, "SG."),
	token("mailgun-key", `key-[0-9a-f]{32}\b`, "key-"),
	{kind: "mailchimp-key", literals: []string{"-us"}, back: "0123456789abcdef", before: 32, accept: variedDigit, pattern: regexp.MustCompile(`\A([0-9a-f]{32}-us[0-9]{1,2})\b`)},
	token("brevo-key", `xkeysib-[0-9a-f]{64}-[0-9A-Za-z]{16}`, "xkeysib-"),
	token("twilio-key", `SK[0-9a-f]{32}\b`, "SK"),
	{kind: "telegram-bot-token", literals: []string{":AA"}, back: "0123456789", before: 10, accept: variedDigit, pattern: regexp.MustCompile(`\A([0-9]{8,10}:AA[0-9A-Za-z_-]{33})`)},
	{kind: "discord-webhook", literals: []string{"discord.com/api/webhooks/", "discordapp.com/api/webhooks/"}, pattern: regexp.MustCompile(`\Adiscord(?:app)?\.com/api/webhooks/[0-9]{15,20}/[0-9A-Za-z_-]{50,}`)},
	// The first part is a number in base64.
	token("discord-token", `[MNO][0-9A-Za-z_-]{23,27}\.[0-9A-Za-z_-]{6}\.[0-9A-Za-z_-]{27,38}`, "MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT"),
	token("linear-key", `lin_(?:api|oauth)_[0-9A-Za-z]{32,}`, "lin_api_", "lin_oauth_"),
	token("notion-token", `ntn_[0-9A-Za-z]{40,}`, "ntn_"),
	token("figma-token", `fig[dor]_[0-9A-Za-z_-]{40,}`, "figd_", "figo_", "figr_"),
	token("airtable-token", `pat[0-9A-Za-z]{14}\.[0-9a-f]{64}`, "pat"),
	token("dropbox-token", `sl\.(?:u\.)?[0-9A-Za-z_-]{100,}`, "sl."),
	token("facebook-token", `EAA[0-9A-Za-z]{80,}`, "EAA"),
	token("1password-token", `ops_eyJ[0-9A-Za-z+/=_-]{100,}`, "ops_eyJ"),
}

// general holds what has no issuer. RFC 7519 (JWT), RFC 6750 and 7617 (Bearer, Basic), RFC 3986 (URLs), RFC 5321 (addresses).
var general = []rule{
	token("jwt", `eyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*`, "eyJ"),
	{kind: "authorization-header", literals: []string{"authorization", "x-api-key"}, fold: true, textOnly: true, accept: assignedToken,
		pattern: regexp.MustCompile(`\A(?i:(?:authorization["']?\s*[:=]\s*["']?(?:bearer|basic|token|apikey))\s+|x-api-key["']?\s*[:=]\s*["']?)([0-9A-Za-z._~+/=-]{12,})`)},
	{kind: "authorization-header", literals: []string{"bearer "}, fold: true, textOnly: true, accept: assigned, pattern: regexp.MustCompile(`\A(?i:bearer) {1,4}([0-9A-Za-z._~+/=-]{20,})`)},
	{kind: kindURLPassword, literals: []string{"://"}, back: nameBytes + "+", before: 20, textOnly: true, accept: urlPassword,
		pattern: regexp.MustCompile(`\A[0-9A-Za-z+._-]*[A-Za-z][0-9A-Za-z+.-]*://[^\s/:@"'<>\\]*:([^\s/@"'<>\\]+)@[0-9A-Za-z\[_.-]`)},
	{kind: kindURLPassword, literals: []string{"@tcp("}, back: nameBytes + ":!#$%&*+=?^~", before: 100, textOnly: true, accept: urlPassword, pattern: regexp.MustCompile(`\A[0-9A-Za-z_.-]+:([^\s/@"'<>\\:]+)@tcp\(`)},
	{kind: "netrc-password", literals: []string{"login "}, fold: true, textOnly: true, accept: password,
		pattern: regexp.MustCompile(`\A(?i:login)\s+\S+\s+(?i:password)\s+(\S+)`)},
	assignment(kindPassword, `(?:pass(?:word|wd|phrase|code)?|pwd)$`, `[^\s"'`+"`"+`,;<>{}\\\[\]()]+`, password, "pass", "pwd"),
	{kind: kindEmail, literals: []string{"@"}, back: nameBytes + "!#$%&*+/=?^{|}~", before: 64, textOnly: true, accept: address,
		pattern: regexp.MustCompile(`\A[^0-9A-Za-z]*([0-9A-Za-z](?:[0-9A-Za-z.!#$%&*+/=?^_{|}~-]*[0-9A-Za-z_+-])?@(?:[0-9A-Za-z][0-9A-Za-z-]*\.)+[A-Za-z][A-Za-z]+)`)},
	{kind: kindHome, literals: []string{"/home/", "/Users/"}, textOnly: true, accept: homeOwner, pattern: regexp.MustCompile(`\A/(?:home|Users)/[0-9A-Za-z][0-9A-Za-z._-]{0,63}`)},
	{kind: kindHome, literals: []string{`:\users\`, `:\documents and settings\`, `:/users/`, `:\\users\\`}, fold: true, back: nameBytes, before: 1, textOnly: true, accept: homeOwner,
		pattern: regexp.MustCompile(`\A(?i)([a-z]:(?:\\{1,2}|/)(?:users|documents and settings)(?:\\{1,2}|/)[^\\/:*?"<>|\r\n\t]{1,64})`)},
	assignment("assigned-secret", `api[_.-]?key|secret|token|credential|(?:private|access|auth|encryption|signing|master|account|session|shared|service|license|app)[_.-]?key|cookie|session[_.-]?id`,
		`[0-9A-Za-z+/_.~!@#$%^&*=-]+`, assigned, "key", "secret", "token", "credential", "cookie", "session"),
}

// assignedToken accepts the value of a header.
func assignedToken(s string) bool { return varied(s) && !isPlaceholder(s) }

// Kinds gives the kinds of secrets that [Scan] knows, in order of precedence.
func Kinds() []string {
	var kinds []string
	for _, r := range rules {
		if !slices.Contains(kinds, r.kind) {
			kinds = append(kinds, r.kind)
		}
	}
	return kinds
}
