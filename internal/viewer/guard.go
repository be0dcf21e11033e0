package viewer

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// newToken makes the secret part of the address: 128 random bits.
func newToken() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// policy is what a page may load: what this server has, and nothing else. The script makes nodes only, no text that is
// read as HTML.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// guard lets requests through to next that come from a page of this server or from somebody who was given its address:
//
//   - They only read.
//   - Host names this machine by one of its own names. A page of another site whose name its owner lets lead here, which
//     browsers take for that site, has that name in Host.
//   - Origin and Sec-Fetch-Site, which browsers add, do not name another site. A link that leads here is no harm.
//   - The path begins with the token. Other programs of this machine, of other users too, do not know it. It is in the
//     path, and not in a cookie, since cookies go to every server of the machine, whatever its port.
//
// What it refuses tells nothing of what there is.
func (v *Viewer) guard(next http.Handler) http.Handler {
	prefix := "/" + v.token
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "this server only shows", http.StatusMethodNotAllowed)
		case !isLoopback(r.Host):
			http.Error(w, "not a name of this machine", http.StatusMisdirectedRequest)
		case fromElsewhere(r):
			http.Error(w, "asked for by another site", http.StatusForbidden)
		case v.once.is(r.URL.Path):
			http.Redirect(w, r, v.Path(), http.StatusFound)
		case !hasToken(r.URL.Path, prefix):
			http.Error(w, "not an address of this viewer: use the one that it printed when it was started", http.StatusNotFound)
		default:
			http.StripPrefix(prefix, next).ServeHTTP(w, r)
		}
	})
}

// isLoopback reports whether a Host names this machine by a name that nobody can register. The port may be another one,
// as behind a forwarding of ssh.
func isLoopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	switch strings.ToLower(name) {
	case "127.0.0.1", "localhost", "::1", "[::1]":
		return true
	}
	return false
}

// fromElsewhere reports whether a browser says that a page of another origin asks for what is no page.
func fromElsewhere(r *http.Request) bool {
	if origins, ok := r.Header["Origin"]; ok {
		for _, origin := range origins {
			u, err := url.Parse(origin)
			if err != nil || u.Scheme != "http" || !strings.EqualFold(u.Host, r.Host) {
				return true
			}
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	mode, dest := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")
	return mode != "navigate" || dest != "document"
}

// hasToken compares in the same time whatever differs.
func hasToken(path, prefix string) bool {
	if len(path) <= len(prefix) || path[len(prefix)] != '/' {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(path[:len(prefix)]), []byte(prefix)) == 1
}

// A once is a path that leads to the first page one time and for a short time: that of a browser that is started, since the
// command lines of programs can be read by other users of the machine.
type once struct {
	mu    sync.Mutex
	path  string // empty when it was used
	until time.Time
}

// onceWithin is how long a browser may take to start.
const onceWithin = 2 * time.Minute

// make makes a new path.
func (o *once) make() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.path, o.until = "/open/"+newToken(), time.Now().Add(onceWithin)
	return o.path
}

// is reports whether a path is the one that was made, and forgets it then.
func (o *once) is(path string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.path == "" || len(path) != len(o.path) || subtle.ConstantTimeCompare([]byte(path), []byte(o.path)) != 1 {
		return false
	}
	o.path = ""
	return time.Now().Before(o.until)
}
