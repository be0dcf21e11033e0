package sqlitefile

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/jmoiron/sqlx"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/schema"
)

// maxObjects is more than any version of the format has.
const maxObjects = 2000

var errObject = errors.New("no object of a schema")

// checkPages refuses pages whose schema is not the one of their version, and notes where the tables begin.
func (f *File) checkPages() error {
	p := f.TakePager()
	defer f.GivePager(p)
	forest := btree.NewForest(p)
	var fault error
	forest.Report = func(x btree.Fault) {
		if fault == nil {
			fault = fmt.Errorf("%w: %s: page %d: %s", ErrDamaged, x.Tree, x.Page, x.Text)
		}
	}
	f.Roots = map[string]uint32{}
	var objects []schema.Object
	row := make([]btree.Value, 5) // type, name, tbl_name, rootpage, sql
	for w := forest.Walk(SchemaTable, 1); w.Next() && fault == nil && len(objects) < maxObjects; {
		n, _, err := btree.DecodeRow(w.Payload, row)
		if err == nil && (n != len(row) || row[3].Kind != btree.Integer) {
			err = errObject
		}
		if err != nil {
			return fmt.Errorf("%w: %s, row %d: %w", ErrDamaged, SchemaTable, w.Key, err)
		}
		o := schema.Object{Type: string(row[0].Bytes), Name: string(row[1].Bytes), Table: string(row[2].Bytes)}
		o.SQL.String, o.SQL.Valid = string(row[4].Bytes), row[4].Kind == btree.Text
		objects = append(objects, o)
		if root := row[3].Int; o.Type == "table" && root > 0 && root <= math.MaxUint32 {
			f.Roots[o.Name] = uint32(root)
		}
	}
	if fault != nil {
		return fault
	}
	var err error
	f.Live, err = checkObjects(f.Version, objects)
	return err
}

// checkDB gives the version of a database, and whether it is a live file. It refuses a schema that is, as SQLite sees
// it, not the one of the version.
func (f *File) checkDB(db *sqlx.DB) (version int, live bool, err error) {
	ctx := context.Background()
	conn, err := db.Connx(ctx)
	if err != nil {
		return 0, false, Damage(err)
	}
	defer conn.Close()
	if err := setLimits(conn.Conn); err != nil {
		return 0, false, err
	}
	if err := conn.GetContext(ctx, &version, "PRAGMA user_version"); err != nil {
		return 0, false, Damage(err)
	}
	objects, err := f.selectObjects(ctx, conn)
	if err == nil {
		live, err = checkObjects(version, objects)
	}
	return version, live, err
}

func (f *File) selectObjects(ctx context.Context, conn *sqlx.Conn) (objects []schema.Object, err error) {
	rows, err := conn.QueryxContext(ctx, "SELECT type, name, tbl_name, sql FROM sqlite_schema LIMIT ?", maxObjects)
	if err != nil {
		return nil, Damage(err)
	}
	defer rows.Close()
	budget := f.Budget()
	for rows.Next() {
		var o schema.Object
		if err := rows.StructScan(&o); err != nil {
			return nil, Damage(err)
		}
		if err := budget.Take(len(o.Type) + len(o.Name) + len(o.Table) + len(o.SQL.String)); err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, Damage(rows.Err())
}

func checkObjects(version int, objects []schema.Object) (live bool, err error) {
	if live, err = Formats.Check(int64(version), objects); err != nil {
		return live, fmt.Errorf("%w: %w", ErrNotArchive, err)
	}
	return live, nil
}

// maxPagers is how many pagers that nobody uses are kept, with what they have read.
const maxPagers = 2

// TakePager gives a reader of the pages of f that nobody else has. It is given back with GivePager.
func (f *File) TakePager() *btree.Pager {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.pagers); n > 0 {
		p := f.pagers[n-1]
		f.pagers = f.pagers[:n-1]
		return p
	}
	p, ok := idlePagers.Get().(*btree.Pager)
	if !ok {
		return btree.NewPager(f.Pages, f.PageSize, f.Size/f.PageSize)
	}
	p.Reset(f.Pages, f.PageSize, f.Size/f.PageSize)
	return p
}

// idlePagers are those of files that were closed, for their memory.
var idlePagers sync.Pool

// GivePager gives a pager back, with whatever it has read.
func (f *File) GivePager(p *btree.Pager) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed && len(f.pagers) < maxPagers {
		f.pagers = append(f.pagers, p)
	}
}
