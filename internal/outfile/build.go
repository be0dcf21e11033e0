package outfile

import (
	"path/filepath"

	"github.com/simexp/exparchive/internal/fileerr"
)

// Build makes an archive, which takes long and may turn out wrong. In a folder of its own beside path (see package
// workdir, which also removes what a killed process leaves of it) fill makes it under the name that it is given,
// complete and on disk; without an error it then moves to path, as by [Place]. What else fill leaves in the folder goes
// away, or is told of by [workdir.Left]. The errors of fill are given as they are; the others name path.
func Build(path string, force bool, fill func(temp string) error) error {
	work, err := workFor(path)
	if err != nil {
		return fileerr.In(path, err)
	}
	defer work.Discard()
	temp := filepath.Join(work.Path(), temporary)
	if err := fill(temp); err != nil {
		return err
	}
	if err := Free(path, force); err != nil { // it took a while
		return err
	}
	return fileerr.In(path, Place(temp, path, force))
}
