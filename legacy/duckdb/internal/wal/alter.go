package wal

import (
	"errors"
	"fmt"
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/cast"
	"github.com/simexp/exparchive/legacy/duckdb/internal/catalog"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/rowgroup"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// alter applies an ALTER of the log. A change that this reader cannot make refuses the rows of the table, not its
// definition nor the database.
func (r *replay) alter(n *tree.Node) {
	p := alteredPath(n)
	switch n.Class {
	case "RenameViewInfo":
		r.catalog.RenameView(p, n.Text(400))
		return
	case "SetCommentInfo":
		r.catalog.SetComment(catalog.Kind(n.Uint(300)), p, n.Comment(301))
		return
	case "SetColumnCommentInfo":
		r.catalog.SetColumnComment(p, n.Text(302), n.Comment(301))
		return
	case "ChangeOwnershipInfo", "RenameDatabaseInfo":
		return
	}
	t := r.catalog.Table(p)
	if t == nil {
		return // of something that is not reported
	}
	if rows, err := t.Rows(); err == nil {
		if err = r.alterTable(t, rows, n); err == nil {
			return
		}
		t.Refuse(err)
	}
	_ = r.alterTable(t, rowgroup.New(nil), n) // an error is said of the rows
}

// alteredPath gives what an AlterInfo is about. From 2.0 on a path says so, which begins with the database.
func alteredPath(n *tree.Node) catalog.Path {
	if q := n.Node(206); q != nil {
		return catalog.FullPath(q.Texts(100))
	}
	return catalog.NewPath(n.Text(202), n.Text(203))
}

// cannotApply is how a change is refused.
func cannotApply(what string) error {
	return fault.Unsupportedf("the write-ahead log contains a table change this reader cannot apply (%s); "+
		"open the database once with DuckDB to checkpoint it", what)
}

func (r *replay) alterTable(t *catalog.Table, rows *rowgroup.Table, n *tree.Node) error {
	column := func(id int) (int, error) {
		i := t.ColumnIndex(n.Text(id))
		if i < 0 {
			return 0, fault.Corruptf("a change of column %s, which does not exist", quote.Identifier(n.Text(id)))
		}
		return i, nil
	}
	switch n.Class {
	case "RenameColumnInfo":
		i, err := column(400)
		if err != nil {
			return err
		}
		t.RenameColumn(i, n.Text(401))
	case "RenameTableInfo":
		r.catalog.RenameTable(t, n.Text(400))
	case "AddColumnInfo":
		return r.addColumn(t, rows, n)
	case "RemoveColumnInfo":
		i, err := column(400)
		if err != nil {
			return err
		}
		t.RemoveColumn(i, rows)
	case "ChangeColumnTypeInfo":
		i, err := column(400)
		if err != nil {
			return err
		}
		to := n.Type(401)
		if to == nil || len(n.Texts(403)) > 0 {
			return cannotApply("a type changes")
		}
		if err := to.Finish(); err != nil {
			return err
		}
		var f cast.Func
		if !rows.Empty() {
			if f, err = castOf(n.Node(402), &t.Columns[i], to); err != nil {
				return cannotApply(fmt.Sprintf("column %s becomes %s by %v", quote.Identifier(t.Columns[i].Name), to, err))
			}
		}
		changeColumn(t, rows, i, to, f)
	case "AddFieldInfo", "RemoveFieldInfo", "RenameFieldInfo":
		return r.changeField(t, rows, n)
	case "SetDefaultInfo":
		i, err := column(400)
		if err != nil {
			return err
		}
		t.Columns[i].SetDefault(n.Node(401))
	case "SetNotNullInfo", "DropNotNullInfo":
		i, err := column(400)
		if err != nil {
			return err
		}
		t.Columns[i].NotNull = n.Class == "SetNotNullInfo"
	case "AddConstraintInfo":
		if c := n.Node(400); c != nil {
			t.Constrain(c)
			if c.Class == "UniqueConstraint" && c.Bool(200) {
				for i := range t.Columns {
					if slices.Contains(t.PrimaryKey, t.Columns[i].Name) {
						t.Columns[i].NotNull = true
					}
				}
			}
		}
	case "AlterForeignKeyInfo", "SetPartitionedByInfo", "SetSortedByInfo", "SetTableOptionsInfo",
		"ResetTableOptionsInfo":
	default:
		return cannotApply(n.Class)
	}
	return nil
}

func (r *replay) addColumn(t *catalog.Table, rows *rowgroup.Table, n *tree.Node) error {
	d := n.Node(400)
	if d == nil {
		return fault.Corruptf("a new column without a definition")
	}
	c := catalog.NewColumn(d)
	if t.ColumnIndex(c.Name) >= 0 {
		if n.Bool(401) {
			return nil
		}
		return fault.Corruptf("a second column %s", quote.Identifier(c.Name))
	}
	if !rows.Empty() {
		if c.Err != nil {
			return c.Err
		}
		v, err := constant(d.Node(102), c.Type, r.budget)
		if errors.Is(err, vector.ErrBudget) {
			return fault.ErrLimit
		} else if err != nil {
			return cannotApply(fmt.Sprintf("column %s is added with %v", quote.Identifier(c.Name), err))
		}
		rows.AddColumn(v)
	}
	t.Columns = append(t.Columns, c)
	return nil
}

// changeColumn makes column i one of type to; f casts the values that there are.
func changeColumn(t *catalog.Table, rows *rowgroup.Table, i int, to *types.Type, f cast.Func) {
	c := &t.Columns[i]
	if !c.Generated && !rows.Empty() {
		rows.ChangeColumn(t.PhysicalIndex(i), c.Type, func(dst, src *vector.Vector, b *vector.Budget) error {
			err := f.Each(dst, src, 0, src.N, b)
			if errors.Is(err, fault.ErrUnsupported) {
				return cannotApply(err.Error())
			}
			return err
		})
	}
	c.Type, c.Err = to, nil
}
