package webfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// A File is one at an address, as it was when it was opened. Its methods may be called from several goroutines.
type File struct {
	files   *Files
	ctx     context.Context
	address string
	size    int64
	version version

	mu      sync.Mutex // of what follows, and held while the server is asked
	at      string     // the address that the server sent on to
	broken  error      // what keeps the rest from being read
	streams [streams]stream
	clock   int64
	buffer  bytes.Buffer
}

// Size gives the length of the file in bytes.
func (f *File) Size() int64 { return f.size }

// BlockSize gives the least that is read at once, in bytes.
func (f *File) BlockSize() int64 { return f.files.o.Block }

// A version is what tells a file from another one that takes its place on the server.
type version struct{ tag, modified string }

// strong reports whether the tag is that of certain bytes and not of what means the same (RFC 9110, section 8.8.1).
func (v version) strong() bool { return len(v.tag) >= 2 && v.tag[0] == '"' }

func versionOf(h http.Header) version { return version{h.Get("ETag"), h.Get("Last-Modified")} }

// compare reports that an answer is not of the version v. Where there is a strong tag, that is all that counts.
func (v version) compare(h http.Header) error {
	now := versionOf(h)
	switch {
	case now.tag != v.tag:
		return fmt.Errorf("%w: got ETag %.80q, want %.80q", ErrChanged, now.tag, v.tag)
	case now.modified != v.modified && !v.strong():
		return fmt.Errorf("%w: last modified %.40q, want %.40q", ErrChanged, now.modified, v.modified)
	}
	return nil
}

// begin asks for the first block, and learns from the answer what the file is.
func (f *File) begin() error {
	return f.files.again(f.ctx, func() error {
		a, err := f.ask(0, f.files.o.Block-1)
		if err != nil {
			return err
		}
		defer a.Close()
		switch a.StatusCode {
		case http.StatusPartialContent:
		case http.StatusRequestedRangeNotSatisfiable: // what an empty file is
			if a.Header.Get("Content-Range") == "bytes */0" {
				return nil
			}
			return a.refused()
		case http.StatusOK:
			if a.ContentLength == 0 {
				return nil
			}
			return fmt.Errorf("%w: the server gives all of it when asked for its first bytes", ErrNoParts)
		default:
			return a.refused()
		}
		_, _, size, ok := contentRange(a.Header.Get("Content-Range"))
		if !ok {
			return fmt.Errorf("%w: Content-Range %.80q", ErrAnswer, a.Header.Get("Content-Range"))
		}
		v := versionOf(a.Header)
		if v.tag == "" && v.modified == "" || v.modified == "" && !v.strong() {
			return fmt.Errorf("%w: a change would go unnoticed, since the server gives neither an ETag nor a time",
				ErrNoParts)
		}
		if err := f.take(a, 0, f.files.o.Block, size); err != nil {
			return err
		}
		f.size, f.version, f.at = size, v, a.Request.URL.String()
		f.keep(0, 0)
		f.streams[0] = stream{next: 1, length: 1}
		return nil
	})
}

// ask asks for the bytes from first to last of the version that is known.
func (f *File) ask(first, last int64) (*answer, error) {
	h := http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", first, last)}}
	if f.version.strong() {
		h.Set("If-Range", f.version.tag)
	} else if f.version.modified != "" {
		h.Set("If-Unmodified-Since", f.version.modified)
	}
	return f.files.get(f.ctx, f.at, h)
}

// take reads the answer to a question for the bytes from first to before end of a file of size bytes into the buffer.
func (f *File) take(a *answer, first, end, size int64) error {
	if form := a.Header.Get("Content-Encoding"); form != "" && form != "identity" {
		return fmt.Errorf("%w: the server sends it compressed (%.40q)", ErrNoParts, form)
	}
	text := a.Header.Get("Content-Range")
	from, last, all, ok := contentRange(text)
	if ok && all != size {
		return fmt.Errorf("%w: got %d bytes, want %d", ErrChanged, all, size)
	}
	if want := min(end, size) - 1; !ok || from != first || last != want {
		return fmt.Errorf("%w: Content-Range %.80q, want bytes %d-%d/%d", ErrAnswer, text, first, want, size)
	}
	f.buffer.Reset()
	n, err := io.Copy(&f.buffer, io.LimitReader(a, last-first+2))
	switch {
	case err != nil:
		return err
	case n < last-first+1:
		return io.ErrUnexpectedEOF
	case n > last-first+1:
		return fmt.Errorf("%w: more bytes than the %d of the part", ErrAnswer, last-first+1)
	}
	return nil
}

// ReadAt implements [io.ReaderAt]. Behind an error of the classes of this package the file cannot be read any more.
func (f *File) ReadAt(b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	size := f.files.o.Block
	for n < len(b) {
		at := off + int64(n)
		if at >= f.size {
			return n, io.EOF
		}
		data, err := f.block(at/size, (min(off+int64(len(b)), f.size)+size-1)/size)
		if err != nil {
			return n, err
		}
		n += copy(b[n:], data[at%size:])
	}
	return n, nil
}

// block gives block i. All blocks before end are needed.
func (f *File) block(i, end int64) ([]byte, error) {
	if data := f.files.cache.get(place{f, i}); data != nil {
		return data, nil
	}
	if f.broken != nil {
		return nil, f.broken
	}
	s, begin, last := f.plan(i, end)
	size := f.files.o.Block
	err := f.files.again(f.ctx, func() error { return f.fetch(begin*size, min(last*size, f.size)) })
	if err != nil {
		for _, class := range []error{ErrNoParts, ErrChanged, ErrAnswer} {
			if errors.Is(err, class) {
				f.broken = err
			}
		}
		return nil, err
	}
	data := f.keep(begin, i)
	s.length += last - begin
	for s.next = last; f.files.cache.has(place{f, s.next}); s.next++ { // which need not come again
	}
	f.clock++
	s.used = f.clock
	return data, nil
}

// plan says which blocks are fetched so that block i and all before end are there, and for which stream.
func (f *File) plan(i, end int64) (s *stream, begin, last int64) {
	s, begin, last = f.streamAt(i), i, end
	if s.length > 0 { // what was left out is likely to be wanted too
		for begin = s.next; f.files.cache.has(place{f, begin}); begin++ {
		}
		last = max(end, begin+s.ahead())
	}
	last = min(last, begin+max(f.files.o.Ahead/f.files.o.Block, 1), (f.size+f.files.o.Block-1)/f.files.o.Block)
	last = max(last, i+1)
	for n, there := i+1, int64(0); n < last; n++ { // blocks that are there come again only if they are few
		if there++; !f.files.cache.has(place{f, n}) {
			there = 0
		}
		if there == few || there > 0 && n == last-1 {
			last = n + 1 - there
		}
	}
	return s, begin, last
}

// keep puts the buffer, which begins with a block, into the cache, and gives block i.
func (f *File) keep(begin, i int64) (wanted []byte) {
	data, size := f.buffer.Bytes(), int(f.files.o.Block)
	for ; len(data) > 0; begin++ {
		n := min(len(data), size)
		if f.files.cache.put(place{f, begin}, data[:n]); begin == i {
			wanted = bytes.Clone(data[:n])
		}
		data = data[n:]
	}
	if f.buffer.Cap() > 2*int(f.files.o.Ahead) {
		f.buffer = bytes.Buffer{}
	}
	return wanted
}

// fetch reads the bytes from first to before end into the buffer.
func (f *File) fetch(first, end int64) error {
	a, err := f.ask(first, end-1)
	if err != nil {
		return err
	}
	defer a.Close()
	switch a.StatusCode {
	case http.StatusPartialContent:
	case http.StatusPreconditionFailed:
		return fmt.Errorf("%w since %s", ErrChanged, f.version.modified)
	case http.StatusRequestedRangeNotSatisfiable:
		return fmt.Errorf("%w: there is no byte %d any more", ErrChanged, first)
	case http.StatusOK:
		if err := f.version.compare(a.Header); err != nil {
			return err
		}
		return fmt.Errorf("%w any more: the server gives all of it", ErrNoParts)
	case http.StatusBadRequest, // which is what some storage says of a token that has expired
		http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		if f.at == f.address {
			return a.refused()
		}
		f.at = f.address // what the server sent on to holds for a while only
		return f.fetch(first, end)
	default:
		return a.refused()
	}
	if err := f.version.compare(a.Header); err != nil {
		return err
	}
	if err := f.take(a, first, end, f.size); err != nil {
		return err
	}
	f.at = a.Request.URL.String()
	return nil
}

// A stream is a place where somebody reads on and on: the tables of an archive are read side by side, and the rows of
// one table and the long values in them too.
type stream struct {
	next   int64 // block behind what was fetched
	length int64 // of what was fetched, in blocks; 0 for no stream
	used   int64 // when
}

// streams is how many are told apart.
const streams = 8

// few is how many blocks are little, and many how many are so much that all of a file is likely to be read.
const (
	few  = 2
	many = 128
)

// ahead gives how many blocks are fetched at once: as many as were before, up to few; then an eighth, so that of all
// that was fetched eight ninths have been of use; and half when there have been many.
func (s *stream) ahead() int64 {
	if s.length >= many {
		return s.length / 2
	}
	return max(s.length/8, min(s.length, few))
}

// streamAt gives the longest stream that goes on at block i, or less than it fetches at once in front of it, or else the
// place of the one that was used longest ago.
func (f *File) streamAt(i int64) *stream {
	oldest, longest := &f.streams[0], (*stream)(nil)
	for k := range f.streams {
		s := &f.streams[k]
		if s.length > 0 && s.next <= i && i-s.next < s.ahead() && (longest == nil || s.length > longest.length) {
			longest = s
		}
		if s.used < oldest.used {
			oldest = s
		}
	}
	if longest == nil {
		*oldest = stream{}
		return oldest
	}
	return longest
}
