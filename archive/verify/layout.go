package verify

import (
	"context"
	"fmt"
	"io"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/pages"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// askBeside is the size in bytes of a file from which on its pages are checked while its rows are, and not behind that.
const askBeside = 1 << 20

// beside begins to compute something about the pages of a file, and gives what waits for it and takes it.
func beside[T any](v *filePages, compute func() T, take func(T)) (wait func()) {
	if v.atStage() <= StageSchema {
		return func() {} // whatever it finds follows from that
	}
	if v.size < askBeside {
		return func() { take(compute()) }
	}
	answer := make(chan T, 1)
	go func() { answer <- compute() }()
	return func() { take(<-answer) }
}

// layout begins to compare the pages of a sealed file with those that its rows have by the rule, and gives what waits
// for it.
func (v *filePages) layout(r io.ReaderAt) (wait func()) {
	type answer struct {
		faults []btree.Fault
		err    error
	}
	return beside(v, func() (a answer) {
		objects, err := pages.Objects(v.version)
		if err != nil {
			return answer{err: err}
		}
		a.err = btree.CheckLayout(v.ctx, btree.NewPager(r, v.pageSize, v.pages), objects, func(f btree.Fault) {
			a.faults = append(a.faults, f)
		})
		return a
	}, func(a answer) {
		for _, f := range a.faults {
			v.pageProblem(f)
		}
		if v.err == nil {
			v.err = a.err
		}
	})
}

// integrity begins to ask SQLite whether the pages of a file that it lays out itself are sound, and gives what waits
// for it.
func (v *filePages) integrity(r io.ReaderAt) (wait func()) {
	return beside(v, func() (lines []string) {
		lines, err := askSQLite(v.ctx, r, v.size)
		if err != nil {
			lines = append(lines, err.Error())
		}
		return lines
	}, func(lines []string) {
		if v.ctx.Err() != nil || v.count[sxIntegrity] > 0 || v.count[sxFileSize] > 0 {
			return // it says nothing new
		}
		for _, line := range lines {
			v.add(sxIntegrity, Place{}, "SQLite says: %s", line)
		}
	})
}

func askSQLite(ctx context.Context, r io.ReaderAt, size int64) (lines []string, err error) {
	db, view, err := sqlitefile.OpenView(r, size)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	defer db.Close()
	rows, err := db.QueryContext(ctx, fmt.Sprintf("PRAGMA integrity_check(%d)", maxProblems))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return lines, err
		}
		if line != "ok" {
			lines = append(lines, line)
		}
	}
	return lines, rows.Err()
}
