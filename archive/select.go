package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// Select implements [provider.Selector]. Of events of other types, and of what it leaves out of interactions, it reads
// nothing but what SQLite has to step over.
func (a *Archive) Select(ctx context.Context, sel provider.Selection) iter.Seq2[provider.Record, error] {
	return func(yield func(provider.Record, error) bool) {
		err := a.readSelected(ctx, sel, func(r provider.Record) bool { return yield(r, nil) })
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

func (a *Archive) readSelected(ctx context.Context, sel provider.Selection, yield func(provider.Record) bool) (err error) {
	defer a.file.Explain(&err)
	s, err := a.newScan(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	s.brief = true
	p, err := s.partsOf(ctx, sel)
	if err != nil {
		return err
	}
	return s.merge(ctx, p, 0, -1, func(r provider.Record, _ int64) error {
		if !yield(r) {
			return errStop
		}
		return nil
	})
}

// partsOf gives the queries for what is selected.
func (s *scan) partsOf(ctx context.Context, sel provider.Selection) (parts, error) {
	end, err := s.end(ctx)
	if err != nil {
		return parts{}, err
	}
	p := parts{first: 1, end: end}
	if sel.Span != nil {
		if err := s.narrow(ctx, *sel.Span, &p); err != nil {
			return p, err
		}
	}
	within := func(column string) string {
		text := fmt.Sprintf("WHERE seq >= %d AND seq < %d", p.first, p.end)
		if sel.Span != nil {
			text += fmt.Sprintf(" AND %s BETWEEN %d AND %d", column, sel.Span.First, sel.Span.Last)
		}
		return text
	}
	var others []string
	if sel.Calls {
		others = append(others, fmt.Sprintf(selectCalls, provider.KindInteraction)+within("iteration"))
	}
	if sel.Iterations {
		others = append(others, fmt.Sprintf(selectIterations, provider.KindIteration, s.a.file.MostRows())+within("number"))
	}
	p.others = strings.Join(others, " UNION ALL ")
	if len(sel.Events) == 0 {
		return p, nil
	}
	types, err := loadTypes(ctx, s.conn, s.a.file.Budget()) // a recorder may have added some
	if err != nil {
		return p, err
	}
	var ids []string
	for id, name := range types {
		if slices.Contains(sel.Events, name) {
			ids = append(ids, strconv.FormatInt(id, 10))
		}
	}
	if len(ids) > 0 {
		slices.Sort(ids)
		p.events = selectEvents + within("iteration") + " AND type IN (" + strings.Join(ids, ", ") + ")"
	}
	return p, nil
}

// narrow leaves out what lies before and behind the records of a span, as a sealed archive notes it.
func (s *scan) narrow(ctx context.Context, span provider.Span, p *parts) error {
	if s.a.state != Sealed {
		return nil
	}
	var first, last sql.NullInt64
	err := s.conn.QueryRowContext(ctx, "SELECT min(first_seq), max(last_seq) FROM (SELECT * FROM z_iteration LIMIT ?) "+
		"WHERE number BETWEEN ? AND ?", s.a.file.MostRows(), span.First, span.Last).Scan(&first, &last)
	if err != nil {
		return sqlitefile.Damage(err)
	}
	if !first.Valid || !last.Valid {
		p.end = p.first
		return nil
	}
	p.first, p.end = max(p.first, first.Int64), min(p.end, max(last.Int64, 0)+1)
	return nil
}

// selectBrief is selectRow for an interaction of which prompts and response are left out.
func selectBrief(ctx context.Context, conn *sql.Conn, table, where string, args ...any) (tables.Row, error) {
	var names []string
	for i, c := range tables.Columns[table] {
		switch i {
		case tables.InteractionSystemPrompt, tables.InteractionUserPrompt, tables.InteractionResponse:
			names = append(names, "NULL")
		default:
			names = append(names, c.Name)
		}
	}
	return queryRow(ctx, conn, table, "SELECT "+strings.Join(names, ", ")+" FROM "+table+" "+where, args...)
}
