package paper

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
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
	err := filepath.WalkDir(folder, func(at string, d fs.DirEntry, err error) error {
		hidden := at != folder && strings.HasPrefix(d.Name(), ".")
		switch {
		case err != nil && at == folder && os.IsNotExist(err):
			return fs.SkipAll
		case err != nil && at == folder:
			return fileerr.In(folder, err)
		case d.IsDir() && (hidden || err != nil):
			return fs.SkipDir
		case hidden || err != nil || !d.Type().IsRegular() || !strings.HasSuffix(d.Name(), SourceSuffix):
			return nil
		}
		relative, err := filepath.Rel(folder, at)
		if err != nil {
			return err
		}
		file := strings.TrimSuffix(filepath.ToSlash(relative), SourceSuffix)
		if text, err := fileerr.ReadAtMost(at, MaxSize); err == nil && !listed[folded(file)] {
			if f, ok := p.formerOf(folder, file, text); ok {
				list = append(list, f)
			}
		}
		return nil
	})
	return list, err
}

// formerOf reads a record and says what it is about, if that is a file that was made for the paper.
func (p *Paper) formerOf(folder, file string, record []byte) (Former, bool) {
	f := Former{File: file}
	source, err := ParseSource(record)
	if err != nil || source.File != file || source.Paper.File != p.name() || checkOutput(file) != nil ||
		!outputs[strings.ToLower(path.Ext(file))] {
		return f, false
	}
	at := filepath.Join(folder, filepath.FromSlash(file))
	info, err := os.Lstat(at)
	if err != nil {
		return f, os.IsNotExist(err)
	}
	for _, r := range p.Runs {
		if run, err := os.Stat(p.RunPath(r)); err == nil && os.SameFile(info, run) {
			return f, false
		}
	}
	text, err := fileerr.ReadAtMost(at, int64(max(source.Bytes, 0)))
	f.Exists, f.Edited = true, err != nil || !info.Mode().IsRegular() || !source.IsOf(text)
	return f, true
}

// name gives the name of the paper's file.
func (p *Paper) name() string { return filepath.Base(p.Path) }

// outputs are the endings of the names of tables and figures.
var outputs = map[string]bool{
	".tex": true, ".csv": true, ".json": true, ".md": true, ".html": true, ".txt": true,
	".pdf": true, ".svg": true, ".png": true,
}
