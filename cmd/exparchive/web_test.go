package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/provider"
)

// largeRun records a run of so many iterations, of 50 events and two calls with prompts that repeat nothing each: about
// 60 KB an iteration.
func largeRun(t *testing.T, path string, iterations int) {
	t.Helper()
	w, err := record.Create(path, &record.Options{Bulk: true})
	if err != nil {
		t.Fatal(err)
	}
	random := mathrand.New(mathrand.NewPCG(1, 2))
	words := func(n int) string {
		var b strings.Builder
		for b.Len() < n {
			fmt.Fprintf(&b, "%x ", random.Uint64())
		}
		return b.String()
	}
	ctx := t.Context()
	put := func(r provider.Record) {
		t.Helper()
		if err := provider.Put(ctx, w, r); err != nil {
			t.Fatal(err)
		}
	}
	put(&provider.Start{RunID: "large", Name: "large", Type: "test", Config: []byte(`{}`)})
	at := func(n int) string { return time.Unix(int64(1e9+n), 0).UTC().Format(time.RFC3339) }
	for n := range iterations {
		for k := range 50 {
			put(&provider.Event{Iteration: n, Type: "evaluation", Timestamp: at(n),
				Data: []byte(fmt.Sprintf(`{"sample":%d,"text":%q}`, k, words(300)))})
		}
		for _, agent := range []string{"BANK_A", "BANK_B"} {
			system, user, answer := words(200), words(15_000), words(1000)
			put(&provider.Interaction{Iteration: n, AgentID: agent, SystemPrompt: &system, UserPrompt: &user, Response: &answer,
				Timestamp: at(n)})
		}
		put(&provider.Iteration{Number: n, Timestamp: at(n),
			Costs: map[string]provider.Cents{"BANK_A": provider.Cents(n), "BANK_B": 7}})
	}
	put(&provider.Result{CompletedAt: at(iterations), Status: provider.StatusCompleted})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// A web serves a folder and counts.
type web struct {
	*httptest.Server
	requests, sent atomic.Int64
}

func newWeb(t *testing.T, folder string) *web {
	w := &web{}
	files := http.FileServer(http.Dir(folder))
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.requests.Add(1)
		files.ServeHTTP(&countedResponse{rw, w}, r)
	}))
	t.Cleanup(w.Close)
	return w
}

type countedResponse struct {
	http.ResponseWriter
	w *web
}

func (c *countedResponse) Write(b []byte) (int, error) {
	c.w.sent.Add(int64(len(b))) // before the client has them
	return c.ResponseWriter.Write(b)
}

// moved is how much of a file of so many bytes a command may have sent over the web, in how many requests.
var moved = []struct {
	args     []string // in front of the file
	bytes    func(size int64) int64
	requests int64
}{
	{[]string{"info"}, func(int64) int64 { return 200_000 }, 15},
	{[]string{"ls"}, func(int64) int64 { return 200_000 }, 15},
	{[]string{"replay", "--verbose", "--start", "100", "--end", "100"}, func(int64) int64 { return 1_000_000 }, 80},
	{[]string{"replay", "--proven", "--verbose", "--start", "100", "--end", "100"}, func(int64) int64 { return 1_500_000 }, 90},
	{[]string{"replay", "--audit", "--start", "7", "--end", "7"}, func(int64) int64 { return 1_000_000 }, 80},
	{[]string{"replay", "--verbose"}, func(size int64) int64 { return size + size/4 }, 150},
	{[]string{"digest"}, func(size int64) int64 { return size + size/4 }, 150},
	{[]string{"verify"}, func(size int64) int64 { return 2 * size }, 200},
}

// TestMoved: of a large archive, packed or not, a command reads over the web what it needs, and not in a multitude of
// requests.
func TestMoved(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "large.simexp")
	largeRun(t, path, 120)
	if code := run([]string{"pack", path}, strings.NewReader(""), &bytes.Buffer{}, os.Stderr); code != 0 {
		t.Fatalf("pack: exit code %d", code)
	}
	server := newWeb(t, folder)
	for _, name := range []string{"large.simexp", "large.simexp.zst"} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range moved {
			server.requests.Store(0)
			server.sent.Store(0)
			stderr := compareOverWeb(t, c.args, filepath.Join(folder, name), server.URL+"/"+name)
			unproven := slices.Contains(c.args, "--start") && !slices.Contains(c.args, "--proven")
			if want := "not compared with the seal"; strings.Contains(stderr, want) != unproven {
				t.Errorf("%s: got stderr %q, want %q: %v", c.args, stderr, want, unproven)
			}
			n, sent := server.requests.Load(), server.sent.Load()
			t.Logf("%s %s: %d bytes of %d in %d requests", strings.Join(c.args, " "), name, sent, info.Size(), n)
			if sent > c.bytes(info.Size()) || n > c.requests {
				t.Errorf("%s %s: got %d bytes of %d in %d requests, want at most %d in %d", strings.Join(c.args, " "), name,
					sent, info.Size(), n, c.bytes(info.Size()), c.requests)
			}
		}
	}
}

// compareOverWeb runs a command with a file and with its address, and gives what it says on stderr of the address.
func compareOverWeb(t *testing.T, args []string, path, address string) string {
	t.Helper()
	var texts [2]string
	var stderr bytes.Buffer
	for i, name := range []string{path, address} {
		var stdout bytes.Buffer
		stderr.Reset()
		if code := run(append(args[:len(args):len(args)], name), strings.NewReader(""), &stdout, &stderr); code != 0 {
			t.Errorf("%s %s: exit code %d, %s", args, name, code, stderr.String())
		}
		texts[i] = strings.ReplaceAll(stdout.String(), name, "FILE")
	}
	if texts[0] != texts[1] {
		t.Errorf("%s: got\n%.2000s\nwant\n%.2000s", args, texts[1], texts[0])
	}
	return stderr.String()
}

// TestMovedNginx is TestMoved with nginx, which counts itself, over TLS and HTTP/2 with a certificate of our own.
func TestMovedNginx(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "large.simexp")
	certificate, key := certificate(t)
	server := othertools.Nginx(t, folder, "", certificate, key)
	largeRun(t, path, 120)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	limit, most := int64(0), int64(0)
	for _, c := range moved {
		var texts [2]string
		for i, name := range []string{path, server.Address + "/large.simexp"} {
			cmd := exec.CommandContext(t.Context(), "exparchive", append(c.args[:len(c.args):len(c.args)], name)...)
			cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+certificate)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("%s: %v: %s", cmd, err, stderr.String())
			}
			texts[i] = strings.ReplaceAll(string(out), name, "FILE")
		}
		if texts[0] != texts[1] {
			t.Errorf("%s: got\n%.2000s\nwant\n%.2000s", c.args, texts[1], texts[0])
		}
		limit, most = limit+c.bytes(info.Size()), most+c.requests
	}
	requests, sent := server.Sent(t)
	t.Logf("%d bytes in %d requests", sent, requests)
	if sent > limit || int64(requests) > most || sent < 2*info.Size() {
		t.Errorf("got %d bytes in %d requests, want at most %d in %d", sent, requests, limit, most)
	}
}

// certificate makes a certificate for this machine that vouches for itself, and its key.
func certificate(t *testing.T) (path, keyPath string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true,
		NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path, keyPath = filepath.Join(folder, "certificate.pem"), filepath.Join(folder, "key.pem")
	for name, block := range map[string]*pem.Block{
		path: {Type: "CERTIFICATE", Bytes: der}, keyPath: {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path, keyPath
}

// TestChangedOverWeb: an archive that is replaced while it is read is an error, and nothing is said of damage.
func TestChangedOverWeb(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "large.simexp")
	largeRun(t, path, 40)
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tag := `"first"`
		if requests.Add(1) > 4 {
			tag = `"second"`
		}
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(first))
	}))
	defer server.Close()
	for _, args := range [][]string{{"replay", "--verbose"}, {"digest"}, {"verify"}, {"export", "--format", "jsonl"},
		{"query", "--timeout", "0", "ADDRESS", "SELECT sum(length(event_data)) FROM experiment_events"}} {
		requests.Store(0)
		words := append(args[:len(args):len(args)], server.URL)
		if len(args) > 3 {
			words = append([]string{}, args...)
			words[3] = server.URL
		}
		var stdout, stderr bytes.Buffer
		code := run(words, strings.NewReader(""), &stdout, &stderr)
		if code != 1 || !strings.Contains(stderr.String(), ": changed on the server while it was read") ||
			strings.Contains(stderr.String()+stdout.String(), "damaged") {
			t.Errorf("%s: got exit code %d, %s", words, code, stderr.String())
		}
	}
}

// TestInterruptedDownload: nothing is left of a copy that was not finished.
func TestInterruptedDownload(t *testing.T) {
	temp := t.TempDir()
	for _, name := range []string{"TMPDIR", "TEMP", "TMP"} {
		t.Setenv(name, temp)
	}
	begun, over := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		_, _ = w.Write(make([]byte, 1000))
		_ = http.NewResponseController(w).Flush()
		close(begun)
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}))
	defer server.Close()
	defer close(over)
	cmd := exec.CommandContext(t.Context(), "exparchive", "replay", "--download", server.URL+"/x.simexp")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-begun
	if entries, err := os.ReadDir(temp); err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v, want a folder", entries, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Skip(err) // Windows sends none
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("got %v, %s, want that it was interrupted", err, stderr.String())
	}
	if entries, err := os.ReadDir(temp); err != nil || len(entries) != 0 {
		t.Errorf("got %v, %v, want nothing left", entries, err)
	}
}
