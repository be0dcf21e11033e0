package runs

import (
	"context"
	"fmt"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/webfile"
)

// OpenArchive is [archive.Open] that takes an address of the web too; see [Open].
func OpenArchive(ctx context.Context, path string) (*archive.Archive, error) {
	if !webfile.Is(path) {
		return archive.Open(path)
	}
	f, err := webfile.From(ctx).Open(ctx, path)
	if err != nil {
		return nil, fileerr.In(path, err)
	}
	a, err := archive.New(f, f.Size())
	return a, fileerr.In(path, err)
}

// sniffWeb is [Sniff] for an address. What is no archive is [webfile.ErrNoParts].
func sniffWeb(ctx context.Context, address string) (Kind, error) {
	f, err := webfile.From(ctx).Open(ctx, address)
	if err != nil {
		return 0, err
	}
	if f.Size() == 0 {
		return 0, noRun("the file is empty")
	}
	head := make([]byte, min(headSize, f.Size()))
	if _, err := f.ReadAt(head, 0); err != nil {
		return 0, err
	}
	kind, err := sniff(head)
	if err == nil && kind != SQLite {
		what := map[Kind]string{DuckDB: "a DuckDB database", Lines: "JSON lines", JSON: "JSON"}[kind]
		err = fmt.Errorf("%s: %w as an archive can", what, webfile.ErrNoParts)
	}
	return kind, err
}
