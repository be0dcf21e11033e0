package oracle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A combined is a database in which things meet that other tests have one at a time.
type combined struct {
	name   string
	attach string   // options of ATTACH
	sql    []string // before a checkpoint
	log    []string // after it: in the file at last, or in the log of an engine that is killed
}

// combinations are run by each release, which leaves out what it does not have.
var combinations = []combined{
	{"parts of parts", "BLOCK_SIZE 16384", []string{
		"CREATE TYPE mood AS ENUM('a', 'b b', 'it''s')",
		"CREATE TABLE t(i BIGINT, n STRUCT(m MAP(VARCHAR, STRUCT(l INTEGER[][], u UNION(x INTEGER[], y STRUCT(e mood), " +
			"z VARCHAR)))[], a VARCHAR[2][]))",
		"INSERT INTO t SELECT i, CASE WHEN i % 11 = 0 THEN NULL ELSE {'m': CASE WHEN i % 7 = 0 THEN NULL WHEN i % 7 = " +
			"1 THEN [] ELSE " +
			"[MAP([i::VARCHAR, 'k'], [{'l': CASE WHEN i % 5 = 0 THEN NULL ELSE [[i::INTEGER, NULL], [], NULL] END, " +
			"'u': CASE i % 4 WHEN 0 THEN union_value(x := [i::INTEGER])::UNION(x INTEGER[], y STRUCT(e mood), z VARCHAR) " +
			"WHEN 1 THEN union_value(y := {'e': 'it''s'::mood})::UNION(x INTEGER[], y STRUCT(e mood), z VARCHAR) WHEN 2 " +
			"THEN NULL " +
			"ELSE union_value(z := 'z' || i)::UNION(x INTEGER[], y STRUCT(e mood), z VARCHAR) END}, NULL]), NULL, MAP([], " +
			"[])] END, " +
			"'a': CASE WHEN i % 3 = 0 THEN NULL ELSE [['a', NULL], NULL, ['', i::VARCHAR]] END} END FROM range(4500) r(i)"},
		[]string{"DELETE FROM t WHERE i % 13 = 4", "UPDATE t SET n = NULL WHERE i % 17 = 3",
			"UPDATE t SET n = {'m': [MAP(['new'], [NULL])], 'a': [['x', 'y']]} WHERE i BETWEEN 2040 AND 2060",
			"INSERT INTO t VALUES (-1, NULL), (-2, {'m': NULL, 'a': []})",
			"INSERT INTO t SELECT i + 10000, n FROM t WHERE i < 3000"}},
	{"variants of all kinds and NULL", "", []string{"SET variant_minimum_shredding_size = 0",
		"CREATE TABLE t(i BIGINT, v VARIANT, l VARIANT[], s STRUCT(v VARIANT), m MAP(VARCHAR, VARIANT))",
		"INSERT INTO t(i, v) SELECT i, CASE i % 9 WHEN 0 THEN NULL WHEN 1 THEN (i % 100)::TINYINT::VARIANT WHEN 2 THEN " +
			"i::VARIANT " +
			"WHEN 3 THEN {'a': i, 'b': NULL, 'c': ['x', 'y' || i]}::VARIANT WHEN 4 THEN {'a': 'text', 'c': []}::VARIANT " +
			"WHEN 5 THEN [{'a': 1}, {'a': NULL}, {'b': 2.50}]::VARIANT WHEN 6 THEN (i / 7)::DECIMAL(9,3)::VARIANT " +
			"WHEN 7 THEN {'a': {'b': {'c': i::VARIANT}}}::VARIANT ELSE 'text ' || i END FROM range(5000) r(i)",
		"INSERT INTO t SELECT i, {'a': i, 'b': i::VARCHAR}::VARIANT, [1::VARIANT, NULL, 'x'::VARIANT], {'v': CASE WHEN " +
			"i % 2 = 0 THEN i::VARIANT END}, " +
			"MAP {'k': i::VARIANT, 'n': NULL} FROM range(3000) r(i)",
		"CREATE TABLE only_null AS SELECT NULL::VARIANT v, i FROM range(2500) r(i)",
		"CREATE TABLE few(v VARIANT)", "INSERT INTO few VALUES ({'a': 1}::VARIANT), (NULL), ({'a': NULL}::VARIANT), " +
			"('{\"A\": 2, \"a\": 3}'::JSON::VARIANT), ({}::VARIANT), ([]::VARIANT)"},
		[]string{"DELETE FROM t WHERE i % 10 = 7", "UPDATE t SET v = {'a': 5}::VARIANT WHERE i % 100 = 1",
			"UPDATE t SET v = NULL WHERE i BETWEEN 2000 AND 2100", "UPDATE only_null SET v = i::VARIANT WHERE i % 3 = 0",
			"INSERT INTO t(i, v) VALUES (-1, [[1, 2], [NULL]]::VARIANT), (-2, NULL)"}},
	{"tuples within others", "ROW_GROUP_SIZE 2048", []string{
		"CREATE TABLE t(i BIGINT, a TUPLE(INTEGER, VARCHAR), b TUPLE(TUPLE(DATE), INTEGER[])[], c STRUCT(x " +
			"TUPLE(VARCHAR[2])), d MAP(VARCHAR, TUPLE(BOOLEAN)))",
		"INSERT INTO t SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE row(i::INTEGER, 'a' || i) END, " +
			"CASE WHEN i % 4 = 0 THEN [] WHEN i % 4 = 1 THEN NULL ELSE [row(row(DATE '2020-01-01'), [1, NULL]), NULL, " +
			"row(NULL, [])] END, " +
			"{'x': row(['p', NULL])}, MAP {'k': row(i % 2 = 0), 'n': NULL} FROM range(5000) r(i)"},
		[]string{"UPDATE t SET a = row(NULL, '') WHERE i % 5 = 2", "DELETE FROM t WHERE i < 2048",
			"INSERT INTO t(i) VALUES (7)",
			"ALTER TABLE t ADD COLUMN e TUPLE(INTEGER) DEFAULT row(3)", "UPDATE t SET e = NULL WHERE i % 2 = 0"}},
	{"types and fields changed", "", []string{
		"CREATE TABLE t(i INTEGER, s STRUCT(a INTEGER, b STRUCT(c VARCHAR, d DATE)), l STRUCT(x TINYINT)[], m " +
			"MAP(VARCHAR, STRUCT(v SMALLINT)))",
		"INSERT INTO t SELECT i, CASE WHEN i % 5 = 0 THEN NULL ELSE {'a': i, 'b': CASE WHEN i % 3 = 0 THEN NULL ELSE " +
			"{'c': 'c' || i, 'd': DATE '2020-01-01'} END} END, " +
			"[{'x': (i % 100)::TINYINT}, NULL], MAP {'k': {'v': (i % 1000)::SMALLINT}} FROM range(3000) r(i)"},
		[]string{"ALTER TABLE t ADD COLUMN s.n INTEGER DEFAULT 9", "ALTER TABLE t RENAME s.a TO aa",
			"ALTER TABLE t DROP COLUMN s.b.d",
			"ALTER TABLE t ADD COLUMN l.element.y VARCHAR", "ALTER TABLE t RENAME COLUMN m.value.v TO w",
			"UPDATE t SET s = {'aa': 1, 'b': {'c': 'changed'}, 'n': 2} WHERE i % 100 = 3", "ALTER TABLE t ALTER i TYPE BIGINT",
			"DELETE FROM t WHERE i % 7 = 0", "ALTER TABLE t ALTER i TYPE VARCHAR", "INSERT INTO t(i) VALUES ('text')",
			"ALTER TABLE t ALTER s TYPE STRUCT(aa BIGINT, b STRUCT(c VARCHAR), n VARCHAR)", "ALTER TABLE t RENAME TO other",
			"UPDATE other SET l = [] WHERE i LIKE '1%'"}},
	{"dictionaries with NULL", "BLOCK_SIZE 16384", []string{"SET force_compression = 'dict_fsst'",
		"CREATE TABLE t AS SELECT i, CASE WHEN i % 5 = 0 THEN NULL ELSE 'value ' || i % 40 END a, CASE WHEN i // 700 % " +
			"2 = 0 THEN md5(i::VARCHAR) END b, " +
			"CASE WHEN i % 1000 = 0 THEN '' END c, [CASE WHEN i % 2 = 0 THEN 'x' || i % 3 END, NULL] d, {'p': " +
			"repeat('long ', (i % 60)::INTEGER)} e FROM range(9000) r(i)"},
		[]string{"UPDATE t SET a = NULL WHERE i % 9 = 1", "UPDATE t SET b = '' WHERE i % 50 = 2",
			"DELETE FROM t WHERE i BETWEEN 3000 AND 6500",
			"INSERT INTO t SELECT i, NULL, NULL, NULL, NULL, NULL FROM range(2049) r(i)"}},
	{"numbers that are none", "ROW_GROUP_SIZE 2048", []string{"SET force_compression = 'alp'",
		"CREATE TABLE t AS SELECT i, CASE i % 6 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN '-inf'::DOUBLE WHEN 2 THEN -0.0 " +
			"WHEN 3 THEN NULL ELSE i / 100 END a, " +
			"CASE WHEN i % 500 = 0 THEN 1e300 * i ELSE (i % 1000) / 8 END b, (i / 3)::FLOAT c, CASE WHEN i % 3 = 0 THEN " +
			"NULL ELSE [i / 10, NULL] END d, " +
			"[i::FLOAT, 0.1::FLOAT]::FLOAT[2] e FROM range(7000) r(i)"},
		[]string{"SET force_compression = 'alprd'", "UPDATE t SET a = 1.25 WHERE i % 4 = 0", "DELETE FROM t WHERE i > 6000",
			"INSERT INTO t SELECT -i, sin(i), cos(i), tan(i)::FLOAT, [], NULL FROM range(3000) r(i)"}},
	{"truths and absences", "BLOCK_SIZE 16384", []string{"SET force_compression = 'roaring'",
		"CREATE TABLE t AS SELECT i, i % 2 = 0 a, CASE WHEN i % 3 = 0 THEN NULL ELSE i % 5 = 0 END b, CASE WHEN i // " +
			"2048 % 2 = 0 THEN i END c, " +
			"CASE WHEN i % 2048 < 3 THEN NULL ELSE 'x' END d, CASE WHEN hash(i) % 8 = 0 THEN NULL ELSE true END e, [i % 2 " +
			"= 0, NULL] f, " +
			"CASE WHEN i % 2048 > 2000 THEN 1 END g FROM range(12345) r(i)"},
		[]string{"UPDATE t SET b = NULL WHERE i % 10 = 1", "DELETE FROM t WHERE i % 4 = 1",
			"UPDATE t SET c = 1 WHERE c IS NULL AND i % 5 = 0"}},
	{"tables without rows", "", []string{
		"CREATE TABLE never(i INTEGER PRIMARY KEY, s VARCHAR, l INTEGER[], st STRUCT(a VARCHAR, b INTEGER[2]), m " +
			"MAP(INTEGER, VARCHAR), u UNION(a INTEGER), d DECIMAL(38,3))",
		"CREATE TABLE emptied AS SELECT i, i::VARCHAR s, [i] l FROM range(5000) r(i)",
		"CREATE TABLE cut AS SELECT i FROM range(3000) r(i)",
		"CREATE TABLE one_left AS SELECT i, 'x' s FROM range(130000) r(i)"},
		[]string{"DELETE FROM emptied", "TRUNCATE cut", "DELETE FROM one_left WHERE i <> 125000",
			"CREATE TABLE late(i INTEGER[], v VARCHAR)",
			"INSERT INTO emptied VALUES (1, 'a', NULL)", "DELETE FROM emptied", "BEGIN",
			"INSERT INTO never(i) VALUES (1)", "DELETE FROM never", "COMMIT",
			"BEGIN", "INSERT INTO late VALUES ([1], 'x')", "ROLLBACK"}},
	{"columns that are computed", "", []string{
		"CREATE TABLE t(i INTEGER, gen_a INTEGER AS (i * 2), j VARCHAR DEFAULT 'x', gen_b VARCHAR AS (j || i), k " +
			"INTEGER, CHECK (i < 100000))",
		"INSERT INTO t(i, k) SELECT i, -i FROM range(3000) r(i)",
		"CREATE TABLE less(a INTEGER CHECK (a > 0), b INTEGER CHECK (b > 0), gen_c INTEGER AS (a + 1), gen_d INTEGER AS (gen_c * 2), " +
			"gen_e INTEGER AS (b + 1))", "INSERT INTO less VALUES (1, 2), (3, 4)",
		"CREATE TABLE gen_last(a INTEGER, gen_z INTEGER AS (a + 1) VIRTUAL)", "INSERT INTO gen_last VALUES (1), (NULL)"},
		[]string{"ALTER TABLE t RENAME k TO kk", "ALTER TABLE t ADD COLUMN n DATE DEFAULT '2020-02-02'",
			"UPDATE t SET kk = NULL WHERE i % 3 = 1",
			"ALTER TABLE t DROP kk", "INSERT INTO t(i, j) VALUES (5, NULL)", "DELETE FROM t WHERE i = 7",
			"ALTER TABLE t ALTER j SET DEFAULT 'y'",
			"UPDATE gen_last SET a = 5", "ALTER TABLE less DROP a CASCADE", "ALTER TABLE less RENAME b TO bb"}},
	{"macros, views and schemas", "", []string{"CREATE SCHEMA \"b c\"", "CREATE SCHEMA a",
		"CREATE TABLE \"b c\".\"select\"(\"from\" INTEGER, \"Where\" VARCHAR, \"a\"\"b\" DATE)",
		"CREATE MACRO a.twice(x, n := 2) AS x * n", "CREATE MACRO \"b c\".rows_of(n, m := 3) AS TABLE SELECT \"from\" " +
			"+ n AS v, m FROM \"b c\".\"select\" WHERE \"from\" > m",
		"CREATE VIEW a.one(p, \"q r\") AS SELECT \"from\", \"Where\" FROM \"b c\".\"select\"",
		"CREATE VIEW \"b c\".two AS SELECT p + 1 AS \"P\", \"q r\" FROM a.one WHERE p IN (SELECT v FROM \"b c\".rows_of(1))",
		"CREATE VIEW three AS SELECT *, a.twice(\"P\") AS t FROM \"b c\".two ORDER BY ALL LIMIT 5",
		"CREATE TABLE of_view AS SELECT * FROM three",
		"INSERT INTO \"b c\".\"select\" VALUES (1, 'x', NULL), (4, NULL, '2020-01-01')",
		"CREATE VIEW four AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n, " +
			"sum(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) s FROM r QUALIFY row_number() OVER () > 0",
		"CREATE VIEW five AS SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(x, y) NATURAL JOIN (SELECT 1 AS x, {'p': 2} " +
			"AS s) UNION BY NAME SELECT 3 AS z",
		"CREATE VIEW six AS PIVOT (SELECT \"from\" f, \"Where\" w FROM \"b c\".\"select\") ON w IN ('x', 'y') USING " +
			"count(*)",
		"CREATE VIEW seven AS SELECT list_transform([1, 2], lambda x, i: x + i) l, [y FOR y IN [1, 2] IF y > 1] c, " +
			"struct_pack(a := 1, \"b c\" := 2) s, CASE 1 WHEN 1 THEN 'a' END, 'it''s' || chr(10)",
		"CREATE VIEW eight AS SELECT o.*, COLUMNS('p') FROM a.one o ASOF JOIN a.one u ON o.p >= u.p"},
		[]string{"COMMENT ON VIEW a.one IS 'it''s one'", "COMMENT ON COLUMN a.one.p IS 'P'",
			"CREATE OR REPLACE MACRO a.twice(x, y := 3, z := 4) AS x * y + z",
			"CREATE OR REPLACE VIEW three AS SELECT 3 AS three", "DROP VIEW seven",
			"ALTER TABLE \"b c\".\"select\" RENAME TO \"Order\"", "CREATE MACRO scalar(a) AS (SELECT max(x) FROM (SELECT " +
				"a AS x))"}},
	{"enumerations everywhere", "BLOCK_SIZE 16384", []string{"CREATE SCHEMA s",
		"CREATE TYPE s.mood AS ENUM('sad', 'ok', 'it''s')",
		"CREATE TYPE big AS ENUM(" + numbers(300, ", ", func(i int) string { return fmt.Sprintf("'value %d'", i) }) + ")",
		"CREATE TYPE pair AS STRUCT(a s.mood, b INTEGER)", "CREATE TYPE alias AS INTEGER[]",
		"CREATE TABLE t(i INTEGER, m s.mood DEFAULT 'ok', b big, l s.mood[], k MAP(s.mood, INTEGER), p pair, a " +
			"s.mood[2], x alias)",
		"INSERT INTO t SELECT i, CASE i % 4 WHEN 0 THEN 'sad' WHEN 1 THEN 'ok' WHEN 2 THEN 'it''s' END, NULL, ['sad', " +
			"NULL], MAP {'ok'::s.mood: i}, {'a': 'it''s', 'b': i}, ['ok', NULL], [i] FROM range(4000) r(i)",
		"UPDATE t SET b = 'value ' || i % 300"},
		[]string{"UPDATE t SET m = 'it''s' WHERE i % 5 = 0", "UPDATE t SET l = [] WHERE i % 3 = 0",
			"DELETE FROM t WHERE m = 'sad'", "INSERT INTO t(i) VALUES (-1)",
			"ALTER TABLE t ALTER m TYPE VARCHAR", "DROP TABLE t", "CREATE TABLE u(m s.mood, n s.mood DEFAULT 'sad')",
			"INSERT INTO u VALUES ('ok', NULL), (NULL, 'it''s')"}},
	{"sequences in use", "", []string{"CREATE SCHEMA s", "CREATE SEQUENCE s.up START 10 INCREMENT 5",
		"CREATE SEQUENCE down START -1 INCREMENT -3 MINVALUE -9 MAXVALUE 5 CYCLE",
		"CREATE SEQUENCE unused", "CREATE SEQUENCE \"Odd one\" MAXVALUE 3", "CREATE TABLE t(i BIGINT DEFAULT " +
			"nextval('down'), j INTEGER)",
		"INSERT INTO t(j) SELECT i FROM range(7) r(i)", "SELECT nextval('\"Odd one\"')", "SELECT nextval('s.up')"},
		[]string{"INSERT INTO t(j) SELECT i FROM range(4) r(i)", "SELECT nextval('s.up')", "SELECT nextval('s.up')",
			"SELECT nextval('\"Odd one\"')", "SELECT nextval('\"Odd one\"')",
			"CREATE SEQUENCE late START 100", "SELECT nextval('late')", "CREATE OR REPLACE SEQUENCE unused START 4",
			"SELECT nextval('unused')", "DROP SEQUENCE IF EXISTS s.gone"}},
	{"indexes and keys", "", []string{"CREATE TABLE p(a INTEGER, b VARCHAR, PRIMARY KEY (a, b))",
		"CREATE TABLE c(i INTEGER UNIQUE, a INTEGER, b VARCHAR, FOREIGN KEY (a, b) REFERENCES p(a, b))",
		"INSERT INTO p SELECT i, 'b' || i FROM range(3000) r(i)", "INSERT INTO c SELECT i, i, 'b' || i FROM range(0, " +
			"3000, 2) r(i)", "CREATE INDEX pa ON p(a)", "CREATE UNIQUE INDEX ce ON c((i + 1), b)",
		"CREATE TABLE w(s VARCHAR COLLATE NOCASE PRIMARY KEY, d DECIMAL(9,2) UNIQUE, l INTEGER[])",
		"INSERT INTO w SELECT 'k' || i, i, [i] FROM range(2100) r(i)"},
		[]string{"DELETE FROM c WHERE i % 3 = 0", "INSERT OR REPLACE INTO w VALUES ('k5', 99999.5, NULL), ('new', " +
			"99998, [])", "INSERT OR IGNORE INTO w SELECT 'k' || i, i, [] FROM range(3000) r(i)",
			"UPDATE w SET d = d + 100000 WHERE s LIKE 'k1%'", "DELETE FROM w WHERE s = 'k7'",
			"INSERT INTO w VALUES ('k7', 7, [7])", "DROP INDEX pa", "CREATE INDEX late ON w(d)",
			"INSERT INTO c SELECT i, NULL, NULL FROM range(10000, 10100) r(i)"}},
	{"comments on everything", "", []string{"CREATE SCHEMA s", "CREATE TABLE s.t(i INTEGER, \"j k\" VARCHAR)",
		"CREATE VIEW s.v AS SELECT * FROM s.t", "CREATE INDEX x ON s.t(i)", "CREATE SEQUENCE q",
		"CREATE TYPE y AS ENUM('a')", "CREATE MACRO f(a) AS a", "CREATE MACRO g() AS TABLE SELECT 1",
		"COMMENT ON TABLE s.t IS 'a ''table'''", "COMMENT ON COLUMN s.t.\"j k\" IS 'üñí\n two lines'",
		"COMMENT ON COLUMN s.t.i IS NULL", "COMMENT ON VIEW s.v IS ''", "COMMENT ON INDEX s.x IS 'x'",
		"COMMENT ON SEQUENCE q IS 'q'", "COMMENT ON TYPE y IS 'y'", "COMMENT ON MACRO f IS 'f'",
		"COMMENT ON MACRO TABLE g IS 'g'"},
		[]string{"COMMENT ON TABLE s.t IS 'other'", "COMMENT ON COLUMN s.t.i IS 'i'", "COMMENT ON SEQUENCE q IS NULL",
			"ALTER TABLE s.t RENAME \"j k\" TO jk", "COMMENT ON COLUMN s.v.i IS 'of view'",
			"COMMENT ON SCHEMA s IS 'schema'", "COMMENT ON MACRO f IS 'f2'", "INSERT INTO s.t VALUES (1, 'x')",
			"ALTER TABLE s.t ADD COLUMN z INTEGER", "COMMENT ON COLUMN s.t.z IS 'z'"}},
	{"triggers and what they touch", "", []string{"CREATE TABLE t(i INTEGER, s VARCHAR)",
		"CREATE TABLE log(i INTEGER, w VARCHAR)", "CREATE SCHEMA z", "CREATE TABLE z.t(i INTEGER)",
		"CREATE TRIGGER a AFTER INSERT ON t REFERENCING NEW TABLE AS n INSERT INTO log SELECT i, 'in' FROM n",
		"CREATE TRIGGER b AFTER UPDATE OF s ON t UPDATE log SET w = 'up'",
		"CREATE TRIGGER c AFTER INSERT ON z.t INSERT INTO main.t VALUES (1, 'from z')",
		"CREATE SECURE VIEW sv AS SELECT i FROM t", "INSERT INTO t SELECT i, 'x' FROM range(2100) r(i)"},
		[]string{"INSERT INTO z.t VALUES (4), (5)", "UPDATE t SET s = NULL WHERE i % 2 = 0", "DROP TRIGGER b ON t",
			"CREATE TRIGGER d AFTER DELETE ON t DELETE FROM log WHERE i > 2000", "DELETE FROM t WHERE i < 50",
			"ALTER VIEW sv RENAME TO sw", "CREATE OR REPLACE SECURE VIEW sw AS SELECT s FROM t"}},
	{"transactions that touch their own rows", "ROW_GROUP_SIZE 2048", []string{"CREATE TABLE t AS SELECT i, 'old ' " +
		"|| i s, [i, NULL] l FROM range(6000) r(i)"},
		[]string{"BEGIN", "INSERT INTO t SELECT i, 'new', [] FROM range(10000, 15000) r(i)",
			"UPDATE t SET s = 'both' WHERE i % 10 = 0", "DELETE FROM t WHERE i % 7 = 0",
			"UPDATE t SET l = NULL WHERE i > 9000 AND i % 3 = 0", "INSERT INTO t SELECT * FROM t WHERE i < 100",
			"DELETE FROM t WHERE i BETWEEN 12000 AND 14100", "COMMIT",
			"BEGIN", "ALTER TABLE t ADD COLUMN n INTEGER DEFAULT 4", "UPDATE t SET n = 5 WHERE i % 2 = 0", "COMMIT",
			"BEGIN", "DROP TABLE t", "ROLLBACK",
			"BEGIN", "CREATE TABLE u AS SELECT i FROM range(3000) r(i)", "DELETE FROM u WHERE i > 10",
			"ALTER TABLE u RENAME TO v", "INSERT INTO v VALUES (NULL)", "COMMIT"}},
	{"wide integers", "BLOCK_SIZE 16384", []string{"SET force_compression = 'bitpacking'",
		"CREATE TABLE t AS SELECT i, i::HUGEINT * 36893488147419103232 a, -i::HUGEINT b, (i * 7)::UHUGEINT c, (i / " +
			"7)::DECIMAL(38,20) d, (9223372036854775807 - i) e, (i % 256)::UTINYINT f, " +
			"CASE WHEN i % 2 = 0 THEN -9223372036854775808 ELSE 9223372036854775807 END g, to_microseconds(i) + " +
			"to_months((i % 3)::INTEGER) h, TIMETZ '01:02:03+15:59:59' k, " +
			"DATE '1970-01-01' + (i * 3)::INTEGER l, TIMESTAMP '2020-01-01' + to_microseconds(i * 1000003) m FROM " +
			"range(9000) r(i)"},
		[]string{"UPDATE t SET a = NULL, c = 340282366920938463463374607431768211455::UHUGEINT WHERE i % 11 = 0",
			"UPDATE t SET b = -170141183460469231731687303715884105728 WHERE i = 5000", "DELETE FROM t WHERE i % 2 = 1",
			"UPDATE t SET l = 'infinity', m = '-infinity' WHERE i % 100 = 0"}},
	{"texts longer than blocks", "BLOCK_SIZE 16384", []string{"CREATE TABLE t AS SELECT i, repeat(chr((65 + i % " +
		"26)::INTEGER), (i * 997 % 70000)::INTEGER) s, encode(repeat(chr(0) || 'b', (i * 331 % 40000)::INTEGER)) b, " +
		"[repeat('é', (i * 131 % 20000)::INTEGER), NULL, ''] l FROM range(60) r(i)",
		"CREATE TABLE z AS SELECT i, repeat(md5(i::VARCHAR) || ' ', 200) s FROM range(300) r(i)"},
		[]string{"UPDATE t SET s = repeat('new', 30000) WHERE i % 9 = 0", "UPDATE t SET b = NULL WHERE i % 5 = 0",
			"DELETE FROM t WHERE i % 10 = 3", "INSERT INTO t SELECT i, repeat('bulk ', 5000), NULL, NULL FROM range(50) r(i)",
			"UPDATE z SET s = repeat(s, 3) WHERE i % 50 = 0"}},
	{"geometries within others", "", []string{"SET geometry_minimum_shredding_size = 0",
		"CREATE TABLE t AS SELECT i, ('POINT(' || i || ' ' || -i || ')')::GEOMETRY g, CASE WHEN i % 3 = 0 THEN NULL " +
			"ELSE 'LINESTRING Z (0 0 0, 1 1 1)'::GEOMETRY END z, ['POINT M (1 2 3)'::GEOMETRY, NULL] l, " +
			"{'g': 'POLYGON((0 0, 1 0, 1 1, 0 0))'::GEOMETRY} s FROM range(4000) r(i)",
		"CREATE TABLE c(g GEOMETRY('EPSG:4326'), h GEOMETRY('OGC:CRS84')[])"},
		[]string{"UPDATE t SET g = 'MULTIPOINT(1 2, 3 4)'::GEOMETRY WHERE i % 100 = 0",
			"UPDATE t SET g = NULL WHERE i % 7 = 0", "DELETE FROM t WHERE i BETWEEN 100 AND 2500",
			"INSERT INTO t(g) VALUES ('GEOMETRYCOLLECTION(POINT(1 2), LINESTRING EMPTY)'::GEOMETRY)",
			"INSERT INTO c VALUES ('POINT(1 2)', NULL)"}},
	{"rare types within others", "", []string{
		"CREATE TABLE t AS SELECT i, [i::BIGNUM, NULL] a, {'b': '101'::BIT, 'u': uuid()} b, MAP {i::UUID::VARCHAR: " +
			"'12:34:56.123456789'::TIME_NS} c FROM range(0) r(i)",
		"CREATE TABLE u(i BIGINT, a BIGNUM[], b STRUCT(b BIT, u UUID, t TIMETZ), c MAP(DATE, TIME_NS), d " +
			"TIMESTAMP_NS[2], e INTERVAL[], f BLOB[], g JSON[], h TIMESTAMP_S[])",
		"INSERT INTO u SELECT i, [(i * 1000003)::BIGNUM, NULL, (-i)::BIGNUM], {'b': repeat('10', (i % 20 + " +
			"1)::INTEGER)::BIT, 'u': md5(i::VARCHAR)::UUID, 't': '01:02:03+05'::TIMETZ}, " +
			"MAP {DATE '2020-01-01' + (i % 10)::INTEGER: '12:34:56.123456789'::TIME_NS}, ['2020-01-01'::TIMESTAMP_NS, " +
			"NULL], [to_days(i::INTEGER)], ['\\x00\\xFF'::BLOB, 'a\\x5Cb'::BLOB], " +
			"['{\"a\": [1, \"x\"]}'::JSON, NULL], ['2020-01-01'::TIMESTAMP_S] FROM range(3000) r(i)"},
		[]string{"UPDATE u SET a = [], e = NULL WHERE i % 3 = 0", "DELETE FROM u WHERE i % 8 = 1",
			"INSERT INTO u(i) VALUES (0)", "UPDATE u SET b = NULL WHERE i % 100 = 4"}},
	{"many columns that come and go", "BLOCK_SIZE 16384", []string{
		"CREATE TABLE t AS SELECT " + numbers(70, ", ", func(i int) string {
			return fmt.Sprintf([]string{"i AS c%d", "'v' || (i %% 9) AS c%d", "[i] AS c%d", "{'a': i} AS c%d",
				"i / 3 AS c%d"}[i%5], i)
		}) + " FROM range(2500) r(i)"},
		[]string{"ALTER TABLE t DROP c0", "ALTER TABLE t DROP c1", "ALTER TABLE t RENAME c2 TO c0",
			"ALTER TABLE t ADD COLUMN c1 VARCHAR DEFAULT 'again'", "UPDATE t SET c1 = NULL WHERE c6 % 2 = 0",
			"ALTER TABLE t DROP c6", "ALTER TABLE t ADD COLUMN c6 INTEGER[] DEFAULT [1, 2]",
			"DELETE FROM t WHERE c10 % 9 = 0", "UPDATE t SET c6 = [] WHERE c10 % 5 = 0",
			"ALTER TABLE t RENAME c0 TO zzz", "ALTER TABLE t DROP zzz"}},
	{"schemas within schemas", "", []string{"CREATE SCHEMA a", "CREATE SCHEMA a.b", "CREATE SCHEMA a.b.\"c.d\"",
		"CREATE TABLE a.t AS SELECT 1 i", "CREATE TABLE a.b.t AS SELECT 2 i, 'x' s FROM range(2050)",
		"CREATE TABLE a.b.\"c.d\".t(i INTEGER PRIMARY KEY, j INTEGER)", "CREATE VIEW a.b.v AS SELECT * FROM a.b.t",
		"CREATE SCHEMA b", "CREATE TABLE b.t AS SELECT 3 i"},
		[]string{"INSERT INTO a.b.t VALUES (9, NULL)", "INSERT INTO a.b.\"c.d\".t VALUES (1, 2)",
			"UPDATE a.t SET i = 7", "CREATE SCHEMA a.e", "CREATE TABLE a.e.t AS SELECT 5 i", "DELETE FROM b.t",
			"DROP SCHEMA a.e CASCADE",
			"ALTER TABLE a.b.t RENAME TO u", "CREATE TABLE a.b.t(z DATE)"}},
	{"names that come again", "", []string{"CREATE TABLE a AS SELECT 1 x",
		"CREATE TABLE b AS SELECT 'b' x FROM range(2100)"},
		[]string{"ALTER TABLE a RENAME TO tmp", "ALTER TABLE b RENAME TO a", "ALTER TABLE tmp RENAME TO b",
			"INSERT INTO a VALUES ('new')", "INSERT INTO b VALUES (2)", "CREATE OR REPLACE TABLE b AS SELECT [1] x",
			"CREATE OR REPLACE TABLE b AS SELECT 2.5 x, 'y' y FROM range(3000)", "DROP TABLE a",
			"CREATE VIEW a AS SELECT * FROM b", "UPDATE b SET y = NULL WHERE rowid % 3 = 0", "DROP VIEW a",
			"CREATE TABLE a(\"X\" INTEGER)",
			"INSERT INTO a VALUES (NULL)"}},
	{"a table in small pieces", "ROW_GROUP_SIZE 2048", []string{"CREATE TABLE t(i BIGINT, s VARCHAR)",
		"SET max_vacuum_tasks = 0",
		"INSERT INTO t SELECT i, 'a' || i FROM range(2048) r(i)", "INSERT INTO t SELECT i, 'b' || i FROM range(2048, " +
			"6144) r(i)", "CHECKPOINT db", "DELETE FROM t WHERE i % 3 = 0", "CHECKPOINT db",
		"INSERT INTO t SELECT i, 'c' FROM range(6144, 7000) r(i)", "CHECKPOINT db",
		"DELETE FROM t WHERE i BETWEEN 2048 AND 4095", "CHECKPOINT db", "RESET max_vacuum_tasks",
		"CREATE INDEX x ON t(i)", "CHECKPOINT db"},
		[]string{"DELETE FROM t WHERE i % 5 = 1", "UPDATE t SET s = 'last' WHERE i > 6500",
			"INSERT INTO t SELECT i, NULL FROM range(20000, 23000) r(i)", "DELETE FROM t WHERE i BETWEEN 21000 AND 21010",
			"UPDATE t SET i = -i WHERE i % 100 = 7"}},
	{"unions that change", "", []string{"CREATE TABLE t(i BIGINT, u UNION(a INTEGER, b STRUCT(x VARCHAR, y " +
		"INTEGER[]), c UNION(d DATE, e VARCHAR)))",
		"INSERT INTO t SELECT i, CASE i % 4 WHEN 0 THEN union_value(a := i::INTEGER)::UNION(a INTEGER, b STRUCT(x " +
			"VARCHAR, y INTEGER[]), c UNION(d DATE, e VARCHAR)) WHEN 1 THEN NULL " +
			"ELSE union_value(b := {'x': 'x' || i, 'y': [i::INTEGER, NULL]})::UNION(a INTEGER, b STRUCT(x VARCHAR, y " +
			"INTEGER[]), c UNION(d DATE, e VARCHAR)) END FROM range(3000) r(i)"},
		[]string{"UPDATE t SET u = union_value(a := NULL)::UNION(a INTEGER, b STRUCT(x VARCHAR, y INTEGER[]), c " +
			"UNION(d DATE, e VARCHAR)) WHERE i % 10 = 1", "UPDATE t SET u = NULL WHERE i % 9 = 2",
			"DELETE FROM t WHERE i % 6 = 0",
			"INSERT INTO t VALUES (-1, 5::INTEGER)"}},
	{"keys of maps", "", []string{"CREATE TABLE t(i BIGINT, a MAP(STRUCT(x INTEGER, y VARCHAR), INTEGER), b " +
		"MAP(INTEGER[], VARCHAR), c MAP(DECIMAL(9,2), MAP(DATE, BOOLEAN)), d MAP(INTEGER, VARCHAR)[2])",
		"INSERT INTO t SELECT i, MAP([{'x': i, 'y': NULL}, {'x': NULL, 'y': 'k'}], [1, NULL]), MAP([[i], []], ['a', " +
			"'']), MAP {1.5: MAP {DATE '2020-01-01': true}, (i + 2): NULL}, [MAP {i: 'v'}, NULL] FROM range(2500) r(i)"},
		[]string{"UPDATE t SET a = NULL, b = MAP([], []) WHERE i % 3 = 1", "DELETE FROM t WHERE i % 4 = 0",
			"INSERT INTO t(i) VALUES (0)"}},
	{"checks and defaults", "", []string{"CREATE TABLE t(i INTEGER DEFAULT (1 + 2 * 3), s VARCHAR DEFAULT " +
		"concat('a', 'b', upper('c')), d DATE DEFAULT current_date, n DOUBLE DEFAULT 'nan', u UUID DEFAULT " +
		"gen_random_uuid(), " +
		"l INTEGER[] DEFAULT [1, 2 + 3], m MAP(VARCHAR, INTEGER) DEFAULT MAP {'a': 1}, st STRUCT(a INTEGER, b " +
		"VARCHAR[]) DEFAULT {'a': 1, 'b': ['x', NULL]}, iv INTERVAL DEFAULT INTERVAL '1 day 2 hours', b BLOB DEFAULT " +
		"'\\xAA\\x00'::BLOB, " +
		"bt BIT DEFAULT '101'::BIT, x DECIMAL(9,2) DEFAULT 1.255, y HUGEINT DEFAULT " +
		"-170141183460469231731687303715884105728, ts TIMESTAMPTZ DEFAULT '2020-01-01 00:00:00+02', ar INTEGER[2] " +
		"DEFAULT [1, NULL], " +
		"CHECK (i > 0 OR i IS NULL), CONSTRAINT named CHECK (s LIKE '%' AND length(s) BETWEEN 0 AND 1000 AND s NOT IN " +
		"('bad', 'worse')), CHECK (CASE WHEN d > DATE '1900-01-01' THEN true ELSE d IS NULL END))",
		"INSERT INTO t(i) SELECT i + 1 FROM range(2100) r(i)", "UPDATE t SET u = " +
			"'00000000-0000-0000-0000-000000000001', d = '2020-01-01'"},
		[]string{"INSERT INTO t(i, u, d) VALUES (DEFAULT, NULL, NULL)", "ALTER TABLE t ALTER s SET DEFAULT 'it''s'",
			"ALTER TABLE t ALTER i DROP DEFAULT", "ALTER TABLE t ALTER y SET NOT NULL",
			"ALTER TABLE t ALTER n SET DEFAULT '-inf'",
			"INSERT INTO t(u, d) VALUES (NULL, NULL)", "ALTER TABLE t ADD COLUMN z TIMESTAMP_NS DEFAULT '2020-01-01 " +
				"00:00:00.123456789'", "ALTER TABLE t ADD COLUMN zz STRUCT(q INTEGER[])"}},
	{"NULL as a type and in all places", "", []string{"CREATE TABLE t AS SELECT NULL a, [NULL, NULL] b, {'x': NULL, " +
		"'y': [NULL]} c, i FROM range(2100) r(i)", "CREATE TABLE u(a INTEGER, b VARCHAR, c INTEGER[], d STRUCT(x VARCHAR))",
		"INSERT INTO u SELECT NULL, NULL, NULL, NULL FROM range(5000)"},
		[]string{"INSERT INTO t(i) VALUES (1)", "UPDATE u SET a = 1 WHERE rowid = 4999",
			"UPDATE u SET b = 'x', c = [NULL], d = {'x': NULL} WHERE rowid % 1000 = 0", "DELETE FROM u WHERE rowid < 2048",
			"ALTER TABLE u ADD COLUMN e VARCHAR"}},
	{"two files of one writer", "BLOCK_SIZE 32768", []string{"CREATE TABLE big AS SELECT i, hash(i) h, " +
		"md5(i::VARCHAR) s FROM range(130000) r(i)", "CREATE TABLE same AS SELECT 7 x, 'same' y, true z FROM range(125000)"},
		[]string{"DELETE FROM big WHERE i % 1000 = 1", "DELETE FROM big WHERE i BETWEEN 0 AND 122879",
			"UPDATE same SET x = 8 WHERE rowid > 122880", "INSERT INTO big SELECT i, 0, NULL FROM range(130000, 260000) r(i)",
			"UPDATE same SET y = NULL WHERE rowid % 60000 = 3"}},
}

// TestCombined compares them, closed and with a log, at the oldest and the newest storage version, cell by cell, and
// runs the reader's script in the engine. Only the long form has releases before 2.0.
func TestCombined(t *testing.T) {
	for _, release := range Releases {
		if release.Name != python && os.Getenv("EXPARCHIVE_LONG") == "" {
			continue
		}
		versions := storageOf(len(Releases) - 1)[:1]
		if _, i, _ := Find(release.Name); len(storageOf(i)) > 0 {
			versions = append(versions, storageOf(i)[len(storageOf(i))-1])
		}
		t.Run(release.Name, func(t *testing.T) {
			only(t, release.Name)
			judge := startJudge(t, JudgeOf(release))
			r := readCatalogs(judge)
			r.loose = JudgeOf(release) != release.Name
			for _, c := range combinations {
				for _, version := range versions {
					for _, killed := range []bool{false, true} {
						what := strings.TrimSpace(c.name + " " + version + map[bool]string{true: " with a log"}[killed])
						t.Run(what, func(t *testing.T) {
							path := filepath.Join(t.TempDir(), "x.db")
							if !c.write(t, release, path, version, killed) {
								return
							}
							if judge.done {
								judge = startJudge(t, JudgeOf(release))
								r.p = judge
							}
							var d *Difference
							cells, err := CompareFile(t.Context(), judge, path, true)
							if errors.As(err, &d) {
								t.Error(err)
							} else if err != nil {
								t.Logf("engine: %v", err)
								judge.Kill()
								return
							}
							got, err := r.script(path, t.TempDir())
							if err != nil {
								t.Logf("engine: %v", err)
								judge.Kill()
								return
							}
							t.Logf("%d cells, left out %q, broken %q", cells, got.left, got.broken)
							for _, s := range got.faults {
								t.Error(s)
							}
						})
					}
				}
			}
		})
	}
}

// write makes the database at path, and reports whether the release lived to the end.
func (c *combined) write(t *testing.T, release Release, path, version string, killed bool) bool {
	t.Helper()
	p := startJudge(t, release.Name)
	defer p.Kill()
	var options []string
	if _, i, _ := Find(release.Name); i >= 3 && (c.attach != "" && (i >= 4 || !strings.Contains(c.attach, "ROW_GROUP"))) {
		options = append(options, c.attach)
	}
	if _, i, _ := Find(release.Name); storageOf(i) != nil {
		options = append(options, "STORAGE_VERSION "+Quote(version))
	}
	attach := "ATTACH " + Quote(path) + " AS db"
	if options != nil {
		attach += " (" + strings.Join(options, ", ") + ")"
	}
	script := append([]string{attach, "USE db"}, c.sql...)
	script = append(script, "CHECKPOINT db")
	if killed {
		script = append(script, "SET wal_autocheckpoint = '1TB'", "PRAGMA disable_checkpoint_on_shutdown")
	}
	script = append(script, c.log...)
	if !killed {
		script = append(script, "CHECKPOINT db", "USE memory", "DETACH db")
	}
	for i, sql := range script {
		if err := p.Exec(sql); err != nil {
			if errors.Is(err, ErrLost) || i < 2 || strings.Contains(err.Error(), "FATAL") {
				t.Logf("engine: %v", err)
				return false
			}
			if os.Getenv("ORACLE_SQL") != "" {
				t.Logf("left out: %v", err)
			}
		}
	}
	return true
}
