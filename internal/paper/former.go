package paper

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
)

// A Former is a file in the folder that an earlier build of the paper made, and that the paper does not list any more.
type Former struct {
	File   string // relative to the folder, with slashes
	Exists bool   // there is more of it than the record of what it came from
	Edited bool   // it is not as it was built
}

// Former finds the files of earlier builds of the paper in a folder, by the records of what they came from: those of a
// paper's file of that name. What is hidden, behind links or cannot be read is passed over, and so are runs of the
// paper. Names come in lexical order.
func (p *Paper) Former(folder string) ([]Former, error) {
	listed := map[string]bool{}
	for _, it := range p.Items {
		listed[folded(it.File)] = true
	}
	var list []Former
	seen := map[string]bool{}
	err := filepath.WalkDir(folder, func(at string, d fs.DirEntry, err error) error {
		base := filepath.Base(at)
		hidden := at != folder && strings.HasPrefix(base, ".")
		name, record := strings.CutSuffix(base, SourceSuffix)
		if next, ok := nextOf(base); ok {
			name, record, hidden = next, true, false
		}
		switch {
		case err != nil && at == folder && os.IsNotExist(err):
			return fs.SkipAll
		case err != nil && at == folder:
			return fileerr.In(folder, err)
		case d.IsDir() && (hidden || err != nil):
			return fs.SkipDir
		case hidden || err != nil || !d.Type().IsRegular() || !record:
			return nil
		}
		relative, err := filepath.Rel(folder, at)
		if err != nil {
			return err
		}
		file := path.Join(filepath.ToSlash(filepath.Dir(relative)), name)
		if seen[file] || listed[folded(file)] {
			return nil
		}
		seen[file] = true
		if f, ok := p.formerOf(folder, file); ok {
			list = append(list, f)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Former) int { return strings.Compare(a.File, b.File) })
	return list, err
}

// formerOf says what a file is of which there are records, if that is one that was made for the paper.
func (p *Paper) formerOf(folder, file string) (Former, bool) {
	f := Former{File: file}
	at := filepath.Join(folder, filepath.FromSlash(file))
	records := RecordsOf(at, file)
	if !records.madeFor(p) || checkOutput(file) != nil || !outputs[strings.ToLower(path.Ext(file))] {
		return f, false
	}
	info, err := os.Lstat(at)
	if err != nil {
		return f, os.IsNotExist(err)
	}
	for _, r := range p.Runs {
		if run, err := os.Stat(p.RunPath(r)); err == nil && os.SameFile(info, run) {
			return f, false
		}
	}
	text, err := fileerr.ReadAtMost(at, int64(records.longest()))
	f.Exists, f.Edited = true, err != nil || !info.Mode().IsRegular() || !records.Built(text)
	return f, true
}

// name gives the name of the paper's file.
func (p *Paper) name() string { return filepath.Base(p.Path) }

// outputs are the endings of the names of tables and figures.
var outputs = map[string]bool{
	".tex": true, ".csv": true, ".json": true, ".md": true, ".html": true, ".txt": true,
	".pdf": true, ".svg": true, ".png": true,
}
