package verify

import (
	"fmt"
	"io"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// sqliteTables are the tables that SQLite itself is asked about. The two that grow with every record have no index, and each of their
// bytes is compared by other means.
var sqliteTables = []string{"experiment", "iteration", "iteration_span", "event_type", "section", "llm_interaction", "note", "attachment", sqlitefile.RedactionTable, "annotation", "seal"}

// sqliteCheck begins to ask SQLite whether the file is sound, and gives what waits for the answers. What it says beside problems
// that are known only follows from them.
func (v *check) sqliteCheck(r io.ReaderAt, size int64) (wait func()) {
	type answer struct{ table, text string }
	ask := func() (list []answer) {
		db, view, err := sqlitefile.OpenView(r, size)
		if err != nil {
			return []answer{{text: err.Error()}}
		}
		defer view.Close()
		defer db.Close()
		for _, table := range sqliteTables {
			rows, err := db.QueryContext(v.ctx, fmt.Sprintf("PRAGMA integrity_check('%s')", table))
			if err != nil {
				list = append(list, answer{table, err.Error()})
				continue
			}
			for rows.Next() {
				var line string
				if err := rows.Scan(&line); err != nil {
					line = err.Error()
				}
				if line != "ok" {
					list = append(list, answer{table, line})
				}
			}
			if err := rows.Err(); err != nil {
				list = append(list, answer{table, err.Error()})
			}
			rows.Close()
		}
		return list
	}
	report := func(list []answer) {
		for _, a := range list {
			v.add(sxIntegrity, Place{Table: a.table}, "SQLite says: %s", a.text)
		}
	}
	needless := func() bool { return v.ctx.Err() != nil || v.lost || len(v.list) > 0 }
	if size < askBeside {
		return func() {
			if !needless() {
				report(ask())
			}
		}
	}
	answers := make(chan []answer, 1)
	go func() { answers <- ask() }()
	return func() {
		if list := <-answers; !needless() {
			report(list)
		}
	}
}

// askBeside is the size in bytes from which on SQLite is asked while the rest is checked, and not only behind it.
const askBeside = 1 << 20
