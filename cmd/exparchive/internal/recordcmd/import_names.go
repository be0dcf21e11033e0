package recordcmd

import (
	"fmt"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/legacy/castro"
)

// defaultImportName is how the archive of a run is named unless --name says otherwise.
const defaultImportName = "{run_id}"

// checkImportName reports a pattern that names archives after something that runs do not have.
func checkImportName(pattern string) error {
	pattern = strings.TrimSuffix(pattern, archive.Extension)
	rest := importName(pattern, castro.RunInfo{})
	if i := strings.IndexAny(rest, "{}"); i >= 0 {
		return cli.Usagef("import: --name %q: want a name in which {run_id}, {experiment} and {type} stand for what the run has", pattern)
	}
	if pattern == "" {
		return cli.Usagef("import: --name is empty")
	}
	return nil
}

// importName gives what the archive of a run is named after. The pattern may have the extension of archives, which they
// get anyway.
func importName(pattern string, run castro.RunInfo) string {
	pattern = strings.TrimSuffix(pattern, archive.Extension)
	return strings.NewReplacer("{run_id}", run.ID, "{experiment}", run.Name, "{type}", run.Type).Replace(pattern)
}

// nameTargets gives each job its archive in the folder. Where file systems may take two different names for one, a hash
// tells them apart; the same name twice is left as it is.
func nameTargets(jobs []importJob, folder string) {
	alike := map[string][]*importJob{}
	for i := range jobs {
		job := &jobs[i]
		job.target = filepath.Join(folder, archive.FileName(job.name))
		alike[foldedName(job.name)] = append(alike[foldedName(job.name)], job)
	}
	for _, some := range alike {
		if !slices.ContainsFunc(some, func(job *importJob) bool { return job.name != some[0].name }) {
			continue
		}
		for _, job := range some {
			hash := fnv.New32a()
			hash.Write([]byte(job.name))
			job.target = filepath.Join(folder, archive.FileName(fmt.Sprintf("%s~%08x", job.name, hash.Sum32())))
		}
	}
}

// foldedName gives the same text for names that a file system may take for one: those that differ in the case of
// letters, or in whether an accent is part of a letter or follows it. For other names than that it may give the same
// text, too.
func foldedName(name string) string {
	var folded []rune
	for _, c := range name {
		for next := unicode.SimpleFold(c); next != c && next < c; next = unicode.SimpleFold(next) {
			c = next // the smallest of those that differ in case
		}
		if unicode.Is(unicode.M, c) && len(folded) > 0 {
			folded[len(folded)-1] = accented
		} else if c > unicode.MaxASCII && !unicode.Is(unicode.Han, c) {
			c = accented
		}
		if !unicode.Is(unicode.M, c) && (c != accented || len(folded) == 0 || folded[len(folded)-1] != accented) {
			folded = append(folded, c)
		}
	}
	return string(folded)
}

// accented stands for letters that may be written in two ways, as many of them as follow each other.
const accented = 0xfffd
