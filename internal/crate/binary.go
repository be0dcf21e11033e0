package crate

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
)

// A Binary is this program for a system.
type Binary struct {
	File     string // its path in the payload
	OS, Arch string // as Go calls them
	Version  string // empty if it does not say
}

// program is the package of this program.
const program = "github.com/simexp/exparchive/cmd/exparchive"

// AddBinary puts this program, built for some system, into the package. What it is it says itself, whatever its name.
func (b *Builder) AddBinary(ctx context.Context, file string) error {
	info, err := buildinfo.ReadFile(file)
	if err != nil || info.Path != program {
		return fileerr.Errorf(file, "%w: it is no exparchive", ErrContent)
	}
	x := Binary{Version: strings.TrimPrefix(info.Main.Version, "(devel)")}
	static := false
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS":
			x.OS = s.Value
		case "GOARCH":
			x.Arch = s.Value
		case "CGO_ENABLED":
			static = s.Value == "0"
		}
	}
	if !static {
		return fileerr.Errorf(file, "%w: it needs libraries of its system (built with CGO_ENABLED=1)", ErrContent)
	}
	name := fmt.Sprintf("exparchive_%s_%s", x.OS, x.Arch)
	if x.OS == "windows" {
		name += ".exe"
	}
	if x.File = path.Join(binFolder, name); b.binaryOf(x.File) != nil {
		return fileerr.Errorf(file, "%w: there is one for %s/%s already", ErrContent, x.OS, x.Arch)
	}
	if err := os.MkdirAll(b.Path(binFolder), 0o777); err != nil {
		return err
	}
	b.binaries = append(b.binaries, x)
	return fileerr.In(file, b.copyFile(ctx, b.Path(x.File), file))
}
