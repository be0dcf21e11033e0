package record

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
)

// spilled is what a spill file holds.
type spilled struct {
	path    string
	header  spillHeader
	records []provider.Record
	hashes  []digest.Hash
}

// readSpill reads the spill file of a live file, nil if there is none.
func readSpill(livePath string) (*spilled, error) {
	path := livePath + spillSuffix
	f, _, err := sqlitefile.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	s := &spilled{path: path}
	r := bufio.NewReader(f)
	torn := 0 // line in which something was being appended when the power failed
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		switch {
		case torn > 0: // nothing was flushed behind it
			if json.Valid(line) {
				return nil, fileerr.Errorf(path, "%w: line %d: zero bytes, and whole lines behind it", archive.ErrDamaged, torn)
			}
		case bytes.IndexByte(line, 0) >= 0:
			torn = n
		default:
			if err := s.line(line); err != nil {
				return nil, fileerr.Errorf(path, "%w: line %d: %w", archive.ErrDamaged, n, err)
			}
		}
	}
	if s.header.Version == 0 {
		return nil, nil // nothing of it was ever complete
	}
	return s, nil
}

func (s *spilled) line(text []byte) error {
	if s.header.Version == 0 {
		if err := json.Unmarshal(text, &s.header); err != nil {
			return err
		}
		if s.header.Version != spillVersion {
			return fmt.Errorf("%w: spill version %d, want %d", archive.ErrNewer, s.header.Version, spillVersion)
		}
		if s.header.First < 1 {
			return fmt.Errorf("first record %d", s.header.First)
		}
		return nil
	}
	var line spillLine
	if err := json.Unmarshal(text, &line); err != nil {
		return err
	}
	if want := s.header.First + int64(len(s.records)); line.Seq != want {
		return fmt.Errorf("record %d, want %d", line.Seq, want)
	}
	r, err := jsonl.NewReader(bytes.NewReader(line.Record), &jsonl.ReaderOptions{Resume: true}).Next()
	if err != nil {
		return err
	}
	r.RecordMeta().Seq = line.Seq
	hash := contentHash(r)
	if hash.String() != line.SHA256 {
		return fmt.Errorf("record %d has hash %v, its line says %.80q", line.Seq, hash, line.SHA256)
	}
	s.records, s.hashes = append(s.records, r), append(s.hashes, hash)
	return nil
}

// compare checks that the record r, number seq of a live file, where before is the digest of those before it, agrees
// with the spill. A commit that seemed to fail may be on disk all the same, and then the spill holds it too.
func (s *spilled) compare(seq int64, before func() digest.Hash, r provider.Record) error {
	if s == nil || seq < s.header.First {
		return nil
	}
	if seq == s.header.First {
		if err := s.begins(before()); err != nil {
			return err
		}
	}
	if i := seq - s.header.First; i < int64(len(s.hashes)) && contentHash(r) != s.hashes[i] {
		return fmt.Errorf("%w: record %d is not the one in %s", archive.ErrDamaged, seq, s.path)
	}
	return nil
}

func (s *spilled) begins(root digest.Hash) error {
	if root.String() != s.header.Root {
		return fmt.Errorf("%s holds records of another recording, or of another state of this one: move it away to go on without them", s.path)
	}
	return nil
}

// takeIn records what the spill holds and the live file does not, and removes the spill. The caller has called
// compare for each record of the live file.
func (w *Writer) takeIn(ctx context.Context, s *spilled) error {
	if s == nil {
		return nil
	}
	switch {
	case w.next < s.header.First:
		return fmt.Errorf("%s begins with record %d, but %s ends before record %d: move it away to go on without it", s.path,
			s.header.First, w.live, w.next)
	case w.next == s.header.First:
		if err := s.begins(w.tree.Root()); err != nil {
			return err
		}
	}
	w.takingIn = true // should this fail, the spill is there still
	defer func() { w.takingIn = false }()
	first := min(w.next-s.header.First, int64(len(s.records)))
	for _, r := range slices.Clone(s.records[first:]) {
		var err error
		if result, ok := r.(*provider.Result); ok {
			err = w.result(result)
		} else {
			err = provider.Put(ctx, w, r)
		}
		if err != nil {
			return fileerr.In(s.path, err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.flush(nil, nil); err != nil {
		return err
	}
	return w.remove(s.path)
}
