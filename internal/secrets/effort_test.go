package secrets_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/secrets"
)

// TestLook_effort: a text that holds nothing but secrets is looked at to its end, in whatever form they stand. One that
// is made to take long is not, and that is told; what stands at its beginning is found.
func TestLook_effort(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	secret := func() string {
		b := []byte("A7b")
		for range 30 {
			b = append(b, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"[random.IntN(56)])
		}
		return string(b)
	}
	tooMany := func(u secrets.Unseen) bool {
		return strings.HasPrefix(u.What, "more places at which secrets may begin")
	}
	for _, form := range []string{
		`{"name":"API_KEY_%d","value":"%s"},`, `{"value":"%[2]s","name":"API_KEY_%[1]d"},`,
		"- name: API_KEY_%d\n  value: %s\n",
		"- value: %[2]s\n  name: API_KEY_%[1]d\n", "API_KEY_%d=%s\n", "api_key_%d: \"%s\"\n", "mysql -u root -p %d%s\n",
		"sk-ant-%d%s\n",
		"a%d%s@lab.org\n", "https://a%d:%s@host.org/ ", "<password>%d%s</password>\n", "eyJ%dhbGciOi.eyJzdWIi%s.abc\n",
	} {
		var text strings.Builder
		const count = 3000
		for i := range count {
			fmt.Fprintf(&text, form, i, secret())
		}
		found, unseen := secrets.Look([]byte(text.String()))
		if slices.ContainsFunc(unseen, tooMany) || len(found) < count*9/10 { // some of what is random looks like a name
			t.Errorf("%s: found %d of %d, not seen %v", form, len(found), count, unseen)
		}
	}
	for _, part := range []string{"mysql -p ", "key: ", "password=", "name: API_KEY\n value: ", "keys=[a,", "ops_eyJ",
		"sk-ant-", "xoxb-", "a@b.", "sl."} {
		text := "API_KEY=" + secret() + "\n" + strings.Repeat(part, (512<<10)/len(part))
		found, unseen := secrets.Look([]byte(text))
		if !slices.ContainsFunc(unseen, tooMany) && part != "keys=[a," {
			t.Errorf("%q: not seen %v, want that it is told", part, unseen)
		}
		if !slices.ContainsFunc(found, func(f secrets.Finding) bool { return f.Kind == "assigned-secret" }) {
			t.Errorf("%q: got %d findings, want the one in front", part, len(found))
		}
	}
}
