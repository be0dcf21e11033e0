package judge

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	ours "github.com/simexp/exparchive/internal/parquet"
)

var (
	tables = flag.Int("tables", 150, "how many random tables to compare")
	seed   = flag.Uint64("seed", 1, "of the random tables")
)

const maker = "exparchive version 1.0.0 (build judge)"

// A shape draws the values of a column, of which nil is null, from the number of their row.
type shape struct {
	name string
	draw func(rng *rand.Rand, row int) any // int64, string, bool or float64
}

var shapes = map[ours.Type][]shape{
	ours.Int64: {
		{"constant", func(*rand.Rand, int) any { return int64(7) }},
		{"ascending", func(_ *rand.Rand, row int) any { return int64(row) + 1<<53 }},
		{"few", func(rng *rand.Rand, _ int) any { return rng.Int64N(5) - 2 }},
		{"any", func(rng *rand.Rand, _ int) any { return int64(rng.Uint64()) }},
		{"extremes", func(rng *rand.Rand, _ int) any {
			return []int64{math.MinInt64, math.MaxInt64, 0, -1, 1<<53 + 1}[rng.IntN(5)]
		}},
		{"runs", func(_ *rand.Rand, row int) any { return int64(row / 100) }},
	},
	ours.Int32: {
		{"constant", func(*rand.Rand, int) any { return int64(-7) }},
		{"any", func(rng *rand.Rand, _ int) any { return int64(int32(rng.Uint32())) }},
		{"runs", func(_ *rand.Rand, row int) any { return int64(row / 1000) }},
		{"extremes", func(rng *rand.Rand, _ int) any { return []int64{math.MinInt32, math.MaxInt32, 0}[rng.IntN(3)] }},
	},
	ours.Boolean: {
		{"true", func(*rand.Rand, int) any { return true }},
		{"any", func(rng *rand.Rand, _ int) any { return rng.IntN(2) == 0 }},
	},
	ours.Double: {
		{"eighths", func(rng *rand.Rand, _ int) any { return float64(rng.IntN(1e6)) / 8 }},
		{"any", func(rng *rand.Rand, _ int) any {
			return math.Abs(math.Float64frombits(rng.Uint64() &^ (1 << 62)))
		}},
	},
	ours.String: {
		{"constant", func(*rand.Rand, int) any { return "exp1" }},
		{"empty", func(*rand.Rand, int) any { return "" }},
		{"few", func(rng *rand.Rand, _ int) any { return fmt.Sprint("agent ", rng.IntN(9)) }},
		{"many", func(rng *rand.Rand, _ int) any { return fmt.Sprint(rng.Uint64()) }},
		{"first few, then many", func(rng *rand.Rand, row int) any {
			return fmt.Sprint("value ", rng.IntN(3+max(0, row-3000)*10))
		}},
		{"long", func(rng *rand.Rand, _ int) any { return strings.Repeat("é\x00", rng.IntN(2000)) }},
		{"huge", func(rng *rand.Rand, row int) any {
			if row%997 != 0 {
				return "x"
			}
			return strings.Repeat(fmt.Sprint(row), 300_000)
		}},
		{"around 64 bytes", func(rng *rand.Rand, _ int) any { return strings.Repeat("y", 60+rng.IntN(6)) }},
	},
}

// TestRandomTables: tables of any columns are read as they were written.
func TestRandomTables(t *testing.T) {
	for i := range *tables {
		rng := rand.New(rand.NewPCG(*seed, uint64(i)))
		rows := []int{0, 1, 2, 7, 8, 9, 1000, 20_000}[rng.IntN(8)]
		if i%40 == 39 {
			rows = 130_000 // more than a row group
		}
		var columns []ours.Column
		var drawn []shape
		var nulls []int // of a hundred
		for c := range 1 + rng.IntN(6) {
			kind := ours.Type(rng.IntN(int(ours.String) + 1))
			s := shapes[kind][rng.IntN(len(shapes[kind]))]
			null := []int{-1, 0, 1, 50, 99, 100}[rng.IntN(6)]
			columns = append(columns, ours.Column{Name: fmt.Sprintf("%c %s", 'a'+c, s.name), Type: kind, Optional: null >= 0,
				Distinct: rng.IntN(4) == 0})
			drawn, nulls = append(drawn, s), append(nulls, null)
		}
		var want [][]any
		for row := range rows {
			var values []any
			for c := range columns {
				if rng.IntN(100) < nulls[c] {
					values = append(values, nil)
				} else {
					values = append(values, drawn[c].draw(rng, row))
				}
			}
			want = append(want, values)
		}
		if err := compare(columns, want); err != nil {
			t.Fatalf("table %d of seed %d, %d rows, columns %+v, nulls %v: %v", i, *seed, rows, columns, nulls, err)
		}
	}
}

// write writes a table.
func write(columns []ours.Column, rows [][]any) ([]byte, error) {
	var b bytes.Buffer
	w := ours.NewWriter(&b, columns)
	for _, row := range rows {
		for c, v := range row {
			switch v := v.(type) {
			case nil:
				w.Null()
			case int64:
				w.Int(v)
			case bool:
				w.Bool(v)
			case float64:
				w.Double(v)
			case string:
				if columns[c].Distinct {
					w.Bytes([]byte(v))
				} else {
					w.Text(v)
				}
			}
		}
		if err := w.EndRow(); err != nil {
			return nil, err
		}
	}
	err := w.Close(maker, []ours.KeyValue{{Key: "a", Value: "b"}, {Key: "é", Value: strings.Repeat("long ", 1000)}})
	return b.Bytes(), err
}

// compare writes a table and reads it with parquet-go.
func compare(columns []ours.Column, want [][]any) error {
	b, err := write(columns, want)
	if err != nil {
		return err
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	if v, ok := f.Lookup("é"); !ok || v != strings.Repeat("long ", 1000) || f.Metadata().CreatedBy != maker {
		return errors.New("what the footer says beside the rows is another")
	}
	about, err := ours.ReadAbout(bytes.NewReader(b), int64(len(b)))
	if err != nil || about.Rows != int64(len(want)) || about.Values["a"] != "b" {
		return fmt.Errorf("ReadAbout: got %+v, %v", about, err)
	}
	at := 0
	for g, group := range f.RowGroups() {
		rows := group.Rows()
		buf := make([]parquet.Row, 500)
		first := at
		for {
			n, err := rows.ReadRows(buf)
			for _, row := range buf[:n] {
				if err := compareRow(columns, row, want[at]); err != nil {
					return fmt.Errorf("row %d: %w", at, err)
				}
				at++
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
		}
		err := compareChunks(b, f.Metadata().RowGroups[g], columns, want[first:at])
		if err := errors.Join(rows.Close(), err); err != nil {
			return err
		}
	}
	if at != len(want) {
		return fmt.Errorf("got %d rows, want %d", at, len(want))
	}
	return nil
}

func compareRow(columns []ours.Column, got parquet.Row, want []any) error {
	if len(got) != len(want) {
		return fmt.Errorf("got %d values, want %d", len(got), len(want))
	}
	for c, v := range got {
		var value any
		switch {
		case v.IsNull():
		case columns[c].Type == ours.Boolean:
			value = v.Boolean()
		case columns[c].Type == ours.Int32:
			value = int64(v.Int32())
		case columns[c].Type == ours.Int64:
			value = v.Int64()
		case columns[c].Type == ours.Double:
			value = v.Double()
		default:
			value = string(v.ByteArray())
		}
		if value != want[c] {
			return fmt.Errorf("column %s: got %.100v, want %.100v", columns[c].Name, value, want[c])
		}
	}
	return nil
}

// compareChunks checks what the footer says of the chunks of a row group: sizes, places, nulls, least and greatest.
func compareChunks(b []byte, g format.RowGroup, columns []ours.Column, rows [][]any) error {
	var raw, size int64
	at := g.Columns[0].MetaData.DataPageOffset
	if o := g.Columns[0].MetaData.DictionaryPageOffset; o > 0 {
		at = o
	}
	for c, chunk := range g.Columns {
		m := chunk.MetaData
		begin := m.DataPageOffset
		if m.DictionaryPageOffset > 0 {
			begin = m.DictionaryPageOffset
		}
		if begin != at {
			return fmt.Errorf("column %s: begins at %d, want %d", columns[c].Name, begin, at)
		}
		at += m.TotalCompressedSize
		raw, size = raw+m.TotalUncompressedSize, size+m.TotalCompressedSize
		if m.NumValues != int64(len(rows)) {
			return fmt.Errorf("column %s: got %d values, want %d", columns[c].Name, m.NumValues, len(rows))
		}
		if err := compareStatistics(m.Statistics, columns[c], c, rows); err != nil {
			return fmt.Errorf("column %s: %w", columns[c].Name, err)
		}
	}
	if g.TotalByteSize != raw || g.TotalCompressedSize != size || g.NumRows != int64(len(rows)) || at > int64(len(b)) {
		return fmt.Errorf("row group: got %d, %d bytes, %d rows, want %d, %d, %d", g.TotalByteSize, g.TotalCompressedSize,
			g.NumRows, raw, size, len(rows))
	}
	return nil
}

func compareStatistics(got format.Statistics, column ours.Column, c int, rows [][]any) error {
	nulls, least, greatest := int64(0), "", ""
	known, long := false, false
	for _, row := range rows {
		if row[c] == nil {
			nulls++
			continue
		}
		key := sortable(row[c])
		long = long || column.Type == ours.String && len(key) > 64
		if !known || key < least {
			least = key
		}
		if !known || key > greatest {
			greatest = key
		}
		known = true
	}
	if got.NullCount != nulls {
		return fmt.Errorf("got %d nulls, want %d", got.NullCount, nulls)
	}
	if !known || long || column.Type == ours.Boolean || column.Type == ours.String && column.Distinct {
		if len(got.MinValue)+len(got.MaxValue) > 0 {
			return errors.New("has a least and a greatest value, want none")
		}
		return nil
	}
	if l, g := fromPlain(column, got.MinValue), fromPlain(column, got.MaxValue); l != least || g != greatest {
		return fmt.Errorf("got least %q and greatest %q, want %q and %q", l, g, least, greatest)
	}
	return nil
}

// sortable gives a text that is in the order of the values.
func sortable(v any) string {
	switch v := v.(type) {
	case int64:
		return string(binary.BigEndian.AppendUint64(nil, uint64(v)^1<<63))
	case float64:
		return string(binary.BigEndian.AppendUint64(nil, math.Float64bits(v)))
	case string:
		return v
	}
	return ""
}

func fromPlain(c ours.Column, b []byte) string {
	switch {
	case c.Type == ours.String:
		return string(b)
	case c.Type == ours.Int32 && len(b) == 4:
		return sortable(int64(int32(binary.LittleEndian.Uint32(b))))
	case c.Type == ours.Int64 && len(b) == 8:
		return sortable(int64(binary.LittleEndian.Uint64(b)))
	case c.Type == ours.Double && len(b) == 8:
		return sortable(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return fmt.Sprintf("%d bytes", len(b))
}

// TestDamage: a bit that changes in a page is noticed by its checksum, which is in the header as the format has it.
func TestDamage(t *testing.T) {
	columns := []ours.Column{{Name: "a", Type: ours.String}}
	var rows [][]any
	for i := range 1000 {
		rows = append(rows, []any{fmt.Sprint("value ", i)})
	}
	b, err := write(columns, rows)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	m := f.Metadata().RowGroups[0].Columns[0].MetaData
	end := m.DataPageOffset + m.TotalCompressedSize
	b[end-1] ^= 1
	if f, err = parquet.OpenFile(bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatal(err)
	}
	_, err = f.RowGroups()[0].Rows().ReadRows(make([]parquet.Row, 1000))
	if err == nil || !strings.Contains(err.Error(), "crc32") {
		t.Errorf("got %v, want an error about the checksum (%08x)", err, crc32.ChecksumIEEE(b))
	}
}
