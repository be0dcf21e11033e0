package webfile

import (
	"strings"
	"testing"
)

func TestIs(t *testing.T) {
	for name, want := range map[string]bool{
		"https://example.org/x": true, "http://h": true, "HTTPS://H/x": true, "Http://h": true,
		"": false, "x.simexp": false, `c:\x`: false, "c:/x": false, "c://x": false, "file:///x": false, "ftp://h/x": false,
		"https:/h/x": false, "https:x": false, "./https://h": false, "xhttps://h": false, "//h/x": false,
		`\\server\share\x`: false, "s3://bucket/x": false,
	} {
		if got := Is(name); got != want {
			t.Errorf("Is(%q): got %v", name, got)
		}
	}
}

func TestShown(t *testing.T) {
	for address, want := range map[string]string{
		"x.simexp":                                "x.simexp",
		"https://h/a/x.simexp":                    "https://h/a/x.simexp",
		"https://h:8443/x.simexp":                 "https://h:8443/x.simexp",
		"HTTPS://H":                               "HTTPS://H",
		"https://guest:s3cret@h/x":                "https://h/x",
		"https://s3cret@h/x":                      "https://h/x",
		"https://guest:s3cret@h":                  "https://h",
		"https://h/x?X-Amz-Signature=s3cret&a=b":  "https://h/x?...",
		"https://h/x?download=1&sig=s3cret":       "https://h/x?download=1&...",
		"https://h/x?sig=s3cret;version=2":        "https://h/x?version=2&...",
		"https://h/x?s3cret":                      "https://h/x?...",
		"https://h/x?s3cret==":                    "https://h/x?...",
		"https://h/x?download":                    "https://h/x?download",
		"https://h/x#s3cret":                      "https://h/x",
		"https://h/x?":                            "https://h/x",
		"https://h?s3cret":                        "https://h?...",
		"https://h/x?file=a.simexp&FILENAME=b":    "https://h/x?file=a.simexp&FILENAME=b",
		"https://guest:s3/cret@h/x":               "https://...",
		"https://guest:%zz@h/x":                   "https://...",
		"https://h:65535/x":                       "https://h:65535/x",
		"https://guest:65536/s3cret@h/x":          "https://...",
		"https://":                                "https://...",
		"https:///x":                              "https://...",
		"https://h/a@b/x":                         "https://h/a@b/x",
		"https://h/x?path=https://u:p@g/&token=s": "https://h/x?path=https://u:p@g/&...",
	} {
		if got := Shown(address); got != want {
			t.Errorf("Shown(%q): got %q, want %q", address, got, want)
		}
		if again := Shown(want); again != want {
			t.Errorf("Shown(%q): got %q", want, again)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "nothing": "nothing", "://": "://", "a://b": "a://b", "http": "http",
		"https://h/x?sig=s3cret: no such file":                         "https://h/x?...: no such file",
		`Get "https://guest:s3cret@h/x": refused`:                      `Get "https://h/x": refused`,
		"(https://h/x?a=s3cret), http://s3cret@g.":                     "(https://h/x?...), http://g.",
		"no such file: xhttps://guest:s3cret@h/x, HTTP://guest@h":      "no such file: xhttps://h/x, HTTP://h",
		"https://h/x?...: line 4, https://h/x?..., https://h/x?....":   "https://h/x?...: line 4, https://h/x?..., https://h/x?....",
		"ftp://a/https://guest:s3cret@h/x":                             "ftp://a/https://h/x",
		"https://h/x?a=s3cret\nhttps://h/y?a=s3cret":                   "https://h/x?...\nhttps://h/y?...",
		"the server answers 403 Forbidden, at https://h/x?sig=s3cret.": "the server answers 403 Forbidden, at https://h/x?....",
	} {
		if got := Clean(text); got != want {
			t.Errorf("Clean(%q): got %q, want %q", text, got, want)
		}
	}
}

// FuzzClean: any text comes to an end, and nothing of an address in it that is secret is left, whatever stands around.
func FuzzClean(f *testing.F) {
	f.Add("before ", " behind")
	f.Add("https://", "://")
	f.Add("HTTP://x@", "@y")
	f.Fuzz(func(t *testing.T, before, behind string) {
		if strings.Contains(before+behind, "s3cret") || strings.Contains(before, "://") {
			return
		}
		if got := Clean(before + "https://s3cret@h/x?k=s3cret#s3cret " + behind); strings.Contains(got, "s3cret") {
			t.Errorf("got %q", got)
		}
	})
}

func TestBase(t *testing.T) {
	for address, want := range map[string]string{
		"https://h/a/x.simexp": "x.simexp", "https://h/a%20b.db?x=y.z": "a b.db", "https://h": "", "https://h/": "",
		"https://h/a/": "a", "x.simexp": "", "https://h/..": "..", "https://%zz/": "", "https://h/a%2Fb": "b",
	} {
		if got := Base(address); got != want {
			t.Errorf("Base(%q): got %q, want %q", address, got, want)
		}
	}
	got, err := Beside("https://u:p@h/a/x.db?sig=1#f", ".wal")
	if want := "https://u:p@h/a/x.db.wal?sig=1#f"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := Beside("https://guest:s3/cret@h", ".wal"); err == nil || strings.Contains(err.Error(), "cret") {
		t.Errorf("got %v", err)
	}
}

func TestContentRange(t *testing.T) {
	for text, want := range map[string][3]int64{
		"bytes 0-0/1": {0, 0, 1}, "bytes 5-9/10": {5, 9, 10},
		"bytes 0-9223372036854775806/9223372036854775807": {0, 1<<63 - 2, 1<<63 - 1},
	} {
		a, b, n, ok := contentRange(text)
		if got := [3]int64{a, b, n}; !ok || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "bytes", "bytes ", "bytes 0-0", "bytes 0/1", "bytes 0-1/1", "bytes 1-0/5", "0-0/1",
		"bytes */5", "bytes 0-0/*", "bytes -1-0/5", "bytes 0-0/9223372036854775808", "bytes 0-0/1 ", "bytes 0-+0/1",
		"bytes 0-0-0/1", "bytes 0-0/1/1", "items 0-0/1", "bytes=0-0/1"} {
		if _, _, _, ok := contentRange(text); ok {
			t.Errorf("%q is taken", text)
		}
	}
}

// TestPort: nobody is asked for an address whose port cannot be one.
func TestPort(t *testing.T) {
	set, waited := files(t, Options{})
	const address = "http://127.0.0.1:65536/s3cret@h/x.simexp"
	_, err := set.Open(t.Context(), address)
	if err2 := set.Download(t.Context(), address, nil); err != errPort || err2 != errPort || len(*waited) > 0 {
		t.Errorf("got %v and %v after waits %v, want %v at once", err, err2, *waited, errPort)
	}
	noSecret(t, address, err)
}
