package webfile

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// get asks for what is at an address. The caller ends the answer with its Close.
func (f *Files) get(ctx context.Context, address string, header http.Header) (*answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(f.o.Connect+f.o.Stall, func() { cancel(ErrStalled) })
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		timer.Stop()
		cancel(nil)
		return nil, errAddress
	}
	r.Header = header
	r.Header.Set("User-Agent", "exparchive")
	r.Header.Set("Accept-Encoding", "identity") // a part of what is compressed is no part of the file
	response, err := f.client.Do(r)
	if err != nil {
		err = networkError(ctx, err)
		timer.Stop()
		cancel(nil)
		return nil, err
	}
	timer.Reset(f.o.Stall)
	return &answer{response, ctx, cancel, timer, f.o.Stall}, nil
}

// An answer is what a server sent. Reading it fails with [ErrStalled] when nothing comes any more.
type answer struct {
	*http.Response
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	stall  time.Duration
}

// Read implements [io.Reader].
func (a *answer) Read(b []byte) (int, error) {
	n, err := a.Body.Read(b)
	if n > 0 {
		a.timer.Reset(a.stall)
	}
	if err != nil && err != io.EOF {
		err = networkError(a.ctx, err)
	}
	return n, err
}

// Close ends the answer. The connection of one that was read to its end is used again.
func (a *answer) Close() {
	a.timer.Stop()
	a.cancel(nil)
	a.Body.Close()
}

// refused gives the error of an answer that holds no file.
func (a *answer) refused() error {
	e := &StatusError{Code: a.StatusCode}
	if e.Code == http.StatusTooManyRequests || e.Code == http.StatusServiceUnavailable {
		e.after = retryAfter(a.Header, time.Now())
	}
	if a.Request.Response != nil { // which sent on
		e.At = Shown(a.Request.URL.String())
	}
	return e
}

// networkError gives an error of Go's client without the address, which it names.
func networkError(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, ErrStalled):
		return ErrStalled
	case cause != nil:
		return cause
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	if errors.Is(err, ErrRedirects) {
		return ErrRedirects
	}
	return cleanError{err}
}

// passing reports whether an error may be gone if one asks again: the server is busy, or the connection broke.
func passing(err error) bool {
	if e := (*StatusError)(nil); errors.As(err, &e) {
		switch e.Code {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	for _, final := range []error{context.Canceled, context.DeadlineExceeded, ErrNoParts, ErrChanged, ErrAnswer,
		ErrRedirects, errAddress, errNobody} {
		if errors.Is(err, final) {
			return false
		}
	}
	if errors.As(err, new(localError)) {
		return false
	}
	unknown := (*net.DNSError)(nil)
	return !(errors.As(err, &unknown) && unknown.IsNotFound) &&
		!errors.As(err, new(*tls.CertificateVerificationError)) && !errors.As(err, new(tls.RecordHeaderError))
}

// again calls try until it succeeds, as often as the options say, and waits longer each time, or as long as the server
// says. ctx being done ends it.
func (f *Files) again(ctx context.Context, try func() error) error {
	for attempt := 1; ; attempt++ {
		err := try()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !passing(err):
			return err
		case attempt == f.o.Attempts && attempt > 1:
			return fmt.Errorf("%w, %d times", err, attempt)
		case attempt == f.o.Attempts:
			return err
		}
		wait := firstWait << (attempt - 1)
		if e := (*StatusError)(nil); errors.As(err, &e) && e.after > 0 {
			wait = e.after
		}
		if err := f.o.Wait(ctx, wait); err != nil {
			return err
		}
	}
}

// firstWait is how long is waited before the second attempt; before each other it is twice as long.
const firstWait = 500 * time.Millisecond

// mostWait is how long is waited at most for a server that wants more.
const mostWait = 10 * time.Second

// retryAfter gives how long a server wants to be left alone (RFC 9110, section 10.2.3), up to mostWait; 0 if it does
// not say. A date is compared with the server's own, if it gives one, as clocks differ, and otherwise with now.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	seconds, err := strconv.ParseUint(text, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(mostWait/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), mostWait)
}

// contentRange reads the header of a part: its first and last byte, and the length of the file.
func contentRange(text string) (first, last, size int64, ok bool) {
	part, length, ok1 := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	from, to, ok2 := strings.Cut(part, "-")
	var n [3]int64
	for i, digits := range []string{from, to, length} {
		x, err := strconv.ParseUint(digits, 10, 63)
		if err != nil {
			return 0, 0, 0, false
		}
		n[i] = int64(x)
	}
	return n[0], n[1], n[2], ok1 && ok2 && strings.HasPrefix(text, "bytes ") && n[0] <= n[1] && n[1] < n[2]
}
