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
	"os"
	"path/filepath"
	"slices"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/jsonl"
)

// When the live file cannot be written any more, what the writer holds in memory goes into a spill file beside it, and
// [Resume] and [Seal] take it in. It has a line that says where it belongs,
//
//	{"spill":1,"run_id":"exp1-…","first":412,"root":"…64 hexadecimal digits…"}
//
// where root is the digest of the records before first, and a line for each record:
//
//	{"seq":412,"sha256":"…","record":{…as in the line protocol…}}
//
// where sha256 is the leaf hash of the record in a run without a salt. A last line without its line end is not counted: the
// writer was killed while it wrote it.
const (
	spillSuffix  = "-spill"
	spillVersion = 1
)

// maxSpill bounds how much a writer that has failed still takes, in bytes.
const maxSpill = 256 << 20

type spillHeader struct {
	Version int    `json:"spill"`
	RunID   string `json:"run_id"`
	First   int64  `json:"first"`
	Root    string `json:"root"`
}

type spillLine struct {
	Seq    int64           `json:"seq"`
	SHA256 string          `json:"sha256"`
	Record json.RawMessage `json:"record"`
}

// A spill is what a failed writer holds.
type spill struct {
	cause error // why the writer failed
	first int64
	count int64
	text  []byte
	path  string // where all of text is, empty if nowhere
	err   error  // why it is nowhere
	kept  int64  // how many of the records are in the file that was written last
	where string // its path
}

// fail ends the recording after cause: what waits, and r behind it if there is one, is kept in a spill file. The caller
// holds mu.
func (w *Writer) fail(cause error, r provider.Record) error {
	cause = fmt.Errorf("%s: %w; nothing was recorded after record %d", w.live, cause, w.tree.Len()-1)
	w.err = cause
	if w.opts.Bulk || w.tree.Len() == 0 || w.takingIn || r == nil && len(w.batch.events) == 0 {
		return w.err
	}
	header, err := json.Marshal(spillHeader{Version: spillVersion, RunID: w.runID, First: w.tree.Len(), Root: w.tree.Root().String()})
	if err != nil {
		return errors.Join(cause, err)
	}
	w.spill = &spill{cause: cause, first: w.tree.Len(), text: append(header, '\n')}
	for i := range w.batch.events {
		if err := w.spill.add(&w.batch.events[i]); err != nil {
			return errors.Join(cause, err)
		}
	}
	if r != nil {
		return w.spillRecord(r)
	}
	w.writeSpill()
	return w.err
}

// refuse answers a record that comes after the writer failed: it is kept with the others, and the answer is an error all the
// same. The caller holds mu.
func (w *Writer) refuse(r provider.Record, inOrder func() error) error {
	if w.spill == nil || w.closed || len(w.spill.text) > maxSpill {
		return w.err
	}
	if err := inOrder(); err != nil {
		return fmt.Errorf("%w; this record is not kept: %w", w.err, err)
	}
	return w.spillRecord(r)
}

func (w *Writer) spillRecord(r provider.Record) error {
	switch r := r.(type) { // so that no second one is taken
	case *provider.Iteration:
		w.numbers[r.Number] = struct{}{}
	case *provider.Attachment:
		w.names[r.Name] = struct{}{}
	}
	if err := w.spill.add(r); err != nil {
		return errors.Join(w.err, err)
	}
	w.spill.path = ""
	if r.RecordKind() != provider.KindEvent {
		w.writeSpill()
	}
	return w.err
}

// add appends a record.
func (s *spill) add(r provider.Record) error {
	var line bytes.Buffer
	lines := jsonl.NewWriter(&line)
	ctx := context.Background()
	if err := lines.Begin(ctx, &provider.Start{RunID: "-", Name: "-", Type: "-"}); err != nil {
		return err
	}
	line.Reset()
	put := func() error {
		if result, ok := r.(*provider.Result); ok {
			return lines.Finish(ctx, result)
		}
		return errors.Join(provider.Put(ctx, lines, r), lines.Finish(ctx, nil))
	}
	if err := put(); err != nil {
		return err
	}
	// Not by json.Marshal: that would write the JSON texts in the record anew.
	s.text = fmt.Appendf(s.text, "{\"seq\":%d,\"sha256\":\"%v\",\"record\":%s}\n", s.first+s.count, contentHash(r), bytes.TrimSpace(line.Bytes()))
	s.count++
	return nil
}

// contentHash is the leaf hash that r has in a run without a salt.
func contentHash(r provider.Record) digest.Hash {
	var leaf digest.Leaf
	return leaf.Hash(r)
}

// writeSpill puts the spill on disk: beside the live file, or, since that disk may be full, where temporary files go.
func (w *Writer) writeSpill() {
	s := w.spill
	path := w.live + spillSuffix
	s.path, s.err = "", nil
	// Under another name first: what is there already must not be lost if this fails.
	temp := path + creatingSuffix
	err := w.sys.Write(temp, s.text)
	if err == nil {
		err = w.sys.Rename(temp, path)
	}
	if err == nil {
		err = w.sys.SyncDir(filepath.Dir(path))
	}
	hint := "resuming takes them in"
	if err != nil {
		s.err = errors.Join(err, w.remove(temp))
		if path, err = w.spillElsewhere(s.text); err != nil {
			s.err = errors.Join(s.err, err)
			if s.kept > 0 {
				w.err = fmt.Errorf("%w; the %d records from record %d on are in %s; the %d behind them could not be kept in a file and are lost when this process ends: %w",
					s.cause, s.kept, s.first, s.where, s.count-s.kept, s.err)
				return
			}
			w.err = fmt.Errorf("%w; the %d records from record %d on could not be kept in a file either and are lost when this process ends: %w", s.cause, s.count, s.first, s.err)
			return
		}
		hint = fmt.Sprintf("move it to %s%s before resuming (there was no room: %v)", w.live, spillSuffix, s.err)
	}
	s.path, s.kept, s.where = path, s.count, path
	w.err = fmt.Errorf("%w; the %d records from record %d on are in %s: %s", s.cause, s.count, s.first, path, hint)
}

func (w *Writer) spillElsewhere(text []byte) (string, error) {
	f, err := os.CreateTemp("", filepath.Base(w.live)+spillSuffix+"-")
	if err != nil {
		return "", err
	}
	if err := sqlitefile.WriteAndClose(f, text, 0); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// A spilled run is what a spill file holds.
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
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF { // with or without the beginning of a line
			break
		} else if err != nil {
			return nil, err
		}
		if err := s.line(line); err != nil {
			return nil, fmt.Errorf("%s: %w: line %d: %w", path, archive.ErrDamaged, n, err)
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

// compare checks that the record r, number seq of a live file, where before is the digest of those before it, agrees with the
// spill. A commit that seemed to fail may be on disk all the same, and then the spill holds it too.
func (s *spilled) compare(seq int64, before func() digest.Hash, r provider.Record) error {
	if s == nil || seq < s.header.First {
		return nil
	}
	if seq == s.header.First {
		if err := s.begins(before()); err != nil {
			return err
		}
	}
	if i := seq - s.header.First; r != nil && i < int64(len(s.hashes)) && contentHash(r) != s.hashes[i] {
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

// takeIn records what the spill holds and the live file does not, and removes the spill. The caller has called compare for
// each record of the live file.
func (w *Writer) takeIn(ctx context.Context, s *spilled) error {
	if s == nil {
		return nil
	}
	switch {
	case w.next < s.header.First:
		return fmt.Errorf("%s begins with record %d, but %s ends before record %d: move it away to go on without it", s.path, s.header.First, w.live, w.next)
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
			err = w.result(ctx, result)
		} else {
			err = provider.Put(ctx, w, r)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.path, err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.flush(nil, nil); err != nil {
		return err
	}
	return w.remove(s.path)
}
