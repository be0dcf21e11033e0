package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// A release is what is made, and of what.
type release struct {
	source
	folder     string // that is written
	work       string // folder for what is packed
	maxBinary  int64  // bytes
	maintainer string // of the Debian packages, as NAME <ADDRESS>
	sqlite     string // version
	archives   []archive
}

// An archive is one platform's.
type archive struct {
	platform
	name   string // of the file
	sha256 string // hexadecimal
}

func run(ctx context.Context, args []string) error {
	var r release
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	root := flags.String("source", "..", "the `folder` of the module")
	flags.StringVar(&r.folder, "o", "", "the `folder` to write, which is replaced")
	list := flags.String("platforms", "", "`SYSTEM/PROCESSOR`, with blanks between them")
	version := flags.String("version", "", "that of the release (default: what git says)")
	flags.Int64Var(&r.maxBinary, "max-binary", 27e6, "most `bytes` of a binary")
	flags.StringVar(&r.maintainer, "maintainer", "The exparchive authors <exparchive@simexp.github.io>",
		"who answers for the Debian packages")
	if err := flags.Parse(args); err != nil {
		return err
	}
	platforms, err := parsePlatforms(*list)
	if err != nil {
		return err
	}
	if r.folder == "" || flags.NArg() > 0 {
		return errors.New("want -o FOLDER and no arguments")
	}
	if r.source, err = readSource(ctx, *root, *version); err != nil {
		return err
	}
	if r.work, err = os.MkdirTemp("", "exparchive-release-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.work)
	if err := os.RemoveAll(r.folder); err != nil {
		return err
	}
	if err := os.MkdirAll(r.folder, 0o755); err != nil {
		return err
	}
	if err := r.writeManual(ctx); err != nil {
		return fmt.Errorf("manual pages: %w", err)
	}
	for _, p := range platforms {
		if err := r.platform(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	if err := r.writeFormula(); err != nil {
		return fmt.Errorf("formula: %w", err)
	}
	return writeSums(r.folder)
}

// platform makes all that is of one platform.
func (r *release) platform(ctx context.Context, p platform) error {
	fmt.Fprintln(os.Stderr, r.fileVersion()+" "+p.String())
	binary, err := r.build(ctx, p)
	if err != nil {
		return err
	}
	parts, err := r.components(ctx, p, binary)
	if err != nil {
		return err
	}
	texts, err := licenceText(parts)
	if err != nil {
		return err
	}
	files, err := r.files(p, binary, texts)
	if err != nil {
		return err
	}
	name := r.name(p)
	bill, err := r.bill(p, parts)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.folder, name+".cdx.json"), bill, 0o644); err != nil {
		return err
	}
	a := archive{p, name + ".tar.gz", ""}
	pack := packTar
	if p.system == "windows" {
		a.name, pack = name+".zip", packZip
	}
	if a.sha256, err = writePacked(filepath.Join(r.folder, a.name), pack, name, files, r.time); err != nil {
		return err
	}
	r.archives = append(r.archives, a)
	if p.system == "linux" {
		return r.writeDebian(p, files)
	}
	return nil
}

// name is how the files of a platform begin.
func (r *release) name(p platform) string {
	return strings.Join([]string{"exparchive", r.fileVersion(), p.system, p.processor}, "_")
}

// files are those of a platform's archive.
func (r *release) files(p platform, binary string, licences []byte) ([]file, error) {
	program := "exparchive"
	if p.system == "windows" {
		program += ".exe"
	}
	list := []file{{name: program, path: binary, mode: 0o755},
		{name: "THIRD-PARTY-LICENSES.txt", data: licences, mode: 0o644}}
	for _, name := range []string{"LICENSE", "README.md", "SECURITY.md"} {
		list = append(list, file{name: name, path: filepath.Join(r.root, name), mode: 0o644})
	}
	for folder, in := range map[string]string{"man": "man/man1", "completions": "completions"} {
		entries, err := os.ReadDir(filepath.Join(r.work, folder))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			list = append(list, file{name: in + "/" + e.Name(), path: filepath.Join(r.work, folder, e.Name()), mode: 0o644})
		}
	}
	for i := range list {
		if err := list[i].read(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return list, nil
}
