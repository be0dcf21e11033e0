package oracle

import (
	"fmt"
	"strings"
)

// Users are definitions that name the column lost_c of lost_t, the macros lost_m and lost_r, the type lost_e and the
// sequence lost_q, of which all but the table are dropped later, in as many ways as there are; %d is a number.
var Users = []string{
	"CREATE VIEW v%d AS SELECT lost_c FROM lost_t",
	"CREATE VIEW v%d AS SELECT lost_c + 1 AS x FROM lost_t",
	"CREATE VIEW v%d AS SELECT t.lost_c FROM lost_t t",
	"CREATE VIEW v%d AS SELECT lost_t.lost_c FROM lost_t",
	"CREATE VIEW v%d AS SELECT main.lost_t.lost_c FROM main.lost_t",
	"CREATE VIEW v%d AS SELECT i FROM lost_t WHERE lost_c > 1",
	"CREATE VIEW v%d AS SELECT i FROM lost_t WHERE i IN (SELECT lost_c FROM lost_t)",
	"CREATE VIEW v%d AS SELECT i FROM kept_t k WHERE EXISTS (SELECT 1 FROM lost_t t WHERE t.lost_c = k.i)",
	"CREATE VIEW v%d AS SELECT (SELECT max(lost_c) FROM lost_t) AS m",
	"CREATE VIEW v%d AS SELECT i, count(*) AS n FROM lost_t GROUP BY i, lost_c HAVING max(lost_c) > 1",
	"CREATE VIEW v%d AS SELECT i FROM lost_t ORDER BY lost_c",
	"CREATE VIEW v%d AS SELECT i FROM lost_t QUALIFY row_number() OVER (PARTITION BY lost_c ORDER BY i) = 1",
	"CREATE VIEW v%d AS SELECT sum(lost_c) OVER (ORDER BY i) AS s FROM lost_t",
	"CREATE VIEW v%d AS SELECT k.i FROM kept_t k JOIN lost_t t ON k.i = t.lost_c",
	"CREATE VIEW v%d AS SELECT i FROM lost_t JOIN (SELECT i AS lost_c FROM kept_t) USING (lost_c)",
	"CREATE VIEW v%d AS WITH c AS (SELECT lost_c AS x FROM lost_t) SELECT x FROM c",
	"CREATE VIEW v%d AS WITH c AS (SELECT * FROM lost_t) SELECT lost_c FROM c",
	"CREATE VIEW v%d AS WITH RECURSIVE r(n) AS (SELECT min(lost_c) FROM lost_t UNION ALL SELECT n + 1 FROM r " +
		"WHERE n < 3) SELECT * FROM r",
	"CREATE VIEW v%d AS SELECT lost_c FROM (SELECT * FROM lost_t)",
	"CREATE VIEW v%d AS SELECT lost_c FROM (SELECT *, i + 1 AS y FROM lost_t) s",
	"CREATE VIEW v%d AS SELECT * EXCLUDE (lost_c) FROM lost_t",
	"CREATE VIEW v%d AS SELECT * REPLACE (i AS lost_c) FROM lost_t",
	"CREATE VIEW v%d AS SELECT i FROM lost_t UNION ALL SELECT lost_c FROM lost_t",
	"CREATE VIEW v%d AS SELECT * FROM lost_t UNION ALL SELECT 1, 2, 'x'",
	"CREATE VIEW v%d(a, b, c) AS SELECT * FROM lost_t",
	"CREATE VIEW v%d AS SELECT DISTINCT ON (lost_c) i FROM lost_t",
	"CREATE VIEW v%d AS SELECT list_transform([i], lambda x: x + lost_c) AS l FROM lost_t",
	"CREATE VIEW v%d AS SELECT {'a': lost_c} AS s FROM lost_t",
	"CREATE VIEW v%d AS SELECT CASE WHEN lost_c IS NULL THEN 1 ELSE 2 END AS c FROM lost_t",
	"CREATE VIEW v%d AS SELECT k.i, l.x FROM kept_t k, LATERAL (SELECT lost_c + k.i AS x FROM lost_t) l",
	"CREATE VIEW v%d AS SELECT * FROM (PIVOT lost_t ON s IN ('a', 'b') USING max(lost_c) GROUP BY i)",
	"CREATE VIEW star%d AS SELECT * FROM lost_t", // runs, without the column
	"CREATE VIEW v%d AS SELECT lost_c FROM star31",
	"CREATE VIEW after%d AS SELECT i FROM star31",
	"CREATE VIEW v%d AS SELECT * FROM v0",
	"CREATE VIEW v%d AS SELECT lost_m(i) AS m FROM kept_t",
	"CREATE VIEW v%d AS SELECT i FROM kept_t WHERE lost_m(i) > 1 ORDER BY lost_m(i)",
	"CREATE VIEW v%d AS SELECT * FROM lost_r(3)",
	"CREATE VIEW v%d AS SELECT 'a'::lost_e AS e",
	"CREATE VIEW v%d AS SELECT CAST(NULL AS lost_e) IS NULL AS e FROM kept_t",
	"CREATE VIEW v%d AS SELECT nextval('lost_q') AS n",
	"CREATE MACRO m%d(x) AS lost_m(x) + 1",
	"CREATE MACRO m%d() AS (SELECT max(lost_c) FROM lost_t)",
	"CREATE MACRO r%d(x) AS TABLE SELECT lost_c + x AS y FROM lost_t",
	"CREATE VIEW v%d AS SELECT * FROM r43(1)",
	"CREATE MACRO r%d() AS TABLE SELECT * FROM lost_r(2)",
	// These run.
	"CREATE VIEW unused%d AS WITH unused AS (SELECT lost_c FROM lost_t) SELECT i FROM kept_t",            // by 1.4 not
	"CREATE VIEW kept%d AS WITH unused AS MATERIALIZED (SELECT lost_c FROM lost_t) SELECT i FROM kept_t", // later they do
	"CREATE VIEW k%d AS SELECT i AS lost_c, lost_c + 1 AS x FROM kept_t",
	"CREATE VIEW k%d AS SELECT * FROM lost_t, kept_t AS k",
	"CREATE VIEW k%d AS SELECT lost_c FROM (SELECT i AS lost_c FROM lost_t)",
	"CREATE VIEW k%d AS SELECT x.lost_c FROM (SELECT {'lost_c': 1} AS x FROM lost_t)",
	"CREATE VIEW k%d AS SELECT t FROM lost_t t",
	"CREATE VIEW k%d AS SELECT rowid AS r, t.rowid AS q FROM lost_t t",
	"CREATE VIEW k%d AS SELECT current_date AS d, current_user AS u FROM lost_t",
	"CREATE VIEW k%d AS SELECT i AS a FROM lost_t GROUP BY a HAVING a > 1 ORDER BY a",
	"CREATE VIEW k%d AS SELECT \"count_star()\" AS n FROM (SELECT count(*) FROM lost_t)",
	"CREATE VIEW k%d AS SELECT \"max(i)\" AS n FROM (SELECT max(i) FROM lost_t)",
	"CREATE VIEW k%d AS SELECT i FROM lost_t UNION SELECT i FROM kept_t ORDER BY i",
	"CREATE VIEW k%d AS SELECT col0 FROM (VALUES (1), (2))",
	"CREATE VIEW k%d AS SELECT a FROM (SELECT unnest({'a': 1, 'b': 2}))",
	"CREATE VIEW k%d AS SELECT range AS r FROM range(3)",
	"CREATE VIEW k%d AS SELECT k.i FROM kept_t k SEMI JOIN lost_t t USING (i)",
	"CREATE VIEW k%d AS SELECT t.* EXCLUDE (i), t.i AS j FROM lost_t t",
	"CREATE VIEW k%d AS SELECT COLUMNS('i.*') FROM lost_t",
	"CREATE VIEW k%d AS SELECT i, (SELECT o.i + k.i FROM kept_t k LIMIT 1) AS z FROM lost_t o",
	"CREATE VIEW k%d AS SELECT table_name FROM information_schema.tables",
	"CREATE MACRO k%d(lost_c) AS lost_c + 1",
	"CREATE MACRO k%d(n, lost_c := 2) AS TABLE SELECT i + lost_c AS y FROM kept_t WHERE i > n",
}

// Used is what [Users] name, to be made before them.
var Used = []string{"CREATE TABLE lost_t(i INTEGER, lost_c INTEGER, s VARCHAR)", "CREATE TABLE kept_t(i INTEGER)",
	"CREATE MACRO lost_m(x) AS x + 1", "CREATE MACRO lost_r(n) AS TABLE SELECT * FROM range(n) r(i)",
	"CREATE TYPE lost_e AS ENUM('a', 'b')", "CREATE SEQUENCE lost_q"}

// Losses take away what [Users] name.
var Losses = []string{"ALTER TABLE lost_t DROP lost_c", "DROP MACRO lost_m", "DROP MACRO TABLE lost_r",
	"DROP TYPE lost_e",
	"DROP SEQUENCE lost_q"}

// UserOf is a definition of [Users], by its index, as a release has it.
func UserOf(release string, i int) string {
	sql := fmt.Sprintf(Users[i], i)
	if _, n, err := Find(release); err == nil && Releases[n].Name != "1.3" && n < len(Releases)-3 {
		sql = strings.ReplaceAll(sql, "lambda x: x", "x -> x") // up to 1.2
	}
	return sql
}
