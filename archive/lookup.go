package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"

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
		if end, err = a.lastSeq(ctx, conn); err == nil {
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
	rows, err := a.file.DB.QueryContext(ctx, "SELECT number, seq IS NOT NULL FROM z_iteration ORDER BY number")
	if err != nil {
		return nil, sqlitefile.Damage(err)
	}
	defer rows.Close()
	budget := a.file.Budget()
	for rows.Next() {
		var n int
		var recorded bool
		if err := rows.Scan(&n, &recorded); err != nil {
			return nil, sqlitefile.Damage(err)
		}
		if err := budget.Take(0); err != nil {
			return nil, err
		}
		if recorded {
			numbers = append(numbers, n)
		}
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

// EachIteration implements [provider.IterationLister].
func (a *Archive) EachIteration(ctx context.Context) iter.Seq2[provider.Iteration, error] {
	return func(yield func(provider.Iteration, error) bool) {
		err := a.readIterations(ctx, func(it *provider.Iteration) error {
			if !yield(*it, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(provider.Iteration{}, err)
		}
	}
}

func (a *Archive) readIterations(ctx context.Context, take func(*provider.Iteration) error) (err error) {
	defer a.file.Explain(&err)
	conn, err := a.file.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	withheld, err := openRedactions(ctx, conn, 0, tables.MaxSeq)
	if err != nil {
		return err
	}
	redacted := withheld.rows != nil // something of the run is
	withheld.close()
	rows, err := conn.QueryContext(ctx, tables.Select(tables.TableIteration)+"WHERE seq IS NOT NULL ORDER BY number")
	if err != nil {
		return sqlitefile.Damage(err)
	}
	defer rows.Close()
	budget := a.file.Budget()
	for rows.Next() {
		row, err := scanRow(rows, tables.TableIteration)
		if err != nil {
			return err
		}
		size := 0
		for _, v := range row {
			size += len(v.Bytes)
		}
		if err := budget.Take(size); err != nil {
			return err
		}
		it, err := tables.Iteration(row)
		if err != nil {
			return err
		}
		if redacted {
			if it.Redaction, err = redactionAt(ctx, conn, it.Seq); err != nil {
				return err
			}
		}
		if err := take(it); err != nil {
			return err
		}
	}
	return sqlitefile.Damage(rows.Err())
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
	var first, last sql.NullInt64
	var finished bool
	var rows [4]int64
	most := a.file.MostRows()
	err = conn.QueryRowContext(ctx, `SELECT coalesce(sum(events), 0), coalesce(sum(interactions), 0), coalesce(sum(bytes), 0), count(seq),
		min(CASE WHEN seq IS NOT NULL THEN number END), max(CASE WHEN seq IS NOT NULL THEN number END), count(*),
		(SELECT count(*) FROM (SELECT 1 FROM z_note LIMIT ?)), (SELECT count(*) FROM (SELECT 1 FROM z_attachment LIMIT ?)),
		(SELECT count(*) FROM (SELECT 1 FROM z_redaction LIMIT ?)),
		(SELECT count(*) FROM (SELECT commitment, field FROM z_redaction LIMIT ?) WHERE commitment IS NOT NULL AND field <> 'salt'),
		(SELECT status IS NOT NULL FROM z_experiment)
		FROM (SELECT number, events, interactions, bytes, seq FROM z_iteration LIMIT ?)`, most, most, most, most, most).
		Scan(&s.Events, &s.Interactions, &s.TextBytes, &s.Iterations, &first, &last, &rows[0], &rows[1], &rows[2], &rows[3],
			&s.Withheld, &finished)
	if err != nil {
		return s, sqlitefile.Damage(err)
	}
	if slices.Max(rows[:]) >= most {
		return s, fmt.Errorf("%w: a table of more rows than the file has room for", sqlitefile.ErrDamaged)
	}
	s.Notes, s.Attachments = rows[1], rows[2]
	s.Records = 1 + s.Events + s.Interactions + s.Iterations + s.Notes + s.Attachments
	if finished {
		s.Records++
	}
	if s.Iterations == 0 {
		return s, nil
	}
	if s.FirstCosts, err = selectCosts(ctx, conn, first.Int64); err == nil {
		s.LastCosts, err = selectCosts(ctx, conn, last.Int64)
	}
	return s, err
}

// selectCosts reads the costs of an iteration, nil if they are withheld.
func selectCosts(ctx context.Context, conn *sql.Conn, number int64) (map[string]provider.Cents, error) {
	var text sql.NullString
	err := conn.QueryRowContext(ctx, "SELECT costs_per_agent FROM z_iteration WHERE number = ?", number).Scan(&text)
	if err != nil || !text.Valid {
		return nil, sqlitefile.Damage(err)
	}
	costs, err := provider.ParseCosts([]byte(text.String))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sqlitefile.ErrDamaged, err)
	}
	return costs, nil
}

// RecordCount implements [provider.Counter].
func (a *Archive) RecordCount(ctx context.Context) (int64, error) {
	s, err := a.Summary(ctx)
	return s.Records, err
}
