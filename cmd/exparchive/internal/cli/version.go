package cli

import (
	_ "embed"
	"runtime/debug"
	"strings"
)

// version is set by the linker in released binaries.
var version string

// archived is what git writes into an archive of a commit in place of the words between dollar signs (gitattributes(5),
// export-subst): commit, its time, version. Built from a checkout it says nothing.
//
//go:embed archived.txt
var archived string

// A Build says what the program was built from. What is not known is empty.
type Build struct {
	Version  string // the linker's, else the module's, else that of an archive of the source, else "devel"
	Commit   string // hexadecimal
	Time     string // of the commit (RFC 3339)
	Modified bool   // the source differed from the commit
}

// ProgramBuild says what this program was built from.
func ProgramBuild() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(version, info, archived)
}

func buildOf(linked string, info *debug.BuildInfo, archived string) Build {
	b := Build{Version: linked}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	if b.Version == "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	if words := strings.Fields(archived); len(words) >= 2 && !strings.HasPrefix(words[0], "$") && b.Commit == "" {
		b.Commit, b.Time = words[0], words[1]
		if b.Version == "" && len(words) > 2 {
			b.Version = words[2]
		}
	}
	if b.Version == "" {
		b.Version = "devel"
	}
	return b
}

// ProgramVersion gives the version of the program, or "devel".
func ProgramVersion() string {
	if version != "" {
		return version
	}
	return ProgramBuild().Version
}
