CREATE SCHEMA a;
CREATE SCHEMA "b c";
CREATE TABLE "b c"."Order"("from" INTEGER, "Where" VARCHAR);
CREATE TABLE other(i INTEGER, j INTEGER);
COMMENT ON COLUMN other.i IS '';
COMMENT ON TABLE other IS '';
CREATE VIEW engines AS SELECT table_name FROM information_schema.tables
CREATE VIEW kept(p, i) AS SELECT i, j FROM main.other
COMMENT ON COLUMN kept.i IS 'one of the two';
COMMENT ON VIEW kept IS '';
-- left out: macro a.most: there is no table or view "b c"."select"
-- left out: macro table "b c".rows_of: there is no table or view "b c"."select"
-- left out: view a.one: there is no table or view "b c"."select"
-- left out: view "b c".two: it needs view a.one, which is left out
-- left out: view by_function: it needs macro a.most, which is left out
