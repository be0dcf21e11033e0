package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/simexp/exparchive/legacy/duckdb"
)

// killedChanges writes a database with a log at path, and ends as if the machine had stopped, unless last says
// otherwise.
func killedChanges(t *testing.T, path string, rows int, last func(p *Process)) {
	t.Helper()
	p := startJudge(t, python)
	for _, sql := range []string{
		"ATTACH " + Quote(path) + " AS db (BLOCK_SIZE 16384, ROW_GROUP_SIZE 4096)", "USE db",
		"SET wal_autocheckpoint = '1TB'", "PRAGMA disable_checkpoint_on_shutdown",
		fmt.Sprintf("CREATE TABLE t AS SELECT i AS id, 'row ' || i %% 97 AS s, [i %% 10, NULL] AS l, {'a': i %% 4} AS st FROM range(%d) r(i)", rows), "CHECKPOINT db",
		"INSERT INTO t SELECT -i, 'new', NULL, NULL FROM range(1, 50) r(i)", "UPDATE t SET s = NULL WHERE id % 13 = 0",
		"DELETE FROM t WHERE id % 11 = 3",
		"CREATE TABLE u(v VARIANT, w INTEGER DEFAULT 3)", "INSERT INTO u VALUES ({'b': 1, 'a': [2]}, 1), (NULL, NULL)",
		"ALTER TABLE t ADD COLUMN e INTEGER DEFAULT 42", "ALTER TABLE t ALTER id TYPE VARCHAR",
		"BEGIN", "INSERT INTO u VALUES (1::VARIANT, 5)", "DELETE FROM t WHERE e = 42 AND id LIKE '5%'", "COMMIT",
		"CREATE SCHEMA a", "CREATE SCHEMA a.b", "CREATE TABLE a.c AS SELECT 1 AS x", "ALTER TABLE t ADD COLUMN st.z DATE",
	} {
		if err := p.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	if last != nil {
		last(p)
	}
	p.Kill()
}

// sameAnswer lets 2.0 and the reader open the database at path: both refuse it, or give the same.
func sameAnswer(t *testing.T, judge *Process, path, what string) (refused bool) {
	t.Helper()
	_, err := CompareFile(t.Context(), judge, path, false)
	var d *Difference
	switch {
	case err == nil:
	case errors.As(err, &d):
		t.Errorf("%s: %v", what, err)
	default: // the engine refuses it
		refused = true
		db, ours := duckdb.Open(path, nil)
		if ours == nil {
			db.Close()
			t.Errorf("%s: got no error, want one as from the engine: %v", what, err)
		}
	}
	return refused
}

// TestTornLogs ends logs of 2.0 at many places, and changes bits in them.
func TestTornLogs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	killedChanges(t, path, 600, nil)
	log, err := os.ReadFile(path + Logs[0])
	if err != nil {
		t.Fatal(err)
	}
	judge := startJudge(t, python)
	rng := rand.New(rand.NewPCG(*seedFlag, 1))
	const header = 40 // bytes that no checksum covers
	sound := log[:header]
	refused, tried := 0, 0
	try := func(what string, log []byte) {
		if err := os.WriteFile(path+Logs[0], log, 0o666); err != nil {
			t.Fatal(err)
		}
		tried++
		if _, err := duckdb.Open(path, nil); err != nil && len(log) > header && !bytes.Equal(log[:header], sound) {
			refused++ // of a log whose header is damaged the engine leaves out all, without a word
			return
		}
		if sameAnswer(t, judge, path, what) {
			refused++
		}
	}
	for n := range 40 { // within the first entries
		try(fmt.Sprint("first bytes: ", n), log[:n])
	}
	for range 60 {
		n := rng.IntN(len(log))
		try(fmt.Sprint("first bytes: ", n), log[:n])
	}
	for range 100 {
		b := append([]byte{}, log...)
		at, bit := rng.IntN(len(b)), rng.IntN(8)
		b[at] ^= 1 << bit
		try(fmt.Sprintf("bit %d of byte %d", bit, at), b)
	}
	t.Logf("%d logs, %d refused", tried, refused)
}

// TestKilledCheckpoint kills 2.0 while it checkpoints.
func TestKilledCheckpoint(t *testing.T) {
	judge := startJudge(t, python)
	rng := rand.New(rand.NewPCG(*seedFlag, 2))
	landed := 0
	for i := range 14 {
		path := filepath.Join(t.TempDir(), "x.db")
		killedChanges(t, path, 20000, func(p *Process) {
			if i%2 == 0 { // it then sleeps before it writes the header
				if err := p.Exec("SET debug_checkpoint_sleep_ms = 100"); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.StartOn(2, "CHECKPOINT db"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rng.IntN(100*(1+i%4))) * time.Millisecond)
		})
		if _, err := os.Stat(path + Logs[0]); err != nil {
			landed++
		}
		sameAnswer(t, judge, path, fmt.Sprint("checkpoint ", i))
	}
	t.Logf("%d checkpoints had landed", landed)
}
