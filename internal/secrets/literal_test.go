package secrets

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/simexp/exparchive/internal/secrets/secretstest"
)

// forms has secrets of forms that secretstest does not plant, in the texts in which they stand.
var forms = map[string][]string{
	"aws-access-key-id":  {`ABIA<i16>`, `ACCA<i16>`},
	"azure-storage-key":  {`account_key: <b86>==`, `storage_key='<b86>=='`, `storageKey = <b86>==`},
	"azure-key":          {`<b76>APIM<b5>A==`, `<b76>+ABa<b5>Q==`, `<b76>+AMC<b5>g==`, `<b76>+ASt<b5>w==`},
	"digitalocean-token": {`doo_v1_<h64>`, `dor_v1_<h64>`},
	"yandex-key":         {`t1.<u20>.<u86>`, `y1_<n55>`, `y2_<n55>`, `y3_<n55>`},
	"databricks-token":   {`dose<h32>`, `dkea<h32>`, `ddsp<h32>-2`},
	"flyio-token":        {`fm1a_<b120>`, `fm1r_<b120>`},
	"netlify-token":      {`nfc_<n40>`, `nfo_<n40>`, `nfu_<n40>`},
	"vercel-token":       {`vci_<n28>`, `vca_<n28>`, `vcr_<n28>`, `vck_<n28>`},
	"langsmith-key":      {`ls__<h32>`},
	"e2b-key":            {`sk_e2b_<h40>`},
	"composio-key":       {`oak_<n30>`},
	"github-token":       {`ghu_<n36>`, `ghr_<n36>`},
	"gitlab-token": {`gloas-<n20>`, `gldt-<n20>`, `glrt-<n20>`, `glcbt-<n20>`, `glptt-<n20>`, `glft-<n20>`,
		`glimt-<n20>`, `glagent-<n20>`, `glsoat-<n20>`, `glwt-<n20>`, `glffct-<n20>`, `glrtr-<n20>`},
	"vault-token":      {`hvb.<u95>`, `hvr.<u95>`},
	"doppler-token":    {`dp.st.<n43>`, `dp.ct.<n43>`, `dp.sa.<n43>`, `dp.scim.<n43>`, `dp.audit.<n43>`},
	"sentry-token":     {`sntryi_<h64>`},
	"newrelic-key":     {`NRJS-<h19>`, `NRII-<n32>`},
	"sonar-token":      {`sqp_<h40>`, `sqa_<h40>`},
	"circleci-token":   {`CCIPRJ_<n22>_<h40>`},
	"launchdarkly-key": {`api-<h8>-<h4>-<h4>-<h4>-<h12>`},
	"prefect-key":      {`pnb_<n36>`},
	"harness-key":      {`sat.<n22>.<h24>.<n20>`},
	"honeycomb-key":    {`hcbik_<z58>`, `hcxik_<z58>`},
	"settlemint-token": {`sm_aat_<n16>`, `sm_sat_<n16>`},
	"slack-token": {`xoxa-<d12>-<n24>`, `xoxc-<d12>-<n24>`, `xoxe-<d12>-<n24>`, `xoxo-<d12>-<n24>`,
		`xoxr-<d12>-<n24>`, `xoxs-<d12>-<n24>`},
	"stripe-key":      {`sk_test_<n24>`, `sk_prod_<n24>`, `rk_live_<n24>`, `rk_prod_<n24>`},
	"square-token":    {`sq0atp-<u22>`, `sq0csp-<u43>`, `sq0idp-<u22>`},
	"shopify-token":   {`shpca_<h32>`, `shppa_<h32>`, `shpss_<h32>`, `shpua_<h32>`},
	"razorpay-key":    {`rzp_test_<n14>`},
	"easypost-key":    {`EZTK<n54>`},
	"lob-key":         {`test_<h35>`},
	"brevo-key":       {`xsmtpsib-<h64>-<n16>`},
	"discord-webhook": {`discordapp.com/api/webhooks/<d18>/<u68>`},
	"discord-token": {`Mj<n24>.<u6>.<n38>`, `Mz<n24>.<u6>.<n38>`, `ND<n24>.<u6>.<n38>`, `NT<n24>.<u6>.<n38>`,
		`Nj<n24>.<u6>.<n38>`, `Nz<n24>.<u6>.<n38>`, `OD<n24>.<u6>.<n38>`, `OT<n24>.<u6>.<n38>`},
	"linear-key":  {`lin_oauth_<n40>`},
	"figma-token": {`figo_<n40>`, `figr_<n40>`},
	"authress-key": {`ext_<z20>.<z5>.acc-<z20>.<n40>`, `scauth_<z20>.<z5>.acc-<z20>.<n40>`,
		`authress_<z20>.<z5>.acc-<z20>.<n40>`},
	"url-password": {`bot:<n12>@tcp(db:3306)/runs`},
	"assigned-secret": {`credential="<n40>"`, `app_jwt = "<n40>"`, `sessionid=<n40>`, `sessid: <n40>`,
		`PHPSESSID=<n40>`, `GITHUB_PAT=<n40>`, `{"kty":"oct","k":"<u43>"}`, `Cookie: <n40>`},
	"password": {`Pwd=<l6>9<n4>;`, `db_pw='<l6>9<n4>'`, `psw=<l6>9<n4>`, `Kennwort: <l6>9<n4>`,
		`contrasena = "<l6>9<n4>"`, `senha=<l6>9<n4>`, `IDENTIFIED BY '<l6>9<n4>'`, `mysql -p<l6>9<n4> runs`,
		`sqlcmd -S db -P <l6>9<n4>`, `redis-cli -a <l6>9<n4>`, `ldapsearch -w <l6>9<n4>`,
		`curl -u bot:<l6>9<n4> host`, `curl -su bot:<l6>9<n4> host`, `curl -sSu bot:<l6>9<n4> host`,
		`curl -U bot:<l6>9<n4> host`, `curl --user bot:<l6>9<n4> host`, `curl --proxy-user bot:<l6>9<n4> host`},
	"seed-phrase": {`seedwords: <l5> <l5> <l5> <l5> <l5> <l5> <l5> <l5> <l5> <l5> <l5> <l5>`,
		`seed_words: <l5> <l5> <l5> <l5> <l5> <l5> <l5> <l5> <l5> <l5> <l5> <l5>`},
	"authorization-header": {`sent Bearer <n32> to it`},
	"home-directory":       {`C:\Documents and Settings\<l7>`, `d:/users/<l7>/x`, `C:\\Users\\<l7>`},
}

// TestRules_needed: without any one of its literals a rule misses a secret that is planted here, so that each of them
// is known to be tested.
func TestRules_needed(t *testing.T) {
	p := secretstest.Planter{Rand: rand.New(rand.NewPCG(7, 7))}
	type sample struct {
		text string
		kind string
	}
	var samples []sample
	for _, kind := range secretstest.Kinds {
		for range 12 {
			_, text := p.Plant(kind)
			samples = append(samples, sample{text, kind})
		}
	}
	has := func(text, kind string) bool {
		return slices.ContainsFunc(Scan([]byte(text)), func(f Finding) bool { return f.Kind == kind })
	}
	for _, kind := range slices.Sorted(maps.Keys(forms)) { // in one order: what is planted hangs on it
		for _, form := range forms[kind] {
			text := p.Fill(form)
			if samples = append(samples, sample{text, kind}); !has(text, kind) {
				t.Errorf("%s: not found in %s", kind, text)
			}
		}
	}
	samples = slices.DeleteFunc(samples, func(s sample) bool { return !has(s.text, s.kind) })
	before := make([]string, len(samples))
	for i, s := range samples {
		before[i] = fmt.Sprint(Scan([]byte(s.text)))
	}
	whole := theLiterals
	defer func() { theLiterals = whole }()
	rules := rules()
	for i := range rules {
		r := &rules[i]
		all := r.literals
		for k, l := range all {
			r.literals = slices.Delete(slices.Clone(all), k, k+1)
			without := newLiterals()
			theLiterals = func() *literals { return without }
			needed := false
			for n, s := range samples {
				if !needed && (s.kind == r.kind || slices.Contains(r.kinds, s.kind)) {
					needed = fmt.Sprint(Scan([]byte(s.text))) != before[n]
				}
			}
			if !needed {
				t.Errorf("%s%v: nothing needs %q", r.kind, r.kinds, l)
			}
		}
		r.literals = all
	}
}
