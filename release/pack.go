package main

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// A file is packed. Its name has slashes, whatever the system.
type file struct {
	name string
	path string // where its bytes are, if data is nil
	data []byte
	mode os.FileMode
}

func (f *file) read() error {
	if f.data != nil {
		return nil
	}
	data, err := os.ReadFile(f.path)
	f.data = data
	return err
}

// writePacked writes an archive and gives its SHA-256. In the archive all files lie in one folder and have one time.
func writePacked(path string, pack func(io.Writer, string, []file, time.Time) error, folder string, files []file,
	at time.Time) (string, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	sum, out := sha256.New(), bufio.NewWriter(f)
	err = pack(io.MultiWriter(out, sum), folder, files, at)
	if err == nil {
		err = out.Flush()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return hex.EncodeToString(sum.Sum(nil)), err
}

// packTar writes a tar file compressed by gzip, of files of the user root.
func packTar(w io.Writer, folder string, files []file, at time.Time) error {
	gz, err := gzip.NewWriterLevel(w, gzip.BestCompression) // without a name and a time in its header
	if err != nil {
		return err
	}
	t := tar.NewWriter(gz)
	for _, f := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: folder + "/" + f.name, Size: int64(len(f.data)),
			Mode: int64(f.mode.Perm()), ModTime: at, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
		if err := t.WriteHeader(header); err != nil {
			return err
		}
		if _, err := t.Write(f.data); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return gz.Close()
}

// packZip writes a zip file.
func packZip(w io.Writer, folder string, files []file, at time.Time) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		header := &zip.FileHeader{Name: folder + "/" + f.name, Method: zip.Deflate, Modified: at.UTC()}
		header.SetMode(f.mode)
		part, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := part.Write(f.data); err != nil {
			return err
		}
	}
	return z.Close()
}

// writeSums writes SHA256SUMS of the files in a folder, as sha256sum(1) reads it.
func writeSums(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var text []byte
	for _, e := range entries { // sorted
		f, err := os.Open(filepath.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, f)
		f.Close()
		if err != nil {
			return err
		}
		text = fmt.Appendf(text, "%x  %s\n", sum.Sum(nil), e.Name())
	}
	return os.WriteFile(filepath.Join(folder, "SHA256SUMS"), text, 0o644)
}
