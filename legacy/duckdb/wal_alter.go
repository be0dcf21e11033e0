package duckdb

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
	"github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// alter applies an ALTER of the log. A change that this reader cannot make refuses the table, not the database.
func (r *replay) alter(n *tree.Node) error {
	schema, name := n.Text(202), n.Text(203)
	if q := n.Node(206); q != nil && name == "" {
		path := q.Texts(100)
		if len(path) > 0 {
			name = path[len(path)-1]
		}
		if len(path) > 1 {
			schema = path[len(path)-2]
		}
	}
	if schema == "" {
		schema = "main"
	}
	switch n.Class {
	case "RenameViewInfo":
		for i, v := range r.db.cat.views {
			if v.Schema == schema && v.Name == name {
				r.db.cat.views[i].Name = n.Text(400)
			}
		}
		return nil
	case "SetCommentInfo", "SetColumnCommentInfo":
		r.comment(n, schema, name)
		return nil
	case "ChangeOwnershipInfo", "RenameDatabaseInfo":
		return nil
	}
	t := r.db.cat.table(schema, name)
	if t == nil {
		return nil // of something that is not reported
	}
	if t.load() != nil {
		return nil
	}
	if err := r.alterTable(t, n); err != nil {
		t.refuse(err)
	}
	return nil
}

func (r *replay) comment(n *tree.Node, schema, name string) {
	c := r.db.cat
	text := n.Comment(301)
	if n.Class == "SetColumnCommentInfo" {
		if t := c.table(schema, name); t != nil {
			if i := t.columnIndex(n.Text(302)); i >= 0 {
				t.cols[i].comment = text
			}
		}
		return
	}
	switch n.Uint(300) {
	case entryTable:
		if t := c.table(schema, name); t != nil {
			t.comment = text
		}
	case entryView:
		for i, v := range c.views {
			if v.Schema == schema && v.Name == name {
				c.views[i].Comment = text
			}
		}
	case entrySequence:
		for i, q := range c.sequences {
			if q.Schema == schema && q.Name == name {
				c.sequences[i].Comment = text
			}
		}
	case entryIndex:
		for i, x := range c.indexes {
			if x.Schema == schema && x.Name == name {
				c.indexes[i].Comment = text
			}
		}
	case entryType:
		for i, u := range c.types {
			if u.Schema == schema && u.Name == name {
				c.types[i].Comment = text
			}
		}
	}
}

// cannotApply is how a change is refused.
func cannotApply(what string) error {
	return fault.Unsupportedf("the write-ahead log contains a table change this reader cannot apply (%s); open the database once with DuckDB to checkpoint it", what)
}

func (r *replay) alterTable(t *Table, n *tree.Node) error {
	column := func(id int) (int, error) {
		i := t.columnIndex(n.Text(id))
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
		for k, s := range t.primaryKey {
			if s == t.cols[i].name {
				t.primaryKey[k] = n.Text(401)
			}
		}
		t.cols[i].name = n.Text(401)
	case "RenameTableInfo":
		for i, x := range r.db.cat.indexes {
			if x.Schema == t.schema && x.Table == t.name {
				r.db.cat.indexes[i].Table = n.Text(400)
			}
		}
		t.name = n.Text(400)
	case "AddColumnInfo":
		return r.addColumn(t, n)
	case "RemoveColumnInfo":
		i, err := column(400)
		if err != nil {
			return err
		}
		t.removeColumn(i)
	case "ChangeColumnTypeInfo":
		i, err := column(400)
		if err != nil {
			return err
		}
		typ := n.Type(401)
		if len(t.parts) > 0 || typ == nil {
			return cannotApply("a column's type changes")
		}
		t.cols[i].typ, t.cols[i].err = typ, typ.Finish()
	case "SetDefaultInfo":
		i, err := column(400)
		if err != nil {
			return err
		}
		t.cols[i].def = n.Node(401).SQL()
	case "SetNotNullInfo", "DropNotNullInfo":
		i, err := column(400)
		if err != nil {
			return err
		}
		t.cols[i].notNull = n.Class == "SetNotNullInfo"
	case "AddConstraintInfo":
		if c := n.Node(400); c != nil {
			t.constrain(c)
			if c.Class == "UniqueConstraint" && c.Bool(200) {
				for i := range t.cols {
					if slices.Contains(t.primaryKey, t.cols[i].name) {
						t.cols[i].notNull = true
					}
				}
			}
		}
	case "AlterForeignKeyInfo", "SetPartitionedByInfo", "SetSortedByInfo", "SetTableOptionsInfo", "ResetTableOptionsInfo":
	default:
		return cannotApply(n.Class)
	}
	return nil
}

func (r *replay) addColumn(t *Table, n *tree.Node) error {
	d := n.Node(400)
	if d == nil {
		return fault.Corruptf("a new column without a definition")
	}
	c := newColumn(d)
	if t.columnIndex(c.name) >= 0 {
		if n.Bool(401) {
			return nil
		}
		return fault.Corruptf("a second column %s", quote.Identifier(c.name))
	}
	if c.err == nil && len(t.parts) > 0 {
		x, err := constantOf(d.Node(102), c.typ)
		if err != nil {
			return cannotApply(fmt.Sprintf("column %s is added with %v", quote.Identifier(c.name), err))
		}
		v := vector.New(c.typ)
		if err := x.AppendTo(v, r.budget); err != nil {
			return fault.ErrLimit
		}
		for _, g := range t.parts {
			g.cols = append(g.cols, columnSource{vector: v, repeat: true})
		}
	}
	if c.err != nil && len(t.parts) > 0 {
		return c.err
	}
	t.cols = append(t.cols, c)
	return nil
}

// removeColumn drops a column, also from the rows there are.
func (t *Table) removeColumn(i int) {
	if !t.cols[i].generated {
		p := t.physicalIndex(i)
		for _, g := range t.parts {
			g.cols = slices.Delete(slices.Clone(g.cols), p, p+1)
			kept := g.updates[:0]
			for _, u := range g.updates {
				if u.column == p {
					continue
				}
				if u.column > p {
					u.column--
				}
				kept = append(kept, u)
			}
			g.updates = kept
		}
	}
	t.cols = slices.Delete(slices.Clone(t.cols), i, i+1)
}

// constantOf evaluates a default that is a constant, possibly within casts, as a value of type t. No expression is NULL.
func constantOf(e *tree.Node, t *types.Type) (*tree.Value, error) {
	if e == nil {
		return &tree.Value{Type: t, Null: true}, nil
	}
	switch e.Class {
	case "ConstantExpression":
		v := e.Value(200)
		return convert(v, t)
	case "CastExpression":
		inner := e.Type(201)
		if inner == nil || inner.Unbound != "" {
			return nil, fault.Unsupportedf("a cast to a named type")
		}
		if err := inner.Finish(); err != nil {
			return nil, err
		}
		v, err := constantOf(e.Node(200), inner)
		if err != nil {
			return nil, err
		}
		return convert(v, t)
	}
	return nil, fault.Unsupportedf("the default %s, which is not a constant", e.SQL())
}

// convert converts a constant where the result is beyond doubt.
func convert(v *tree.Value, t *types.Type) (*tree.Value, error) {
	if v == nil || v.Null {
		return &tree.Value{Type: t, Null: true}, nil
	}
	if types.SameLayout(v.Type, t) {
		return &tree.Value{Type: t, Bits: v.Bits, Str: v.Str, List: v.List}, nil
	}
	no := fault.Unsupportedf("a default of %s for %s", v.Type, t)
	vec := vector.New(v.Type)
	if v.AppendTo(vec, vector.NewBudget(1<<24)) != nil {
		return nil, no
	}
	text := string(text.Append(nil, vec, 0))
	if t.ID == types.Varchar && t.Alias == "" {
		return &tree.Value{Type: t, Str: text}, nil
	}
	if x, ok := parseConstant(strings.TrimSpace(text), v.Type, t); ok {
		return x, nil
	}
	return nil, no
}

// parseConstant reads the text of a constant of type from as a value of type t.
func parseConstant(s string, from, t *types.Type) (*tree.Value, bool) {
	out := &tree.Value{Type: t}
	switch t.ID {
	case types.TinyInt, types.SmallInt, types.Integer, types.BigInt, types.HugeInt, types.UTinyInt, types.USmallInt, types.UInteger, types.UBigInt,
		types.UHugeInt, types.Decimal:
		if from.ID == types.Float || from.ID == types.Double {
			return nil, false // rounds
		}
		x, ok := parseScaled(s, int(t.Scale))
		if !ok || !fits(x, t) {
			return nil, false
		}
		out.Bits = twosComplement(x)
	case types.Double, types.Float:
		size := 8 * t.Phys.Width()
		x, err := strconv.ParseFloat(s, size)
		if err != nil {
			return nil, false
		}
		out.Bits.Lo = math.Float64bits(x)
		if size == 32 {
			out.Bits.Lo = uint64(math.Float32bits(float32(x)))
		}
	case types.Boolean:
		switch strings.ToLower(s) {
		case "t", "true", "1":
			out.Bits.Lo = 1
		case "f", "false", "0":
		default:
			return nil, false
		}
	case types.Varchar, types.Char:
		out.Str = s
	case types.Date:
		d, err := time.Parse("2006-01-02", s)
		if err != nil {
			return nil, false
		}
		out.Bits = twosComplement(big.NewInt(d.Unix() / 86400))
	case types.Timestamp, types.TimestampS, types.TimestampMS, types.TimestampNS:
		d, err := time.Parse("2006-01-02 15:04:05.999999999", s)
		if err != nil {
			if d, err = time.Parse("2006-01-02", s); err != nil {
				return nil, false
			}
		}
		if y := d.Year(); y < 1700 || y > 2250 {
			return nil, false
		}
		per := map[types.ID]int64{types.Timestamp: 1e3, types.TimestampS: 1e9, types.TimestampMS: 1e6, types.TimestampNS: 1}[t.ID]
		if d.UnixNano()%per != 0 {
			return nil, false
		}
		out.Bits = twosComplement(big.NewInt(d.UnixNano() / per))
	case types.Enum:
		i := slices.Index(t.Values, s)
		if i < 0 {
			return nil, false
		}
		out.Bits.Lo = uint64(i)
	default:
		return nil, false
	}
	return out, true
}

// parseScaled reads a decimal number times 10^scale; ok is false when that is no integer.
func parseScaled(s string, scale int) (_ *big.Int, ok bool) {
	whole, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	if len(frac) > scale || strings.ContainsAny(frac, "+-") {
		return nil, false
	}
	return new(big.Int).SetString(whole+frac+strings.Repeat("0", scale-len(frac)), 10)
}

// fits reports whether x is in the range of an integer or DECIMAL type.
func fits(x *big.Int, t *types.Type) bool {
	if t.ID == types.Decimal {
		return new(big.Int).Abs(x).Cmp(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Width)), nil)) < 0
	}
	bits := 8 * t.Phys.Width()
	switch t.Phys {
	case types.PhysUint8, types.PhysUint16, types.PhysUint32, types.PhysUint64, types.PhysUint128:
		return x.Sign() >= 0 && x.BitLen() <= bits
	}
	if x.Sign() < 0 {
		x = new(big.Int).Not(x)
	}
	return x.BitLen() < bits
}

// twosComplement gives the bits of a number of at most 128 bits.
func twosComplement(x *big.Int) vector.Uint128 {
	if x.Sign() < 0 {
		x = new(big.Int).Add(x, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	lo := new(big.Int).And(x, new(big.Int).SetUint64(1<<64-1))
	return vector.Uint128{Hi: new(big.Int).Rsh(x, 64).Uint64(), Lo: lo.Uint64()}
}
