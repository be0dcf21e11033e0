package variant

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// encoded makes a vector of one VARIANT, which e has written.
func encoded(t *testing.T, e *encoder) *vector.Vector {
	t.Helper()
	v, b := vector.New(types.Plain(types.Variant)), vector.NewBudget(1<<24)
	err := v.Grow(1, b)
	for _, c := range v.Children {
		err = errors.Join(err, c.Grow(1, b))
	}
	if err = errors.Join(err, e.store(v, 0, b)); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestRefused wants what is no variant, and what this reader lacks, refused: NULL is a value of its own.
func TestRefused(t *testing.T) {
	object := binary.AppendUvarint(binary.AppendUvarint(nil, 1), 0)
	one := []member{{key: 0, value: 1, named: true}}
	for name, c := range map[string]struct {
		e     encoder
		class error
		want  string
	}{
		"kind":         {encoder{kinds: []uint8{35}, offsets: []uint32{0}}, fault.ErrUnsupported, "kind 35"},
		"highest kind": {encoder{kinds: []uint8{255}, offsets: []uint32{0}}, fault.ErrUnsupported, "kind 255"},
		"kind within": {encoder{kinds: []uint8{kindObject, 99}, offsets: []uint32{0, 0}, data: object, keys: []string{"k"},
			members: one}, fault.ErrUnsupported,
			"kind 99"},
		"no value": {encoder{}, fault.ErrCorrupt, "value 0 of 0"},
		"offset":   {encoder{kinds: []uint8{3}, offsets: []uint32{9}, data: []byte{1}}, fault.ErrCorrupt, "at 9"},
		"short": {encoder{kinds: []uint8{6}, offsets: []uint32{0}, data: []byte{1, 2}}, fault.ErrCorrupt,
			"8 bytes of BIGINT"},
		"string": {encoder{kinds: []uint8{16}, offsets: []uint32{0}, data: []byte{5, 'a'}}, fault.ErrCorrupt,
			"5 bytes of VARCHAR"},
		"length": {encoder{kinds: []uint8{16}, offsets: []uint32{0}, data: []byte{0x80}}, fault.ErrCorrupt, "number"},
		"decimal": {encoder{kinds: []uint8{kindDecimal}, offsets: []uint32{0}, data: []byte{39, 0, 1}}, fault.ErrCorrupt,
			"DECIMAL(39,0)"},
		"no width": {encoder{kinds: []uint8{kindDecimal}, offsets: []uint32{0}}, fault.ErrCorrupt, "number"},
		"part": {encoder{kinds: []uint8{kindArray}, offsets: []uint32{0}, data: object}, fault.ErrCorrupt,
			"part 0 of 0"},
		"part value": {encoder{kinds: []uint8{kindArray}, offsets: []uint32{0}, data: object, members: one},
			fault.ErrCorrupt, "value 1 of 1"},
		"name": {encoder{kinds: []uint8{kindObject}, offsets: []uint32{0}, data: object, members: one},
			fault.ErrCorrupt, "name 0 of 0"},
		"within self": {encoder{kinds: []uint8{kindArray}, offsets: []uint32{0}, data: object, members: []member{{value: 0}}},
			fault.ErrUnsupported, "nested"},
	} {
		v := encoded(t, &c.e)
		n, err := Decode(v, 0)
		if !errors.Is(err, c.class) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, %v, want %v and %q", name, n, err, c.class, c.want)
		}
		if !errors.Is(Check(v), c.class) {
			t.Errorf("%s: got %v by Check, want %v", name, Check(v), c.class)
		}
		// The same within a list, and under a NULL, where it is not looked at.
		list := vector.New(types.ListOf(v.Type))
		b := vector.NewBudget(1 << 24)
		if err := errors.Join(list.Grow(2, b), list.Children[0].AppendFrom(v, 0, 1, false, b)); err != nil {
			t.Fatal(err)
		}
		list.Lists[0], list.Lists[1] = vector.Span{Len: 1}, vector.Span{}
		if !errors.Is(Check(list), c.class) {
			t.Errorf("%s: in a list: got %v, want %v", name, Check(list), c.class)
		}
		list.SetNull(0)
		if err := Check(list); err != nil {
			t.Errorf("%s: in a list that is NULL: got %v, want no error", name, err)
		}
	}
	for name, e := range map[string]encoder{
		"NULL":  {kinds: []uint8{kindNull}, offsets: []uint32{0}},
		"empty": {kinds: []uint8{kindArray}, offsets: []uint32{0}, data: []byte{0}},
		"every": {kinds: []uint8{kindArray, 3, kindTrue}, offsets: []uint32{0, 2, 3}, data: []byte{2, 0, 7},
			members: []member{{value: 1}, {value: 2}}},
	} {
		if _, err := Decode(encoded(t, &e), 0); err != nil {
			t.Errorf("%s: got %v, want no error", name, err)
		}
	}
}
