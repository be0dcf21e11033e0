package runs

import (
	"context"
	"errors"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/legacy/castro"
)

// openDatabase opens the database of the original project at path, which package castro reads. It is nil if a file of
// this kind holds something else: JSON lines that do not begin with the experiment, say. What has a list of days is no
// such thing, whatever is wrong with the days.
func openDatabase(path string, kind Kind, o *Options) (*castro.Database, error) {
	if kind != DuckDB && kind != JSON {
		return nil, nil
	}
	d, err := castro.Open(path, &castro.Options{Lenient: o != nil && o.Lenient})
	if kind == JSON && errors.Is(err, castro.ErrForeign) && !castro.IsExport(path) {
		return nil, nil
	}
	if err != nil {
		return nil, fileerr.In(path, err)
	}
	return d, nil
}

// Describe says what kind of database of the original project the file at path is; nil if it is none.
func Describe(ctx context.Context, path string, o *Options) (*castro.Description, error) {
	kind, err := Sniff(ctx, path)
	if err != nil {
		return nil, err
	}
	d, err := openDatabase(path, kind, o)
	if d == nil {
		return nil, err
	}
	defer d.Close()
	about, err := d.Describe(ctx)
	if err != nil {
		return nil, fileerr.In(path, err)
	}
	return &about, nil
}

// IDs lists the ids of the runs in the file at path, in its order: one, unless it is a database of the original
// project.
func IDs(ctx context.Context, path string, o *Options) ([]string, error) {
	kind, err := Sniff(ctx, path)
	if err != nil {
		return nil, err
	}
	d, err := openDatabase(path, kind, o)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return onlyID(ctx, path, o)
	}
	defer d.Close()
	infos, err := d.Runs(ctx)
	if err != nil {
		return nil, fileerr.In(path, err)
	}
	ids := make([]string, len(infos))
	for i, r := range infos {
		ids[i] = r.ID
	}
	return ids, nil
}

// onlyID is [IDs] for a file that holds one run.
func onlyID(ctx context.Context, path string, o *Options) ([]string, error) {
	r, err := Open(ctx, path, "", o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	id, err := idOf(ctx, r.Provider)
	if err != nil {
		return nil, fileerr.In(path, err)
	}
	return []string{id}, nil
}
