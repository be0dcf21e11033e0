package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A Case is a random database: what to write and how. The same seed gives the same Case.
type Case struct {
	Seed     uint64
	Engine   Release
	Attach   []string // options of ATTACH
	Settings []string
	Tables   []*caseTable
	Ops      []caseOp
	Kill     bool // the writer dies instead of closing

}

type caseTable struct {
	name string
	cols []*caseColumn
	rows []int // of each load at the start
	seed int
	long bool // values may be so large that it has to have few rows
}

type caseColumn struct {
	name  string
	typ   colType
	x     string // the expression that values hang on
	value string // from x
	null  string // condition, "" for none
	more  string // what CREATE TABLE says behind its type
}

// A caseOp changes a table; its text has {t} for the table and {c} for the column.
type caseOp struct {
	table int
	col   string // that has to exist, "" for none
	sql   string
	rows  int    // for "insert"
	kind  string // "", "insert", "drop", "rename", "define"
}

// storageOf gives the storage versions that a release can be told to write.
func storageOf(release int) []string {
	versions := []string{"v1.0.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0", "v2.0.0"}
	_, first, _ := Find("1.2")
	if release < first {
		return nil
	}
	return versions[:release-first+2]
}

// Generate makes a Case; engine is a release's name or "" for any.
func Generate(seed uint64, engine string) (*Case, error) {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 0x51D))}
	release := g.IntN(len(Releases))
	if g.IntN(2) == 0 {
		release = len(Releases) - 1 - g.IntN(3) // the newest write the most
	}
	if engine != "" {
		var err error
		if _, release, err = Find(engine); err != nil {
			return nil, err
		}
	}
	g.release = release
	c := &Case{Seed: seed, Engine: Releases[release]}
	if versions := storageOf(release); versions != nil && g.IntN(4) > 0 {
		v := versions[len(versions)-1]
		if g.IntN(3) == 0 {
			v = versions[g.IntN(len(versions))]
		}
		c.Attach = append(c.Attach, "STORAGE_VERSION '"+v+"'")
		g.modern = v == "v1.5.0" || v == "v2.0.0"
	} else {
		g.modern = c.Engine.Name == python // its default is its own format
	}
	if g.since("1.1") && g.IntN(5) > 0 {
		c.Attach = append(c.Attach, "BLOCK_SIZE "+g.pick("16384", "16384", "16384", "32768", "65536", "131072"))
	}
	group := 122880
	if g.since("1.2") && g.IntN(2) == 0 {
		group = []int{2048, 2048, 4096, 6144, 10240}[g.IntN(5)]
		c.Attach = append(c.Attach, fmt.Sprint("ROW_GROUP_SIZE ", group))
	}
	c.settings(g)
	rows := []int{0, 1, 2, 3, 7, 64, 100, 1000, 1023, 1024, 1025, 2047, 2048, 2049, 3000, 4095, 4096, 4097, 5000, 6143,
		6145}
	if group < 100000 {
		rows = append(rows, group-1, group, group+1, 2*group, 2*group+1, 3*group-1)
	} else if g.IntN(12) == 0 {
		rows = []int{122879, 122880, 122881, 125000, 250000}
	}
	for i := range 1 + g.IntN(3) {
		t := &caseTable{name: fmt.Sprint("t", i), seed: g.IntN(1 << 20)}
		for range 1 + g.IntN(2)*g.IntN(2) {
			t.rows = append(t.rows, rows[g.IntN(len(rows))])
		}
		most := slices.Max(t.rows)
		t.long = most <= 100
		g.long = t.long
		columns := 1 + g.IntN(6)
		if g.IntN(40) == 0 && most < 3000 {
			columns = 60
		}
		for j := range columns {
			if most > 20000 && j == 2 {
				break
			}
			depth := g.IntN(4)
			if most > 20000 {
				depth = g.IntN(2)
			}
			t.cols = append(t.cols, g.column(fmt.Sprint("c", j), depth, t.seed+j*7919))
		}
		c.Tables = append(c.Tables, t)
	}
	c.Kill = g.IntN(3) == 0
	if c.Kill && !g.since("0.10") {
		c.Kill = false // its logs are refused
	}
	if c.Kill {
		c.Settings = append(c.Settings, "SET wal_autocheckpoint = '1TB'")
		if g.IntN(5) > 0 {
			c.Ops = append(c.Ops, caseOp{sql: "CHECKPOINT db"})
		}
	}
	if g.IntN(3) == 0 {
		c.Ops = append(c.Ops, caseOp{sql: "CREATE TABLE side(k INTEGER PRIMARY KEY, v VARCHAR, w DOUBLE[])"})
		for range 1 + g.IntN(8) {
			c.Ops = append(c.Ops, caseOp{sql: sideChanges[g.IntN(len(sideChanges))]})
		}
	}
	for range g.IntN(7) {
		c.Ops = append(c.Ops, c.op(g))
		if g.IntN(4) == 0 {
			c.Ops = append(c.Ops, caseOp{sql: sideChanges[g.IntN(len(sideChanges))]})
		}
	}
	if g.since("1.4") && g.IntN(3) == 0 { // the judge would not take all macros of older ones
		c.define(g)
	}
	if c.Kill && !g.since("1.4") {
		c.oneZero()
	}
	return c, nil
}

// oneZero leaves out negative zeros. Where an older release changed one zero into the other, the judge that applies the
// log keeps the first: see the README.
func (c *Case) oneZero() {
	without := strings.NewReplacer("'-0.0'", "'-1.0'").Replace
	for _, t := range c.Tables {
		for _, col := range t.cols {
			col.value = without(col.value)
		}
	}
	for i := range c.Ops {
		c.Ops[i].sql = without(c.Ops[i].sql)
	}
}

// define adds some of the definitions between the changes of tables, in their order.
func (c *Case) define(g *gen) {
	of := 2 + g.IntN(8)
	var all []caseOp
	rest := c.Ops
	for i, sql := range Definitions {
		if g.IntN(10) >= of {
			continue
		}
		if c.Kill && c.Engine.Name != python { // these look for it elsewhere when they apply a log
			sql = strings.NewReplacer("nextval('z.ids')", "nextval('used')", "z.mood", "mood").Replace(sql)
		}
		all = append(all, caseOp{sql: sql, kind: "define"})
		if len(rest) > 0 && g.IntN(len(Definitions)-i) < len(rest) {
			all, rest = append(all, rest[0]), rest[1:]
		}
	}
	c.Ops = append(all, rest...)
}

func (c *Case) settings(g *gen) {
	methods := []string{"uncompressed", "rle", "bitpacking", "dictionary", "fsst"}
	if g.since("0.10") {
		methods = append(methods, "alp", "alprd")
	} else {
		methods = append(methods, "chimp", "patas", "chimp", "patas")
	}
	if g.since("1.2") {
		methods = append(methods, "zstd", "roaring")
	}
	if g.since("1.3") {
		methods = append(methods, "dict_fsst", "dict_fsst")
	}
	if g.IntN(2) == 0 {
		c.Settings = append(c.Settings, "SET force_compression = '"+methods[g.IntN(len(methods))]+"'")
	} else if g.since("1.2") && g.IntN(2) == 0 {
		c.Settings = append(c.Settings, "SET disabled_compression_methods = '"+methods[1+g.IntN(len(methods)-1)]+"'")
	}
	if g.modern {
		c.Settings = append(c.Settings, "SET variant_minimum_shredding_size = "+g.pick("-1", "0", "0", "1000"),
			"SET geometry_minimum_shredding_size = "+g.pick("-1", "0", "0", "1000"))
	}
	if g.IntN(3) == 0 {
		c.Settings = append(c.Settings, "SET force_bitpacking_mode = '"+g.pick("constant", "constant_delta", "delta_for",
			"for")+"'")
	}
}

// column makes a column with a random type and shape of values.
func (g *gen) column(name string, depth, seed int) *caseColumn {
	c := &caseColumn{name: name, typ: g.typ(depth)}
	rnd := fmt.Sprintf("CAST(hash(i + %d) >> 2 AS BIGINT)", seed)
	shapes := []string{
		"CAST(5 AS BIGINT)", "i", "i", fmt.Sprintf("(i // %d)", 1+g.IntN(300)), rnd, rnd,
		fmt.Sprintf("(%s %% %d)", rnd, []int{2, 10, 100, 1000, 1 << 20, 1 << 40}[g.IntN(6)]),
		fmt.Sprintf("CAST(hash(i // %d) >> 2 AS BIGINT)", 1+g.IntN(200)), fmt.Sprintf("(i %% %d)", 1+g.IntN(500)),
		fmt.Sprintf("(i * %d + %d)", 1+g.IntN(1000), g.IntN(1<<30)),
		fmt.Sprintf("CASE WHEN %s %% 500 = 0 THEN %s ELSE i %% 10 END", rnd, rnd),
		fmt.Sprintf("CASE WHEN i // 2048 %% 2 = 0 THEN %s ELSE 3 END", rnd),
		fmt.Sprintf("(%s >> %d)", rnd, g.IntN(62)),
	}
	c.x = "(" + shapes[g.IntN(len(shapes))] + ")"
	c.value = c.typ.value(g, "x_"+name)
	nul := fmt.Sprintf("CAST(hash(i + %d) >> 2 AS BIGINT)", seed+104729)
	nulls := []string{"", "", "", "", "true", "i % 2 = 0", nul + " % 2 = 0", nul + " % 10 = 0", nul + " % 10 <> 0",
		nul + " % 1000 = 0", nul + " % 1000 <> 0", "i < 2048", "i >= 2048",
		"i % 2048 >= 1900", "i % 3000 < 700", fmt.Sprintf("(i // %d) %% 2 = 0", 1+g.IntN(100)), "i = 0", "i % 256 = 255",
		"i % 2048 = 2047"}
	c.null = nulls[g.IntN(len(nulls))]
	switch g.IntN(16) {
	case 0:
		c.more = fmt.Sprintf(" CHECK (%s IS NULL OR %[1]s = %[1]s)", name)
	case 1:
		c.more = fmt.Sprintf(", gen_%s VARCHAR AS (CAST(%[1]s AS VARCHAR) || 'x')", name)
	}
	return c
}

// sideChanges are for a table with a key, and for the catalog. Some cannot be run; they are left out.
var sideChanges = []string{
	"INSERT INTO side SELECT i, 'v' || CAST(i AS VARCHAR), [i, NULL] FROM range(100) r(i)",
	"INSERT OR REPLACE INTO side SELECT i, 'replaced', NULL FROM range(50, 150) r(i)",
	"INSERT OR IGNORE INTO side SELECT i, 'ignored', [] FROM range(140, 2500) r(i)", "DELETE FROM side WHERE k % 3 = 1",
	"UPDATE side SET v = NULL WHERE k % 5 = 0", "UPDATE side SET w = [1.5] WHERE k < 10",
	"BEGIN; DROP TABLE side; CREATE TABLE side(k INTEGER PRIMARY KEY, v VARCHAR); INSERT INTO side VALUES (1, 'again'); COMMIT", "CREATE OR REPLACE TABLE side AS SELECT i AS k, 'x' AS v FROM range(3000) r(i)",
	"ALTER TABLE side RENAME TO other", "CREATE TABLE other2 AS SELECT * FROM side",
	"BEGIN; CREATE TABLE never(i INTEGER); INSERT INTO never VALUES (1); ROLLBACK", "CREATE INDEX side_v ON side(v)",
	"DROP INDEX side_v",
	"CREATE SCHEMA sc; CREATE TABLE sc.inner_table AS SELECT 1 AS x", "DROP SCHEMA sc CASCADE", "TRUNCATE side",
	"DROP TABLE other2", "CREATE VIEW w AS SELECT * FROM side", "ALTER TABLE side ADD COLUMN y BIGINT DEFAULT 7",
	"BEGIN; INSERT INTO side(k, v) SELECT i + 5000, 'bulk' FROM range(3000) r(i); DELETE FROM side WHERE k BETWEEN 5100 AND 5200; UPDATE side SET v = 'in between' WHERE k = 5005; COMMIT",
	"CHECKPOINT db", "CREATE SEQUENCE sq; CREATE TABLE drawn(i BIGINT DEFAULT nextval('sq'), j INTEGER)",
	"INSERT INTO drawn(j) SELECT 1 FROM range(10)", "CREATE TYPE mood AS ENUM('a', 'b'); CREATE TABLE moods(m mood, n mood[])",
	"INSERT INTO moods VALUES ('a', NULL), ('b', NULL), (NULL, NULL)",
	"BEGIN; INSERT INTO side(k, v) VALUES (90000, 'one'); INSERT INTO drawn(j) VALUES (2); ROLLBACK",
}

// op makes a change for a random table.
func (c *Case) op(g *gen) caseOp {
	n := g.IntN(len(c.Tables))
	t := c.Tables[n]
	col := t.cols[g.IntN(len(t.cols))]
	where := g.pick("rowid % 2 = 1", "rowid % 7 = 3", "rowid < 3", "rowid BETWEEN 2000 AND 2100", "rowid >= 2048",
		"rowid BETWEEN 2048 AND 4095", "true", "hash(rowid) % 5 < 2", "hash(rowid) % 100 = 0", "rowid % 1000 <> 5",
		"rowid = 0", "rowid > 100")
	switch g.IntN(13) {
	case 11:
		return caseOp{table: n, col: col.name, sql: g.pick("CREATE INDEX i_{t}_{c} ON {t}({c})",
			"COMMENT ON COLUMN {t}.{c} IS 'it''s {c}'", "COMMENT ON TABLE {t} IS 'table {t}'",
			"ALTER TABLE {t} ALTER {c} DROP DEFAULT", "ALTER TABLE {t} ALTER {c} SET NOT NULL")}
	case 12:
		value := strings.ReplaceAll(col.value, "x_"+col.name, fmt.Sprint(g.IntN(1000)))
		return caseOp{table: n, col: col.name, sql: "ALTER TABLE {t} ALTER {c} SET DEFAULT CAST(" + value + " AS " +
			col.typ.sql + ")"}
	case 0, 1, 2:
		return caseOp{table: n, sql: "DELETE FROM {t} WHERE " + where}
	case 3, 4, 5:
		value := "NULL"
		if g.IntN(4) > 0 {
			value = strings.ReplaceAll(col.value, "x_"+col.name,
				g.pick("CAST(rowid AS BIGINT)", "CAST(rowid + 7777 AS BIGINT)", "CAST(hash(rowid) >> 2 AS BIGINT)",
					"CAST(3 AS BIGINT)"))
		}
		sql := "UPDATE {t} SET {c} = CAST(" + value + " AS " + col.typ.sql + ") WHERE " + where
		if g.IntN(4) == 0 {
			sql = "BEGIN; " + sql + "; DELETE FROM {t} WHERE rowid % 50 = 1; " + g.pick("COMMIT", "COMMIT", "ROLLBACK")
		}
		return caseOp{table: n, col: col.name, sql: sql}
	case 6, 7:
		rows := []int{1, 5, 100, 2048, 2049, 3000}[g.IntN(6)]
		if c.Tables[n].long {
			rows = min(rows, 100)
		}
		return caseOp{table: n, kind: "insert", rows: rows}
	case 8:
		return caseOp{sql: "CHECKPOINT db"}
	case 9:
		name := fmt.Sprint("n", g.IntN(1000))
		def := g.pick("INTEGER DEFAULT 42", "VARCHAR DEFAULT 'given'", "DOUBLE", "DATE DEFAULT '2020-01-01'", "INTEGER[]",
			"DECIMAL(9,2) DEFAULT 1.5", "STRUCT(a INTEGER, b VARCHAR)", "BOOLEAN DEFAULT true",
			"TIMESTAMP DEFAULT '2020-01-01 01:02:03'", "BIGINT DEFAULT NULL", "HUGEINT DEFAULT 7", "UTINYINT DEFAULT 255")
		return caseOp{table: n, sql: "ALTER TABLE {t} ADD COLUMN " + name + " " + def}
	}
	if g.IntN(4) == 0 {
		return caseOp{table: n, col: col.name, sql: "ALTER TABLE {t} ALTER COLUMN {c} TYPE " + g.pick("VARCHAR", "DOUBLE",
			"HUGEINT", "BLOB") + "; CHECKPOINT db"}
	}
	if g.IntN(2) == 0 {
		return caseOp{table: n, col: col.name, kind: "rename", sql: "ALTER TABLE {t} RENAME COLUMN {c} TO r_" + col.name}
	}
	return caseOp{table: n, col: col.name, kind: "drop", sql: "ALTER TABLE {t} DROP COLUMN {c}"}
}

// load gives the statement that appends rows; from is the first i.
func (t *caseTable) load(rows, from int, names map[string]string) string {
	var cols, xs, values []string
	for _, c := range t.cols {
		name, ok := names[c.name]
		if !ok {
			continue
		}
		cols = append(cols, name)
		xs = append(xs, c.x+" AS x_"+c.name)
		e := c.value
		if c.null != "" {
			e = "CASE WHEN " + c.null + " THEN NULL ELSE CAST(" + e + " AS " + c.typ.list + ") END"
		}
		values = append(values, "CAST("+e+" AS "+c.typ.sql+")")
	}
	if cols == nil {
		return "SELECT 1"
	}
	return fmt.Sprintf("INSERT INTO %s(%s) SELECT %s FROM (SELECT i, %s FROM range(%d, %d) r(i))", t.name,
		strings.Join(cols, ", "), strings.Join(values, ", "), strings.Join(xs, ", "), from, from+rows)
}

// Script gives the statements after ATTACH and USE.
func (c *Case) Script() []string {
	out := append([]string{}, c.Settings...)
	names := make([]map[string]string, len(c.Tables)) // the present name of each column
	next := make([]int, len(c.Tables))
	for i, t := range c.Tables {
		var cols []string
		names[i] = map[string]string{}
		for _, col := range t.cols {
			cols = append(cols, col.name+" "+col.typ.sql+col.more)
			names[i][col.name] = col.name
		}
		if cols == nil {
			continue
		}
		out = append(out, "CREATE TABLE "+t.name+"("+strings.Join(cols, ", ")+")")
		for _, n := range t.rows {
			out = append(out, t.load(n, next[i], names[i]))
			next[i] += n
		}
	}
	for _, op := range c.Ops {
		if op.kind == "define" {
			out = append(out, op.sql)
			continue
		}
		t := c.Tables[op.table]
		if len(t.cols) == 0 {
			continue
		}
		if op.kind == "insert" {
			out = append(out, t.load(op.rows, next[op.table], names[op.table]))
			next[op.table] += op.rows
			continue
		}
		name := ""
		if op.col != "" {
			var ok bool
			if name, ok = names[op.table][op.col]; !ok {
				continue
			}
		}
		out = append(out, strings.NewReplacer("{t}", t.name, "{c}", name).Replace(op.sql))
		switch op.kind {
		case "drop":
			if len(names[op.table]) > 1 {
				delete(names[op.table], op.col)
			}
		case "rename":
			names[op.table][op.col] = "r_" + op.col
		}
	}
	return out
}

// String names the case and lists its statements.
func (c *Case) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, engine %s, %s", c.Seed, c.Engine.Name, strings.Join(c.Attach, ", "))
	if c.Kill {
		b.WriteString(", killed")
	}
	for _, s := range c.Script() {
		b.WriteString("\n  " + clip(s))
	}
	return b.String()
}
