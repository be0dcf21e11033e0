package oracle

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
	"github.com/simexp/exparchive/legacy/duckdb/internal/cast"
	"github.com/simexp/exparchive/legacy/duckdb/internal/catalog"
	"github.com/simexp/exparchive/legacy/duckdb/internal/rowgroup"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	written "github.com/simexp/exparchive/legacy/duckdb/internal/text"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// castValues are values, as SQL, of the types between which columns are changed.
func castValues(r *rand.Rand) map[string][]string {
	ints := func(bits int, signed bool) (all []string) {
		all = []string{"0", "1", "2", "7", "10", "99", "100", "127"}
		if signed {
			all = append(all, "-1", "-2", "-99", "-128")
		}
		for range 40 {
			n := r.IntN(bits)
			x := r.Uint64() >> (64 - max(n, 1))
			if signed && n < bits && r.IntN(2) == 0 {
				all = append(all, "-"+fmt.Sprint(x>>1))
			} else {
				all = append(all, fmt.Sprint(x>>1))
			}
		}
		return all
	}
	decimals := func(width, scale int) (all []string) {
		half := "0." + strings.Repeat("0", scale)
		if scale > 0 {
			half = "0." + "5" + strings.Repeat("0", scale-1)
			all = []string{half, "-" + half, "1" + half[1:], "-1" + half[1:], "2" + half[1:], "0." + strings.Repeat("9", scale)}
			if width == scale {
				all = []string{half, "-" + half, "0." + strings.Repeat("9", scale)}
			}
		}
		for range 40 {
			digits := fmt.Sprintf("%0*d", width, r.Uint64())
			digits = strings.Repeat("0", r.IntN(width)) + digits[len(digits)-min(width, len(digits)):]
			digits = digits[:width]
			s := digits[:width-scale] + "." + digits[width-scale:]
			if r.IntN(2) == 0 {
				s = "-" + s
			}
			all = append(all, s)
		}
		return all
	}
	floats := []string{"0.0", "-0.0", "0.5", "1.5", "2.5", "-0.5", "-1.5", "-2.5", "0.1", "0.3", "1e-7", "123456.789",
		"1e20",
		"3.4e38", "1e300", "-1e300", "1e16", "9007199254740993", "99999.5", "127.4", "127.5", "-128.5", "255.49", "'nan'",
		"'inf'", "'-inf'"}
	for range 40 {
		floats = append(floats, fmt.Sprint(math.Float64frombits(r.Uint64())), fmt.Sprint(r.NormFloat64()*1000),
			fmt.Sprint(float32(r.NormFloat64())), fmt.Sprintf("%.2f", r.NormFloat64()*1000),
			fmt.Sprintf("%.1f5", r.NormFloat64()*100))
	}
	floats = slices.DeleteFunc(floats, func(s string) bool { return s == "NaN" || strings.HasSuffix(s, "Inf") })
	days := []string{"'1970-01-01'", "'2000-02-29'", "'1969-12-31'", "'0001-01-01'", "'9999-12-31'", "'1600-03-01'",
		"'2262-04-10'", "'1677-09-22'", "'infinity'",
		"'-infinity'", "'0044-03-15 (BC)'", "'20000-01-01'"}
	instants := []string{"'1970-01-01 00:00:00'", "'2000-02-29 12:34:56'", "'1969-12-31 23:59:59.5'",
		"'2020-01-01 01:02:03.123456'",
		"'1969-12-31 23:59:59.999999'", "'1677-09-22 00:00:00'", "'0001-01-01 00:00:00'", "'infinity'", "'-infinity'",
		"'2262-04-11 12:00:00'"}
	texts := []string{"''", "'abc'", "'1'", "'-1'", "'0'", "'007'", "'-0'", "' 12 '", "'1.5'", "'-1.25'", "'+3'", "'1e3'",
		"'1_000'", "'true'", "'F'", "'yes'",
		"'2020-01-01'", "'2020-1-1'", "'2020-01-01 10:11:12'", "'2020-01-01 10:11:12.25'", "'2020-01-01T10:11:12Z'",
		"'10:11:12'", "'10:11:12.5'", "'24:00:00'",
		"'12345678-9abc-def0-1234-56789abcdef0'", "'{12345678-9abc-def0-1234-56789abcdef0}'", "'sad'", "'ok'", `'\x00\xAB'`,
		"'it''s'", "'ünï'", "'12.345'", "'99.995'",
		"'.5'", "'5.'", "'0x10'", "'nan'", "'Infinity'", "'1e400'", "'123456789012345678901234567890'", "'P1Y'", "'1 year'",
		"'101'", "'[1, 2]'", "'{''a'': 1}'", "'null'", "'NULL'"}
	return map[string][]string{
		"BOOLEAN": {"true", "false"},
		"TINYINT": ints(8, true), "SMALLINT": ints(16, true), "INTEGER": ints(32, true), "BIGINT": ints(64, true),
		"HUGEINT": append(ints(64, true), "170141183460469231731687303715884105727",
			"-170141183460469231731687303715884105728", "9007199254740993", "-36893488147419103233"),
		"UTINYINT": ints(8, false), "USMALLINT": ints(16, false), "UINTEGER": ints(32, false),
		"UBIGINT":      append(ints(64, false), "18446744073709551615", "9223372036854775808"),
		"UHUGEINT":     append(ints(64, false), "340282366920938463463374607431768211455"),
		"DECIMAL(4,2)": decimals(4, 2), "DECIMAL(9,0)": decimals(9, 0), "DECIMAL(18,3)": decimals(18, 3),
		"DECIMAL(38,10)": decimals(38, 10), "DECIMAL(6,6)": decimals(6, 6), "DECIMAL(38,0)": decimals(38, 0),
		"FLOAT": floats, "DOUBLE": floats, "VARCHAR": texts, "DATE": days,
		"TIME":      {"'00:00:00'", "'23:59:59.999999'", "'12:34:56.5'", "'24:00:00'"},
		"TIMESTAMP": instants, "TIMESTAMP_S": instants, "TIMESTAMP_MS": instants,
		"TIMESTAMP_NS": append(instants, "'2020-01-01 01:02:03.123456789'"), "TIMESTAMPTZ": instants[:4],
		"TIMETZ":   {"'01:02:03+01:30'", "'01:02:03-00'"},
		"INTERVAL": {"'1 year 2 months 3 days 04:05:06.7'", "'-1 day'", "'0 days'", "'13 months'", "'-00:00:01'"},
		"UUID":     {"'12345678-9abc-def0-1234-56789abcdef0'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"},
		"BLOB":     {`'\x00\xFF'`, "''", "'abc'", `'a\x27b'`, `'\x5C\x22'`}, "BIT": {"'101'", "'0000000000000001'"},
		"ENUM('sad', 'ok')": {"'sad'", "'ok'"}, "ENUM('1', 'ok', 'happy', 'sad')": {"'ok'", "'1'"},
		"JSON":      {"'1'", `'"a"'`, `'{"a": 1}'`, "'null'"},
		"INTEGER[]": {"[1, NULL, 3]", "[]"}, "BIGINT[]": {"[1]"}, "VARCHAR[]": {"['1', 'it''s', '']"},
		"INTEGER[2]": {"[1, 2]"}, "VARCHAR[2]": {"['1', NULL]"},
		"STRUCT(a INTEGER, b VARCHAR)": {"{'a': 1, 'b': '2'}", "{'a': NULL, 'b': NULL}"},
		"STRUCT(a VARCHAR, b VARCHAR)": {"{'a': '1', 'b': '2'}"}, "STRUCT(b VARCHAR, a INTEGER)": {"{'b': '1', 'a': 2}"},
		"MAP(VARCHAR, INTEGER)": {"MAP {'a': 1, 'b': NULL}"}, "MAP(VARCHAR, VARCHAR)": {"MAP {'a': '1'}"},
		"UNION(i INTEGER, s VARCHAR)": {"1::INTEGER", "'x'::VARCHAR"},
	}
}

// mustCast are changes of type for which every value that the release can cast is read.
var mustCast = []string{
	"INTEGER → BIGINT", "BIGINT → INTEGER", "INTEGER → VARCHAR", "BIGINT → UBIGINT", "HUGEINT → BIGINT",
	"BOOLEAN → INTEGER", "INTEGER → BOOLEAN", "INTEGER → DOUBLE", "BIGINT → DOUBLE",
	"UBIGINT → FLOAT", "INTEGER → DECIMAL(18,3)", "DECIMAL(4,2) → DECIMAL(18,3)", "DECIMAL(9,0) → DECIMAL(38,10)",
	"DECIMAL(4,2) → INTEGER", "DECIMAL(4,2) → DOUBLE", "DECIMAL(9,0) → VARCHAR", "FLOAT → DOUBLE",
	"DOUBLE → FLOAT", "DOUBLE → INTEGER", "DOUBLE → BIGINT", "DATE → VARCHAR", "TIME → VARCHAR", "TIMESTAMP → VARCHAR",
	"UUID → VARCHAR", "ENUM('sad', 'ok') → VARCHAR", "BOOLEAN → VARCHAR",
	"INTEGER[] → BIGINT[]", "STRUCT(a INTEGER, b VARCHAR) → STRUCT(a VARCHAR, b VARCHAR)",
	"MAP(VARCHAR, INTEGER) → MAP(VARCHAR, VARCHAR)", "INTEGER[2] → VARCHAR[2]",
}

// A castTable is the values of one type, in the table vN of one column.
type castTable struct {
	name, kind string
	typ        *types.Type
	values     *vector.Vector
}

// TestCasts lets the reader cast values of every type to every other, and compares what it dares to cast with what each
// release makes of it. Then the types of columns that hold those values are changed in the log of a killed engine.
func TestCasts(t *testing.T) {
	for _, name := range []string{"0.10", "1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "2.0"} {
		t.Run(name, func(t *testing.T) {
			only(t, name)
			t.Parallel()
			p := startJudge(t, name)
			path := filepath.Join(t.TempDir(), "x.db")
			for _, sql := range []string{"ATTACH " + Quote(path) + " AS db", "USE db", "SET wal_autocheckpoint = '1TB'",
				"PRAGMA disable_checkpoint_on_shutdown"} {
				if err := p.Exec(sql); err != nil {
					t.Fatal(err)
				}
			}
			tables := makeCastTables(t, p, path)
			shows := map[string]string{}
			refused := map[string]int{}
			tried, sure := 0, 0
			for i, from := range tables {
				for j, to := range tables {
					if i == j {
						continue
					}
					s := from.kind + " → " + to.kind
					rows, n, ok := castAll(t, p, from, to)
					if !ok {
						continue // the release has no such cast
					}
					tried += n
					sure += len(rows)
					if refused[s] = n - len(rows); n == len(rows) {
						delete(refused, s)
					}
					table := fmt.Sprintf("t%d_%d", i, j)
					if len(rows) > 0 {
						if err := p.Exec("CREATE TABLE " + table + " AS SELECT v FROM " + from.name + " WHERE v IS NULL OR rowid IN (" +
							strings.Join(rows, ", ") + ") ORDER BY rowid"); err != nil {
							t.Fatal(err)
						}
						shows[table] = s
					}
				}
			}
			for _, s := range mustCast {
				if refused[s] > 0 {
					t.Errorf("%s: got %d values refused, want none", s, refused[s])
				}
			}
			t.Logf("%d values that the engine casts to other types, %d of them cast by the reader", tried, sure)
			if sure < tried/2 {
				t.Error("want more than half of them")
			}
			changeTypes(t, p, path, shows)
		})
	}
}

// makeCastTables makes tables of values, which are read again from the file.
func makeCastTables(t *testing.T, p *Process, path string) (all []*castTable) {
	t.Helper()
	values := castValues(rand.New(rand.NewPCG(*seedFlag, 0)))
	for i, kind := range slices.Sorted(maps.Keys(values)) {
		c := &castTable{name: fmt.Sprint("v", i), kind: kind}
		if p.Exec("CREATE TABLE "+c.name+"(v "+kind+")") != nil {
			continue
		}
		for _, v := range append(values[kind], "NULL") {
			p.Exec("INSERT INTO " + c.name + " SELECT " + v) // not every type holds each value
		}
		all = append(all, c)
	}
	if err := p.Exec("CHECKPOINT db"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := storage.ReadHeaders(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	known, err := catalog.Read(storage.NewFile(bytes.NewReader(b), int64(len(b)), h.Active.BlockSize, 1<<20),
		h.Active.Meta)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		table := known.Table(catalog.NewPath("main", c.name))
		rows, err := table.Rows()
		if err != nil {
			t.Fatal(err)
		}
		c.typ = table.Columns[0].Type
		var decoded atomic.Int64
		s := rows.Scan(t.Context(), []rowgroup.Column{{Name: "v", Type: c.typ}},
			rowgroup.Options{MaxBytes: 1 << 24, Decoded: &decoded})
		if !s.Next() {
			t.Fatalf("%s: %v", c.kind, s.Err())
		}
		c.values = s.Vectors()[0]
	}
	return all
}

// castAll casts the values of a table to the type of another. It gives the rows of those that the reader casts, and how
// many the engine does.
func castAll(t *testing.T, p *Process, from, to *castTable) (rows []string, n int, ok bool) {
	t.Helper()
	want, err := p.Query("SELECT CAST(TRY_CAST(v AS " + to.kind + ") AS VARCHAR) FROM " + from.name + " ORDER BY rowid")
	if err != nil {
		return nil, 0, false
	}
	f, err := cast.Find(from.typ, to.typ)
	for i := range from.values.N {
		cell := want.Cell(i, 0)
		if from.values.Null(i) {
			continue
		}
		if cell != nil {
			n++
		}
		if err != nil {
			continue
		}
		got := vector.New(to.typ)
		if f(got, from.values, i, vector.NewBudget(1<<20)) != nil {
			continue
		}
		if cell == nil { // which no log has
			continue
		}
		s := written.Release15.Append([]byte{}, got, 0)
		if !bytes.Equal(s, cell) && (!to.typ.Nested() || !bytes.Equal(unquoted(s), unquoted(cell))) {
			t.Errorf("%s → %s: %s: got %s, want %s", from.kind, to.kind, written.Release15.Append(nil, from.values, i), show(s),
				show(cell))
			continue
		}
		rows = append(rows, fmt.Sprint(i))
	}
	return rows, n, true
}

// changeTypes changes the types of columns in the log, kills the engine, and compares what it says afterwards, and what
// the judge says.
func changeTypes(t *testing.T, p *Process, path string, shows map[string]string) {
	t.Helper()
	if err := p.Exec("CHECKPOINT db"); err != nil {
		t.Fatal(err)
	}
	for table, s := range shows {
		_, to, _ := strings.Cut(s, " → ")
		if err := p.Exec("ALTER TABLE " + table + " ALTER v TYPE " + to); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	p.Kill()
	db, err := duckdb.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	judges := []string{JudgeOf(p.Release)}
	if name := p.Release.Name; name != "0.10" && name != judges[0] { // 0.10 forgets the change when it reads its log
		judges = append(judges, name)
	}
	for _, name := range judges {
		judge := startJudge(t, name)
		copied := filepath.Join(t.TempDir(), "copy.db")
		if err := CopyDB(copied, path); err != nil {
			t.Fatal(err)
		}
		if err := judge.Exec("ATTACH " + Quote(copied) + " AS db"); err != nil {
			t.Fatal(err)
		}
		tables, err := Tables(judge)
		if err != nil {
			t.Fatal(err)
		}
		for i := range tables {
			s := shows[tables[i].Name]
			if s == "" {
				continue
			}
			if _, err := compareTable(t.Context(), judge, db, "", &tables[i], false); err != nil {
				t.Errorf("%s, judged by %s: %v", s, name, err)
			}
		}
	}
}
