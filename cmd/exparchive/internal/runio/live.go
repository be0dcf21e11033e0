package runio

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
)

// LiveName gives the name of the live file that the user means, who may have named the archive that it is to become.
func LiveName(arg string) string {
	if !strings.HasSuffix(arg, archive.LiveSuffix) && Exists(arg+archive.LiveSuffix) {
		return arg + archive.LiveSuffix
	}
	return arg
}

// ArchiveName gives the name of the archive that a live file becomes, and false for another file.
func ArchiveName(live string) (string, bool) { return strings.CutSuffix(live, archive.LiveSuffix) }

// CheckLive reports that there is no live file of that name, and what there is instead.
func CheckLive(live string) error {
	if err := CheckChangeable(live); err != nil {
		return err
	}
	info, err := os.Stat(live)
	switch {
	case errors.Is(err, os.ErrNotExist) && Exists(strings.TrimSuffix(live, archive.LiveSuffix)):
		return fmt.Errorf("%s: %w; %s is there and sealed", live, cli.ErrNoFile, strings.TrimSuffix(live, archive.LiveSuffix))
	case err != nil:
		return cli.InFile(live, err)
	case info.IsDir():
		return cli.InFile(live, ErrDirectory)
	case !strings.HasSuffix(live, archive.LiveSuffix):
		return fmt.Errorf("%s: not a recording: its name does not end in %s", live, archive.Extension+archive.LiveSuffix)
	}
	return nil
}
