package secrets_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"github.com/simexp/exparchive/internal/secrets"
	"github.com/simexp/exparchive/internal/secrets/secretstest"
)

// An encoding makes another text of a text.
type encoding struct {
	name   string
	encode func(text string) string
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

func zipped(files ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, text := range files {
		f, _ := w.Create(fmt.Sprintf("folder/%d.env", i))
		f.Write([]byte(text))
	}
	w.Close()
	return b.String()
}

func tarred(files ...string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i, text := range files {
		w.WriteHeader(&tar.Header{Name: fmt.Sprintf("%d.env", i), Size: int64(len(text)), Mode: 0o644})
		w.Write([]byte(text))
	}
	w.Close()
	return b.String()
}

func wide(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// wrapped breaks text into lines.
func wrapped(text string, width int, indent string) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + "\n" + indent)
		text = text[width:]
	}
	return b.String() + text
}

func percent(text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, "%%%02X", text[i])
	}
	return b.String()
}

var encodings = []encoding{
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64url", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{"base64 in lines", func(s string) string {
		return wrapped(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a line\n", 30)+s)), 76, "")
	}},
	{"base64 in short lines", func(s string) string {
		return wrapped(base64.StdEncoding.EncodeToString([]byte(s)), 20, "")
	}},
	{"base64 in YAML", func(s string) string {
		return "data: |\n    " + wrapped(base64.StdEncoding.EncodeToString([]byte(s+strings.Repeat("\na line", 30))), 64,
			"    ")
	}},
	{"data URL", func(s string) string {
		return "data:text/plain;base64," + base64.StdEncoding.EncodeToString([]byte(s))
	}},
	{"path of a URL", func(s string) string {
		return "https://host/load/" + base64.RawURLEncoding.EncodeToString([]byte(s)) + "/x"
	}},
	{"hexadecimal", func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"query", func(s string) string { return "q=" + url.QueryEscape(s) + "&x=1" }},
	{"percent", percent},
	{"UTF-16LE", func(s string) string { return wide(s, binary.LittleEndian) }},
	{"UTF-16BE", func(s string) string { return wide(s, binary.BigEndian) }},
	{"UTF-16 with mark", func(s string) string { return wide("\ufeffZürich 東京 "+s, binary.LittleEndian) }},
	{"UTF-16BE with mark", func(s string) string { return wide("\ufeffZürich 東京 "+s, binary.BigEndian) }},
	{"gzip", gzipped},
	{"two gzips", func(s string) string { return gzipped("first\n") + gzipped(s) }},
	{"zlib", func(s string) string {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		w.Write([]byte(s))
		w.Close()
		return b.String()
	}},
	{"zstd", func(s string) string {
		w, _ := zstd.NewWriter(nil)
		return string(w.EncodeAll([]byte(s), nil))
	}},
	{"zip", func(s string) string { return zipped("nothing here", s) }},
	{"tar", func(s string) string { return tarred("nothing here", s) }},
	{"JSON", func(s string) string { text, _ := json.Marshal(map[string]string{"a": s}); return string(text) }},
	{"binary", func(s string) string { return "\x80\x04\x95\x00\x00" + s + "\x00\xff\xfe\x94" }},
}

// isText are the encodings whose result is text, and ofText those of text only: some put it together with other text.
var (
	isText = strings.Split("base64,base64url,base64 in lines,base64 in short lines,base64 in YAML,data URL,path of a URL,hexadecimal,query,percent,JSON", ",")
	ofText = strings.Split("base64 in lines,base64 in YAML,query,UTF-16LE,UTF-16BE,UTF-16 with mark,UTF-16BE with mark,two gzips,JSON,binary", ",")
)

// TestLook_encodings: what is found in a text is found in every encoding of it, and in every encoding of that.
func TestLook_encodings(t *testing.T) {
	for _, text := range []string{
		"DB_PASSWORD=hunter22\n",
		`{"name":"api_key","value":"` + key1 + `"}`,
		"see github_pat_" + strings.Repeat("Ab1xY9zQ7p", 6) + " and so on",
		"-----BEGIN PRIVATE KEY-----\nMIIabcMIIabc0123\n-----END PRIVATE KEY-----",
		"mail alice@lab.org",
	} {
		want := found(text)
		if len(want) != 1 {
			t.Fatalf("%s: got %q", text, want)
		}
		for _, outer := range encodings {
			once := outer.encode(text)
			if got := found(once); !contains(got, want[0]) {
				t.Errorf("%s of %q: got %q, want %q", outer.name, text, got, want)
			}
			for _, inner := range encodings {
				if slices.Contains(ofText, outer.name) && !slices.Contains(isText, inner.name) {
					continue
				}
				if inner.name == "binary" && slices.Contains(isText, outer.name) {
					continue // too short to be noticed
				}
				if got := found(outer.encode(inner.encode(text))); !contains(got, want[0]) {
					t.Errorf("%s of %s of %q: got %q, want %q", outer.name, inner.name, text, got, want)
				}
			}
		}
	}
}

// TestLook_bzip2: the same for a format that the standard library does not write.
func TestLook_bzip2(t *testing.T) {
	const packed = "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\xfc\xe7\xfc\x26\x00\x00\x03\xcf\x80\x00\x10\x10\x02\x34\x00\xd8\x80\x82\x41\x16\x00\x20\x00\x22\x26\x8d\x03\x35\x1a\x7a\x85\x34\xc8\xc4\xc4\xc4\x54\x9c\x69\x77\x78\x10\xe1\x07\xb8\x64\x9f\x8b\xb9\x22\x9c\x28\x48\x7e\x73\xfe\x13\x00"
	if got, want := found(packed), found("DB_PASSWORD=hunter22"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func contains(list []string, want string) bool {
	return slices.ContainsFunc(list, func(s string) bool {
		return slices.ContainsFunc(secrets.Views([]byte(s)), func(v []byte) bool { return string(v) == want })
	})
}

// TestLook_via: the encodings are told, and the encoded text is a form of the secret.
func TestLook_via(t *testing.T) {
	secret := "DB_PASSWORD=hunter22"
	inner := base64.StdEncoding.EncodeToString([]byte(gzipped(secret)))
	list, unseen := secrets.Look([]byte("before " + inner + " after"))
	if len(list) != 1 || strings.Join(list[0].Via, ", ") != "base64, gzip" ||
		!slices.Contains(list[0].Forms, strings.TrimRight(inner, "=")) || len(unseen) > 0 {
		t.Errorf("got %+v, %v", list, unseen)
	}
	if list, _ := secrets.Look([]byte(secret)); len(list) != 1 || list[0].Via != nil ||
		!slices.Equal(list[0].Forms, []string{"hunter22"}) {
		t.Errorf("plain: got %+v", list)
	}
	// A character behind it that no base64 can have does not hide it.
	if got := found(base64.StdEncoding.EncodeToString([]byte(secret+"\n")) + "A"); len(got) != 1 {
		t.Errorf("with another character: got %q", got)
	}
	// It is told as it stands in the fewest encodings.
	if list, _ := secrets.Look([]byte(inner + " " + secret)); len(list) != 1 || list[0].Via != nil ||
		len(list[0].Forms) != 2 {
		t.Errorf("both: got %+v", list)
	}
	if list, _ := secrets.Look([]byte(secret + " " + inner)); len(list) != 1 || list[0].Via != nil ||
		len(list[0].Forms) != 2 {
		t.Errorf("both, the plain one first: got %+v", list)
	}
	// What stands encoded in its own name's value is one finding, and so is a token whose payload has an address.
	jwt := strings.Join([]string{"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
		base64.RawURLEncoding.EncodeToString([]byte(`{"email":"alice@lab.org","iat":1516239022}`)),
		"dBjftJeZ4CVPmB92K27uhbUJU1p1r"}, ".")
	for _, text := range []string{"password=hunter%2122", "https://bot:s3cr%40tpw@db/x", "api_key=" + key1 + "%2B",
		jwt, "Authorization: Bearer " + jwt, `{"token":"` + jwt + `"}`} {
		if list, _ := secrets.Look([]byte(text)); len(list) != 1 {
			t.Errorf("%s: got %+v, want one finding", text, list)
		}
	}
}

// TestLook_escapes: what stands behind an escape of JSON is found and shown without it.
func TestLook_escapes(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":"login\npassword: hunter22"}`:          "password: hunter22",
		`{"a":"{\"b\":\"x\\npassword: hunter22\"}"}`: "password: hunter22",
		`{"a":"mail\nalice@lab.org"}`:                "alice@lab.org",
		`{"a":"mail \u003calice@lab.org\u003e"}`:     "alice@lab.org",
		`{"a":"mail \u0061lice@lab.org"}`:            "alice@lab.org",
		`{"a":"\tpostgres://bot:hunter22@db/x"}`:     "postgres://bot:hunter22@db",
		`"{\"b\":\"x\\nalice@lab.org\"}"`:            "alice@lab.org",
		`\nalice@lab.org`:                            "alice@lab.org",
		strings.Repeat(`\`, 8) + `nbob@lab.org`:      "bob@lab.org",   // four levels
		`DOMAIN\alice@lab.org`:                       "alice@lab.org", // no escape
		`C:\token=` + key1:                           "token=" + key1, // found behind a letter of its own only
		strings.Repeat(`\`, 64) + `nbob@lab.org`:     "nbob@lab.org",  // more levels than are looked through
	} {
		list := secrets.Scan([]byte(text))
		if len(list) != 1 || list[0].Shown() != want {
			t.Errorf("%s: got %+v, want one that is shown as %s", text, list, want)
		}
	}
}

// TestLook_zip: what a zip archive stores as it is is found in the file, and not with the name in front of it.
func TestLook_zip(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range map[string]string{"a.env": "PASSWORD=hunter22", "b.env": "alice@lab.org",
		"c of bob@lab.org": "x"} {
		f, _ := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		f.Write([]byte(text))
	}
	w.Close()
	packed := b.Bytes()
	list, unseen := secrets.Look(packed)
	var got []string
	for _, f := range list {
		got = append(got, strings.Join(append(f.Via, f.Shown()), " "))
	}
	slices.Sort(got)
	if want := []string{"bob@lab.org", "zip PASSWORD=hunter22", "zip alice@lab.org"}; !slices.Equal(got, want) ||
		len(unseen) > 0 {
		t.Errorf("got %q, %v, want %q", got, unseen, want)
	}
	// A damaged file is looked at as it stands, too.
	copy(packed[bytes.Index(packed, []byte("hunter22")):], "hunter33")
	if list, unseen := secrets.Look(packed); len(unseen) != 1 || !slices.ContainsFunc(list, func(f secrets.Finding) bool {
		return f.Secret == "hunter33"
	}) {
		t.Errorf("damaged: got %+v, %v", list, unseen)
	}
}

// TestLook_cut: of what is too much, the beginning is looked at, and a stored file that was not read whole as it
// stands.
func TestLook_cut(t *testing.T) {
	list, unseen := secrets.Look([]byte(gzipped("DB_PASSWORD=hunter22\n" + strings.Repeat("a line\n", 1<<20))))
	if len(list) != 1 || len(unseen) != 1 {
		t.Errorf("gzip: got %+v, %v, want a finding and what is not looked into", list, unseen)
	}
	var packed []byte
	for size, left := 64<<10, 0; left < 4 || left > 40; size += left - 20 { // room for a part of the second file
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		f, _ := w.Create("a")
		f.Write(make([]byte, size))
		f, _ = w.CreateHeader(&zip.FileHeader{Name: "b", Method: zip.Store})
		f.Write([]byte(strings.Repeat("a line\n", 10) + "DB_PASSWORD=hunter22"))
		w.Close()
		packed = b.Bytes()
		left = 64<<10 + 32*len(packed) - size
	}
	if list, unseen := secrets.Look(packed); len(list) != 1 || len(unseen) != 1 {
		t.Errorf("zip: got %+v, %v, want a finding and what is not looked into", list, unseen)
	}
}

// TestLook_reasons: of very many reasons the first ones are told, and how many others there are.
func TestLook_reasons(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 30 {
		f, _ := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i), Method: uint16(100 + i), CompressedSize64: 1,
			UncompressedSize64: 1})
		f.Write([]byte{0})
	}
	w.Close()
	_, unseen := secrets.Look(b.Bytes())
	if len(unseen) != 21 || unseen[0].What != "zip: a file that is compressed by method 100" ||
		unseen[20] != (secrets.Unseen{What: "other parts", Count: 10}) {
		t.Errorf("got %+v", unseen)
	}
}

// TestLook_unseen: what was not looked into is said.
func TestLook_unseen(t *testing.T) {
	encrypted := []byte(zipped("DB_PASSWORD=hunter22", "x"))
	for i := 0; ; { // the flag of encryption, in the headers before the files and in the directory
		at := bytes.Index(encrypted[i:], []byte("PK"))
		if at < 0 {
			break
		}
		switch i += at; string(encrypted[i : i+4]) {
		case "PK\x03\x04":
			encrypted[i+6] |= 1
		case "PK\x01\x02":
			encrypted[i+8] |= 1
		}
		i += 4
	}
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00\x01\x02pixels", 20)
	deep := "DB_PASSWORD=hunter22"
	for range 8 {
		deep = gzipped(deep)
	}
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "plain text", ""},
		{"7z", "7z\xbc\xaf\x27\x1c\x00\x04", "7z archive"},
		{"picture", png, "picture"},
		{"picture in a document", `{"image":"data:image/png;base64,` + base64.StdEncoding.EncodeToString([]byte(png)) + `"}`,
			"base64: picture"},
		{"two pictures", base64.StdEncoding.EncodeToString([]byte(png)) + " " +
			base64.StdEncoding.EncodeToString([]byte(png)), "base64: picture 2"},
		{"PDF", "%PDF-1.7\n", "PDF"},
		{"encrypted zip", string(encrypted), "zip: an encrypted file 2"},
		{"cut gzip", gzipped(strings.Repeat("text of a run ", 1000))[:60], "gzip: damaged"},
		{"cut zip", zipped("text of a run")[:40], "zip: damaged"},
		{"deep", deep, "gzip: gzip: gzip: gzip: gzip: gzip: more than 6 encodings inside each other"},
		{"gzip bomb", gzipped(strings.Repeat("\x00", 64<<20)), "gzip: more than is read out of a text of this size"},
		{"zip bomb", zipped(strings.Repeat("a", 64<<20), "x"), "zip: more than is read out of a text of this size"},
		{"about formats", "PDF, PNG, ID3 tags, RIFF and Rar! are formats; BZh too", ""},
	} {
		_, unseen := secrets.Look([]byte(c.text))
		var got []string
		for _, u := range unseen {
			if u.Count > 1 {
				u.What += fmt.Sprint(" ", u.Count)
			}
			got = append(got, u.What)
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestViews_bounded: however a text is made, what is read out of it is in proportion to it.
func TestViews_bounded(t *testing.T) {
	nested := strings.Repeat("\x00", 32<<20)
	for range 5 {
		nested = gzipped(nested)
	}
	many := make([]string, 3000)
	for i := range many {
		many[i] = strings.Repeat("a", 20_000)
	}
	for name, text := range map[string]string{
		"gzip":         gzipped(strings.Repeat("\x00", 128<<20)),
		"nested gzip":  nested,
		"zip":          zipped(many...),
		"base64 words": strings.Repeat("QUJDREVGR0hJSktMTU5P ", 20_000),
		"percent":      strings.Repeat("%25", 30_000),
		"backslashes":  strings.Repeat(`\\`, 100_000),
	} {
		total := 0
		for _, view := range secrets.Views([]byte(text)) {
			total += len(view)
		}
		// A text and what is read out of it are there once and without the escapes of JSON, of which there are four
		// levels.
		if most := 5 * (33*len(text) + 64<<10); total > most {
			t.Errorf("%s: got %d bytes out of %d, want at most %d", name, total, len(text), most)
		}
	}
}

// TestLook_masked: what is shown of one finding does not show another one.
func TestLook_masked(t *testing.T) {
	p := secretstest.Planter{Rand: rand.New(rand.NewPCG(3, 3))}
	token := p.Secret("github-token")
	for _, text := range []string{
		"https://" + token + ":x-oauth-secret9@github.com/x",
		`api_keys: ["` + key1 + `", "` + key2 + `"]`,
		`{"name":"api_key","note":"` + token + `","value":"` + key1 + `"}`,
		"login " + token + " password hunter22",
	} {
		list := secrets.Scan([]byte(text))
		if len(list) < 2 {
			t.Errorf("%s: got %+v, want two findings", text, list)
		}
		for _, f := range list {
			for _, other := range list {
				if strings.Contains(f.Excerpt(), other.Secret) {
					t.Errorf("%s: %s is shown as %q", text, f.Kind, f.Excerpt())
				}
			}
		}
	}
}

func FuzzLook(f *testing.F) {
	p := secretstest.Planter{Rand: rand.New(rand.NewPCG(1, 1))}
	for i, e := range encodings {
		_, text := p.Plant(secretstest.Kinds[i%len(secretstest.Kinds)])
		f.Add([]byte(e.encode(text)))
		f.Add([]byte(e.encode(encodings[(i*7)%len(encodings)].encode(text))))
	}
	f.Add([]byte(`\\\\ud83d\ude00 \ud83d \u12 \`))
	f.Add([]byte("api_keys: [\"a\", 'b'\n- c\n--token --x 'y"))
	f.Fuzz(func(t *testing.T, text []byte) {
		views := secrets.Views(text)
		list, _ := secrets.Look(text)
		for _, found := range list {
			for _, form := range append([]string{found.Secret}, found.Forms...) {
				if form == "" || !slices.ContainsFunc(views, func(v []byte) bool { return strings.Contains(string(v), form) }) {
					t.Errorf("%s %q is not in the text", found.Kind, form)
				}
			}
			_, _ = found.Excerpt(), found.Shown()
		}
	})
}
