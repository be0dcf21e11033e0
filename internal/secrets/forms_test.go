package secrets_test

import (
	"slices"
	"strings"
	"testing"
)

// TestScan_forms: secrets behind the escapes of HTML and of programs, in keys of the web, in names of one's own.
func TestScan_forms(t *testing.T) {
	const key, curve = "Ab3xY9zQ7pLm2Kd8Ws4T", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
	for text, want := range map[string]string{
		"api_key=&quot;" + key + "&quot;":                                       "assigned-secret " + key,
		"{&#34;api_key&#34;: &#x22;" + key + "&#x22;}":                          "assigned-secret " + key,
		"&lt;password&gt;hunter22!&lt;/password&gt;":                            "password hunter22!",
		"see &#x2F;home&#x2F;alice&#x2F;x":                                      "home-directory /home/alice",
		"mail alice&#64;lab.org &amp; wait":                                     "email alice@lab.org",
		`{\x22api_key\x22:\x22` + key + `\x22}`:                                 "assigned-secret " + key,
		`\x2fhome\x2falice`:                                                     "home-directory /home/alice",
		`{"kty":"EC","x":"` + strings.ToLower(curve) + `","d":"` + curve + `"}`: "assigned-secret " + curve,
		`{"d" : "` + curve + `", "kty": "OKP"}, {"d": "` + key + key + `"}`:     "assigned-secret " + curve,
		`"{\"kty\":\"oct\",\"k\":\"` + curve + `\"}"`:                           "assigned-secret " + curve,
		"MY_KEY=" + key:                          "assigned-secret " + key,
		"my_key = '" + key + "'":                 "assigned-secret " + key,
		"FOO_SECRET_KEY: " + key:                 "assigned-secret " + key,
		"export ACME_KEY_2=" + key:               "assigned-secret " + key,
		"? api_key\n: " + key + "\n":             "assigned-secret " + key,
		"  ? \"password\"\n  : hunter22!\n":      "password hunter22!",
		"Authorization%3A+Bearer+" + key + "abc": "authorization-header " + key + "abc",
		`login DOMAIN\bob@corp-lab.org now`:      "email bob@corp-lab.org",
		`{"user":"CORP\\fay@lab.org"}`:           "email fay@lab.org",
		`{"text":"first\bthen \fbob@lab.org"}`:   "email bob@lab.org",
	} {
		if got := found(text); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{
		`{"kty":"EC","crv":"P-256","x":"` + curve + `","y":"` + curve + `"}`, `{"kty":"RSA","n":"` + curve + `","e":"AQAB"}`,
		`{"d": "` + curve + `"}`, "PUBLIC_KEY=" + key, "CACHE_KEY=" + key, "PRIMARY_KEY: " + key,
		"my_cache_key = '" + key + "'",
		"Tom &amp; Jerry &lt;3, 5 &gt; 4; R&D; AT&T; a&b=c;", `\x00\xff\x22quoted\x22`, "? a question\n: an answer\n",
		`C:\bin\foo D:\files`,
		strings.Repeat("a line of 20 letters\n", 30), strings.Repeat("abcdefghijklmnopqrst\n", 30),
	} {
		if got := found(text); len(got) > 0 {
			t.Errorf("%s: got %q, want nothing", text, got)
		}
	}
}
