package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A colType is a random column type.
type colType struct {
	sql   string // as CREATE TABLE takes it
	list  string // the same with arrays as lists, which expressions can give
	value func(g *gen, x string) string
}

// gen is what the choice of types and values hangs on.
type gen struct {
	*rand.Rand
	release int  // index in Releases
	long    bool // strings may be longer than a block
	modern  bool // the storage version has VARIANT and GEOMETRY
}

func (g *gen) pick(s ...string) string { return s[g.IntN(len(s))] }

func (g *gen) since(name string) bool {
	_, i, err := Find(name)
	return err == nil && g.release >= i
}

// integer gives an expression of an integer type with bits bits from the non-negative BIGINT expression x below 2^62.
func integer(typ string, bits int, signed bool) func(g *gen, x string) string {
	return func(g *gen, x string) string {
		mode := g.IntN(4)
		switch {
		case bits == 128 && signed:
			return []string{
				"CAST(" + x + " AS HUGEINT)", "-CAST(" + x + " AS HUGEINT)",
				"CAST(" + x + " AS HUGEINT) * 18446744073709551616 + CAST(" + x + " AS HUGEINT)",
				"CAST(" + x + " AS HUGEINT) * -36893488147419103232 + 5",
			}[mode]
		case bits == 128:
			return []string{"CAST(" + x + " AS UHUGEINT)", "CAST(" + x +
				" AS UHUGEINT) + CAST('340282366920938463458752306275769876479' AS UHUGEINT)",
				"CAST(" + x + " AS UHUGEINT) * CAST('73786976294838206464' AS UHUGEINT)",
				"CAST(" + x + " % 1000 AS UHUGEINT)"}[mode]
		case bits == 64 && signed:
			return []string{x, "-" + x, "CAST(CAST(" + x + " AS HUGEINT) * 4 - 9223372036854775808::HUGEINT AS BIGINT)",
				"(9223372036854775807 - " + x + ")"}[mode]
		case bits == 64:
			return []string{"CAST(" + x + " AS UBIGINT)", "CAST(CAST(" + x + " AS HUGEINT) * 4 + 3 AS UBIGINT)",
				"CAST(18446744073709551615::HUGEINT - " + x + " AS UBIGINT)", "CAST(" + x + " % 100 AS UBIGINT)"}[mode]
		case signed:
			half := int64(1) << (bits - 1)
			return []string{
				fmt.Sprintf("CAST(%s %% %d AS %s)", x, half, typ), fmt.Sprintf("CAST(-(%s %% %d) AS %s)", x, half, typ),
				fmt.Sprintf("CAST(%s %% %d - %d AS %s)", x, 2*half, half, typ),
				fmt.Sprintf("CAST(%d - %s %% %d AS %s)", half-1, x, half, typ),
			}[mode]
		}
		return fmt.Sprintf("CAST(%s %% %d AS %s)", x, []int64{1 << bits, 10, 1 << (bits / 2), 1 << bits}[mode], typ)
	}
}

// specials mixes rare fixed values into an expression.
func specials(every int, typ, expr, x string, values ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CASE CAST(%s %% %d AS INTEGER)", x, every)
	for i, v := range values {
		fmt.Fprintf(&b, " WHEN %d THEN CAST(%s AS %s)", i+1, v, typ)
	}
	return b.String() + " ELSE " + expr + " END"
}

func float(typ string) func(g *gen, x string) string {
	return func(g *gen, x string) string {
		d := "CAST(" + x + " AS DOUBLE)"
		e := []string{
			d, "-" + d, "(" + d + " / 100.0)", "(CAST(" + x + " % 100000 AS DOUBLE) / 1000.0)", "sin(" + d + ")",
			"exp(CAST(" + x + " % 1000 - 500 AS DOUBLE) / 8)", "(CAST(" + x + " % 64 AS DOUBLE) * 0.25)",
			"(0.1 * CAST(" + x + " % 30 AS DOUBLE))", "(1e-300 * " + d + ")", "(100 + sin(" + d + "))",
		}
		s := "CAST(" + e[g.IntN(len(e)-1+g.IntN(2))] + " AS " + typ + ")"
		if typ == "FLOAT" && strings.Contains(s, "exp(") {
			s = strings.Replace(s, "/ 8", "/ 16", 1)
		}
		if g.IntN(3) == 0 {
			s = specials(20+g.IntN(60), typ, s, x, "'nan'", "'inf'", "'-inf'", "'-0.0'", "1e-30")
		}
		return s
	}
}

func decimal(g *gen) colType {
	w := 1 + g.IntN(38)
	if g.IntN(2) == 0 {
		w = []int{4, 5, 9, 10, 18, 19, 38}[g.IntN(7)]
	}
	s := g.IntN(w + 1)
	sql := fmt.Sprintf("DECIMAL(%d,%d)", w, s)
	return colType{sql, sql, func(g *gen, x string) string {
		// digits of x, repeated as far as they are needed, in front of and behind the point
		digits := fmt.Sprintf("repeat(lpad(CAST(%s AS VARCHAR), %d, '%s'), 3)", x, 1+g.IntN(19), g.pick("0", "1", "9"))
		whole := "'0'"
		if w > s {
			whole = fmt.Sprintf("left(%s, %d)", digits, 1+g.IntN(w-s))
		}
		text := whole
		if s > 0 {
			text += fmt.Sprintf(" || '.' || left(%s, %d)", digits, s)
		}
		sign := g.pick("''", "'-'", "CASE WHEN "+x+" % 2 = 0 THEN '-' ELSE '' END")
		return fmt.Sprintf("CAST(%s || %s AS %s)", sign, text, sql)
	}}
}

func text(g *gen, x string) string {
	v := "CAST(" + x + " AS VARCHAR)"
	letter := "chr(CAST(97 + " + x + " % 26 AS INTEGER))"
	modes := []string{
		v, "'" + g.pick("abc", "", "a rather long constant text, the same in every row") + "'",
		"'user_' || " + v, "md5(" + v + ")", "repeat(" + letter + ", CAST(" + x + " % " + g.pick("5", "14", "40",
			"300") + " AS INTEGER))",
		"CASE CAST(" + x + " % 5 AS INTEGER) WHEN 0 THEN '' WHEN 1 THEN 'yes' WHEN 2 THEN 'no' WHEN 3 THEN 'undecided, \"quoted\" ''so''' ELSE 'ünïcödé 🦆' END",
		"'{\"id\": ' || " + v + " || ', \"tags\": [\"x\", \"' || CAST(" + x +
			" % 7 AS VARCHAR) || '\"], \"cost_cents\": ' || CAST(" + x + " % 100000 AS VARCHAR) || '}'",
		"repeat(md5(" + v + "), CAST(" + x + " % 9 AS INTEGER))",
		"'twelve' || lpad(CAST(" + x + " % 1000000 AS VARCHAR), 6, '0') || repeat('x', CAST(" + x + " % 3 AS INTEGER))",
		"chr(CAST(1 + " + x + " % 55000 AS INTEGER)) || chr(CAST(70000 + " + x + " % 50000 AS INTEGER))", "'NULL'",
		"'pre' || CAST(" + x + " % 3 AS VARCHAR) || repeat(' ', CAST(" + x + " % 4 AS INTEGER))",
	}
	if g.long && g.IntN(3) == 0 {
		base := []int{4080, 4088, 4094, 8190, 16350, 16368, 16376, 16384, 32740, 65520, 65536, 131060, 262120, 262136, 262144,
			600000}[g.IntN(16)]
		return fmt.Sprintf("CASE WHEN %s %% 4 = 0 THEN 'short' ELSE repeat(%s, CAST(%d + %s %% 20 AS INTEGER)) || %s END", x,
			letter, base-10, x, v)
	}
	return modes[g.IntN(len(modes))]
}

// simple wraps a type whose name is the same everywhere.
func simple(sql string, value func(g *gen, x string) string) colType { return colType{sql, sql, value} }

func moment(g *gen, x string) string {
	return g.pick("TIMESTAMP '1970-01-01 00:00:00'", "TIMESTAMP '2024-02-29 23:59:59'",
		"TIMESTAMP '1800-01-01 00:00:00'") + " + to_microseconds(" +
		g.pick(x+" % 4000000000000000", x+" % 86400000000", "("+x+" % 100000) * 1000000", x+" % 1000",
			x+" % 5000000000000 * 1000") + ")"
}

// scalar gives a random type without parts.
func (g *gen) scalar() colType {
	all := []func() colType{
		func() colType {
			return simple("BOOLEAN", func(g *gen, x string) string {
				return g.pick("("+x+" % 2 = 0)", "("+x+" % 100 = 5)", "true", "("+x+" % 4096 < 2000)")
			})
		},
		func() colType { return simple("TINYINT", integer("TINYINT", 8, true)) },
		func() colType { return simple("SMALLINT", integer("SMALLINT", 16, true)) },
		func() colType { return simple("INTEGER", integer("INTEGER", 32, true)) },
		func() colType { return simple("BIGINT", integer("BIGINT", 64, true)) },
		func() colType { return simple("HUGEINT", integer("HUGEINT", 128, true)) },
		func() colType { return simple("UTINYINT", integer("UTINYINT", 8, false)) },
		func() colType { return simple("USMALLINT", integer("USMALLINT", 16, false)) },
		func() colType { return simple("UINTEGER", integer("UINTEGER", 32, false)) },
		func() colType { return simple("UBIGINT", integer("UBIGINT", 64, false)) },
		func() colType { return simple("DOUBLE", float("DOUBLE")) },
		func() colType { return simple("FLOAT", float("FLOAT")) },
		func() colType { return decimal(g) },
		func() colType { return simple("VARCHAR", text) },
		func() colType { return simple("VARCHAR", text) },
		func() colType { return simple("VARCHAR", text) },
		func() colType {
			return simple("BLOB", func(g *gen, x string) string {
				if g.IntN(2) == 0 {
					return "unhex(md5(CAST(" + x + " AS VARCHAR)))"
				}
				return "encode(" + text(g, x) + ")"
			})
		},
		func() colType {
			return simple("BIT", func(g *gen, x string) string {
				return "CAST(repeat('" + g.pick("10", "110", "0",
					"1") + "', CAST(1 + " + x + " % 23 AS INTEGER)) || CASE WHEN " + x + " % 3 = 0 THEN '1' ELSE '00' END AS BIT)"
			})
		},
		func() colType {
			return simple("DATE", func(g *gen, x string) string {
				e := "(DATE '1970-01-01' + CAST(" + g.pick(x+" % 20000", x+" % 3000000 - 1000000", x+" % 30",
					"-("+x+" % 800000)") + " AS INTEGER))"
				if g.IntN(3) == 0 {
					e = specials(30, "DATE", e, x, "'infinity'", "'-infinity'", "'5881580-07-10'", "'5877642-06-25 (BC)'")
				}
				return e
			})
		},
		func() colType {
			return simple("TIME", func(g *gen, x string) string {
				return "(TIME '00:00:00' + to_microseconds(" + g.pick(x+" % 86400000000", "("+x+" % 86400) * 1000000",
					"("+x+" % 1000) * 1000") + "))"
			})
		},
		func() colType {
			return simple("TIMETZ", func(g *gen, x string) string {
				return "CAST(CAST(TIME '00:00:00' + to_microseconds(" + x + " % 86400000000) AS VARCHAR) || " + g.pick("'+00'",
					"'-15:59:59'", "'+15:59:59'", "CASE WHEN "+x+" % 2 = 0 THEN '+05:30' ELSE '-00:01:07' END") + " AS TIMETZ)"
			})
		},
		func() colType {
			return simple("TIMESTAMP", func(g *gen, x string) string {
				e := "(" + moment(g, x) + ")"
				if g.IntN(3) == 0 {
					e = specials(30, "TIMESTAMP", e, x, "'infinity'", "'-infinity'", "'0044-03-15 (BC) 01:02:03'",
						"'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54.775806'")
				}
				return e
			})
		},
		func() colType {
			typ := g.pick("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMPTZ")
			return simple(typ, func(g *gen, x string) string { return "CAST(" + moment(g, x) + " AS " + typ + ")" })
		},
		func() colType {
			return simple("INTERVAL", func(g *gen, x string) string {
				return "(to_months(CAST(" + x + " % 100 - 50 AS INTEGER)) + to_days(CAST(" + g.pick(x+" % 10", "0",
					x+" % 2000 - 1000") + " AS INTEGER)) + to_microseconds(" + g.pick(x+" % 100000000000", "0",
					"-("+x+" % 90000000)") + "))"
			})
		},
		func() colType {
			return simple("UUID", func(g *gen, x string) string { return "CAST(md5(CAST(" + x + " AS VARCHAR)) AS UUID)" })
		},
		func() colType {
			n := []int{1, 2, 7, 254, 255, 256, 257, 700}[g.IntN(8)]
			names := make([]string, n)
			for i := range names {
				names[i] = fmt.Sprintf("'e%d'", i)
			}
			if n > 1 {
				names[1] = "''"
			}
			sql := "ENUM(" + strings.Join(names, ", ") + ")"
			return simple(sql, func(g *gen, x string) string {
				return fmt.Sprintf("CAST(CASE WHEN %s %% %d = 1 THEN '' ELSE 'e' || CAST(%s %% %d AS VARCHAR) END AS %s)", x, n, x,
					n, sql)
			})
		},
	}
	if g.since("0.10") {
		all = append(all, func() colType { return simple("UHUGEINT", integer("UHUGEINT", 128, false)) })
	}
	if g.since("1.2") {
		name := "VARINT"
		if g.since("1.4") {
			name = "BIGNUM"
			all = append(all, func() colType {
				return simple("TIME_NS", func(g *gen, x string) string {
					return "CAST(TIME '00:00:00' + to_microseconds(" + x + " % 86400000000) AS TIME_NS)"
				})
			})
		}
		all = append(all, func() colType {
			return simple(name, func(g *gen, x string) string {
				return "CAST(" + g.pick("''", "'-'") + " || repeat(CAST(1 + " + x + " % 1000 AS VARCHAR), CAST(1 + " + x +
					" % 50 AS INTEGER)) AS " + name + ")"
			})
		}, func() colType {
			return simple("JSON", func(g *gen, x string) string {
				return "CAST('{\"k\": ' || CAST(" + x + " AS VARCHAR) || ', \"l\": [1.50, null]}' AS JSON)"
			})
		})
	}
	return all[g.IntN(len(all))]()
}

// typ gives a random type, nested at most depth times.
func (g *gen) typ(depth int) colType {
	if g.modern && g.IntN(6) == 0 {
		return g.modernType(depth)
	}
	if depth == 0 || g.IntN(3) > 0 {
		return g.scalar()
	}
	kind := g.pick("list", "list", "struct", "struct", "map", "union", "array", "range")
	switch kind {
	case "range": // long lists
		return colType{"BIGINT[]", "BIGINT[]", func(g *gen, x string) string {
			return "range(CAST(" + x + " % " + g.pick("4", "50", "700",
				map[bool]string{true: "200000", false: "2100"}[g.long]) + " AS BIGINT))"
		}}
	case "struct":
		n := 1 + g.IntN(3)
		var members []colType
		var sql, list []string
		for i := range n {
			m := g.typ(depth - 1)
			members = append(members, m)
			name := string(rune('a' + i))
			if g.IntN(8) == 0 {
				name = `"` + g.pick("odd name", "it's", "") + name + `"`
			}
			sql, list = append(sql, name+" "+m.sql), append(list, name+" "+m.list)
		}
		return colType{"STRUCT(" + strings.Join(sql, ", ") + ")", "STRUCT(" + strings.Join(list, ", ") + ")",
			func(g *gen, x string) string {
				var parts []string
				for i, m := range members {
					name, _, _ := strings.Cut(list[i], " "+m.list)
					name = strings.Trim(name, `"`)
					parts = append(parts, Quote(name)+": "+g.null(m, m.value(g, g.shift(x)), x))
				}
				return "{" + strings.Join(parts, ", ") + "}"
			}}
	case "map":
		v := g.typ(depth - 1)
		ktyp, kexpr := "VARCHAR", "'k' || CAST(%s AS VARCHAR)"
		if g.IntN(2) == 0 {
			ktyp, kexpr = "BIGINT", "%s"
		}
		return colType{"MAP(" + ktyp + ", " + v.sql + ")", "MAP(" + ktyp + ", " + v.list + ")",
			func(g *gen, x string) string {
				n := 1 + g.IntN(3)
				var keys, vals []string
				for i := range n {
					keys = append(keys, fmt.Sprintf(kexpr, fmt.Sprintf("(%s + %d)", x, i)))
					vals = append(vals, "CAST("+g.null(v, v.value(g, g.shift(x)), x)+" AS "+v.list+")")
				}
				return "MAP([" + strings.Join(keys, ", ") + "], [" + strings.Join(vals, ", ") + "])"
			}}
	case "union":
		n := 1 + g.IntN(3)
		var members []colType
		var sql []string
		for i := range n {
			m := g.typ(depth - 1)
			for m.sql != m.list { // arrays cannot be cast inside
				m = g.scalar()
			}
			members = append(members, m)
			sql = append(sql, fmt.Sprintf("m%d %s", i, m.sql))
		}
		s := "UNION(" + strings.Join(sql, ", ") + ")"
		return colType{s, s, func(g *gen, x string) string {
			e := fmt.Sprintf("CASE CAST(%s %% %d AS INTEGER)", x, n)
			for i, m := range members {
				e += fmt.Sprintf(" WHEN %d THEN CAST(union_value(m%d := CAST(%s AS %s)) AS %s)", i, i,
					g.null(m, m.value(g, g.shift(x)), x), m.list, s)
			}
			return e + " END"
		}}
	case "array":
		if g.since("0.10") {
			n := []int{1, 2, 3, 5}[g.IntN(4)]
			e := g.typ(depth - 1)
			return colType{fmt.Sprintf("%s[%d]", e.sql, n), e.list + "[]", func(g *gen, x string) string {
				var parts []string
				for range n {
					parts = append(parts, "CAST("+g.null(e, e.value(g, g.shift(x)), x)+" AS "+e.list+")")
				}
				return "[" + strings.Join(parts, ", ") + "]"
			}}
		}
	}
	e := g.typ(depth - 1)
	return colType{e.sql + "[]", e.list + "[]", func(g *gen, x string) string {
		s := fmt.Sprintf("CASE CAST(%s %% %d AS INTEGER) WHEN 0 THEN CAST([] AS %s[])", x, 2+g.IntN(4), e.list)
		for i := range 1 + g.IntN(3) {
			var parts []string
			for range i + 1 {
				parts = append(parts, "CAST("+g.null(e, e.value(g, g.shift(x)), x)+" AS "+e.list+")")
			}
			s += fmt.Sprintf(" WHEN %d THEN [%s]", i+1, strings.Join(parts, ", "))
		}
		return s + fmt.Sprintf(" ELSE CAST([NULL] AS %s[]) END", e.list)
	}}
}

// shift changes x a little for a part of a nested value.
func (g *gen) shift(x string) string { return fmt.Sprintf("(%s + %d)", x, g.IntN(1000)) }

// null makes some values of a part NULL.
func (g *gen) null(t colType, e, x string) string {
	if g.IntN(3) > 0 {
		return e
	}
	return fmt.Sprintf("CASE WHEN %s %% %d = %d THEN NULL ELSE CAST(%s AS %s) END", x, 2+g.IntN(9), g.IntN(2), e, t.list)
}

// modernType gives a VARIANT of one or several types, or a GEOMETRY.
func (g *gen) modernType(depth int) colType {
	if g.IntN(3) == 0 {
		return simple("GEOMETRY", func(g *gen, x string) string {
			n := func() string {
				return g.pick("CAST("+x+" AS VARCHAR)", "CAST("+x+" % 1000 AS VARCHAR)", "CAST(-("+x+" % 77) / 8 AS VARCHAR)",
					"CAST("+x+" / 7.0 AS VARCHAR)", "'0.5'", "'1e300'", "'-1e-10'")
			}
			dims, suffix := 2, ""
			switch g.IntN(5) {
			case 0:
				dims, suffix = 3, " Z"
			case 1:
				dims, suffix = 3, " M"
			case 2:
				dims, suffix = 4, " ZM"
			}
			point := func() string {
				var parts []string
				for range dims {
					parts = append(parts, n())
				}
				return strings.Join(parts, " || ' ' || ")
			}
			line := func() string {
				p := point()
				s := "'(' || " + p
				for range 1 + g.IntN(3) {
					s += " || ', ' || " + point()
				}
				return s + " || ', ' || " + p + " || ')'"
			}
			one := func(kind string) string {
				switch kind {
				case "POINT":
					return "'POINT" + suffix + " (' || " + point() + " || ')'"
				case "LINESTRING":
					return "'LINESTRING" + suffix + " ' || " + line()
				case "POLYGON":
					return "'POLYGON" + suffix + " (' || " + line() + " || ', ' || " + line() + " || ')'"
				case "MULTIPOINT":
					return "'MULTIPOINT" + suffix + " ' || " + line()
				case "MULTILINESTRING":
					return "'MULTILINESTRING" + suffix + " (' || " + line() + " || ', ' || " + line() + " || ')'"
				case "MULTIPOLYGON":
					return "'MULTIPOLYGON" + suffix + " ((' || " + line() + " || '), (' || " + line() + " || '))'"
				}
				return "'" + g.pick("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "GEOMETRYCOLLECTION") + suffix + " EMPTY'"
			}
			kinds := []string{"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "EMPTY"}
			kind := kinds[g.IntN(len(kinds))]
			s := "CAST(" + one(kind) + " AS GEOMETRY)"
			if g.IntN(3) == 0 {
				s = "CASE WHEN " + x + " % 3 = 0 THEN CAST(" + one(kinds[g.IntN(len(kinds))]) + " AS GEOMETRY) ELSE " + s + " END"
			}
			return s
		})
	}
	was := g.modern
	g.modern = false // no variant within a variant
	var parts []colType
	for range 1 + g.IntN(3)*g.IntN(2) {
		parts = append(parts, g.typ(min(depth, 2)))
	}
	g.modern = was
	return simple("VARIANT", func(g *gen, x string) string {
		s := fmt.Sprintf("CASE CAST(%s %% %d AS INTEGER)", x, len(parts))
		for i, p := range parts {
			s += fmt.Sprintf(" WHEN %d THEN CAST(CAST(%s AS %s) AS VARIANT)", i, p.value(g, x), p.list)
		}
		return s + " END"
	})
}
