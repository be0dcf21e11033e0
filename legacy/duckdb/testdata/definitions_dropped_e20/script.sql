CREATE TABLE kept_t(i INTEGER);
CREATE TABLE lost_t(i INTEGER, s VARCHAR);
CREATE MACRO k67(lost_c) AS ((lost_c + 1));
CREATE MACRO k68(n, lost_c := 2) AS TABLE (SELECT (i + lost_c) AS y FROM kept_t WHERE (i > n));
CREATE VIEW star31 AS SELECT * FROM lost_t
CREATE VIEW after33 AS SELECT i FROM star31
CREATE VIEW k48 AS SELECT i AS lost_c, lost_c + 1 AS x FROM kept_t
CREATE VIEW k49 AS SELECT * FROM lost_t, kept_t AS k
CREATE VIEW k50 AS SELECT lost_c FROM (SELECT i AS lost_c FROM lost_t)
CREATE VIEW k51 AS SELECT x.lost_c FROM (SELECT {'lost_c': 1} AS x FROM lost_t)
CREATE VIEW k52 AS SELECT t FROM lost_t t
CREATE VIEW k53 AS SELECT rowid AS r, t.rowid AS q FROM lost_t t
CREATE VIEW k54 AS SELECT current_date AS d, current_user AS u FROM lost_t
CREATE VIEW k55 AS SELECT i AS a FROM lost_t GROUP BY a HAVING a > 1 ORDER BY a
CREATE VIEW k56 AS SELECT "count_star()" AS n FROM (SELECT count(*) FROM lost_t)
CREATE VIEW k57 AS SELECT "max(i)" AS n FROM (SELECT max(i) FROM lost_t)
CREATE VIEW k58 AS SELECT i FROM lost_t UNION SELECT i FROM kept_t ORDER BY i
CREATE VIEW k59 AS SELECT col0 FROM (VALUES (1), (2))
CREATE VIEW k60 AS SELECT a FROM (SELECT unnest({'a': 1, 'b': 2}))
CREATE VIEW k61 AS SELECT range AS r FROM range(3)
CREATE VIEW k62 AS SELECT k.i FROM kept_t k SEMI JOIN lost_t t USING (i)
CREATE VIEW k63 AS SELECT t.* EXCLUDE (i), t.i AS j FROM lost_t t
CREATE VIEW k64 AS SELECT COLUMNS('i.*') FROM lost_t
CREATE VIEW k65 AS SELECT i, (SELECT o.i + k.i FROM kept_t k LIMIT 1) AS z FROM lost_t o
CREATE VIEW k66 AS SELECT table_name FROM information_schema.tables
CREATE VIEW kept47 AS WITH unused AS MATERIALIZED (SELECT lost_c FROM lost_t) SELECT i FROM kept_t
CREATE VIEW unused46 AS WITH unused AS (SELECT lost_c FROM lost_t) SELECT i FROM kept_t
-- left out: macro m41: there is no function lost_m
-- left out: macro m42: there is no column lost_c
-- left out: macro table r43: there is no column lost_c
-- left out: macro table r45: there is no function lost_r
-- left out: view v0: there is no column lost_c
-- left out: view v1: there is no column lost_c
-- left out: view v10: there is no column lost_c
-- left out: view v11: there is no column lost_c
-- left out: view v12: there is no column lost_c
-- left out: view v13: there is no column t.lost_c
-- left out: view v14: a side of its join has no column lost_c
-- left out: view v15: there is no column lost_c
-- left out: view v16: there is no column lost_c
-- left out: view v17: there is no column lost_c
-- left out: view v18: there is no column lost_c
-- left out: view v19: there is no column lost_c
-- left out: view v2: there is no column t.lost_c
-- left out: view v20: it leaves out the column lost_c, which there is not
-- left out: view v21: it replaces the column lost_c, which there is not
-- left out: view v22: there is no column lost_c
-- left out: view v23: one of its queries has 2 columns, and the other 3
-- left out: view v24: it has names for 3 columns, of which there are 2
-- left out: view v25: there is no column lost_c
-- left out: view v26: there is no column lost_c
-- left out: view v27: there is no column lost_c
-- left out: view v28: there is no column lost_c
-- left out: view v29: there is no column lost_c
-- left out: view v3: there is no column lost_t.lost_c
-- left out: view v30: there is no column lost_c
-- left out: view v32: there is no column lost_c
-- left out: view v34: it needs view v0, which is left out
-- left out: view v35: there is no function lost_m
-- left out: view v36: there is no function lost_m
-- left out: view v37: there is no function lost_r
-- left out: view v38: there is no type lost_e
-- left out: view v39: there is no type lost_e
-- left out: view v4: there is no column main.lost_t.lost_c
-- left out: view v40: there is no sequence lost_q
-- left out: view v44: it needs macro table r43, which is left out
-- left out: view v5: there is no column lost_c
-- left out: view v6: there is no column lost_c
-- left out: view v7: there is no column t.lost_c
-- left out: view v8: there is no column lost_c
-- left out: view v9: there is no column lost_c
