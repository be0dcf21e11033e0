package secrets_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/internal/secrets/secretstest"
)

// TestScan_planted: of a thousand secrets of every kind, plain and in JSON, 99 of 100 are found and at most one of each
// kind is not, and none is in its excerpt.
func TestScan_planted(t *testing.T) {
	p := secretstest.Planter{Rand: rand.New(rand.NewPCG(5, 5))}
	const rounds = 8
	count, missed := 0, 0
	missedOf := map[string]int{}
	for i := range rounds * len(secretstest.Kinds) {
		kind := secretstest.Kinds[i%len(secretstest.Kinds)]
		secret, text := p.Plant(kind)
		text = "The run of Monday.\n" + text + "\nIteration 3, cost 5000."
		for range i / len(secretstest.Kinds) % 3 {
			quoted, _ := json.Marshal(map[string]any{"iteration": 3, "note": text})
			text = string(quoted)
		}
		found := secrets.Scan([]byte(text))
		at := slices.IndexFunc(found, func(f secrets.Finding) bool {
			return f.Kind == kind && slices.ContainsFunc(secrets.Views([]byte(f.Secret)),
				func(v []byte) bool { return string(v) == secret })
		})
		if count++; at < 0 {
			missed++
			if missedOf[kind]++; missedOf[kind] > 1 {
				t.Errorf("missed %d of the %d of %s", missedOf[kind], rounds, kind)
			}
			t.Logf("missed: %s %q in %.200q: got %+v", kind, secret, text, found)
			continue
		}
		if excerpt := found[at].Excerpt(); strings.Contains(excerpt, secret) || !strings.Contains(excerpt, "…") ||
			strings.Contains(excerpt, "\n") {
			t.Errorf("%s: excerpt %q shows %q", kind, excerpt, secret)
		}
		for _, form := range found[at].Forms {
			if !slices.ContainsFunc(secrets.Views([]byte(text)),
				func(v []byte) bool { return strings.Contains(string(v), form) }) {
				t.Errorf("%s: form %q is not in the text", kind, form)
			}
		}
	}
	if missed*100 > count {
		t.Errorf("missed %d of %d", missed, count)
	}
	t.Logf("found %d of %d secrets of %d kinds", count-missed, count, len(secretstest.Kinds))
}

// TestKinds: every kind is planted, and none is that there is not.
func TestKinds(t *testing.T) {
	for _, kind := range secrets.Kinds() {
		if !slices.Contains(secretstest.Kinds, kind) {
			t.Errorf("no secret of the kind %s is planted", kind)
		}
	}
	if len(secretstest.Kinds) != len(secrets.Kinds()) {
		t.Errorf("got %d kinds, want the %d that are planted", len(secrets.Kinds()), len(secretstest.Kinds))
	}
}

// TestScan_realRuns: the runs of the original project have no secrets.
func TestScan_realRuns(t *testing.T) {
	folder := os.Getenv("EXPARCHIVE_REALDATA")
	if folder == "" {
		t.Skip("EXPARCHIVE_REALDATA is not set")
	}
	for _, name := range []string{"castro_exp1_debug.db.gz", "core_exp1.db.gz", "web/castro_exp2_-_flash.json.gz",
		"web/large_network_-_pro.json.gz", "web/lehman_month_-_glm.json.gz"} {
		f, err := os.Open(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		unzipped, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(unzipped)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range secrets.Scan(text) {
			t.Errorf("%s: got %s %q, want nothing", name, f.Kind, f.Secret)
		}
	}
}

func TestScan_overlap(t *testing.T) {
	for text, want := range map[string][]string{
		"postgres://bot:s3cr3tpass@db.internal.org/x":             {"url-password"},
		"bot:s3cr3tpass@tcp(db.internal.org:3306)/x":              {"url-password"},
		"ANTHROPIC_API_KEY=sk-ant-api03-abcdefghijklmnop1234":     {"anthropic-key"},
		"password=hunter22 mail alice@lab.org, password=hunter22": {"password", "email"},
		`{"a":"/home/alice/x","b":"C:\\Users\\alice\\x","c":"\u0061lice@lab.org"}`: {"home-directory", "home-directory",
			"email"},
	} {
		var got []string
		for _, f := range secrets.Scan([]byte(text)) {
			got = append(got, f.Kind)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// BenchmarkScan_hostile scans texts that are made to be slow.
func BenchmarkScan_hostile(b *testing.B) {
	for _, part := range []string{"-----BEGIN PRIVATE KEY-----", "PuTTY-User-Key-File-3: ", "a@a", "token=1Ab", "a://b",
		"password:", "eyJ", `\\\\n`, "aws_secret_access_key="} {
		text := []byte(strings.Repeat(part, (1<<20)/len(part)))
		b.Run(part, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				secrets.Scan(text)
			}
		})
	}
}

// TestScan_long: a key is found up to its end.
func TestScan_long(t *testing.T) {
	key := "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
		60) + "-----END PRIVATE KEY-----"
	if got := found("key:\n" + key + "\n"); !slices.Equal(got, []string{"private-key " + key}) {
		t.Errorf("got %q", got)
	}
}

func TestExcerpt(t *testing.T) {
	for text, want := range map[string]string{
		"key sk-ant-api03-abcdefghijklmnop1234 used":   "sk-ant-…1234",
		"postgres://bot:s3cr3tpass@db.internal.org/x":  "postgres://bot:…@db.internal.org",
		"DB_PASSWORD: hunter22":                        "DB_PASSWORD: …",
		"mail alice@lab.org":                           "…",
		"/home/alice/x":                                "/home/…",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIabc\nMII": "-----BEGIN RSA PRIVATE KEY-----…",
	} {
		found := secrets.Scan([]byte(text))
		if len(found) != 1 {
			t.Errorf("%s: got %d findings, want 1", text, len(found))
		} else if got := found[0].Excerpt(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestAllow(t *testing.T) {
	allow, err := secrets.ParseAllow(strings.NewReader("# known\n\nemail .*@lab\\.org\nhome-directory\n* hunter22\n"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"alice@lab.org": false, "alice@lab.org.uk": true, "/home/alice": false, "password=hunter22": false,
		"password=hunter223": true,
	} {
		if got := secrets.Has([]byte(text), allow); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
	for list, want := range map[string]string{"a\nb": `line 1: no kind "a"`, "\nemail (": "line 2: error parsing regexp",
		"*": "line 1: * needs"} {
		if _, err := secrets.ParseAllow(strings.NewReader(list)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s…", list, err, want)
		}
	}
}

// BenchmarkScan scans prompts as runs have them.
func BenchmarkScan(b *testing.B) {
	text := []byte(strings.Repeat("## Iteration 12\n\nYour costs were $50.00 (prompt tokens: 1200). The secret of a good policy: release early.\n", 200))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		secrets.Scan(text)
	}
}
