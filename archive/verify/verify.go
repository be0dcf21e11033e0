package verify

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/fileerr"
)

// File checks the archive or live file at path against every requirement of FORMAT.md that binds files: the header, the
// pages, the schema, every value of every row, that the records are those that were sealed, and that not a byte stands
// where none belongs. It goes on past what is broken and reports all that it finds. Of a packed archive the form is
// checked too, then what is inside; [CodePacked] stands where there is a requirement.
//
// The error is only for a check that could not be made, because the file system failed or ctx is done. It names the
// file.
func File(ctx context.Context, path string) (Report, error) {
	report, err := verifyFile(ctx, path)
	return report, fileerr.In(path, err)
}

func verifyFile(ctx context.Context, path string) (Report, error) {
	v := newCheck(ctx)
	path, err := sqlitefile.FollowLink(path)
	if err != nil {
		return Report{}, err
	}
	f, _, err := sqlitefile.OpenRegular(path)
	if errors.Is(err, sqlitefile.ErrNotRegular) {
		v.add(sxMagic, Place{}, "%v", sqlitefile.ErrNotRegular)
		return v.done()
	} else if err != nil {
		return Report{}, err
	}
	defer f.Close()
	main, err := sqlitefile.NewSteadyFile(f)
	if err != nil {
		return Report{}, err
	}
	if packed, err := sqlitefile.IsPacked(main); err != nil {
		return Report{}, err
	} else if packed {
		v.packedName(path)
		return sealedFile(v, main, main.Size())
	}
	if sqlitefile.BeingRecorded(path) {
		return verifyRecording(ctx, path)
	}
	live := strings.HasSuffix(path, archive.LiveSuffix)
	size := main.Size()
	var r io.ReaderAt = main
	if wal, _, err := sqlitefile.OpenRegular(path + "-wal"); err == nil {
		defer wal.Close()
		if o, err := sqlitefile.OverLog(main, wal); err != nil {
			return Report{}, err
		} else if o != nil {
			r, size, live = o, o.Size(), true
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Report{}, err
	}
	if !live {
		v.sidecars(path)
		if filepath.Ext(path) != archive.Extension {
			v.add(sxFileName, Place{Name: filepath.Base(path)}, "the name does not end in %s", archive.Extension)
		}
	}
	v.sealed = !live
	v.file(r, size)
	return v.done()
}

// Reader is [File] for a sealed archive, packed or not, whose size bytes r gives.
func Reader(ctx context.Context, r io.ReaderAt, size int64) (Report, error) {
	return sealedFile(newCheck(ctx), r, size)
}

// verifyRecording checks a live file that another process records into.
func verifyRecording(ctx context.Context, path string) (report Report, err error) {
	f, err := sqlitefile.Open(path, false)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	if f.Pages == nil {
		report, err = verifyShared(ctx, f)
	} else { // of an exclusive recorder, or its recorder has just ended
		v := newCheck(ctx)
		v.file(f.Pages, f.Size)
		report, err = v.done()
	}
	report.State = archive.Recording
	return report, err
}

// verifyShared checks what is committed in f at the moment, as SQLite gives it.
func verifyShared(ctx context.Context, f *sqlitefile.File) (_ Report, err error) {
	defer f.Explain(&err)
	conn, err := f.Conn(ctx)
	if err != nil {
		return Report{}, err
	}
	defer conn.Close()
	// As long as a statement is not at its end, all others see the same state of the file.
	snapshot, err := conn.QueryContext(ctx, "SELECT name FROM sqlite_schema")
	if err != nil {
		return Report{}, err
	}
	defer snapshot.Close()
	snapshot.Next()
	v := newCheck(ctx)
	var pageSize int64
	if err := conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&v.size); err != nil {
		return Report{}, err
	}
	if err := conn.QueryRowContext(ctx, "PRAGMA page_size").Scan(&pageSize); err != nil {
		return Report{}, err
	}
	v.size *= pageSize
	v.content(&source{check: v, conn: conn, file: f})
	return v.done()
}
