package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/fileerr"
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
// where sha256 is the leaf hash of the record in a run without a salt. Later records are appended. A last line
// without its line end is not counted: the writer was killed while it wrote it. Nor is what follows from a line with
// a zero byte on, which JSON never has: the power failed before what was appended was on disk.
const (
	spillSuffix  = "-spill"
	spillVersion = 1
)

// maxSpill bounds what a writer that has failed still takes, in bytes: those who take it in hold it in memory. A
// variable for tests.
var maxSpill int64 = 256 << 20

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

// A spill is what a writer that failed still takes. There is one file of it, which grows: beside the live file or, if
// there is no room, where temporary files go.
type spill struct {
	cause  error  // why the writer failed
	beside string // where the file belongs
	first  int64  // the record that it begins with
	count  int64  // records that were taken

	path   string // the file, empty if there is none
	kept   int64  // records in it, flushed
	size   int64  // and their bytes; behind them may be what is left of an attempt to append
	moved  bool   // the file is where temporary files go
	noRoom error  // why it is not beside the live file

	rest []byte // what is to be appended, or the whole if there is no file
	due  int    // how long rest gets before it is written though only events came
	err  error  // why it was not appended
}

// fail ends the recording after cause: what waits, and r behind it if there is one, is kept in a spill file. The caller
// holds mu.
func (w *Writer) fail(cause error, r provider.Record) error {
	cause = fileerr.Errorf(w.file(), "%w; nothing was recorded after record %d", cause, w.tree.Len()-1)
	w.err = cause
	if w.opts.Bulk || w.opts.unflushed || w.tree.Len() == 0 || w.takingIn || r == nil && len(w.batch.events) == 0 {
		return w.err
	}
	header, err := json.Marshal(spillHeader{Version: spillVersion, RunID: w.runID, First: w.tree.Len(),
		Root: w.tree.Root().String()})
	if err != nil {
		return errors.Join(cause, err)
	}
	w.spill = &spill{cause: cause, beside: w.live + spillSuffix, first: w.tree.Len(), rest: append(header, '\n')}
	for i := range w.batch.events {
		if err := w.spill.add(&w.batch.events[i]); err != nil {
			return errors.Join(cause, err)
		}
	}
	if r != nil {
		return w.spillRecord(r)
	}
	w.saveSpill()
	return w.err
}

// refuse answers a record that comes after the writer failed: it is kept with the others, and the answer is an error
// all the same. The caller holds mu.
func (w *Writer) refuse(r provider.Record, inOrder func() error) error {
	if w.spill == nil || w.closed {
		return w.err
	}
	if w.spill.size+int64(len(w.spill.rest)) > maxSpill {
		return fmt.Errorf("%w; this record is not kept: the spill is full at %d bytes", w.err, maxSpill)
	}
	if err := w.admit(r, inOrder); err != nil {
		return fmt.Errorf("%w; this record is not kept: %w", w.err, err)
	}
	return w.spillRecord(r)
}

func (w *Writer) spillRecord(r provider.Record) error {
	if i, ok := r.(*provider.Iteration); ok { // so that no second one is taken
		w.numbers[i.Number] = struct{}{}
	}
	if err := w.spill.add(r); err != nil {
		return errors.Join(w.err, err)
	}
	if r.RecordKind() != provider.KindEvent || len(w.spill.rest) >= w.spill.due {
		w.saveSpill()
	}
	return w.err
}

// add appends a record.
func (s *spill) add(r provider.Record) error {
	line, err := jsonl.Line(r)
	if err != nil {
		return err
	}
	// Not by json.Marshal: that would write the JSON texts in the record anew.
	s.rest = fmt.Appendf(s.rest, "{\"seq\":%d,\"sha256\":\"%v\",\"record\":%s}\n",
		s.first+s.count, contentHash(r), bytes.TrimSpace(line))
	s.count++
	return nil
}

// contentHash is the leaf hash that r has in a run without a salt.
func contentHash(r provider.Record) digest.Hash {
	var leaf digest.Leaf
	return leaf.Hash(r)
}

// saveSpill puts on disk what of the spill is not there yet, and says in w.err what is kept where. It may be called
// again after it failed: what is appended goes behind the last byte that was flushed.
func (w *Writer) saveSpill() {
	s := w.spill
	switch {
	case s.path == "":
		if s.err = w.newSpill(); s.err == nil {
			s.path = s.beside
		}
	case s.moved:
		s.err = sqlitefile.RealSystem.Patch(s.path, s.rest, s.size)
	default:
		s.err = w.sys.Patch(s.path, s.rest, s.size)
	}
	// What is in a file is copied to another place once; the copy that failed will not fit later either.
	if s.err != nil && (s.path == "" || s.noRoom == nil) {
		s.noRoom = s.err
		path, err := s.elsewhere()
		if err != nil {
			s.err = errors.Join(s.err, err)
		} else {
			if s.path == "" {
				_ = w.remove(s.beside) // it was written, and the folder not flushed
			}
			s.path, s.moved, s.err = path, true, nil
		}
	}
	if s.err == nil {
		s.kept, s.size, s.rest = s.count, s.size+int64(len(s.rest)), nil
		if !s.moved {
			s.noRoom = nil
		}
	}
	s.due = len(s.rest) + flushBytes
	w.err = s.told()
}

// newSpill makes the file beside the live file. It has its name only when it is complete.
func (w *Writer) newSpill() error {
	temp := w.spill.beside + creatingSuffix
	err := w.sys.Write(temp, w.spill.rest)
	if err == nil {
		err = w.sys.Rename(temp, w.spill.beside)
	}
	if err != nil {
		return errors.Join(err, w.remove(temp))
	}
	return w.sys.SyncDir(filepath.Dir(w.spill.beside))
}

// elsewhere makes the whole file where temporary files go, of what is in the one beside the live file and what is to
// be appended. That file stays as it is, since the other place may be one that does not outlive the machine.
func (s *spill) elsewhere() (string, error) {
	f, err := os.CreateTemp("", filepath.Base(s.beside)+"-")
	if err != nil {
		return "", err
	}
	if s.path != "" {
		err = copyFirst(f, s.path, s.size)
	}
	if err == nil {
		err = sqlitefile.WriteAndClose(f, s.rest, s.size)
	} else {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// copyFirst copies the first bytes of a file.
func copyFirst(to io.Writer, path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyN(to, f, size)
	return err
}

// told says what is kept where and what to do with it, behind why the recording ended.
func (s *spill) told() error {
	if s.path == "" {
		return fmt.Errorf("%w; the %d records from record %d on could not be kept in a file either and are lost "+
			"when this process ends: %w", s.cause, s.count, s.first, s.err)
	}
	hint := "resuming takes them in"
	if s.moved {
		hint = fmt.Sprintf("move it to %s before resuming (there was no room: %v)", s.beside, s.noRoom)
	}
	if s.err == nil {
		return fmt.Errorf("%w; the %d records from record %d on are in %s: %s", s.cause, s.kept, s.first, s.path, hint)
	}
	return fmt.Errorf("%w; the %d records from record %d on are in %s: %s; the %d behind them could not be kept in a file "+
		"and are lost when this process ends: %w", s.cause, s.kept, s.first, s.path, hint, s.count-s.kept, s.err)
}
