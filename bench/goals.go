package main

import (
	"path/filepath"

	"github.com/simexp/exparchive/bench/internal/measure"
)

// cases are what one process measures, by name.
var cases = map[string]measure.Case{
	"write-row":       writeRow(false, false),
	"write-row-plain": writeRow(false, true),
	"write-row-each":  writeRow(true, false),
	"write-live":      writeArchive(live),
	"write-sealed":    writeArchive(sealed),
	"write-bulk":      writeArchive(bulk),

	"read-scan":    readScan,
	"read-python":  python(selectRows, scanFile),
	"read-records": readArchive(eachRecord),
	"digest":       readArchive(digestOf),
	"export":       readArchive(exportLines),
	"verify":       verifyFile,

	"lines-python": python(decodeLines, linesFile),
	"record": program(linesFile, func(dir string) []string {
		return []string{"record", "-o", filepath.Join(dir, outFile)}
	}),
	"record-bulk": program(linesFile, func(dir string) []string {
		return []string{"record", "--bulk", "-o", filepath.Join(dir, outFile)}
	}),
	"replay-one": repeated(20, program("", func(dir string) []string {
		return []string{"replay", "--start", "500", "--end", "500", filepath.Join(dir, longFile)}
	})),
	"ls":       program("", func(dir string) []string { return []string{"ls", filepath.Join(dir, folderName)} }),
	"ls-index": program("", func(dir string) []string { return []string{"ls", filepath.Join(dir, indexedName)} }),
	"version":  repeated(20, program("", func(string) []string { return []string{"--version"} })),
	"info": repeated(20, program("", func(dir string) []string {
		return []string{"info", filepath.Join(dir, longFile)}
	})),
	"empty": repeated(20, empty),

	"duckdb-rows": duckdbRows,
	"duckdb-scan": duckdbScan,
	"duckdb-open": duckdbOpen,

	"size-run":     fileSize(runFile),
	"size-lines":   fileSize(linesFile),
	"size-calls":   fileSize(callsFile),
	"size-texts":   fileSize(callsRaw),
	"size-exp1":    fileSize(demoFile),
	"size-packed":  fileSize(demoPacked),
	"size-part":    fileSize(partPacked),
	"size-zstd":    fileSize(partZstd),
	"size-program": fileSize(mainProgram),
	"size-library": fileSize(libProgram),
}

// A metric is what of a measure is compared.
type metric string

const (
	wall  metric = "wall"
	user  metric = "user"
	cpu   metric = "cpu"
	bytes metric = "bytes"
)

// A goal compares a case with another, or gives what it is where there is no base.
type goal struct {
	id, what      string
	subject, base string
	metric        metric
	must          float64 // the ratio, or the figure in unit where there is no base; 0 means that none was set
	unit          float64
	unitName      string
	equal         bool   // both have read the same rows
	skipped       string // why it is not measured
	// What the subject's and the base's figures are divided by, 1 if nil.
	per, basePer func(s scale) int
}

var goals = []goal{
	{id: "–", what: "an event, durable and hashed, against an INSERT that is flushed", subject: "write-live",
		base: "write-row-each", metric: wall, per: func(s scale) int { return s.events },
		basePer: func(s scale) int { return s.durable }},
	{id: "W2", what: "append, durable and hashed, against a row a call, nothing durable", subject: "write-live",
		base: "write-row", metric: user, must: 0.60, equal: true},
	{id: "W2", what: "the same, against calls without a context that could be cancelled", subject: "write-live",
		base: "write-row-plain", metric: user, must: 0.60, equal: true},
	{id: "W4", what: "append, durable and hashed, and sealed, against a row a call", subject: "write-sealed",
		base: "write-row", metric: user, must: 1,
		equal: true},
	{id: "W5", what: "copy of a run, sealed, against a row a call", subject: "write-bulk", base: "write-row",
		metric: user, must: 0.60,
		equal: true},
	{id: "W6", what: "`record` from lines, whole process, against Python's json.loads of each", subject: "record",
		base: "lines-python", metric: user, must: 1.5},
	{id: "W6", what: "`record --bulk` from lines, likewise", subject: "record-bulk", base: "lines-python", metric: user,
		must: 1},
	{id: "R1", what: "every record, against rows.Scan of the same rows", subject: "read-records", base: "read-scan",
		metric: user, must: 0.35, equal: true},
	{id: "R2", what: "every record, against Python's sqlite3", subject: "read-records", base: "read-python", metric: user,
		must: 0.45},
	{id: "R4", what: "verify, against rows.Scan", subject: "verify", base: "read-scan", metric: wall, must: 0.60},
	{id: "R5", what: "digest, against rows.Scan", subject: "digest", base: "read-scan", metric: user, must: 0.60,
		equal: true},
	{id: "R5", what: "lines of the whole run, against rows.Scan", subject: "export", base: "read-scan", metric: user,
		must: 0.60, equal: true},
	{id: "R6", what: "`replay` of one iteration of 1,000, against `info`", subject: "replay-one", base: "info",
		metric: cpu,
		must:   1.3},
	{id: "S1", what: "archive, against its JSON lines", subject: "size-run", base: "size-lines", metric: bytes,
		must: 0.80},
	{id: "S2", what: "archive of model calls, against their texts", subject: "size-calls", base: "size-texts",
		metric: bytes,
		must:   0.18},
	{id: "S3", what: "packed archive, against `zstd -19 --long` of the lines", subject: "size-part", base: "size-zstd",
		metric: bytes, must: 1.6},
	{id: "S4", what: "archive of exp1, packed", subject: "size-packed", metric: bytes, must: 24, unit: 1 << 10,
		unitName: "KiB"},
	{id: "S4", what: "archive of exp1", subject: "size-exp1", metric: bytes, must: 172, unit: 1 << 10, unitName: "KiB"},
	{id: "P1", what: "`--version`, against an empty Go program", subject: "version", base: "empty", metric: cpu,
		must: 2.2},
	{id: "P2", what: "`info`, against `--version`", subject: "info", base: "version", metric: wall, must: 1.3},
	{id: "P4", what: "program that opens, reads and verifies", subject: "size-library", metric: bytes, must: 8.3,
		unit:     1e6,
		unitName: "MB"},
	{id: "P5", what: "`ls` of a folder, an archive", subject: "ls", metric: cpu, must: 0.2, unit: 1e6, unitName: "ms",
		per: func(s scale) int { return s.archives }},
	// Its goal is for 10,000 archives, which the growth has: of fewer, more is the start of the process.
	{id: "P6", what: "the same with an index", subject: "ls-index", metric: cpu, unit: 1e6, unitName: "ms",
		per: func(s scale) int { return s.archives }},
	{id: "P7", what: "the program", subject: "size-program", metric: bytes, must: 27, unit: 1e6, unitName: "MB"},
}
