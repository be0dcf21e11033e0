// Package engine is the small server that every DuckDB release is linked into, and the protocol
// that it speaks.
//
// A release is a folder with its own go.mod beside this file (v0_9 … v1_5), because one binary can
// hold only one libduckdb. Its main imports the driver and calls [Main], which reads [Request]s from
// standard input and writes [Response]s to standard output, both gob streams.
package engine

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/gob"
	"fmt"
	"os"
	"runtime"
)

// Op names what a [Request] asks for.
type Op string

const (
	Exec  Op = "exec"  // run SQL, no rows
	Query Op = "query" // run SQL, every row back
	Start Op = "start" // run SQL in the background; errors are dropped
	Die   Op = "die"   // leave at once: nothing is closed or checkpointed, and no answer is given
)

// A Request is one thing for the engine to do.
type Request struct {
	Op   Op
	SQL  string
	Conn int // which connection of the same in-memory database; 0 is made at start
}

// A Response answers a [Request]; a query gives one or more, the last without More.
type Response struct {
	Err     string
	Columns []string
	Lens    []int64 // bytes of each cell of this part, row by row; -1 is NULL
	Cells   []byte  // the cells' text, one after another
	More    bool
}

// batchCells bounds the cells of one Response.
const batchCells = 1 << 16

// server answers requests with the connections of one in-memory database.
type server struct {
	db    *sql.DB
	conns map[int]*sql.Conn
	out   *bufio.Writer
	enc   *gob.Encoder
}

// Main serves requests until standard input ends or a [Die] arrives; the driver named "duckdb" has
// to be registered.
func Main() {
	if err := serve(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	s := &server{db: db, conns: map[int]*sql.Conn{}, out: bufio.NewWriterSize(os.Stdout, 1<<18)}
	s.enc = gob.NewEncoder(s.out)
	dec := gob.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var q Request
		if err := dec.Decode(&q); err != nil {
			return nil // the other side is done
		}
		if q.Op == Die {
			os.Exit(0)
		}
		if err := s.answer(ctx, &q); err != nil {
			return err
		}
		if err := s.out.Flush(); err != nil {
			return err
		}
	}
}

// answer carries out q. What DuckDB refuses goes into the response; the error is for a lost pipe.
func (s *server) answer(ctx context.Context, q *Request) error {
	conn := s.conns[q.Conn]
	if conn == nil {
		var err error
		if conn, err = s.db.Conn(ctx); err != nil {
			return s.enc.Encode(Response{Err: err.Error()})
		}
		s.conns[q.Conn] = conn
	}
	switch q.Op {
	case Exec:
		_, err := conn.ExecContext(ctx, q.SQL)
		return s.enc.Encode(Response{Err: text(err)})
	case Start:
		go conn.ExecContext(ctx, q.SQL)
		runtime.Gosched()
		return s.enc.Encode(Response{})
	case Query:
		rows, err := conn.QueryContext(ctx, q.SQL)
		if err != nil {
			return s.enc.Encode(Response{Err: err.Error()})
		}
		defer rows.Close()
		return s.rows(rows)
	}
	return s.enc.Encode(Response{Err: fmt.Sprintf("unknown op %q", q.Op)})
}

// rows sends every row. Each column has to be text: the caller casts.
func (s *server) rows(rows *sql.Rows) error {
	names, err := rows.Columns()
	if err != nil {
		return s.enc.Encode(Response{Err: err.Error()})
	}
	cells := make([]sql.NullString, len(names))
	dst := make([]any, len(names))
	for i := range cells {
		dst[i] = &cells[i]
	}
	r := Response{Columns: names}
	for rows.Next() {
		if err := rows.Scan(dst...); err != nil {
			return s.enc.Encode(Response{Err: err.Error()})
		}
		for _, c := range cells {
			if !c.Valid {
				r.Lens = append(r.Lens, -1)
				continue
			}
			r.Lens = append(r.Lens, int64(len(c.String)))
			r.Cells = append(r.Cells, c.String...)
		}
		if len(r.Lens) >= batchCells || len(r.Cells) >= 8<<20 {
			r.More = true
			if err := s.enc.Encode(r); err != nil {
				return err
			}
			r.Lens, r.Cells, r.More = r.Lens[:0], r.Cells[:0], false
		}
	}
	r.Err = text(rows.Err())
	return s.enc.Encode(r)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
