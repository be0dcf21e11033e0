package crate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/archive/verify"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// AddRun puts a run into the package. A sealed archive, packed or not, is copied byte for byte; a run of any other kind
// of file is sealed into an archive, which notes the names of the files and their SHA-256. A recording that goes on
// or was cut short is refused. The file lies at file and is called name in messages; p is its run.
//
// Whatever is in the package is checked as [verify.File] does: an archive that was changed after it was sealed is
// [archive.ErrDamaged]. A run that is there already, by its id and digest, is not added again. Errors need not name the
// file.
func (b *Builder) AddRun(ctx context.Context, p provider.Provider, file, name string) (*Run, error) {
	a, isArchive := p.(*archive.Archive)
	if isArchive && a.State() != archive.Sealed {
		return nil, fmt.Errorf("%w: it is a recording (exparchive seal makes an archive of it when it has ended)", ErrContent)
	}
	e, err := p.Experiment(ctx)
	if err != nil {
		return nil, err
	}
	temp := b.Path(path.Join(runsFolder, "new"+archive.Extension))
	if err := os.MkdirAll(filepath.Dir(temp), 0o777); err != nil {
		return nil, fileerr.In(temp, err)
	}
	defer os.Remove(temp) // which is not there any more if all went well
	r := &Run{ID: e.RunID, Experiment: e.Name, Type: e.Type, Status: e.Status(), Started: e.CreatedAt}
	extension := archive.Extension
	if isArchive {
		if a.Packed() {
			extension += archive.PackedSuffix
		}
		err = b.copyFile(ctx, temp, file)
	} else {
		r.Source = filepath.Base(name)
		err = b.seal(ctx, temp, p, file, r.Source)
	}
	if err != nil {
		return nil, err
	}
	if err := r.examine(ctx, temp, e); err != nil {
		return nil, err
	}
	for _, other := range b.runs {
		if other.ID == r.ID && other.Digest == r.Digest {
			return other, nil
		}
	}
	r.File = b.free(safeName(r.ID), r.Digest, extension)
	b.runs = append(b.runs, r)
	return r, fileerr.In(temp, os.Rename(temp, b.Path(r.File)))
}

// examine checks the archive at path and takes from it what the package says of the run.
func (r *Run) examine(ctx context.Context, path string, e provider.Experiment) error {
	report, err := verify.File(ctx, path)
	switch {
	case err != nil:
		return fileerr.Cause(err)
	case !report.OK():
		return fmt.Errorf("%w: %s (exparchive verify says all that is wrong)", archive.ErrDamaged, report.Problems[0])
	}
	a, err := archive.Open(path)
	if err != nil {
		return err
	}
	defer a.Close()
	s, err := a.Summary(ctx)
	if err != nil {
		return err
	}
	notes, err := a.Annotations(ctx)
	if err != nil {
		return err
	}
	r.Digest, r.Records, r.Withheld = report.Root.String(), s.Records, s.Withheld
	for _, n := range notes {
		switch {
		case n.Kind == "provenance" && n.Name == "masked":
			r.Masked = true
		case n.Kind == "invalidated":
			r.Invalid = n.Text
		}
	}
	for _, n := range e.Notes {
		if _, withheld := n.Withheld("text"); n.Kind == "invalidated" && !withheld && r.Invalid == "" {
			r.Invalid = n.Text
		}
	}
	if e.Result != nil {
		r.Ended = e.Result.CompletedAt
		if reason := e.Result.ConvergenceReason; reason != nil {
			r.Reason = *reason
		}
	}
	return nil
}

// seal makes an archive of a run that lies in another kind of file.
func (b *Builder) seal(ctx context.Context, path string, p provider.Provider, file, name string) (err error) {
	origin, err := b.originOf(ctx, p, file, name)
	if err != nil {
		return err
	}
	w, err := record.Create(path, &record.Options{Bulk: true, Annotations: origin})
	if err != nil {
		return err
	}
	var run digest.Sink
	if err := errors.Join(provider.Copy(ctx, provider.Tee(w, &run), p), w.Close()); err != nil {
		return err
	}
	made, ok := w.Seal()
	if !ok {
		return fmt.Errorf("%w: it could not be sealed", ErrContent)
	}
	return made.Check(&run)
}

// originOf says where a run comes from that is sealed: the names of the files that hold it, with their hashes, and of
// an old database the generation.
func (b *Builder) originOf(ctx context.Context, p provider.Provider, file, name string) (list []archive.Annotation,
	err error) {
	add := func(what, text string) {
		list = append(list, archive.Annotation{Kind: "provenance", Name: what, Text: text})
	}
	addFile := func(what, file, name string) error {
		f, err := b.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		h := sha256.New()
		_, err = io.Copy(h, f)
		add(what, strings.ToValidUTF8(name, "\ufffd"))
		add(what+" SHA-256", hex.EncodeToString(h.Sum(nil)))
		return err
	}
	if err := addFile("source", file, name); err != nil {
		return nil, err
	}
	if old, ok := p.(*castro.Run); ok {
		log := file + ".wal"
		if err := addFile("source log", log, name+".wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		sibling, err := old.Sibling(ctx)
		if err == nil && sibling != "" {
			err = addFile("second source", sibling, filepath.Base(sibling))
		}
		if err != nil {
			return nil, err
		}
		add("generation", old.Info().Generation)
	}
	add("importer", "exparchive")
	return list, nil
}

// copyFile copies a file from where runs lie until ctx is done.
func (b *Builder) copyFile(ctx context.Context, to, from string) error {
	in, err := b.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	return errors.Join(copyAll(ctx, out, in), out.Close())
}

// copyAll copies what is read until ctx is done.
func copyAll(ctx context.Context, out io.Writer, in io.Reader) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		const part = 8 << 20
		if _, err := io.CopyN(out, in, part); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// free gives a path in the folder of runs that no other run has, on file systems without case either.
func (b *Builder) free(base, digest, extension string) string {
	for _, name := range []string{base, base + "-" + digest[:8], digest} {
		file := path.Join(runsFolder, name+extension)
		taken := false
		for _, r := range b.runs {
			taken = taken || strings.EqualFold(stem(r.File), stem(file))
		}
		if !taken {
			return file
		}
	}
	return path.Join(runsFolder, digest+"-"+fmt.Sprint(len(b.runs))+extension)
}

// stem gives a path without the extensions of archives, by which reports are named.
func stem(file string) string {
	return strings.TrimSuffix(strings.TrimSuffix(file, archive.PackedSuffix), archive.Extension)
}

// maxStem bounds the names of archives without their extensions, in bytes.
const maxStem = 80

// safeName makes of a run's id a name that every file system, shell, manifest and address takes as it is: letters and
// digits of ASCII, and between them dots, hyphens and underscores.
func safeName(id string) string {
	name := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, id)
	name = strings.Trim(name, "._-")
	name = strings.TrimRight(name[:min(len(name), maxStem)], "._-")
	if base, _, _ := strings.Cut(name, "."); name == "" || deviceName(base) {
		name = "run-" + name
	}
	return strings.TrimSuffix(name, "-")
}

// deviceName reports whether Windows takes such a name for a device.
func deviceName(base string) bool {
	base = strings.ToLower(base)
	switch base {
	case "con", "prn", "aux", "nul":
		return true
	}
	port := strings.TrimPrefix(strings.TrimPrefix(base, "com"), "lpt")
	return len(base) == 4 && len(port) == 1 && port[0] >= '0' && port[0] <= '9'
}

// dayOf gives the day of a time as runs have it.
func dayOf(text string) (string, bool) {
	if len(text) < len(time.DateOnly) {
		return "", false
	}
	day := text[:len(time.DateOnly)]
	if _, err := time.Parse(time.DateOnly, day); err != nil || day < "1980" {
		return "", false
	}
	return day, true
}

// moment gives a time of a run as the profile of crates has it: with milliseconds and its distance from UTC, or, where
// that was not recorded, only the day.
func moment(text string) string {
	if t, err := time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "T", 1)); err == nil && t.Year() >= 1980 {
		return t.Format("2006-01-02T15:04:05.000-07:00")
	}
	day, _ := dayOf(text)
	return day
}
