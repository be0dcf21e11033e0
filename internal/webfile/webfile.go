// Package webfile reads files at addresses of the web in parts, as an [io.ReaderAt], or whole.
//
// [Files.Open] asks for the first block of a file, and [File.ReadAt] for others as they are needed, by range requests
// (RFC 9110, section 14). What lies behind each other is asked for in growing pieces, so that reading a whole file
// takes few requests, and reading a few rows of a large one few bytes. Every answer is compared with the first one: a
// file that changes meanwhile is [ErrChanged], never a mixture of both.
//
// No error names an address, but for one that the server sent on to, of which secrets are taken out; [Shown] and
// [Clean] do that for those who show addresses.
package webfile

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options of [New]. The zero value, or nil, gives the defaults.
type Options struct {
	Block int64 // bytes of a block, the least that is asked for; 0 means 8 KiB
	Ahead int64 // bytes that are asked for at once at most, where nobody needs more; 0 means 4 MiB
	Cache int64 // bytes of blocks that are held, of all files together; 0 means 32 MiB

	Connect  time.Duration // how long connecting may take, and agreeing on keys; 0 means 20 s
	Stall    time.Duration // how long a server may send nothing; 0 means 30 s
	Attempts int           // how often a part is asked for if the server or the network fails; 0 means 4
	// Wait waits before another attempt, or until ctx is done; nil means in real time.
	Wait func(ctx context.Context, d time.Duration) error
	// Transport is what asks servers; nil means that of Go's client, with the proxies of the environment and with these
	// time-outs.
	Transport http.RoundTripper
}

func (o *Options) withDefaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	def := func(n *int64, usual int64) {
		if *n <= 0 {
			*n = usual
		}
	}
	def(&v.Block, 8<<10)
	def(&v.Ahead, 4<<20)
	def(&v.Cache, 32<<20)
	def((*int64)(&v.Connect), int64(20*time.Second))
	def((*int64)(&v.Stall), int64(30*time.Second))
	if v.Attempts <= 0 {
		v.Attempts = 4
	}
	if v.Wait == nil {
		v.Wait = wait
	}
	return v
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Files are files on the web that a program reads, each of which is opened once. Its methods may be called from several
// goroutines. Nothing is made and nobody asked before the first address is opened.
type Files struct {
	o Options

	mu     sync.Mutex // of what follows, and held while a file is opened
	client *http.Client
	cache  *cache
	open   map[string]*File
	names  map[string]string // addresses by their names
}

// New gives a set of files with none open.
func New(o *Options) *Files { return &Files{o: o.withDefaults()} }

type filesKey struct{}

// With gives a context that has files; see [From].
func With(ctx context.Context, f *Files) context.Context {
	return context.WithValue(ctx, filesKey{}, f)
}

// From gives the files of a context; of one that has none, a set of its own.
func From(ctx context.Context) *Files {
	if f, ok := ctx.Value(filesKey{}).(*Files); ok {
		return f
	}
	return New(nil)
}

// Name gives a name for an address that can be shown, by which this set of files knows it from now on: the address
// itself, or [Shown] with a number behind it if another one has that already. What is no address is its own name.
func (f *Files) Name(address string) string {
	shown := Shown(address)
	if shown == address {
		return address
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.names == nil {
		f.names = map[string]string{}
	}
	name := shown
	for n := 2; f.names[name] != "" && f.names[name] != address; n++ {
		name = fmt.Sprintf("%s#%d", shown, n)
	}
	f.names[name] = address
	return name
}

// Address gives the address that Name has given a name, or the name itself.
func (f *Files) Address(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.address(name)
}

func (f *Files) address(name string) string {
	if address, ok := f.names[name]; ok {
		return address
	}
	return name
}

// Open gives the file at an address, or at that of a name, which stays open as long as ctx is not done: the one that
// was opened before, if it was. Whatever is wrong with a file or a server is an error of the classes of this package, a
// [StatusError], or one of the network.
func (f *Files) Open(ctx context.Context, address string) (*File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	address = f.address(address)
	if _, err := parse(address); err != nil {
		return nil, err
	}
	if file := f.open[address]; file != nil {
		return file, nil
	}
	f.connect()
	file := &File{files: f, ctx: ctx, address: address, at: address}
	if err := file.begin(); err != nil {
		return nil, err
	}
	if f.open == nil {
		f.open = map[string]*File{}
	}
	f.open[address] = file
	return file, nil
}

// Close closes connections that nobody uses. Files stay open: who reads from them connects anew.
func (f *Files) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.client != nil {
		f.client.CloseIdleConnections()
	}
}

// connect makes what connections are made with. The lock is held.
func (f *Files) connect() {
	if f.client != nil {
		return
	}
	t := f.o.Transport
	if t == nil {
		t = f.o.transport()
	}
	f.client = &http.Client{Transport: addresses{t}, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		r.Header.Del("Referer") // which may hold a secret
		// Most servers name themselves where they send on, and not the user, who is known to them and to nobody else.
		if last := via[len(via)-1].URL; r.URL.User == nil && r.URL.Scheme == last.Scheme && r.URL.Host == last.Host {
			r.URL.User = last.User
		}
		switch {
		case len(via) >= maxRedirects:
			return ErrRedirects
		case !Is(r.URL.Scheme + "://"):
			return fmt.Errorf("%w: it sends on to an address of %.20s", ErrAnswer, r.URL.Scheme)
		}
		return nil
	}}
	f.cache = newCache(f.o.Cache)
}

// addresses refuses answers that send on to what is no address, which Go's client would quote, secrets and all.
type addresses struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t addresses) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	to := a.Header.Get("Location")
	if to == "" || a.StatusCode/100 != 3 {
		return a, nil
	}
	if u, err := r.URL.Parse(to); err != nil || Is(u.Scheme+"://") && (u.Host == "" || !portFits(u)) {
		a.Body.Close()
		return nil, fmt.Errorf("%w: it sends on to what is no address", ErrAnswer)
	}
	return a, nil
}

// CloseIdleConnections closes those of a transport that has some.
func (t addresses) CloseIdleConnections() {
	if c, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// transport is that of Go's client with time-outs.
func (o *Options) transport() *http.Transport {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if usual, ok := http.DefaultTransport.(*http.Transport); ok { // and not another program's
		t = usual.Clone()
	}
	t.DialContext = (&net.Dialer{Timeout: o.Connect, KeepAlive: 30 * time.Second}).DialContext
	t.TLSHandshakeTimeout = o.Connect
	t.DisableCompression, t.MaxResponseHeaderBytes = true, 256<<10
	return t
}

// maxRedirects is how often a server may send on, as with Go's client.
const maxRedirects = 10
