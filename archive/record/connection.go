package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/internal/fileerr"
)

type statements struct {
	events, eventType, span, interaction, iteration, note, attachment, redaction, block *sql.Stmt
}

// open connects to the live file for recording.
func (w *Writer) open() (err error) {
	if err := w.enterWAL(); err != nil {
		return err
	}
	ctx := context.Background()
	if err := w.connect(ctx); err != nil {
		return err
	}
	if w.inode, err = os.Stat(w.live); err != nil {
		return err
	}
	w.batchNo = batches.add(&w.batch)
	if _, err := w.conn.ExecContext(ctx, fmt.Sprintf("CREATE VIRTUAL TABLE temp.batch USING %s(%d)", batchModule,
		w.batchNo)); err != nil {
		return err
	}
	if w.sections, err = newSectionWriter(ctx, w.conn); err != nil {
		return err
	}
	for _, p := range []struct {
		stmt **sql.Stmt
		sql  string
	}{
		{&w.stmt.events, `INSERT INTO z_event (seq, iteration, type, timestamp, data)
			SELECT seq, iteration, type, timestamp, data FROM temp.batch`},
		{&w.stmt.eventType, "INSERT INTO z_event_type (id, name) VALUES (?, ?)"},
		{&w.stmt.span, `INSERT INTO z_iteration (number, first_seq, last_seq, events, interactions, bytes) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (number) DO UPDATE SET first_seq = min(first_seq, excluded.first_seq), last_seq = excluded.last_seq,
			events = events + excluded.events, interactions = interactions + excluded.interactions, bytes = bytes + excluded.bytes`},
		{&w.stmt.interaction, `INSERT INTO z_llm_interaction (seq, iteration, agent_id, model, prompt_tokens, completion_tokens,
			latency_seconds, timestamp, system_prompt, user_prompt, response, parsed_policy, parsing_error, extra)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&w.stmt.iteration, `INSERT INTO z_iteration (number, first_seq, last_seq, events, interactions, bytes, seq, timestamp,
			costs_per_agent, accepted_changes, policies) VALUES (?1, ?2, ?2, 0, 0, 0, ?2, ?3, ?4, ?5, ?6)
			ON CONFLICT (number) DO UPDATE SET seq = excluded.seq, timestamp = excluded.timestamp,
			costs_per_agent = excluded.costs_per_agent, accepted_changes = excluded.accepted_changes, policies = excluded.policies`},
		{&w.stmt.note, "INSERT INTO z_note (seq, kind, subject, text) VALUES (?, ?, ?, ?)"},
		{&w.stmt.redaction, "INSERT INTO z_redaction (id, field, commitment, key) VALUES (?, ?, ?, ?)"},
		{&w.stmt.block, "INSERT INTO z_leaf_block (first_seq, root, leaves) VALUES (?, ?, ?)"},
		{&w.stmt.attachment, "INSERT INTO z_attachment (seq, name, media_type, data) VALUES (?, ?, ?, ?)"},
	} {
		if *p.stmt, err = w.conn.PrepareContext(ctx, p.sql); err != nil {
			return err
		}
	}
	return nil
}

// connect opens the live file for recording, with a write-ahead log, on one connection; exclusively where it turns
// out that the log cannot be shared.
func (w *Writer) connect(ctx context.Context) error {
	err := w.tryConnect(ctx)
	if w.exclusive || !sharedMemoryFailed(err) {
		return err
	}
	if w.conn != nil {
		_ = w.conn.Close()
	}
	_ = w.db.Close()
	w.db, w.conn, w.exclusive = nil, nil, true
	return w.tryConnect(ctx)
}

func (w *Writer) tryConnect(ctx context.Context) error {
	synchronous := "FULL"
	if w.opts.Bulk {
		synchronous = "OFF"
	}
	pragmas := []string{"journal_mode = WAL", "synchronous = " + synchronous}
	if w.exclusive {
		// What is left of it by a recorder that was killed would tell readers that this one shares.
		if err := w.remove(w.live + "-shm"); err != nil {
			return err
		}
		// The locking mode comes first: SQLite asks for shared memory as soon as it looks into the file.
		pragmas = append([]string{"locking_mode = EXCLUSIVE"}, append(pragmas, "wal_autocheckpoint = 0")...)
	}
	options := append([]string{"mode=rw", "_busy_timeout=10000", "_txlock=immediate", "_dqs=0"}, w.sys.Options...)
	var err error
	if w.db, err = sqlitefile.OpenWritable(w.live, options...); err != nil {
		return err
	}
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return err
	}
	for _, p := range pragmas {
		if _, err := w.conn.ExecContext(ctx, "PRAGMA "+p); err != nil {
			return fileerr.In(p, err)
		}
	}
	var mode string
	if err := w.conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("journal mode is %s, want wal: the file system may not allow it", mode)
	}
	return keepLog(w.conn)
}

// disconnect closes the database.
func (w *Writer) disconnect() error {
	w.closed = true
	if w.db == nil {
		return nil
	}
	var err error
	for _, s := range w.prepared() {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	if w.conn != nil {
		err = errors.Join(err, w.conn.Close())
	}
	err = errors.Join(err, w.db.Close())
	batches.remove(w.batchNo)
	w.db = nil
	return errors.Join(err, w.restoreLog())
}

// prepared gives the statements of the connection. SQLite lets go of the files only when none is left.
func (w *Writer) prepared() []*sql.Stmt {
	s := w.stmt
	all := []*sql.Stmt{s.events, s.eventType, s.span, s.interaction, s.iteration, s.note, s.attachment, s.redaction,
		s.block}
	if w.sections != nil {
		all = append(all, w.sections.find, w.sections.insert, w.sections.index)
	}
	return all
}
