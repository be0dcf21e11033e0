package scope

import (
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

// A Table is what is known of the columns of a table, a view or a query.
type Table struct {
	// Columns are the names, in order. An empty one is that of an expression that has no name of its own, and no word.
	Columns []string
	Open    bool // there may be other columns, with any name
	Joined  bool // columns of the same name may have become one, so that there may be fewer
}

// anyName is that of a column of which the name is not known.
const anyName = "\x00"

// has reports whether there may be a column of that name.
func (t *Table) has(name string) bool {
	if t.Open {
		return true
	}
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	for _, c := range t.Columns {
		if quote.Fold(c) == quote.Fold(name) || c == "" && odd || c == anyName {
			return true
		}
	}
	return false
}

// counted reports whether the number of columns is known.
func (t *Table) counted() bool { return !t.Open && !t.Joined }

// named gives the table with other names for its first columns.
func (t Table) named(names []string) Table {
	if len(names) == 0 {
		return t
	}
	own := append([]string{}, names...)
	if len(t.Columns) > len(names) {
		own = append(own, t.Columns[len(names):]...)
	}
	return Table{own, t.Open, t.Joined}
}

// A source is a table as a query sees it.
type source struct {
	name  string // by which columns are called; empty for none
	table Table
}

// A level is what the names in a query can stand for.
type level struct {
	outer   *level
	sources []source
	aliases map[string]bool   // of what is selected, and other names that are no columns
	with    map[string]*named // queries by name
}

// A named query of a WITH. Its columns are looked for when they are first asked for: engines do not look into one that
// nobody uses.
type named struct {
	columns func() Table
	begun   bool
	table   Table
}

// query finds the query of a WITH.
func (l *level) query(name string) *named {
	for ; l != nil; l = l.outer {
		if q := l.with[quote.Fold(name)]; q != nil {
			return q
		}
	}
	return nil
}

// column reports whether a name, or one behind those of its table, may stand for something.
func (l *level) column(names []string) bool {
	if len(names) == 0 || names[0] == "" || len(names) == 1 && isValue(names[0]) ||
		quote.Fold(names[len(names)-1]) == "rowid" {
		return true
	}
	for ; l != nil; l = l.outer {
		if l.aliases[quote.Fold(names[0])] {
			return true
		}
		for _, s := range l.sources {
			if s.table.has(names[0]) || len(names) == 1 && quote.Fold(s.name) == quote.Fold(names[0]) {
				return true
			}
			for k, name := range names[:len(names)-1] {
				if s.name != "" && quote.Fold(name) == quote.Fold(s.name) && s.table.has(names[k+1]) {
					return true
				}
			}
		}
	}
	return false
}
