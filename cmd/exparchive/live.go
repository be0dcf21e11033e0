package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/simexp/exparchive/archive"
)

// liveName gives the name of the live file that the user means, who may have named the archive that it is to become.
func liveName(arg string) string {
	if !strings.HasSuffix(arg, archive.LiveSuffix) && exists(arg+archive.LiveSuffix) {
		return arg + archive.LiveSuffix
	}
	return arg
}

// archiveName gives the name of the archive that a live file becomes, and false for another file.
func archiveName(live string) (string, bool) { return strings.CutSuffix(live, archive.LiveSuffix) }

// checkLive reports that there is no live file of that name, and what there is instead.
func checkLive(live string) error {
	if err := checkChangeable(live); err != nil {
		return err
	}
	info, err := os.Stat(live)
	switch {
	case errors.Is(err, os.ErrNotExist) && exists(strings.TrimSuffix(live, archive.LiveSuffix)):
		return fmt.Errorf("%s: %w; %s is there and sealed", live, errNoFile, strings.TrimSuffix(live, archive.LiveSuffix))
	case err != nil:
		return inFile(live, err)
	case info.IsDir():
		return inFile(live, errDirectory)
	case !strings.HasSuffix(live, archive.LiveSuffix):
		return fmt.Errorf("%s: not a recording: its name does not end in %s", live, archive.Extension+archive.LiveSuffix)
	}
	return nil
}
