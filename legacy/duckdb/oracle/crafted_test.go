package oracle

import (
	"crypto/md5"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/simexp/exparchive/legacy/duckdb"
)

var largeFlag = flag.Bool("large", false, "also test a file of more than 4 GB")

// numbers gives n texts made by f, joined.
func numbers(n int, sep string, f func(i int) string) string {
	out := make([]string, n)
	for i := range out {
		out[i] = f(i)
	}
	return strings.Join(out, sep)
}

// TestCrafted compares databases that random ones do not reach and that are too large for a fixture.
func TestCrafted(t *testing.T) {
	const small = "BLOCK_SIZE 16384"
	scalars := []string{"true", "1::TINYINT", "1::SMALLINT", "1::INTEGER", "1::BIGINT", "1::HUGEINT", "1::UTINYINT",
		"1::USMALLINT", "1::UINTEGER", "1::UBIGINT", "1::UHUGEINT", "1.5::FLOAT", "1.5::DOUBLE",
		"1.50::DECIMAL(4,2)", "1.5::DECIMAL(9,1)", "1.5::DECIMAL(18,3)", "1.5::DECIMAL(38,5)", "'text'", "'it''s'", "'a, b'",
		"''", "'NULL'", "' pad '", "'\\x00\\xFF'::BLOB", "'101'::BIT", "DATE '2020-01-01'", "TIME '01:02:03.5'",
		"TIMETZ '01:02:03+01:30'", "TIME_NS '01:02:03.123456789'", "TIMESTAMP '2020-01-01 01:02:03.5'",
		"TIMESTAMP_S '2020-01-01 01:02:03'", "TIMESTAMP_MS '2020-01-01 01:02:03.5'",
		"TIMESTAMP_NS '2020-01-01 01:02:03.123456789'",
		"TIMESTAMPTZ '2020-01-01 01:02:03+00'", "INTERVAL '14 months 3 days 01:02:03'",
		"uuid '12345678-9abc-def0-1234-56789abcdef0'", "123456789012345678901234567890::BIGNUM", "'sad'::ENUM('sad', 'ok')",
		"'{\"a\": [1]}'::JSON", "'nan'::DOUBLE", "'-inf'::FLOAT",
		"DATE 'infinity'", "TIMESTAMP '-infinity'", "'POINT(1 2)'::GEOMETRY", "union_value(a := 5)", "MAP(['k'], [1])",
		"[1, 2]::INTEGER[2]", "row(1, 'x')", "TIMESTAMP '0044-03-15 (BC) 00:00:00'", "-1.5::DECIMAL(4,2)", "1e300",
		"1e-7::FLOAT"}
	var elements []string
	for i, s := range scalars {
		for j, form := range []string{"(%s)", "[%s, NULL]", "{'a': %s, 'b': NULL}", "[{'x': [%s]}]", "MAP(['k'], [%s])"} {
			elements = append(elements, fmt.Sprintf("INSERT INTO v SELECT %d, CAST("+form+" AS VARIANT)", i*10+j, s))
		}
	}
	for _, c := range []struct {
		name, engine, attach string
		script               []string
		kill                 bool
	}{
		{"enum sizes", "1.4", small, []string{
			"CREATE TABLE a(e ENUM(" + numbers(65535, ", ", func(i int) string { return fmt.Sprintf("'e%d'", i) }) + "))",
			"CREATE TABLE b(e ENUM(" + numbers(65536, ", ", func(i int) string { return fmt.Sprintf("'e%d'", i) }) + "))",
			"CREATE TABLE c(e ENUM(" + numbers(256, ", ", func(i int) string { return fmt.Sprintf("'e%d'", i) }) + "))",
			"INSERT INTO a SELECT 'e' || CAST(i AS VARCHAR) FROM range(65535) r(i)",
			"INSERT INTO b SELECT 'e' || CAST(i AS VARCHAR) FROM range(65536) r(i)",
			"INSERT INTO c SELECT 'e' || CAST(i AS VARCHAR) FROM range(256) r(i)"}, false},
		{"many tables", "1.5", small, []string{numbers(700, "; ",
			func(i int) string { return fmt.Sprintf("CREATE TABLE t%d AS SELECT %d AS a, 'x' AS b", i, i) })}, false},
		{"many columns", "1.4", small, []string{"CREATE TABLE t AS SELECT " + numbers(1500, ", ",
			func(i int) string { return fmt.Sprintf("i + %d AS c%d", i, i) }) + " FROM range(100) r(i)"}, false},
		{"deep type", "1.4", small, []string{"CREATE TABLE t(x INTEGER" + strings.Repeat("[]", 60) + ")",
			"INSERT INTO t VALUES (" + strings.Repeat("[", 60) + "1, NULL" + strings.Repeat("]",
				60) + "), (NULL), (" + strings.Repeat("[", 30) + strings.Repeat("]", 30) + ")"}, false},
		{"long list", "1.4", small, []string{"CREATE TABLE t AS SELECT i AS id, range(CASE WHEN i = 1 THEN 700000 ELSE i END) AS l, list_transform(range(i * 10), x -> 'v' || CAST(x AS VARCHAR)) AS s FROM range(5) r(i)"}, false},
		{"zstd of several blocks", "1.5", "STORAGE_VERSION 'v1.5.0', " + small, []string{"SET force_compression = 'zstd'",
			"CREATE TABLE t AS SELECT i AS id, CASE WHEN i % 5 = 2 THEN NULL ELSE list_aggregate(list_transform(range(CAST(hash(i) % 300 AS BIGINT)), x -> md5(CAST(x * 1000 + i AS VARCHAR))), 'string_agg', ' ') END AS s FROM range(2500) r(i)"}, false},
		{"dictionaries of several segments", "1.5", "STORAGE_VERSION 'v1.5.0', " + small,
			[]string{"SET force_compression = 'dict_fsst'",
				"CREATE TABLE t AS SELECT 'prefix of ' || md5(CAST(hash(i) % 3000 AS VARCHAR)) AS a, CASE WHEN i % 3 = 0 THEN NULL ELSE md5(CAST(i AS VARCHAR)) || md5(CAST(i + 1 AS VARCHAR)) END AS b, repeat(md5(CAST(i % 7 AS VARCHAR)), CAST(i % 100 AS INTEGER)) AS c FROM range(30000) r(i)"}, false},
		{"many row groups", "1.5", "STORAGE_VERSION 'v1.5.0', ROW_GROUP_SIZE 2048, " + small,
			[]string{"CREATE TABLE t AS SELECT i AS id, 'x' || CAST(i % 100 AS VARCHAR) AS s, [i] AS l FROM range(100000) r(i)",
				"CHECKPOINT db",
				"DELETE FROM t WHERE id BETWEEN 10000 AND 30000 OR id % 7 = 0", "CHECKPOINT db",
				"UPDATE t SET s = NULL WHERE id % 1000 = 1"}, false},
		{"default row groups", "1.4", "", []string{"CREATE TABLE t AS SELECT i AS id, hash(i) AS h, i / 7 AS d, CASE WHEN hash(i) % 5 = 0 THEN NULL ELSE 'user_' || CAST(hash(i) % 100000 AS VARCHAR) END AS s, {'a': i % 100, 'b': [i % 3]} AS n FROM range(260000) r(i)", "CHECKPOINT db",
			"DELETE FROM t WHERE id BETWEEN 100000 AND 150000 OR id % 9 = 0"}, false},
		{"many transactions in a log", "1.5", small, []string{"SET wal_autocheckpoint = '1TB'",
			"CREATE TABLE t(a INTEGER, b VARCHAR)", "CHECKPOINT db",
			numbers(2500, "; ", func(i int) string { return fmt.Sprintf("INSERT INTO t VALUES (%d, 'x%d')", i, i%9) }),
			numbers(300, "; ", func(i int) string { return fmt.Sprintf("UPDATE t SET b = 'u%d' WHERE a = %d", i, i*3) }),
			numbers(300, "; ", func(i int) string { return fmt.Sprintf("DELETE FROM t WHERE a = %d", i*7) })}, true},
		{"large log", "1.4", "STORAGE_VERSION 'v1.4.0', " + small,
			[]string{"SET wal_autocheckpoint = '1TB'", "CREATE TABLE t(a BIGINT, b VARCHAR, c INTEGER[])",
				numbers(6, "; ", func(i int) string {
					return fmt.Sprintf("INSERT INTO t SELECT i, repeat('x', CAST(i %% 50 AS INTEGER)), [i %% 5, NULL] FROM range(%d, %d) r(i)", i*40000, i*40000+40000)
				}),
				"DELETE FROM t WHERE a % 11 = 3", "UPDATE t SET b = 'updated' WHERE a % 13 = 0",
				"UPDATE t SET c = [] WHERE a % 1000 = 0", "INSERT INTO t SELECT * FROM t WHERE a < 5000"}, true},
		{"bulk in one transaction", "1.5", "STORAGE_VERSION 'v1.5.0', ROW_GROUP_SIZE 4096, " + small,
			[]string{"SET wal_autocheckpoint = '1TB'", "CREATE TABLE t(a BIGINT, b VARCHAR)",
				"INSERT INTO t SELECT i, 'old' FROM range(5000) r(i)", "CHECKPOINT db",
				"BEGIN; INSERT INTO t SELECT i, 'bulk' || CAST(i % 10 AS VARCHAR) FROM range(5000, 60000) r(i); DELETE FROM t WHERE a % 10 = 3; UPDATE t SET b = 'changed' WHERE a % 17 = 0; INSERT INTO t VALUES (-1, NULL); COMMIT",
				"ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 9", "UPDATE t SET c = NULL WHERE a % 100 = 1",
				"INSERT INTO t SELECT a, b, c FROM t WHERE a BETWEEN 20000 AND 50000"}, true},
		{"variants", "1.5", "STORAGE_VERSION 'v1.5.0', " + small,
			append([]string{"CREATE TABLE v(id INTEGER, v VARIANT)", "SET variant_minimum_shredding_size = -1"}, elements...),
			false},
		{"variants, shredded", "1.5", "STORAGE_VERSION 'v1.5.0', " + small,
			append([]string{"CREATE TABLE v(id INTEGER, v VARIANT)", "SET variant_minimum_shredding_size = 0"}, elements...),
			false},
	} {
		t.Run(c.name, func(t *testing.T) {
			only(t, c.engine)
			path := filepath.Join(t.TempDir(), "x.db")
			p := startJudge(t, c.engine)
			attach := "ATTACH " + Quote(path) + " AS db"
			if c.attach != "" {
				attach += " (" + c.attach + ")"
			}
			for _, sql := range append([]string{attach, "USE db"}, c.script...) {
				if err := p.Exec(sql); err != nil {
					if strings.HasPrefix(sql, "INSERT INTO v ") {
						t.Log(err) // no VARIANT of this type
						continue
					}
					t.Fatal(err)
				}
			}
			if c.kill {
				p.Kill()
			} else {
				for _, sql := range []string{"CHECKPOINT db", "USE memory", "DETACH db"} {
					if err := p.Exec(sql); err != nil {
						t.Fatal(err)
					}
				}
			}
			if cells, err := CompareFile(t.Context(), startJudge(t, Judge), path, false); err != nil || cells == 0 {
				t.Errorf("got %d cells and %v, want some and no error", cells, err)
			}
		})
	}
}

// TestLargeFile reads a file of more than 4 GB; it takes some minutes and as much disk, so it asks to be named.
func TestLargeFile(t *testing.T) {
	if !*largeFlag {
		t.Skip("-large is not given")
	}
	const rows = 2_300_000
	path := filepath.Join(t.TempDir(), "x.db")
	p := startJudge(t, "1.4")
	for _, sql := range []string{"ATTACH " + Quote(path) + " AS db", "SET force_compression = 'uncompressed'",
		"SET wal_autocheckpoint = '1TB'",
		fmt.Sprintf("CREATE TABLE db.t AS SELECT i AS id, repeat(md5(CAST(i AS VARCHAR)), 60) AS s FROM range(%d) r(i)",
			rows), "CHECKPOINT db", "DETACH db"} {
		if err := p.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	st, err := os.Stat(path)
	if err != nil || st.Size() < 4<<30 {
		t.Fatalf("got a file of %d bytes (%v), want more than 4 GiB", st.Size(), err)
	}
	db, err := duckdb.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	table, err := db.Table("", "t")
	if err != nil {
		t.Fatal(err)
	}
	s := table.Scan(t.Context())
	next := int64(0)
	for s.Next() {
		b := s.Batch()
		for i, id := range b.Column(0).Int64s() {
			sum := md5.Sum(strconv.AppendInt(nil, id, 10))
			if got, want := string(b.Column(1).Bytes(i)), strings.Repeat(hex.EncodeToString(sum[:]), 60); id != next ||
				got != want {
				t.Fatalf("row %d: got %d and %.40s…, want %.40s…", next, id, got, want)
			}
			next++
		}
	}
	if s.Err() != nil || next != rows {
		t.Fatalf("got %d rows and %v, want %d", next, s.Err(), rows)
	}
}
