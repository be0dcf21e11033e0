package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
)

// debianProcessors are the processors in Debian's words where they differ from Go's.
var debianProcessors = map[string]string{"386": "i386", "arm": "armhf"}

// debianFolders says where the files of an archive go, by the folder or the name there. What is not here stays out.
var debianFolders = []struct{ from, to string }{
	{"exparchive", "/usr/bin/exparchive"},
	{"man/man1/", "/usr/share/man/man1/"},
	{"completions/exparchive.bash", "/usr/share/bash-completion/completions/exparchive"},
	{"completions/_exparchive", "/usr/share/zsh/vendor-completions/_exparchive"},
	{"completions/exparchive.fish", "/usr/share/fish/vendor_completions.d/exparchive.fish"},
	{"README.md", "/usr/share/doc/exparchive/README.md"},
	{"SECURITY.md", "/usr/share/doc/exparchive/SECURITY.md"},
}

const description = `portable archives of experiment runs
 exparchive keeps one run of an experiment in one file: every event, every
 call of a language model, what each iteration cost and changed, notes and
 attached files. The file is an ordinary SQLite database. The program records
 runs, prints them again byte for byte, checks, compares and publishes them.`

// writeDebian writes the Debian package of a platform, of the files of its archive.
func (r *release) writeDebian(p platform, packed []file) error {
	processor := p.processor
	if name, ok := debianProcessors[processor]; ok {
		processor = name
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "exparchive", Arch: processor, Platform: "linux", Version: r.debianVersion(), VersionSchema: "none",
		Section: "science", Priority: "optional", Maintainer: r.maintainer, Description: description,
		Homepage: homepage, License: "MIT", MTime: r.time,
	})
	info.Deb.Compression = "gzip" // of which another release of a library changes no bytes
	folder, err := os.MkdirTemp(r.work, "debian-")
	if err != nil {
		return err
	}
	add := func(to string, data []byte, mode os.FileMode) error {
		from := filepath.Join(folder, fmt.Sprint(len(info.Contents)))
		if err := os.WriteFile(from, data, 0o644); err != nil {
			return err
		}
		info.Contents = append(info.Contents, &files.Content{Source: from, Destination: to,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: r.time}})
		return nil
	}
	var licence, others []byte
	for _, f := range packed {
		switch f.name {
		case "LICENSE":
			licence = f.data
		case "THIRD-PARTY-LICENSES.txt":
			others = f.data
		}
		to, data := debianPlace(f.name), f.data
		if to == "" {
			continue
		}
		if strings.HasPrefix(to, "/usr/share/man/") {
			to += ".gz"
			if data, err = compressed(data); err != nil {
				return err
			}
		}
		if err := add(to, data, f.mode); err != nil {
			return err
		}
	}
	changes, err := compressed(r.debianChanges())
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"doc/exparchive/copyright":     debianCopyright(licence, others),
		"doc/exparchive/changelog.gz":  changes,
		"lintian/overrides/exparchive": []byte(debianOverrides),
	} {
		if err := add("/usr/share/"+name, data, 0o644); err != nil {
			return err
		}
	}
	name := strings.Join([]string{"exparchive", r.debianVersion(), processor}, "_") + ".deb"
	var out bytes.Buffer
	if err := deb.Default.Package(info, &out); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(filepath.Join(r.folder, name), out.Bytes(), 0o644)
}

// debianPlace says where a file of an archive goes, and is empty for one that stays out.
func debianPlace(name string) string {
	for _, f := range debianFolders {
		if rest, ok := strings.CutPrefix(name, f.from); ok && (rest == "" || strings.HasSuffix(f.from, "/")) {
			return f.to + rest
		}
	}
	return ""
}

// debianOverrides tells lintian(1) what is meant to be so.
const debianOverrides = `# one binary that needs nothing else, as everywhere
exparchive: statically-linked-binary [usr/bin/exparchive]
# the texts that are asked for, as they are
exparchive: copyright-file-contains-full-apache-2-license
`

// debianCopyright is the file that says who holds which rights.
func debianCopyright(licence, others []byte) []byte {
	indent := func(text []byte) string {
		var b strings.Builder
		for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
			if line = strings.TrimRight(line, " \t\r"); line == "" {
				line = "."
			}
			b.WriteString(" " + line + "\n")
		}
		return b.String()
	}
	var b bytes.Buffer
	b.WriteString("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n")
	b.WriteString("Upstream-Name: exparchive\nSource: " + homepage + "\n\n")
	b.WriteString("Files: *\nCopyright: 2026 The exparchive authors\nLicense: Expat\n" + indent(licence) + "\n")
	b.WriteString("Files: usr/bin/exparchive\nCopyright: 2026 The exparchive authors, and those named in the text\n")
	b.WriteString("License: Expat-and-others\n" + indent(others))
	return b.Bytes()
}

// debianChanges is the list of changes, of this version.
func (r *release) debianChanges() []byte {
	return fmt.Appendf(nil, "exparchive (%s) unstable; urgency=medium\n\n  * Version %s.\n\n -- %s  %s\n",
		r.debianVersion(), r.version, r.maintainer, r.time.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
}

// compressed compresses by gzip, as gzip -9n does.
func compressed(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}
