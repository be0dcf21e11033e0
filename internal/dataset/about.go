package dataset

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/parquet"
)

// ErrForeign means that there is a file in the place of one of the dataset: no part, or one of another run.
var ErrForeign = errors.New("not of this dataset")

// version is that of the layout and of the tables: parts of another one are made anew.
const version = "1"

// createdBy names the program in a form that readers look for known faults in, so it has three numbers. It is not the
// version of the program, with which parts would change that do not differ.
const createdBy = "exparchive version 1.0.0 (build dataset)"

// Keys of what a part says of itself.
const (
	keyVersion    = "exparchive.dataset"
	keyTable      = "exparchive.table"
	keyExperiment = "exparchive.experiment_name"
	keyRun        = "exparchive.run_id"
	keyRecords    = "exparchive.records"
	keyDigest     = "exparchive.digest"
	keySealed     = "exparchive.digest_sealed"
	keySource     = "exparchive.source"
)

// An About is what a part says of itself.
type About struct {
	Table      string
	Experiment string
	Run        string
	Records    int64  // of the run
	Digest     string // of the run, computed from what is in the part and the others
	Sealed     bool   // it is the one in the seal, not one of a run that has none
	// Source describes the file that the run came from, as its caller did; only in the table runs.
	Source string
}

func (a About) keyValues() []parquet.KeyValue {
	list := []parquet.KeyValue{
		{Key: keyVersion, Value: version},
		{Key: keyTable, Value: a.Table},
		{Key: keyExperiment, Value: a.Experiment},
		{Key: keyRun, Value: a.Run},
		{Key: keyRecords, Value: strconv.FormatInt(a.Records, 10)},
		{Key: keyDigest, Value: a.Digest},
		{Key: keySealed, Value: strconv.FormatBool(a.Sealed)},
	}
	if a.Table == tables[runs].Name && a.Source != "" {
		list = append(list, parquet.KeyValue{Key: keySource, Value: a.Source})
	}
	return list
}

// readAbout reads what the part at path says of itself. A file that is no part is [ErrForeign]; one of another version
// is a part all the same, with current false.
func readAbout(path string) (about About, current bool, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return About{}, false, err
	}
	if !info.Mode().IsRegular() {
		return About{}, false, fileerr.In(path, fileerr.ErrNotRegular)
	}
	f, err := os.Open(path)
	if err != nil {
		return About{}, false, err
	}
	defer f.Close()
	footer, err := parquet.ReadAbout(f, info.Size())
	if err != nil {
		return About{}, false, fileerr.Errorf(path, "%w: %w", ErrForeign, err)
	}
	v := footer.Values
	if v[keyVersion] == "" {
		return About{}, false, fileerr.Errorf(path, "%w: another program has written it", ErrForeign)
	}
	about = About{Table: v[keyTable], Experiment: v[keyExperiment], Run: v[keyRun], Digest: v[keyDigest],
		Sealed: v[keySealed] == "true", Source: v[keySource]}
	about.Records, err = strconv.ParseInt(v[keyRecords], 10, 64)
	return about, err == nil && v[keyVersion] == version, nil
}

// Current reports whether the run has all its parts in the dataset at root, they belong together, and they were made
// from the source. It reads what they say of themselves, and not their rows. What cannot be read is not current.
func Current(root, experiment, run, source string) (About, bool) {
	var first About
	for i := range tables {
		table := tables[len(tables)-1-i].Name // runs first
		about, current, err := readAbout(Part(root, table, experiment, run))
		if err != nil || !current || about.Table != table || about.Experiment != experiment || about.Run != run {
			return About{}, false
		}
		if i == 0 {
			if first = about; source == "" || about.Source != source {
				return About{}, false
			}
		}
		if about.Digest != first.Digest || about.Sealed != first.Sealed {
			return About{}, false
		}
	}
	return first, true
}

// checkFree reports that there is something in the place of a part that is not to be replaced by it: [ErrForeign]. What
// a machine that lost its power may have made of a part is replaced.
func checkFree(path, table, experiment, run string) error {
	about, _, err := readAbout(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, parquet.ErrFormat) && brokenOff(path):
		return nil
	case err != nil:
		return err
	case about.Table != table || about.Experiment != experiment || about.Run != run:
		return fileerr.Errorf(path, "%w: it is of run %q of experiment %q", ErrForeign, about.Run, about.Experiment)
	}
	return nil
}

// brokenOff reports whether a file begins as parts do, but for blocks that never came to the disk, or is empty.
func brokenOff(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	_, err = io.ReadFull(f, head)
	return err == io.EOF || err == nil && (string(head) == "PAR1" || string(head) == "\x00\x00\x00\x00")
}
