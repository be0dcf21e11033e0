package oracle

// Definitions have names that sort against what they need, and queries of every form. What a release does not have is
// left out.
var Definitions = []string{
	"CREATE SCHEMA z", "CREATE SCHEMA a",
	"CREATE TYPE z.mood AS ENUM('low', 'high')", "COMMENT ON TYPE z.mood IS 'a ''type'''",
	"CREATE TYPE inner_type AS ENUM('x', 'y')", "CREATE TYPE composed AS STRUCT(a inner_type, b DECIMAL(7,3)[])",
	"CREATE TYPE \"Odd \"\"type\" AS VARCHAR",
	"CREATE TABLE of_types(a inner_type, b composed, c \"Odd \"\"type\", d inner_type[])",
	"CREATE SEQUENCE z.ids START 7", "COMMENT ON SEQUENCE z.ids IS 'numbers'",
	"CREATE SEQUENCE used START 5 INCREMENT 3", "SELECT nextval('used')", "SELECT nextval('used')",
	"CREATE SEQUENCE ended MAXVALUE 2", "SELECT nextval('ended')", "SELECT nextval('ended')",
	"CREATE SEQUENCE turned MAXVALUE 2 CYCLE", "SELECT nextval('turned')", "SELECT nextval('turned')",
	"CREATE SEQUENCE falling START -1 INCREMENT -2 MINVALUE -3",
	"SELECT nextval('falling')",
	"SELECT nextval('falling')",
	"CREATE SEQUENCE \"Odd \"\"one\"", "SELECT nextval('\"Odd \"\"one\"')",
	"CREATE TABLE z.parent(id INTEGER PRIMARY KEY, other INTEGER UNIQUE)",
	"CREATE TABLE y(id INTEGER PRIMARY KEY, self INTEGER REFERENCES y(id))",
	"CREATE TABLE b(id INTEGER PRIMARY KEY DEFAULT nextval('z.ids'), m z.mood, k INTEGER REFERENCES y(id), " +
		"gen_twice INTEGER AS (id * 2))",
	"CREATE TABLE aa(p INTEGER, FOREIGN KEY (p) REFERENCES b(id))",
	"CREATE TABLE c(n INTEGER NOT NULL)",
	"ALTER TABLE c ADD COLUMN later VARCHAR DEFAULT 'x'",
	"ALTER TABLE c RENAME n TO num",
	"COMMENT ON TABLE c IS 'three'", "COMMENT ON COLUMN c.num IS 'its number'",
	"CREATE TABLE renamed(i INTEGER, j INTEGER CHECK (j > 1), s VARCHAR, gen_g INTEGER AS (i + j), CHECK (i < j))",
	"ALTER TABLE renamed RENAME i TO \"New \"\"i\"",
	"ALTER TABLE renamed RENAME j TO jj",
	"ALTER TABLE renamed RENAME TO after_all",
	"CREATE TABLE keys(a INTEGER, b INTEGER, c VARCHAR UNIQUE, UNIQUE (b, c), PRIMARY KEY (b, a))",
	"CREATE TABLE keyed_late(i INTEGER, j INTEGER)",
	"ALTER TABLE keyed_late ADD PRIMARY KEY (i)",
	"ALTER TABLE keyed_late ALTER j SET NOT NULL",
	"CREATE TABLE dropped(i INTEGER, j INTEGER, k INTEGER NOT NULL, gen_g INTEGER AS (k * 2))",
	"ALTER TABLE dropped DROP i",
	"ALTER TABLE dropped ALTER k SET DEFAULT 4",
	"CREATE TABLE defaults(a INTEGER[] DEFAULT [1, 2], b STRUCT(x INTEGER, y VARCHAR) DEFAULT {'x': 1, 'y': " +
		"'it''s'}, c DATE DEFAULT DATE '2020-01-01', " +
		"d INTERVAL DEFAULT INTERVAL 1 DAY, e BLOB DEFAULT '\\xAA'::BLOB, f DOUBLE DEFAULT 'nan'::DOUBLE, g " +
		"BOOLEAN DEFAULT (NOT true), h MAP(VARCHAR, INTEGER) DEFAULT MAP {'k': 1}, " +
		"i VARCHAR DEFAULT upper('a') || 'b', j HUGEINT DEFAULT -170141183460469231731687303715884105727, k " +
		"VARCHAR COLLATE NOCASE DEFAULT 'k', l UUID DEFAULT '00000000-0000-0000-0000-000000000001', " +
		"m DECIMAL(4,1) DEFAULT 1.5, n TIMESTAMPTZ DEFAULT now(), o VARCHAR DEFAULT CASE WHEN 1 > 2 THEN 'a' WHEN " +
		"NULL THEN 'b' ELSE 'c' END, p INTEGER DEFAULT coalesce(NULL, 3), q INTEGER DEFAULT TRY_CAST('x' AS " +
		"INTEGER))",
	"CREATE TABLE tries(i INTEGER DEFAULT TRY(1 // 0))",
	"CREATE TABLE fields(s STRUCT(a INTEGER, b VARCHAR) DEFAULT {'a': 1, 'b': 'x'}, l STRUCT(u INTEGER[], " +
		"v MAP(INTEGER, STRUCT(w INTEGER)))[] DEFAULT [{'u': [1], 'v': MAP {2: {'w': 3}}}])",
	"ALTER TABLE fields RENAME COLUMN s.b TO \"B b\"", "ALTER TABLE fields RENAME COLUMN s.a TO c",
	"ALTER TABLE fields RENAME COLUMN l.element.v.value.w TO x",
	"CREATE TABLE checks(i INTEGER, s VARCHAR, CHECK (i BETWEEN 1 AND 3 OR i IN (7, 8) AND i NOT IN (9)), " +
		"CHECK (s LIKE 'a%' AND s IS NOT NULL), CHECK (s[1] = 'a' AND s[1:2] = 'ab' AND s[:2] <> 'b' AND s[2:] <> " +
		"'c'), " +
		"CHECK (i IS DISTINCT FROM 3 AND i IS NOT DISTINCT FROM i), CHECK (s COLLATE NOCASE <> 'x' AND (- i) < 0 " +
		"AND ~ i <> 0 AND i ! > 0))",
	// macros, and what uses them
	"CREATE MACRO aa_used_second(x) AS x + 1",
	"CREATE MACRO zz_after(x) AS aa_used_second(x) * 3",
	"CREATE TABLE by_macro(i INTEGER, j INTEGER DEFAULT aa_used_second(1))",
	"CREATE MACRO z.mac(a, b := 2) AS a + b", "COMMENT ON MACRO z.mac IS 'a macro'",
	"CREATE MACRO typed(a INTEGER, b VARCHAR := 'x') AS a || b",
	"CREATE MACRO over(a) AS a, (a, b) AS a + b, (a, b, c) AS (SELECT max(num) + c FROM c WHERE num IN (SELECT " +
		"k FROM b) AND NOT EXISTS (SELECT 1 FROM y))",
	"CREATE MACRO tab(x) AS TABLE SELECT * FROM c WHERE num = x", "COMMENT ON MACRO TABLE tab IS 'rows'",
	"CREATE MACRO tabs(x) AS TABLE (SELECT x AS a), (x, y) AS TABLE (SELECT x + y AS b)",
	"CREATE MACRO \"Odd \"\"name\"(\"Select\", b := 'it''s') AS \"Select\" || b",
	"CREATE MACRO structs(x) AS {'a': x, 'b c': [x, 1], 'd': {'e': x}}",
	"CREATE MACRO named(i) AS struct_pack(k := i, i := i)",
	"CREATE MACRO dotted(s) AS s.a.\"b c\" || (s).x || s['y'] || struct_extract(s, 'a')",
	"CREATE MACRO casted(x) AS CAST(x AS DECIMAL(9,2))::VARCHAR || x::INTEGER[]::VARCHAR || TRY_CAST(x AS " +
		"STRUCT(a INTEGER, b VARCHAR))::VARCHAR || CAST(x AS MAP(VARCHAR, INTEGER[]))::VARCHAR || x::VARCHAR " +
		"COLLATE NOCASE",
	"CREATE MACRO of_type(x) AS CAST(x AS inner_type)", "CREATE MACRO of_odd_type(x) AS CAST(x AS \"Odd \"\"type\")",
	"CREATE MACRO lam(l) AS list_transform(l, lambda x: x + 1)",
	"CREATE MACRO lam2(l) AS list_reduce(l, lambda x, y: x + y)",
	"CREATE MACRO arrow(l) AS list_transform(l, x -> x + 1)",
	"CREATE MACRO arrow2(l) AS list_reduce(l, (x, y) -> x + y)",
	"CREATE MACRO comp(l) AS [x + 1 FOR x IN l IF x > 2]",
	"CREATE MACRO slices(l) AS l[1] + l[1:2][1] + l[:][1] + l[-2:][1] + l[:-:2][1] + l[1:3:2][1]",
	"CREATE MACRO times(x) AS x + INTERVAL 3 MONTH - INTERVAL '1 day 2 hours' AT TIME ZONE 'UTC'",
	"CREATE MACRO parts(x) AS extract(year FROM x) + date_part('month', x)",
	"CREATE MACRO likes(x) AS x LIKE 'a%' OR x NOT ILIKE 'b_' OR x SIMILAR TO 'c' OR x ~ 'd' OR x GLOB '*' OR " +
		"x LIKE 'e$%' ESCAPE '$'",
	"CREATE MACRO nothing() AS NULL",
	"CREATE MACRO quoted() AS 'it''s … a \"text\"'",
	"CREATE MACRO vals(x) AS x IN (SELECT 1 UNION SELECT 2) AND x > ALL (SELECT 0) AND x = ANY ([1, 2])",
	"CREATE MACRO cases(x) AS CASE x WHEN 1 THEN 'a' END || CASE WHEN x > 1 THEN 'b' ELSE NULL END || IF(x > " +
		"2, 'c', 'd') || nullif(x, 3)",
	"CREATE MACRO with_parts() AS TABLE WITH p AS (SELECT 1 AS a), q(c) AS (SELECT a FROM p) SELECT * FROM p, q",
	"CREATE MACRO with_kept() AS TABLE WITH p AS MATERIALIZED (SELECT 1 AS a), q AS NOT MATERIALIZED (SELECT 2 " +
		"AS a) SELECT p.a, q.a AS b FROM p JOIN q ON p.a < q.a",
	"CREATE MACRO with_rows(n) AS TABLE WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i " +
		"< n) SELECT * FROM r",
	"CREATE MACRO with_keys() AS TABLE WITH RECURSIVE r(a, b) USING KEY (a) AS (SELECT 1, 3 UNION SELECT a, b " +
		"- 1 FROM r WHERE b > 1) SELECT * FROM r",
	"CREATE MACRO joins() AS TABLE SELECT * FROM c c1 JOIN c c2 ON c1.num = c2.num LEFT JOIN (SELECT num AS z " +
		"FROM c) c3 ON z = c1.num RIGHT JOIN c c4 ON c4.num > 1 FULL JOIN c c5 ON true, c AS c6(p, q), range(3) r(i)",
	"CREATE MACRO joins2() AS TABLE SELECT * FROM c c1 NATURAL JOIN c c2 CROSS JOIN c c3 POSITIONAL JOIN c c4 " +
		"SEMI JOIN c c5 USING (num) ANTI JOIN y ON y.id = c1.num ASOF JOIN b ON c1.num >= b.id",
	"CREATE MACRO lateral_join() AS TABLE SELECT * FROM c, LATERAL (SELECT num + 1 AS n) AS l(m), unnest([1, " +
		"2]) AS u(v)",
	"CREATE MACRO sorted(n) AS TABLE SELECT DISTINCT ON (num) num AS a, later FROM c WHERE num > n ORDER BY " +
		"num DESC NULLS LAST, later ASC, 1 LIMIT 5 OFFSET 2",
	"CREATE MACRO percent() AS TABLE SELECT num FROM c LIMIT 10%",
	"CREATE MACRO sorted_all() AS TABLE SELECT DISTINCT num, later FROM c ORDER BY ALL",
	"CREATE MACRO grouped() AS TABLE SELECT later, count(*), sum(DISTINCT num) FILTER (WHERE num > 1), " +
		"string_agg(later, ',' ORDER BY num DESC), list(num ORDER BY num) FROM c GROUP BY later HAVING count(*) > 0",
	"CREATE MACRO grouped_sets() AS TABLE SELECT later, num, grouping(later), count(*) FROM c GROUP BY " +
		"GROUPING SETS ((later, num), (later), ())",
	"CREATE MACRO grouped_all() AS TABLE SELECT later, max(num) FROM c GROUP BY ALL",
	"CREATE MACRO grouped_cube() AS TABLE SELECT later, num, count(*) FROM c GROUP BY CUBE (later, num)",
	"CREATE MACRO quantile_within() AS TABLE SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY num), mode() " +
		"WITHIN GROUP (ORDER BY num) FROM c",
	"CREATE MACRO windows() AS TABLE SELECT row_number() OVER (), rank() OVER (PARTITION BY later ORDER BY num " +
		"DESC), sum(num) OVER (ORDER BY num ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), " +
		"lead(num, 2, 0) OVER (ORDER BY num), last_value(num IGNORE NULLS) OVER (ORDER BY num RANGE BETWEEN " +
		"CURRENT ROW AND UNBOUNDED FOLLOWING), count(*) FILTER (WHERE num > 1) OVER (PARTITION BY later), " +
		"max(num) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM c",
	"CREATE MACRO windows2() AS TABLE SELECT min(num) OVER (ORDER BY num GROUPS BETWEEN 1 PRECEDING AND 1 " +
		"FOLLOWING EXCLUDE CURRENT ROW), sum(num) OVER (ORDER BY num ROWS CURRENT ROW EXCLUDE TIES), " +
		"first_value(num ORDER BY later) OVER (ORDER BY num), count(DISTINCT num) OVER w, ntile(3) OVER w, " +
		"lag(num) OVER w, nth_value(num, 2) OVER w FROM c WINDOW w AS (PARTITION BY later ORDER BY num)",
	"CREATE MACRO qualified() AS TABLE SELECT num FROM c QUALIFY row_number() OVER (ORDER BY num) = 1",
	"CREATE MACRO united() AS TABLE SELECT 1 AS a UNION ALL SELECT 2 UNION SELECT 3 EXCEPT SELECT 4 INTERSECT " +
		"SELECT 5 ORDER BY a LIMIT 3",
	"CREATE MACRO united_all() AS TABLE (SELECT 1 AS a EXCEPT ALL SELECT 2) INTERSECT ALL SELECT 1",
	"CREATE MACRO by_name() AS TABLE SELECT 1 AS a, 2 AS b UNION BY NAME SELECT 3 AS b UNION ALL BY NAME " +
		"SELECT 4 AS c",
	"CREATE MACRO stars() AS TABLE SELECT * EXCLUDE (num) REPLACE (upper(later) AS later), c.*, " +
		"COLUMNS('n.*'), COLUMNS(* EXCLUDE (num)) FROM c",
	"CREATE MACRO stars_lambda() AS TABLE SELECT COLUMNS(lambda x: x = 'num') FROM c",
	"CREATE MACRO stars_arrow() AS TABLE SELECT COLUMNS(x -> x = 'num') FROM c",
	"CREATE MACRO stars2() AS TABLE SELECT * RENAME (num AS number) FROM c",
	"CREATE MACRO stars3() AS TABLE SELECT coalesce(*COLUMNS(['num', 'num'])) FROM c",
	"CREATE MACRO stars4() AS TABLE SELECT * EXCLUDE (c1.num) FROM c c1, c c2",
	"CREATE MACRO listed() AS TABLE SELECT * FROM (VALUES (1, 'a'), (2, NULL)) t(a, b)",
	"CREATE MACRO listed2() AS TABLE VALUES (1, 2), (3, 4)",
	"CREATE MACRO sampled() AS TABLE SELECT * FROM c TABLESAMPLE reservoir(20 ROWS) REPEATABLE (3)",
	"CREATE MACRO sampled2() AS TABLE SELECT * FROM c USING SAMPLE 10% (bernoulli, 7)",
	"CREATE MACRO turned_round() AS TABLE SELECT * FROM c PIVOT (count(*) AS n, max(num) FOR later IN ('x', " +
		"'y' AS why) GROUP BY num)",
	"CREATE MACRO turned_back() AS TABLE SELECT * FROM b UNPIVOT INCLUDE NULLS (v FOR n IN (id, k)) AS u(q, r, s)",
	"CREATE MACRO described() AS TABLE DESCRIBE c",
	"CREATE MACRO summed() AS TABLE SELECT * FROM (SUMMARIZE c)",
	"CREATE MACRO ordinal() AS TABLE SELECT * FROM unnest(['a']) WITH ORDINALITY AS u(v, o)",
	"CREATE MACRO by_position() AS TABLE SELECT #1, #2 FROM c",
	"CREATE MACRO reads() AS TABLE SELECT * FROM read_csv('../testdata/segments.txt', header = false, columns " +
		"= {'a': 'VARCHAR'}, delim = '|')",
	"CREATE MACRO tried(x) AS TRY(x // 0)",
	"CREATE MACRO export_states() AS TABLE SELECT sum(num) EXPORT_STATE AS s FROM c",
	"CREATE MACRO nearest() AS TABLE SELECT * FROM c q INNER JOIN c p APPROX NEAREST 3 BY DISTANCE abs(q.num - " +
		"p.num)",
	"CREATE MACRO replaced(x) AS x",
	"CREATE OR REPLACE MACRO replaced(x) AS x + 7",
	"CREATE MACRO gone(x) AS x",
	"DROP MACRO gone",
	"CREATE MACRO gone_rows() AS TABLE SELECT 1",
	"DROP MACRO TABLE gone_rows",
	// views
	"CREATE VIEW z.base AS SELECT id FROM b",
	"CREATE VIEW m AS SELECT * FROM z.base",
	"CREATE VIEW a.top AS SELECT * FROM m",
	"COMMENT ON VIEW m IS 'middle'",
	"CREATE VIEW former AS SELECT 1 AS one",
	"ALTER VIEW former RENAME TO latter",
	"COMMENT ON COLUMN m.id IS 'of a view'",
	"CREATE VIEW a_by_macro AS SELECT aa_used_second(num) AS n, z.mac(num) AS p FROM c",
	"CREATE VIEW a_by_rows AS SELECT * FROM tab(3)",
	"CREATE MACRO of_view() AS TABLE SELECT * FROM a.top", "CREATE VIEW a_by_view AS SELECT * FROM of_view()",
	"CREATE SECURE VIEW secure AS SELECT num FROM c",
	"CREATE SECURE VIEW secure2 AS SELECT num FROM c",
	"ALTER VIEW secure2 RENAME TO secure3",
	"CREATE INDEX later_ones ON c(later)",
	"COMMENT ON INDEX later_ones IS 'an index'",
	"CREATE UNIQUE INDEX \"Odd \"\"index\" ON z.parent((other + 1), id)",
	// triggers
	"CREATE TABLE fired(i INTEGER PRIMARY KEY, n INTEGER)",
	"CREATE TRIGGER g AFTER INSERT ON c INSERT INTO fired VALUES (1, 2), (2, 3)",
	"CREATE TRIGGER g2 BEFORE DELETE ON c DELETE FROM fired WHERE i > 3",
	"CREATE TRIGGER g3 AFTER UPDATE OF num ON c UPDATE fired SET n = x.num + 1, i = 2 FROM c x WHERE x.num = fired.i",
	"CREATE TRIGGER g4 AFTER DELETE ON y REFERENCING OLD TABLE AS ot INSERT INTO fired SELECT id, self FROM ot",
	"CREATE TRIGGER g5 AFTER INSERT ON keyed_late FOR EACH ROW INSERT INTO fired(n) VALUES (NEW.i)",
	"CREATE TRIGGER \"Odd \"\"trigger\" AFTER DELETE ON c MERGE INTO fired f USING y ON f.i = y.id WHEN " +
		"MATCHED AND y.self > 1 THEN DELETE WHEN MATCHED THEN UPDATE SET n = 3 WHEN NOT MATCHED THEN INSERT (i) " +
		"VALUES (y.id) WHEN NOT MATCHED BY SOURCE THEN DO NOTHING",
	"CREATE TRIGGER g6 AFTER DELETE ON c DELETE FROM fired USING y WHERE fired.i = y.id",
	"CREATE TRIGGER g7 AFTER INSERT ON keys INSERT INTO fired SELECT 1, 2 ON CONFLICT (i) DO UPDATE SET n = " +
		"excluded.n WHERE fired.n > 3",
	"CREATE TRIGGER g8 AFTER INSERT ON keys INSERT OR REPLACE INTO fired BY NAME SELECT 1 AS i",
	"CREATE TRIGGER g9 AFTER INSERT ON keys INSERT OR IGNORE INTO fired(i) WITH x AS (SELECT zz_after(1) a) " +
		"SELECT a FROM x",
	"CREATE TRIGGER ga AFTER INSERT ON keys INSERT INTO fired DEFAULT VALUES",
	"CREATE TRIGGER g AFTER INSERT ON z.parent INSERT INTO main.fired VALUES (1, 1)",
	"CREATE TRIGGER gone AFTER INSERT ON keys INSERT INTO fired VALUES (8, 8)", "DROP TRIGGER gone ON keys",
	// nested schemas
	"CREATE SCHEMA a.inner",
	"CREATE TABLE a.inner.c(i INTEGER PRIMARY KEY)",
	"CREATE VIEW a.inner.v AS SELECT * FROM a.inner.c",
	"CREATE SEQUENCE a.inner.q START 4",
	"CREATE TYPE a.inner.t AS ENUM('q')",
	"CREATE MACRO a.inner.f(x) AS x + 1",
	"CREATE MACRO a.inner.rows() AS TABLE SELECT * FROM a.inner.c",
	"CREATE TABLE a.inner.child(i INTEGER REFERENCES c(i))",
	"CREATE INDEX x ON a.inner.c(i)",
	"CREATE SCHEMA gone_schema", "CREATE MACRO gone_schema.m() AS 1", "DROP SCHEMA gone_schema CASCADE",
}
