package cli

import (
	_ "embed"
	"runtime/debug"
	"strings"
)

// Set by the linker in released binaries: the version, and the commit with its time.
var version, commit, commitTime string

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
	return buildOf(Build{Version: version, Commit: commit, Time: commitTime}, info, archived)
}

// buildOf adds to what the linker was told what the go command knows, and what git wrote.
func buildOf(b Build, info *debug.BuildInfo, archived string) Build {
	b.Modified = strings.HasSuffix(b.Version, "-dirty")
	if b.Commit == "" {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.time":
				b.Time = s.Value
			case "vcs.modified":
				b.Modified = b.Modified || s.Value == "true"
			}
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
