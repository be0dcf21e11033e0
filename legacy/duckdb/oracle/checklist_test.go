package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A checked is a small database of what a file of 2.0 may hold and that no fixture has alone.
type checked struct {
	name   string
	all    bool     // also at each older storage version that 2.0 writes
	attach string   // an option of ATTACH
	sql    []string // then it is closed, unless there is a log
	log    []string // what stands in the log of an engine that is killed
	lacks  int      // so many statements at most may fail, since an old storage version has no such type
	gone   int      // so many columns the script leaves out
}

// olderVersions are the storage versions below that of 2.0.
var olderVersions = []string{"v1.0.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0"}

// checklist gives the databases, whose large tables have n rows.
func checklist(n int) []checked {
	rows := fmt.Sprintf("FROM range(%d) r(i)", n)
	return slices.Concat([]checked{
		{name: "one text", all: true, sql: []string{"CREATE TABLE t(s VARCHAR)", "INSERT INTO t VALUES ('a'), (NULL)"}},
		{name: "nothing", all: true},
		{name: "only a schema", sql: []string{"CREATE SCHEMA s"}},
		{name: "all types", all: true, sql: allTypes(), lacks: 8},
		{name: "all types in small blocks", attach: "BLOCK_SIZE 16384", sql: allTypes()},
		{name: "all types in middling blocks", attach: "BLOCK_SIZE 65536", sql: allTypes()},
		{name: "lengths of texts", all: true, sql: []string{
			"CREATE TABLE t AS SELECT repeat('é', n) a, repeat('x', n) b, repeat('x', n)::BLOB c, '' d, NULL::VARCHAR e, " +
				"(repeat('10', n + 1))::BIT f, repeat(chr(0), n) g, repeat('9', n + 1)::BIGNUM h " +
				"FROM (VALUES (0), (1), (7), (8), (9), (11), (12), (13), (300), (5000)) v(n)"}},
		{name: "intervals", all: true, sql: []string{
			"CREATE TABLE t AS SELECT INTERVAL 1 DAY a, to_months((i % 7 - 3)::INTEGER) + to_microseconds(i * 100000) b, " +
				"NULL::INTERVAL c, [to_days(i::INTEGER), NULL] l, {'i': to_months(i::INTEGER)} s " + rows,
			"CREATE TABLE one AS SELECT INTERVAL '-1 day -3 months' a"}},
		{name: "row groups deleted", all: true, attach: "ROW_GROUP_SIZE 2048", sql: gaps()},
		{name: "row groups deleted, with a log", attach: "ROW_GROUP_SIZE 2048", sql: gaps(), log: []string{
			"DELETE FROM t WHERE i IN (2050, 5000, 15000)", "UPDATE t SET s = 'x' WHERE i % 7 = 0",
			"INSERT INTO t SELECT i, 'new' FROM range(30000, 30010) r(i)",
			fmt.Sprintf("INSERT INTO t SELECT i, i::VARCHAR FROM range(100000, %d) r(i)", 100000+n),
			"ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 7", "ALTER TABLE t RENAME s TO z", "DELETE FROM t WHERE i % 11 = 3",
			"DELETE FROM indexed WHERE i % 5 = 1", "UPDATE indexed SET s = NULL WHERE i > 100"}},
		{name: "columns changed one at a time", all: true, sql: []string{
			"CREATE TABLE t AS SELECT " + fifty() + " " + rows, "CHECKPOINT db",
			"UPDATE t SET c7 = c7 + 1 WHERE c0 % 3 = 0", "CHECKPOINT db",
			fmt.Sprintf("UPDATE t SET c8 = -1 WHERE c0 > %d", n/2), "CHECKPOINT db",
			fmt.Sprintf("DELETE FROM t WHERE c0 < %d", n/2)}},
		{name: "columns of NULL", all: true, lacks: 1, sql: []string{
			"CREATE TABLE n AS SELECT NULL a, [NULL] b, {'x': NULL} c, MAP {} m, 1 k FROM range(3000)"}},
		{name: "columns of NULL in a log", log: []string{
			"CREATE TABLE n AS SELECT NULL a, [NULL] b, {'x': NULL} c, MAP {} m, 1 k FROM range(3000)",
			"INSERT INTO n(k) SELECT i FROM range(50) r(i)"}},
		{name: "nanoseconds with a zone", all: true, lacks: 3, sql: moments()},
		{name: "nanoseconds with a zone in a log", log: moments()},
		{name: "tuples and empty structs", sql: tuples()},
		{name: "tuples and empty structs in a log", log: tuples()},
		{name: "a union of 255", sql: []string{
			"CREATE TABLE t(u UNION(" + numbers(255, ", ", func(i int) string { return fmt.Sprintf("m%d INTEGER", i) }) + "))",
			"INSERT INTO t VALUES (union_value(m254 := 7)), (NULL), (union_value(m0 := NULL))"}},
		{name: "states of aggregates", gone: 6, sql: []string{
			"CREATE TABLE t AS SELECT i % 3 g, sum(i) EXPORT_STATE a, avg(i) EXPORT_STATE b, min(i::VARCHAR) EXPORT_STATE c, " +
				"count(*) EXPORT_STATE d, list(i ORDER BY i DESC) EXPORT_STATE e, arg_max(i, -i) EXPORT_STATE f " +
				"FROM range(300) r(i) GROUP BY ALL"}},
		{name: "variants", sql: variants(n)},
		{name: "variants, all taken apart", sql: append([]string{"SET variant_minimum_shredding_size = 0"}, variants(n)...)},
		{name: "variants, none taken apart", sql: append([]string{"SET variant_minimum_shredding_size = -1"},
			variants(n)...)},
		{name: "geometries", sql: geometries(n)},
		{name: "geometries, all taken apart", sql: append([]string{"SET geometry_minimum_shredding_size = 0"},
			geometries(n)...)},
		{name: "constraints", sql: constraints()},
		{name: "constraints in a log", log: constraints()},
		{name: "texts in a log", log: []string{
			"CREATE TABLE t(i INTEGER, s VARCHAR, l VARCHAR[], e ENUM('a', 'b'))",
			fmt.Sprintf("INSERT INTO t SELECT i, i::VARCHAR, [i::VARCHAR, NULL], 'a' FROM range(%d) r(i)", min(n, 5000)),
			"INSERT INTO t SELECT i, NULL, NULL, NULL FROM range(3000) r(i)",
			"INSERT INTO t SELECT i, '', [], 'b' FROM range(3000) r(i)",
			"INSERT INTO t SELECT i, 'the same', ['x'], 'b' FROM range(3000) r(i)",
			"INSERT INTO t VALUES (-1, repeat('long ', 40000), [repeat('y', 200000)], NULL)",
			"UPDATE t SET s = NULL WHERE i % 3 = 0", "UPDATE t SET s = 'back' WHERE s IS NULL AND i % 2 = 0",
			"BEGIN", "INSERT INTO t VALUES (-2, 'a', [], 'a')", "DELETE FROM t WHERE i = 5", "COMMIT",
			"BEGIN", "INSERT INTO t VALUES (-3, 'never', [], 'a')", "ROLLBACK"}},
		{name: "orders and customers", all: true, sql: []string{
			"CREATE TABLE lineitem AS SELECT i // 4 AS l_orderkey, i % 2000 AS l_partkey, (i % 50 + 1)::DECIMAL(15,2) AS l_quantity, " +
				"(i * 37 % 1000000 / 100)::DECIMAL(15,2) AS l_price, CASE WHEN i % 3 = 0 THEN 'R' ELSE 'N' END AS l_flag, " +
				"DATE '1992-01-01' + (i % 2500)::INTEGER AS l_shipdate, 'carefully ' || (i * 7919 % 1000) AS l_comment " + rows,
			"CREATE TABLE orders AS SELECT i AS o_orderkey, i % 150 AS o_custkey, DATE '1992-01-01' + (i % 2400)::INTEGER AS o_orderdate " +
				rows}},
	}, codecs(n))
}

// allTypes has a table for each type that the engine lists, the rows also the other way round and ten times as many.
func allTypes() (list []string) {
	for _, c := range typeColumns {
		list = append(list, fmt.Sprintf(`CREATE TABLE "%s" AS SELECT "%[1]s" AS a FROM test_all_types()`, c))
	}
	for _, c := range []string{"int", "varchar", "int_array", "struct", "map"} {
		list = append(list, fmt.Sprintf(`INSERT INTO "%s" SELECT a FROM "%[1]s", range(9)`, c),
			fmt.Sprintf(`CREATE TABLE "%s first" AS SELECT a FROM "%[1]s" ORDER BY a NULLS FIRST`, c))
	}
	return list
}

// typeColumns are the columns of test_all_types().
var typeColumns = strings.Fields("bool tinyint smallint int bigint hugeint uhugeint utinyint usmallint uint ubigint bignum " +
	"date time timestamp timestamp_s timestamp_ms timestamp_ns time_tz timestamp_tz float double dec_4_1 dec_9_4 dec_18_6 " +
	"dec38_10 uuid interval varchar blob bit small_enum medium_enum large_enum int_array double_array date_array " +
	"timestamp_array timestamptz_array varchar_array nested_int_array struct struct_of_arrays array_of_structs map union " +
	"fixed_int_array fixed_varchar_array fixed_nested_int_array fixed_struct_array struct_of_fixed_array list_of_fixed_int_array")

// gaps deletes whole row groups: the first, some in the middle, the last; with an index and without.
func gaps() (list []string) {
	for _, t := range []string{"t", "indexed"} {
		list = append(list, "CREATE TABLE "+t+" AS SELECT i, i::VARCHAR s FROM range(20480) r(i)")
	}
	list = append(list, "CREATE UNIQUE INDEX u ON indexed(i)", "CHECKPOINT db")
	for _, t := range []string{"t", "indexed"} {
		list = append(list, "DELETE FROM "+t+" WHERE i < 2048 OR i BETWEEN 6144 AND 10239 OR i >= 18432")
	}
	return append(list, "SET max_vacuum_tasks = 0", "CHECKPOINT db", "RESET max_vacuum_tasks",
		"DELETE FROM t WHERE i % 2 = 0")
}

// fifty are as many columns.
func fifty() string {
	return numbers(50, ", ", func(i int) string { return fmt.Sprintf("i * %d AS c%d", i+1, i) })
}

func moments() []string {
	return []string{"CREATE TABLE t(a TIMESTAMPTZ_NS)", "CREATE TABLE l(a TIMESTAMPTZ_NS[])",
		"CREATE TABLE s(a STRUCT(x TIMESTAMPTZ_NS))",
		"INSERT INTO t VALUES ('2020-01-01 00:00:00.123456789+00'), (NULL), ('infinity'), ('-infinity'), ('1677-09-22 00:00:00+00'), " +
			"('2262-04-11 23:47:16.854775806+00')",
		"INSERT INTO l SELECT [a, NULL] FROM t", "INSERT INTO s SELECT {'x': a} FROM t"}
}

func tuples() []string {
	return []string{"CREATE TABLE t(a TUPLE(INTEGER, VARCHAR), b TUPLE(INTEGER), c STRUCT[], d STRUCT(x STRUCT))",
		"INSERT INTO t VALUES (NULL, NULL, NULL, NULL)",
		"INSERT INTO t SELECT row(i::INTEGER, NULL), row(i::INTEGER), [], NULL FROM range(3000) r(i)"}
}

func variants(n int) []string {
	json := "::JSON::VARIANT v FROM range(" + fmt.Sprint(n) + ") r(i)"
	list := []string{
		`CREATE TABLE uniform AS SELECT ('{"a": ' || i || ', "b": "text ' || i % 10 || '"}')` + json,
		`CREATE TABLE mixed AS SELECT (CASE i % 5 WHEN 0 THEN '{"a": 1, "B": [2, {"b": null}]}' WHEN 1 THEN '{"b": "x"}' ` +
			`WHEN 2 THEN '[1, [2.5, "z"], []]' WHEN 3 THEN 'null' ELSE 'true' END)` + json,
		`CREATE TABLE truths AS SELECT (CASE WHEN i % 2 = 0 THEN 'true' ELSE 'false' END)` + json,
	}
	for _, c := range []string{"bool", "hugeint", "dec_18_6", "timestamp_ns", "blob", "uuid", "interval", "double",
		"int_array", "struct",
		"bit", "bignum", "time_tz", "date"} {
		list = append(list, fmt.Sprintf(`CREATE TABLE "of %s" AS SELECT "%[1]s"::VARIANT v FROM test_all_types()`, c))
	}
	return list
}

func geometries(n int) []string {
	return []string{
		fmt.Sprintf("CREATE TABLE points AS SELECT ('POINT(' || i || ' 2)')::GEOMETRY g FROM range(%d) r(i)", n),
		fmt.Sprintf("CREATE TABLE mixed AS SELECT (CASE i %% 5 WHEN 0 THEN 'POINT EMPTY' WHEN 1 THEN 'LINESTRING(0 0, 1 1)' "+
			"WHEN 2 THEN 'POLYGON((0 0, 1 0, 1 1, 0 0))' WHEN 3 THEN 'MULTIPOINT(1 1, 2 2)' END)::GEOMETRY g FROM range(%d) r(i)", n),
		"CREATE TABLE absent AS SELECT NULL::GEOMETRY g FROM range(3000)"}
}

func constraints() []string {
	return []string{"CREATE TABLE k(i INTEGER PRIMARY KEY, j INTEGER UNIQUE, l INTEGER, UNIQUE (i, j))",
		"INSERT INTO k VALUES (1, 2, 3)",
		"CREATE TABLE p(i INTEGER PRIMARY KEY)", "CREATE TABLE u(i INTEGER UNIQUE)",
		"CREATE TABLE b(i INTEGER, j INTEGER, UNIQUE (i, j))",
		"CREATE TABLE m(i INTEGER, j INTEGER)", "ALTER TABLE m ADD PRIMARY KEY (i)",
		"ALTER TABLE m ADD COLUMN x INTEGER DEFAULT 3",
		"ALTER TABLE m ALTER j SET NOT NULL"}
}

// codecs has a database for each compression that can be forced, and one where the engine chooses.
func codecs(n int) (list []checked) {
	for _, name := range strings.Fields("auto uncompressed rle dictionary bitpacking fsst alp alprd zstd dict_fsst roaring") {
		list = append(list, checked{name: "compressed: " + name, attach: map[string]string{"auto": "BLOCK_SIZE 65536"}[name],
			sql: []string{
				"PRAGMA force_compression = '" + name + "'",
				"CREATE TABLE t AS SELECT 1 a, i // 100 b, i c, hash(i) d, 'word ' || i % 20 e, md5(i::VARCHAR) f, " +
					"'https://example.org/' || i g, i / 7.0 h, (i / 3)::FLOAT k, i % 2 = 0 l, CASE WHEN i % 100 = 0 THEN NULL ELSE i END m " +
					fmt.Sprintf("FROM range(%d) r(i)", n),
				"CREATE TABLE long AS SELECT repeat(md5(i::VARCHAR), 94) a, CASE WHEN i % 50 = 0 THEN repeat(md5(i::VARCHAR), 6250) END b " +
					"FROM range(400) r(i)"}})
	}
	return list
}

// TestChecklist compares each with 2.0 cell by cell, and its script with the catalog. In the long form its tables are large.
func TestChecklist(t *testing.T) {
	n := 5000
	if os.Getenv("EXPARCHIVE_LONG") != "" {
		n = 300_000
	}
	p, writer := startJudge(t, python), startJudge(t, python)
	r := readCatalogs(p)
	for _, c := range checklist(n) {
		versions := []string{""}
		if c.all {
			versions = append(versions, olderVersions...)
		}
		for _, v := range versions {
			t.Run(strings.TrimSpace(c.name+" "+v), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "x.db")
				if c.log == nil {
					c.write(t, writer, path, v)
				} else {
					c.write(t, startJudge(t, python), path, v)
				}
				cells, err := CompareFile(t.Context(), p, path, false)
				if err != nil {
					t.Error(err)
				}
				if cells == 0 && len(c.sql)+len(c.log) > 1 {
					t.Error("nothing was compared")
				}
				if v == "" && c.gone == 0 {
					if err := sameCatalog(t, r, path); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

// write makes the database at path and leaves the engine as it was, or killed if there is to be a log.
func (c *checked) write(t *testing.T, p *Process, path, version string) {
	t.Helper()
	var options []string
	if c.attach != "" {
		options = append(options, c.attach)
	}
	if version != "" {
		options = append(options, "STORAGE_VERSION "+Quote(version))
	}
	attach := "ATTACH " + Quote(path) + " AS db"
	if options != nil {
		attach += " (" + strings.Join(options, ", ") + ")"
	}
	failed := 0
	run := func(list ...string) {
		for _, sql := range list {
			if err := p.Exec(sql); err != nil {
				if failed++; version == "" || failed > c.lacks {
					t.Fatalf("%s: %v", sql, err)
				}
			}
		}
	}
	run(attach, "USE db")
	run(c.sql...)
	if c.log == nil {
		run("USE memory", "DETACH db", "PRAGMA force_compression = 'auto'", "RESET variant_minimum_shredding_size",
			"RESET geometry_minimum_shredding_size")
		return
	}
	run("CHECKPOINT db", "SET wal_autocheckpoint = '1TB'", "PRAGMA disable_checkpoint_on_shutdown")
	run(c.log...)
	p.Kill()
}

// TestUpgraded has 2.0 change files of 1.5 at each storage version, and of each release before it: one table, one column,
// one table not at all. It raises the version or leaves it, and closes the file or is killed with a log.
func TestUpgraded(t *testing.T) {
	judge := startJudge(t, python)
	before := []string{"USE db"}
	for _, name := range []string{"changed", "col", "untouched"} {
		before = append(before, "CREATE TABLE "+name+" AS SELECT i::INTEGER i, 'text ' || i % 50 s, to_days((i % 9)::INTEGER) d, "+
			"[i, NULL] l FROM range(5000) r(i)", "CREATE INDEX of_"+name+" ON "+name+"(i)")
	}
	before = append(before, // until 1.4 geometries have another form in a file
		"CREATE TABLE shapes AS SELECT CASE i % 4 WHEN 0 THEN 'POINT(1 2)' WHEN 1 THEN 'LINESTRING Z (0 0 0, 1 1 1)' "+
			"WHEN 2 THEN 'POLYGON((0 0, 1 0, 1 1, 0 0))' END::GEOMETRY g, i, ['POINT EMPTY'::GEOMETRY, NULL] l FROM range(3000) r(i)",
		"CREATE TABLE changed_shapes AS FROM shapes", "CREATE TABLE points AS SELECT ('POINT(' || i || ' 0.5)')::GEOMETRY g FROM range(3000) r(i)",
		"USE memory", "DETACH db")
	type source struct{ release, version string }
	var sources []source
	for _, v := range olderVersions {
		sources = append(sources, source{"1.5", v})
	}
	for _, r := range Releases {
		if r.Name != "1.5" && r.Name != python {
			sources = append(sources, source{r.Name, ""})
		}
	}
	for _, from := range sources {
		for _, to := range []string{"", "v2.0.0"} {
			for _, logged := range []bool{false, true} {
				t.Run(strings.TrimSpace(fmt.Sprint(from.release, " ", from.version, " ", to, map[bool]string{true: " with a log"}[logged])),
					func(t *testing.T) {
						only(t, from.release)
						path := filepath.Join(t.TempDir(), "x.db")
						old := startJudge(t, from.release)
						attach := "ATTACH " + Quote(path) + " AS db"
						if from.version != "" {
							attach += " (STORAGE_VERSION " + Quote(from.version) + ")"
						}
						shapes := true
						for _, sql := range append([]string{attach}, before...) {
							if err := old.Exec(sql); err != nil {
								if from.release == "1.5" || !strings.Contains(sql, "shapes") && !strings.Contains(sql, "GEOMETRY") {
									t.Fatal(err)
								}
								shapes = false
							}
						}
						if err := old.Close(); err != nil {
							t.Fatal(err)
						}
						attach = "ATTACH " + Quote(path) + " AS db"
						if to != "" {
							attach += " (STORAGE_VERSION " + Quote(to) + ")"
						}
						p := startJudge(t, python)
						changes := []string{"DELETE FROM changed WHERE i % 3 = 0",
							"INSERT INTO changed SELECT i + 9000, NULL, NULL, [] FROM changed",
							"UPDATE col SET s = 'new' WHERE i > 1000", "ALTER TABLE col ADD COLUMN n INTEGER DEFAULT 4",
							"UPDATE changed_shapes SET g = 'POINT(7 8)' WHERE i % 10 = 1", "DELETE FROM changed_shapes WHERE i % 9 = 0",
							"INSERT INTO points VALUES ('POINT(1 1)')"}
						script := append([]string{attach, "USE db"}, changes...)
						if logged {
							script = slices.Insert(script, 2, "SET wal_autocheckpoint = '1TB'", "PRAGMA disable_checkpoint_on_shutdown")
						} else {
							script = append(script, "CHECKPOINT db", "USE memory", "DETACH db")
						}
						for _, sql := range script {
							if err := p.Exec(sql); err != nil && (shapes || !strings.Contains(sql, "shapes") && !strings.Contains(sql, "points")) {
								t.Fatalf("%s: %v", sql, err)
							}
						}
						if logged {
							p.Kill()
						} else if err := p.Close(); err != nil {
							t.Fatal(err)
						}
						if n, err := CompareFile(t.Context(), judge, path, false); err != nil || n < 40_000 {
							t.Errorf("got %d cells, %v", n, err)
						}
					})
			}
		}
	}
}
