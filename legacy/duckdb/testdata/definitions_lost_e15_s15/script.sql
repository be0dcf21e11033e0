CREATE SCHEMA a;
CREATE SCHEMA "b c";
CREATE TABLE "b c"."Order"("from" INTEGER, "Where" VARCHAR);
CREATE TABLE other(i INTEGER, j INTEGER);
COMMENT ON COLUMN other.i IS '';
COMMENT ON TABLE other IS '';
CREATE VIEW engines AS SELECT table_name FROM information_schema.tables
CREATE VIEW kept(p, i) AS SELECT i, j FROM main.other
COMMENT ON COLUMN kept.i IS 'one of the two';
COMMENT ON COLUMN kept.j IS 'the second';
COMMENT ON VIEW kept IS '';
-- left out: macro a.most
-- left out: macro table "b c".rows_of
-- left out: view a.one
-- left out: view "b c".two
-- left out: view by_function
