package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// selectExperiment reads the one row of the table of the experiment.
func selectExperiment(ctx context.Context, conn *sql.Conn) (provider.Experiment, error) {
	var e provider.Experiment
	row, err := selectRow(ctx, conn, tables.TableExperiment, "LIMIT 1")
	if errors.Is(err, sql.ErrNoRows) {
		return e, errNoRun
	} else if err != nil {
		return e, err
	}
	start, result := tables.Experiment(row)
	e.Start, e.Result = *start, result
	return e, nil
}

// Experiment implements [provider.Provider].
func (a *Archive) Experiment(ctx context.Context) (_ provider.Experiment, err error) {
	defer a.file.Explain(&err)
	conn, err := a.file.Conn(ctx)
	if err != nil {
		return provider.Experiment{}, err
	}
	defer conn.Close()
	e, err := selectExperiment(ctx, conn)
	if err != nil {
		return e, err
	}
	if e.Redaction, err = redactionAt(ctx, conn, 0); err != nil {
		return e, err
	}
	if e.Result != nil {
		var end int64
		if end, err = lastSeq(ctx, conn); err == nil {
			e.Result.Seq = end + 1
			e.Result.Redaction, err = redactionAt(ctx, conn, e.Result.Seq)
		}
		if err != nil {
			return e, err
		}
	}
	withheld, err := openRedactions(ctx, conn, 1, tables.MaxSeq)
	if err != nil {
		return e, err
	}
	defer withheld.close()
	rows, err := conn.QueryContext(ctx, tables.Select(tables.TableNote)+"ORDER BY seq")
	if err != nil {
		return e, sqlitefile.Damage(err)
	}
	defer rows.Close()
	budget := a.file.Budget()
	for rows.Next() {
		row, err := scanRow(rows, tables.TableNote)
		if err != nil {
			return e, err
		}
		if err := budget.Take(len(row[tables.NoteKind].Bytes) + len(row[tables.NoteSubject].Bytes) + len(row[tables.NoteText].Bytes)); err != nil {
			return e, err
		}
		n := tables.Note(row)
		if n.Redaction, err = withheld.of(n.Seq); err != nil {
			return e, err
		}
		e.Notes = append(e.Notes, *n)
	}
	return e, sqlitefile.Damage(rows.Err())
}

// Iterations implements [provider.Provider].
func (a *Archive) Iterations(ctx context.Context) (numbers []int, err error) {
	defer a.file.Explain(&err)
	rows, err := a.file.DB.QueryContext(ctx, "SELECT number FROM z_iteration WHERE seq IS NOT NULL ORDER BY number")
	if err != nil {
		return nil, sqlitefile.Damage(err)
	}
	defer rows.Close()
	budget := a.file.Budget()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, sqlitefile.Damage(err)
		}
		if err := budget.Take(0); err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, sqlitefile.Damage(rows.Err())
}

// selectIteration reads an iteration by its number; [sql.ErrNoRows] if it was not recorded.
func selectIteration(ctx context.Context, conn *sql.Conn, number int64) (*provider.Iteration, error) {
	row, err := selectRow(ctx, conn, tables.TableIteration, "WHERE number = ? AND seq IS NOT NULL", number)
	if err != nil {
		return nil, err
	}
	return tables.Iteration(row)
}

// IterationAt implements [provider.Provider].
func (a *Archive) IterationAt(ctx context.Context, n int) (_ provider.Iteration, err error) {
	defer a.file.Explain(&err)
	conn, err := a.file.Conn(ctx)
	if err != nil {
		return provider.Iteration{}, err
	}
	defer conn.Close()
	i, err := selectIteration(ctx, conn, int64(n))
	if errors.Is(err, sql.ErrNoRows) {
		have, err := a.Iterations(ctx)
		if err != nil {
			return provider.Iteration{}, err
		}
		return provider.Iteration{}, provider.NoIteration(n, have)
	} else if err != nil {
		return provider.Iteration{}, sqlitefile.Damage(err)
	}
	i.Redaction, err = redactionAt(ctx, conn, i.Seq)
	return *i, err
}

// A Summary tells what is in an archive without reading the records.
type Summary struct {
	Records      int64 // the Start and the Result included
	Events       int64
	Interactions int64
	Iterations   int64
	Notes        int64
	Attachments  int64
	Withheld     int64                     // values that were taken out; the salt is none
	TextBytes    int64                     // of event data, prompts, responses and proposals, as they were recorded
	FirstCosts   map[string]provider.Cents // of the first iteration; nil if there is none, or if they were withheld
	LastCosts    map[string]provider.Cents // of the last
}

// Summary gives the numbers that the recorder kept; for a sealed archive package verify checks them.
func (a *Archive) Summary(ctx context.Context) (s Summary, err error) {
	defer a.file.Explain(&err)
	conn, err := a.file.Conn(ctx)
	if err != nil {
		return s, err
	}
	defer conn.Close()
	var first, last sql.NullString
	var finished bool
	err = conn.QueryRowContext(ctx, `SELECT
		coalesce(sum(events), 0), coalesce(sum(interactions), 0), coalesce(sum(bytes), 0), count(seq),
		(SELECT count(*) FROM z_note), (SELECT count(*) FROM z_attachment),
		(SELECT count(*) FROM z_redaction WHERE commitment IS NOT NULL AND field <> 'salt'), (SELECT status IS NOT NULL FROM z_experiment),
		(SELECT costs_per_agent FROM z_iteration WHERE seq IS NOT NULL ORDER BY number LIMIT 1),
		(SELECT costs_per_agent FROM z_iteration WHERE seq IS NOT NULL ORDER BY number DESC LIMIT 1)
		FROM z_iteration`).
		Scan(&s.Events, &s.Interactions, &s.TextBytes, &s.Iterations, &s.Notes, &s.Attachments, &s.Withheld, &finished, &first, &last)
	if err != nil {
		return s, sqlitefile.Damage(err)
	}
	s.Records = 1 + s.Events + s.Interactions + s.Iterations + s.Notes + s.Attachments
	if finished {
		s.Records++
	}
	if first.Valid {
		if s.FirstCosts, err = provider.ParseCosts([]byte(first.String)); err != nil {
			return s, fmt.Errorf("%w: %w", sqlitefile.ErrDamaged, err)
		}
	}
	if last.Valid {
		if s.LastCosts, err = provider.ParseCosts([]byte(last.String)); err != nil {
			return s, fmt.Errorf("%w: %w", sqlitefile.ErrDamaged, err)
		}
	}
	return s, nil
}

// RecordCount implements [provider.Counter].
func (a *Archive) RecordCount(ctx context.Context) (int64, error) {
	s, err := a.Summary(ctx)
	return s.Records, err
}
