package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/packed"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// CodePacked is that of problems with the form of a packed archive, in which what is inside cannot be read as it was.
// It is no requirement of FORMAT.md, which is about what is inside.
const CodePacked = "packed"

// sealedFile checks a sealed archive, packed or not. Of a packed one each frame is read first: if they are sound,
// what is inside is checked as if it had lain there unpacked.
func sealedFile(v *check, r io.ReaderAt, size int64) (Report, error) {
	v.sealed = true
	is, err := sqlitefile.IsPacked(r)
	if err != nil {
		return Report{}, sqlitefile.TrimPath(err)
	}
	if is {
		report, inside, err := frames(v.ctx, r, size)
		if err != nil || inside == nil {
			return report, sqlitefile.TrimPath(err)
		}
		r, size = inside, inside.Size()
	}
	v.file(r, size)
	return v.done()
}

// frames checks the form of a packed archive and reads all its frames. It gives what is inside if it is sound.
func frames(ctx context.Context, r io.ReaderAt, size int64) (report Report, _ *packed.Reader, _ error) {
	more := 0
	add := func(place Place, text string) {
		if len(report.Problems) == maxPageProblems {
			more++
			return
		}
		report.Problems = append(report.Problems, Problem{Code: CodePacked, Level: Must, Place: place, Text: text,
			Remedy: fixGetAgain})
	}
	inside, err := packed.New(r, size)
	if err == nil {
		err = inside.Check(ctx, func(e *packed.Error) { add(at(e.Offset), e.Text) })
	}
	var e *packed.Error
	switch {
	case errors.Is(err, packed.ErrNoTable):
		add(Place{}, err.Error())
	case errors.As(err, &e):
		add(at(e.Offset), e.Text)
	case err != nil:
		return Report{}, nil, err
	}
	if len(report.Problems) == 0 {
		return report, inside, nil
	}
	if more > 0 {
		report.Unchecked = append(report.Unchecked, fmt.Sprintf("%d more problems of the packed form are not listed", more))
	}
	report.Unchecked = append(report.Unchecked, "what is in the file")
	return report, nil, nil
}

// packedName checks the name of a packed archive.
func (v *check) packedName(path string) {
	if want := archive.Extension + archive.PackedSuffix; !strings.HasSuffix(path, want) {
		v.add(sxFileName, Place{Name: filepath.Base(path)}, "the name of a packed archive does not end in %s", want)
	}
}
