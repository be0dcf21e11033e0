// Package secretstest makes secrets that look like real ones, for tests.
package secretstest

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	digits   = "0123456789"
	hexa     = digits + "abcdef"
	small    = "abcdefghijklmnopqrstuvwxyz"
	capital  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letters  = small + capital
	alnum    = digits + letters
	base64s  = alnum + "+/"
	base64u  = alnum + "-_"
	bech32   = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
	capitals = capital + "234567"
)

// classes are the characters that <x9> in a template stands for nine of, by x.
var classes = map[string]string{
	"a": letters, "n": alnum, "h": hexa, "l": small, "z": small + digits, "c": capital + digits, "u": base64u,
	"b": base64s,
	"d": digits, "q": bech32, "i": capitals,
}

// templates are forms of the secrets of each kind, and contexts those of the texts in which they stand where the kind
// needs one.
var templates = map[string][]string{
	"aws-access-key-id":     {"AKIA<i16>", "ASIA<i16>"},
	"aws-bedrock-key":       {"ABSK<b128>==", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t<b80>"},
	"aws-secret-access-key": {"<b40>"},
	"gcp-api-key":           {"AIza<u35>"},
	"google-oauth-token":    {"ya29.<u120>"},
	"google-oauth-secret":   {"GOCSPX-<u28>"},
	"google-refresh-token":  {"1//0<u60>"},
	"azure-storage-key":     {"<b86>=="},
	"azure-client-secret":   {"<n3>8Q~<n34>"},
	"azure-sas":             {"<b43>%3D"},
	"azure-ai-key":          {"<n52>JQQJ99<n26>"},
	"azure-key": {"<n42>AzSeA<n5>", "<n33>AzCaB<n5>=", "<n44>AzFu<n5>A==", "<b42>+ACRC<b5>",
		"<b76>ACDb<b5>A=="},
	"azure-devops-token":        {"<n76>AZDO<n4>"},
	"digitalocean-token":        {"dop_v1_<h64>"},
	"alibaba-access-key-id":     {"LTAI<n20>"},
	"tencent-secret-id":         {"AKID<n32>"},
	"yandex-key":                {"AQVN<u36>", "y0_<n55>"},
	"cloudflare-origin-key":     {"v1.0-<h24>-<h146>"},
	"databricks-token":          {"dapi<h32>"},
	"heroku-token":              {"HRKU-<u60>"},
	"tailscale-key":             {"tskey-auth-<n12>-<n32>"},
	"scaleway-access-key":       {"SCW<c17>"},
	"flyio-token":               {"fo1_<u43>", "fm2_<b120>"},
	"netlify-token":             {"nfp_<n40>"},
	"vercel-token":              {"vcp_<n28>"},
	"render-key":                {"rnd_<n32>"},
	"neon-key":                  {"napi_<z64>"},
	"clickhouse-key":            {"4b1d<n38>"},
	"openshift-token":           {"sha256~<n43>"},
	"scalingo-token":            {"tk-us-<u48>"},
	"anthropic-key":             {"sk-ant-api03-<u93>AA"},
	"openrouter-key":            {"sk-or-v1-<h64>"},
	"langfuse-key":              {"sk-lf-<h8>-<h4>-<h4>-<h4>-<h12>"},
	"openai-key":                {"sk-proj-<u74>T3BlbkFJ<u74>", "sk-<n48>", "sk-<a48>"},
	"google-ai-key":             {"AQ.<u50>"},
	"huggingface-token":         {"hf_<n34>", "hf_<a34>", "hf_<l34>", "api_org_<a34>"},
	"huggingface-oauth-token":   {"hf_oauth_<n40>"},
	"groq-key":                  {"gsk_<n52>", "gsk_<a52>"},
	"xai-key":                   {"xai-<n80>"},
	"perplexity-key":            {"pplx-<n48>"},
	"replicate-token":           {"r8_<n37>"},
	"nvidia-key":                {"nvapi-<n64>"},
	"langsmith-key":             {"lsv2_pt_<h32>_<h10>"},
	"fireworks-key":             {"fw_<n24>"},
	"together-key":              {"tgp_v1_<u43>"},
	"cerebras-key":              {"csk-<z48>"},
	"elevenlabs-key":            {"sk_<h48>"},
	"voyage-key":                {"pa-<n43>"},
	"jina-key":                  {"jina_<h32><u30>"},
	"tavily-key":                {"tvly-dev-<n32>"},
	"firecrawl-key":             {"fc-<h32>"},
	"e2b-key":                   {"e2b_<h40>"},
	"pinecone-key":              {"pcsk_<n6>_<n64>"},
	"llamacloud-key":            {"llx-<n48>"},
	"anyscale-key":              {"esecret_<z26>"},
	"runpod-key":                {"rpa_<c40>"},
	"wandb-key":                 {"wandb_v1_<n60>"},
	"kaggle-token":              {"KGAT_<h32>"},
	"brave-search-key":          {"BSA<n28>"},
	"composio-key":              {"ak_<n20>", "uak_<n43>"},
	"promptlayer-key":           {"pl_<h32>"},
	"github-token":              {"ghp_<n36>", "gho_<n36>", "ghs_<n36>", "ghp_<a36>"},
	"github-fine-grained-token": {"github_pat_<n22>_<n59>"},
	"gitlab-token":              {"glpat-<n20>", "GR1348941<n20>"},
	"bitbucket-token":           {"ATBB<n32>", "ATCTT3xFf<n90>"},
	"atlassian-token":           {"ATATT3xFf<n180>=<h8>"},
	"trello-token":              {"ATTA<h64><c8>"},
	"npm-token":                 {"npm_<n36>"},
	"pypi-token":                {"pypi-AgEIcHlwaS5vcmc<u120>"},
	"rubygems-key":              {"rubygems_<h48>"},
	"crates-token":              {"cio<n32>"},
	"nuget-key":                 {"oy2<z43>"},
	"clojars-token":             {"CLOJARS_<h60>"},
	"docker-token":              {"dckr_pat_<n27>"},
	"artifactory-token":         {"AKCp<n69>", "cmVmd<n59>"},
	"vault-token":               {"hvs.<u95>"},
	"terraform-token":           {"<n14>.atlasv1.<n67>"},
	"doppler-token":             {"dp.pt.<n43>"},
	"pulumi-token":              {"pul-<h40>"},
	"sentry-token":              {"sntryu_<h64>", "sntrys_eyJ<n80>"},
	"newrelic-key":              {"NRAK-<c27>"},
	"grafana-token":             {"glsa_<n32>_<h8>", "glc_eyJ<n60>"},
	"dynatrace-token":           {"dt0c01.<c24>.<c64>"},
	"postman-key":               {"PMAK-<h24>-<h34>"},
	"supabase-token":            {"sbp_<h40>", "sb_secret_<n32>"},
	"planetscale-token":         {"pscale_tkn_<n43>"},
	"sonar-token":               {"squ_<h40>"},
	"sourcegraph-token":         {"sgp_<h16>_<h40>"},
	"circleci-token":            {"CCIPAT_<n22>_<h40>"},
	"buildkite-token":           {"bkua_<h40>"},
	"launchdarkly-key":          {"sdk-<h8>-<h4>-<h4>-<h4>-<h12>"},
	"prefect-key":               {"pnu_<n36>"},
	"infracost-key":             {"ico-<n32>"},
	"octopus-deploy-key":        {"API-<c26>"},
	"readme-key":                {"rdme_<z70>"},
	"harness-key":               {"pat.<n22>.<h24>.<n20>"},
	"honeycomb-key":             {"hcaik_<z58>"},
	"adobe-client-secret":       {"p8e-<n32>"},
	"settlemint-token":          {"sm_pat_<n16>"},
	"defined-networking-token":  {"dnkey-<c26>-<c52>"},
	"42-client-secret":          {"s-s4t2ud-<h64>"},
	"slack-token":               {"xoxb-<d12>-<d13>-<n24>", "xoxp-<d12>-<d12>-<d12>-<h32>"},
	"slack-app-token":           {"xapp-1-A<c10>-<d13>-<h64>"},
	"slack-webhook":             {"hooks.slack.com/services/T<c10>/B<c10>/<n24>"},
	"stripe-key":                {"sk_live_<n24>", "rk_test_<n24>"},
	"stripe-webhook-secret":     {"whsec_<n32>"},
	"square-token":              {"EAAA<u60>"},
	"shopify-token":             {"shpat_<h32>"},
	"braintree-token":           {"access_token$production$<z16>$<h32>"},
	"razorpay-key":              {"rzp_live_<n14>"},
	"flutterwave-key":           {"FLWSECK_TEST-<h32>-X"},
	"plaid-token":               {"access-sandbox-<h8>-<h4>-<h4>-<h4>-<h12>"},
	"easypost-key":              {"EZAK<n54>"},
	"shippo-token":              {"shippo_live_<h40>"},
	"duffel-token":              {"duffel_live_<u43>"},
	"lob-key":                   {"live_<h35>"},
	"sendgrid-key":              {"SG.<n22>.<n43>"},
	"mailgun-key":               {"key-<h32>"},
	"mailchimp-key":             {"<h32>-us7"},
	"brevo-key":                 {"xkeysib-<h64>-<n16>"},
	"resend-key":                {"re_<n8>_<n24>"},
	"twilio-key":                {"SK<h32>"},
	"telegram-bot-token":        {"7<d9>:AA<n33>"},
	"discord-webhook":           {"discord.com/api/webhooks/<d18>/<u68>"},
	"teams-webhook":             {"lab.webhook.office.com/webhookb2/<h8>-<h4>-<h4>-<h4>-<h12>@<h8>-<h4>-<h4>-<h4>-<h12>/IncomingWebhook/<h32>/<h8>-<h4>-<h4>-<h4>-<h12>"},
	"zapier-webhook":            {"hooks.zapier.com/hooks/catch/<d7>/<z7>x1"},
	"linear-key":                {"lin_api_<n40>"},
	"notion-token":              {"ntn_<n46>", "secret_<n43>"},
	"figma-token":               {"figd_<n40>"},
	"airtable-token":            {"pat<n14>.<h64>"},
	"hubspot-token":             {"pat-na1-<h8>-<h4>-<h4>-<h4>-<h12>"},
	"typeform-token":            {"tfp_<n59>"},
	"contentful-token":          {"CFPAT-<u43>"},
	"mapbox-secret-token":       {"sk.eyJ<n60>.<n22>"},
	"maxmind-key":               {"<n6>_<n29>_mmk"},
	"dropbox-token":             {"sl.<n140>"},
	"frameio-token":             {"fio-u-<n64>"},
	"facebook-token":            {"EAAC<n120>"},
	"twitter-bearer-token":      {"AAAAAAAAAAAAAAAAAAAAA<n90>"},
	"1password-token":           {"ops_eyJ<n300>"},
	"1password-secret-key":      {"A3-<c6>-<c6>-<c5>-<c5>-<c5>-<c5>"},
	"authress-key":              {"sc_<z20>.<z5>.acc-<z20>.<n40>"},
	"mongodb-atlas-secret":      {"mdb_sa_sk_<n40>"},
	"age-secret-key":            {"AGE-SECRET-KEY-1<q58>"},
	"authorization-header":      {"<n32>"},
	"url-password":              {"<n12>"},
	"netrc-password":            {"<n12>"},
	"email":                     {"<l7>.<l6>@<l8>.org", "<l7>.<l6>@<l8>.edu", "<l7>.<l6>@<l8>.co.uk"},
	"home-directory":            {"/home/<l7>", "/Users/<l7>", `C:\Users\<l7>`},
	"assigned-secret":           {"<n40>"},
	"password":                  {"<l6>!<n4>", "<l6>#<n4>", "<l6>9<n4>", "<l6>X<n4>"},
	"seed-phrase": {strings.TrimSpace(strings.Repeat("<l5> ", 12)),
		strings.TrimSpace(strings.Repeat("<l6> ", 24))},
}

var contexts = map[string][]string{
	"aws-secret-access-key": {"aws_secret_access_key = %s", "AWS_SECRET_ACCESS_KEY=%s", `"SecretAccessKey": "%s"`},
	"azure-storage-key":     {"DefaultEndpointsProtocol=https;AccountName=runs;AccountKey=%s;EndpointSuffix=core.windows.net"},
	"azure-sas":             {"https://runs.blob.core.windows.net/a?sv=2022-11-02&se=2026-01-01&sr=b&sig=%s"},
	"authorization-header":  {"Authorization: Bearer %s", `"x-api-key": "%s"`, "curl -H 'authorization: token %s'"},
	"url-password": {"postgres://runs:%s@db.internal:5432/runs", "redis://:%s@cache/0",
		"https://bot:%s@git.internal/x.git"},
	"password":       {"password=%s", `"password": "%s"`, "DB_PASSWORD: %s", "Server=db;Uid=sa;Pwd=%s;"},
	"netrc-password": {"machine git.internal login bot password %s"},
	"home-directory": {`%s`, `%s/runs/config.yaml`},
	"seed-phrase":    {"mnemonic: %s", `"seed_phrase": "%s"`, "recovery phrase: %s\n"},
	"assigned-secret": {"API_KEY=%s", `"api_key": "%s"`, "client_secret: '%s'", "SESSION_TOKEN := %s", "--api-key %s",
		`["--token", "%s"]`,
		`{"name": "api_key", "value": "%s"}`},
}

// anywhere are contexts of the kinds that need none.
var anywhere = []string{"%s", "key %s was used", `KEY="%s"`, "line\n%s\nline", "(%s)", "%s,"}

// Kinds are the kinds of secrets that a Planter knows, sorted.
var Kinds = func() []string {
	kinds := []string{"private-key", "putty-private-key", "discord-token", "jwt"}
	for kind := range templates {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}()

// A Planter makes secrets of every kind that look like real ones.
type Planter struct{ *rand.Rand }

func (p Planter) of(n int, from string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[p.IntN(len(from))]
	}
	return string(b)
}

func (p Planter) pick(of []string) string { return of[p.IntN(len(of))] }

var class = regexp.MustCompile(`<([a-z])([0-9]+)>`)

// Fill makes a text of a template, in which <a34> stands for 34 letters.
func (p Planter) Fill(template string) string {
	return class.ReplaceAllStringFunc(template, func(part string) string {
		m := class.FindStringSubmatch(part)
		n, _ := strconv.Atoi(m[2])
		return p.of(n, classes[m[1]])
	})
}

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

// Secret makes a secret of the kind.
func (p Planter) Secret(kind string) string {
	switch kind {
	case "private-key":
		return p.pem(p.pick([]string{"RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED "})+"PRIVATE KEY", 3+p.IntN(20))
	case "putty-private-key":
		return "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: key\nPublic-Lines: 1\n" + p.of(60, base64s) +
			"\nPrivate-Lines: 1\n" + p.of(44, base64s) + "\nPrivate-MAC: " + p.of(64, hexa)
	case "discord-token":
		return base64.RawStdEncoding.EncodeToString([]byte("1"+p.of(17, digits))) + "." + p.of(6, base64u) + "." + p.of(38,
			base64u)
	case "jwt":
		head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
		body := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"sub":"%s","iat":1516239022}`, p.of(8, digits)))
		return head + "." + body + "." + p.of(43, base64u)
	}
	return p.Fill(p.pick(templates[kind]))
}

// Plant gives a secret of the kind, and the text in which it stands where the kind needs a context.
func (p Planter) Plant(kind string) (secret, text string) {
	secret = p.Secret(kind)
	in := contexts[kind]
	if in == nil {
		in = anywhere
	}
	return secret, strings.ReplaceAll(p.pick(in), "%s", secret)
}
