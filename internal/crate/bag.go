package crate

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/citation"
	"github.com/simexp/exparchive/internal/fileerr"
)

// A bagged is a file of a bag.
type bagged struct {
	name string // with slashes, from the folder of the bag on
	size int64
}

// filesOf gives the files of a folder in the order of their names; all are regular.
func filesOf(folder string) (list []bagged, err error) {
	err = filepath.WalkDir(folder, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && !info.Mode().IsRegular() {
			err = fileerr.In(at, fileerr.ErrNotRegular)
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, at)
		list = append(list, bagged{filepath.ToSlash(name), info.Size()})
		return err
	})
	slices.SortFunc(list, func(a, b bagged) int { return strings.Compare(a.name, b.name) })
	return list, err
}

// writeTags makes a bag of the folder: what RFC 8493 wants beside the payload.
func (b *Builder) writeTags(w citation.Work, version string) error {
	files, err := filesOf(b.bag)
	if err != nil {
		return err
	}
	var manifest bytes.Buffer
	var total int64
	for _, f := range files {
		sum, err := sumFile(filepath.Join(b.bag, filepath.FromSlash(f.name)))
		if err != nil {
			return err
		}
		fmt.Fprintf(&manifest, "%s  %s\n", sum, f.name)
		total += f.size
	}
	var info bytes.Buffer
	for _, tag := range [][2]string{
		{"Bag-Software-Agent", "exparchive " + version + " " + ProgramURL}, {"Bagging-Date", w.Date},
		{"External-Description", w.Title}, {"External-Identifier", w.DOIAddress()},
		{"Payload-Oxum", fmt.Sprintf("%d.%d", total, len(files))},
	} {
		if tag[1] != "" {
			fmt.Fprintf(&info, "%s: %s\n", tag[0], tag[1])
		}
	}
	var tags bytes.Buffer
	for _, f := range []struct{ name, text string }{
		{"bag-info.txt", info.String()},
		{"bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"},
		{"manifest-sha512.txt", manifest.String()},
	} {
		sum := sha512.Sum512([]byte(f.text))
		fmt.Fprintf(&tags, "%x  %s\n", sum, f.name)
		if err := os.WriteFile(filepath.Join(b.bag, f.name), []byte(f.text), 0o666); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(b.bag, "tagmanifest-sha512.txt"), tags.Bytes(), 0o666)
}

// sumFile gives the SHA-512 of a file.
func sumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	h := sha512.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, f.Close())
}
