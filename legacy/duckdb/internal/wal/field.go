package wal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/cast"
	"github.com/simexp/exparchive/legacy/duckdb/internal/catalog"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/rowgroup"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A structChange gives what becomes of a STRUCT's members and values.
type structChange func(t *types.Type) ([]types.Field, []cast.Member, error)

// changeField adds, removes or renames a field of a STRUCT, which a column is or has in it.
func (r *replay) changeField(t *catalog.Table, rows *rowgroup.Table, n *tree.Node) error {
	pathField := 400
	if n.Class == "AddFieldInfo" {
		pathField = 402
	}
	path := n.Texts(pathField)
	var last string
	if n.Class != "AddFieldInfo" && len(path) > 0 {
		path, last = path[:len(path)-1], path[len(path)-1]
	}
	if len(path) == 0 {
		return fault.Corruptf("a change of a field without a column")
	}
	i := t.ColumnIndex(path[0])
	if i < 0 {
		return fault.Corruptf("a change of column %s, which does not exist", quote.Identifier(path[0]))
	}
	var change structChange
	switch n.Class {
	case "AddFieldInfo":
		change = r.addField(n, !rows.Empty())
	case "RemoveFieldInfo":
		change = func(t *types.Type) ([]types.Field, []cast.Member, error) {
			at := fieldIndex(t, last)
			if at < 0 && !n.Bool(401) {
				return nil, nil, fault.Corruptf("no field %s", quote.Identifier(last))
			}
			fields, members := unchanged(t)
			if at < 0 {
				return fields, members, nil
			}
			return slices.Delete(fields, at, at+1), slices.Delete(members, at, at+1), nil
		}
	default:
		change = func(t *types.Type) ([]types.Field, []cast.Member, error) {
			at := fieldIndex(t, last)
			if at < 0 {
				return nil, nil, fault.Corruptf("no field %s", quote.Identifier(last))
			}
			fields, members := unchanged(t)
			fields[at].Name = n.Text(401)
			return fields, members, nil
		}
	}
	to, f, err := changeStruct(t.Columns[i].Type, path[1:], change)
	if err != nil {
		return cannotApply(fmt.Sprintf("fields of column %s change: %v", quote.Identifier(t.Columns[i].Name), err))
	}
	if err := to.Finish(); err != nil {
		return err
	}
	// Up to 1.5 the default keeps the old names, so that it gives NULL for the field.
	if n.Class == "RenameFieldInfo" && r.level >= levelOf20 {
		t.Columns[i].RemapDefault(to)
	}
	changeColumn(t, rows, i, to, f)
	return nil
}

// addField adds the field that an AddFieldInfo defines, with its default if there are values.
func (r *replay) addField(n *tree.Node, values bool) structChange {
	return func(t *types.Type) ([]types.Field, []cast.Member, error) {
		d := n.Node(400)
		if d == nil {
			return nil, nil, fault.Corruptf("a new field without a definition")
		}
		c := catalog.NewColumn(d)
		fields, members := unchanged(t)
		if fieldIndex(t, c.Name) >= 0 {
			if n.Bool(401) {
				return fields, members, nil
			}
			return nil, nil, fault.Corruptf("a second field %s", quote.Identifier(c.Name))
		}
		if c.Err != nil {
			return nil, nil, c.Err
		}
		var v *vector.Vector
		if values {
			var err error
			if v, err = constant(d.Node(102), c.Type, r.budget); err != nil {
				return nil, nil, err
			}
		}
		return append(fields, types.Field{Name: c.Name, Type: c.Type}), append(members, cast.Member{Given: v}), nil
	}
}

// unchanged gives the members of a STRUCT as they are.
func unchanged(t *types.Type) (fields []types.Field, members []cast.Member) {
	for k := range t.Fields {
		members = append(members, cast.Member{From: k, Cast: cast.Same})
	}
	return slices.Clone(t.Fields), members
}

func fieldIndex(t *types.Type, name string) int {
	return slices.IndexFunc(t.Fields, func(f types.Field) bool { return strings.EqualFold(f.Name, name) })
}

// changeStruct changes the STRUCT that path leads to from type t: over names of fields, element of a LIST, key and
// value of a MAP.
func changeStruct(t *types.Type, path []string, change structChange) (*types.Type, cast.Func, error) {
	switch {
	case t.ID == types.Struct && len(path) == 0:
		fields, members, err := change(t)
		return types.StructOf(fields...), cast.Struct(members), err
	case t.ID == types.Struct:
		at := fieldIndex(t, path[0])
		if at < 0 {
			return nil, nil, fault.Corruptf("no field %s", quote.Identifier(path[0]))
		}
		inner, f, err := changeStruct(t.Fields[at].Type, path[1:], change)
		fields, members := unchanged(t)
		fields[at].Type, members[at].Cast = inner, f
		if err != nil {
			return nil, nil, err
		}
		return types.StructOf(fields...), cast.Struct(members), nil
	case t.ID == types.List && len(path) > 0 && strings.EqualFold(path[0], "element"):
		inner, f, err := changeStruct(t.Elem, path[1:], change)
		if err != nil {
			return nil, nil, err
		}
		return types.ListOf(inner), cast.List(f), nil
	case t.ID == types.Map && len(path) > 0:
		inner, f, err := changeStruct(t.Elem, path, change)
		if err != nil {
			return nil, nil, err
		}
		to := &types.Type{ID: types.Map, Elem: inner}
		return to, cast.List(f), to.Finish() // what it is in takes it as it is
	}
	return nil, nil, fault.Unsupportedf("a field of %s", t)
}
