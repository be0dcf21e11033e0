package castro

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Description says what a file is.
type Description struct {
	Kind           string // such as "DuckDB database"
	Generations    []GenerationInfo
	EngineVersion  string // of the DuckDB that made the file; empty for JSON
	StorageVersion int    // of DuckDB's format; 0 for JSON
	Level          int    // of the format's features; 0 for JSON
	Log            string // what the write-ahead log beside the file holds; empty for JSON
	Tables         []TableInfo
	NotKept        []string // columns that are left out, as table.column: identifiers of rows
	Notes          []string // what else to know
}

// A GenerationInfo names a generation that a file holds tables of.
type GenerationInfo struct {
	Name        string // such as "core K1"
	Explanation string // in plain words
}

// A TableInfo describes a table of a database.
type TableInfo struct {
	Name       string // with its schema, unless that is main
	Rows       int64
	Generation string // that its columns belong to; empty for a table that is not imported
	Unreadable []string
}

// Imported reports whether rows of the table become records.
func (t TableInfo) Imported() bool { return t.Generation != "" }

// Describe says what the file is. It reads the ids of runs in every table, to find rows of runs that are not listed.
func (d *Database) Describe(ctx context.Context) (Description, error) {
	if d.web != nil {
		return Description{
			Kind: "JSON export", Generations: []GenerationInfo{{string(generationWeb), generationWeb.explain()}},
		}, nil
	}
	runs, err := d.Runs(ctx)
	if err != nil {
		return Description{}, err
	}
	info := d.db.Info()
	about := Description{
		Kind: "DuckDB database", EngineVersion: info.LibraryVersion, StorageVersion: info.StorageVersion, Level: info.Level,
		Log: "none", Notes: info.Notes,
	}
	switch {
	case info.LogApplied:
		about.Log = fmt.Sprintf("%d bytes beside the file, with %d transactions that the file itself does not hold; they are read too", info.LogBytes, info.Transactions)
	case info.LogBytes > 0:
		about.Log = fmt.Sprintf("%d bytes beside the file, of which nothing was needed", info.LogBytes)
	}
	seen := map[string]bool{}
	ids := map[runKey]bool{}
	for _, r := range runs {
		kind, _, _ := strings.Cut(r.Generation, " ")
		ids[runKey{kind, r.ID}] = true
		if !seen[r.Generation] {
			seen[r.Generation] = true
			about.Generations = append(about.Generations, GenerationInfo{r.Generation, generation(r.Generation).explain()})
		}
	}
	for r := range roles {
		if t := d.tables[r]; t != nil && signatures[r].parent == r &&
			!slices.ContainsFunc(about.Generations, func(g GenerationInfo) bool { return sameKind(g.Name, d.generation(r)) }) {
			g := d.generation(r) // without runs
			about.Generations = append(about.Generations, GenerationInfo{string(g), g.explain()})
		}
	}
	for _, t := range d.db.Tables() {
		i := TableInfo{Name: t.Name(), Rows: t.RowCount()}
		if t.Schema() != "main" {
			i.Name = t.Schema() + "." + t.Name()
		}
		for _, c := range t.Columns() {
			if c.Err != nil {
				i.Unreadable = append(i.Unreadable, fmt.Sprintf("%s: %v", c.Name, c.Err))
			}
		}
		for r := range roles {
			known := d.tables[r]
			if known == nil || known.t.Name() != t.Name() || known.t.Schema() != t.Schema() {
				continue
			}
			i.Generation = string(d.generation(signatures[r].parent))
			if same := slices.DeleteFunc(slices.Clone(about.Generations),
				func(g GenerationInfo) bool { return !sameKind(g.Name, generation(i.Generation)) }); len(same) == 1 {
				i.Generation = same[0].Name // which the runs tell, and not the columns alone
			}
			for _, c := range columnList(signatures[r].notKept) {
				if known.has(c) {
					about.NotKept = append(about.NotKept, t.Name()+"."+c)
				}
			}
			note, err := d.orphans(ctx, known, ids)
			if err != nil {
				return Description{}, err
			}
			if note != "" {
				about.Notes = append(about.Notes, note)
			}
		}
		about.Tables = append(about.Tables, i)
	}
	about.Notes = append(about.Notes, d.siblings(runs)...)
	return about, nil
}

// generation names the generation of a table of runs.
func (d *Database) generation(r role) generation {
	switch r {
	case scriptConfig:
		return d.tables.script()
	case gameSessions:
		return generationGame
	case castroRuns:
		return generationCastro
	case coreRuns:
		return d.tables.core("")
	case unifiedRuns:
		return generationUnified
	}
	return generationWeb
}

// sameKind reports whether two generations differ at most in their version.
func sameKind(a string, b generation) bool {
	kindA, _, _ := strings.Cut(a, " ")
	kindB, _, _ := strings.Cut(string(b), " ")
	return kindA == kindB
}

// A runKey is the id of a run of one kind of generation.
type runKey struct{ kind, id string }

// orphans tells of rows of t whose run is not among ids.
func (d *Database) orphans(ctx context.Context, t *table, ids map[runKey]bool) (string, error) {
	parent := signatures[t.role].parent
	kind, _, _ := strings.Cut(string(d.generation(parent)), " ")
	key, known := signatures[t.role].key, func(id string) bool { return ids[runKey{kind, id}] }
	switch t.role {
	case parent, webPrompts:
		return "", nil
	case coreSimulations, coreSimulationEvents, coreRegisters:
		simulations, err := d.simulations(ctx, known)
		if err != nil {
			return "", err
		}
		key, known = "simulation_id", func(id string) bool {
			run, _, found := strings.Cut(id, "-sim-")
			return simulations[id] || found && ids[runKey{kind, run}]
		}
		if t.role == coreSimulations { // whatever its name, it belongs to the run that it names
			known = func(id string) bool { return simulations[id] }
		}
	}
	rows, example := 0, ""
	err := t.keys(ctx, key, func(id string) {
		if !known(id) {
			rows++
			if example == "" || id < example {
				example = id
			}
		}
	})
	if err != nil || rows == 0 {
		return "", err
	}
	return fmt.Sprintf("%d rows of table %s belong to no run that the file lists (%s: %s) and are not imported", rows,
		t.t.Name(), key, shorten(example)), nil
}

// simulations gives the ids of the simulations that belong to runs.
func (d *Database) simulations(ctx context.Context, run func(string) bool) (map[string]bool, error) {
	belongs := map[string]bool{}
	err := d.tables[coreSimulations].each(ctx, "", nil, func(r *row) error {
		id, owner := r.text("simulation_id"), r.text("experiment_run_id")
		prefix, _, found := strings.Cut(id, "-sim-")
		if run(owner) || owner == "" && found && run(prefix) {
			belongs[id] = true
		}
		return nil
	})
	return belongs, err
}

// siblings tells of files beside this one that hold more about its runs.
func (d *Database) siblings(runs []RunInfo) (notes []string) {
	dir := filepath.Dir(d.path)
	if d.tables[gameSessions] != nil && d.tables[castroRuns] == nil {
		path := filepath.Join(dir, "castro.db")
		if _, err := os.Stat(path); err == nil {
			notes = append(notes, "castro.db beside the file may hold the calls of the language model; open it to read both together")
		}
	}
	if d.tables[castroRuns] != nil && d.tables[gameSessions] == nil {
		seen := map[string]bool{}
		for _, r := range runs {
			if r.Generation != string(generationCastro) || seen[r.Name] {
				continue
			}
			seen[r.Name] = true
			if path := d.siblingPath(r.Name); path == "" {
				continue
			} else if _, err := os.Stat(path); err != nil {
				notes = append(notes, fmt.Sprintf("costs and decisions of experiment %q would be in %s.db beside the file, which is not there", r.Name, r.Name))
			}
		}
	}
	return notes
}
