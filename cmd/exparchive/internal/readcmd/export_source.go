package readcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/runs"
	"github.com/simexp/exparchive/internal/webfile"
	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
)

// keyOf describes what a source holds, so that a run need not be read again while its description stays the same: the
// length and the SHA-256 of the file, and of the log of an old database. What lies at an address is not read for that:
// its key is empty, as is that of a file of which it is not clear that it holds runs. It is computed before the file is
// opened, so that what replaces the file meanwhile has another key than the one that is noted.
func (x *datasetExport) keyOf(ctx context.Context, s datasetSource) (string, error) {
	if webfile.Is(s.Path) || runio.IsFolder(s.Path) {
		return "", nil
	}
	key, err := hashKey(ctx, s.Path)
	if err != nil {
		return "", cli.InFile(s.Name, s.Named(err))
	}
	if s.kind == runs.DuckDB {
		for _, suffix := range []string{".wal", ".wal.checkpoint"} {
			log, err := hashKey(ctx, s.Path+suffix)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				continue
			case err != nil:
				return "", err
			}
			key += " " + suffix + " " + log
		}
	}
	if x.which.Lenient {
		key += " lenient"
	}
	return key, nil
}

// addSibling adds to the key of an old database that of the one beside it from which a part of the run comes.
func addSibling(ctx context.Context, key string, p provider.Provider) (string, error) {
	run, ok := p.(*castro.Run)
	if !ok || key == "" {
		return key, nil
	}
	sibling, err := run.Sibling(ctx)
	if err != nil || sibling == "" {
		return key, err
	}
	second, err := hashKey(ctx, sibling)
	return key + " sibling " + second, err
}

// hashKey gives the length and the SHA-256 of a file.
func hashKey(ctx context.Context, path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	sum, err := runio.SumFile(ctx, path)
	return fmt.Sprintf("%d sha256:%s", info.Size(), sum), err
}
