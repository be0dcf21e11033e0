package secrets

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
)

// A format is one that a whole text may be of, which its first bytes tell.
type format struct {
	name  string
	magic []string
	// unpack looks into a text of the format, and gives the text without what it has seen of it as it stands there; nil
	// for a format that is not looked into.
	unpack func(w *walker, text []byte, of origin) (rest []byte)
}

// formats are told by what their specifications have at the beginning: RFC 1952, RFC 1950, PKWARE's APPNOTE, RFC 8878,
// ISO 32000 …
var formats []format

func init() { // since unpack needs them
	formats = []format{
		{"gzip", []string{"\x1f\x8b\x08"},
			stream(func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) })},
		{"zlib", []string{"\x78\x01", "\x78\x9c", "\x78\xda"}, stream(zlib.NewReader)},
		{"bzip2", []string{"BZh91AY&SY", "BZh11AY&SY", "BZh51AY&SY", "BZh61AY&SY"},
			stream(func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil })},
		{"zstd", []string{"\x28\xb5\x2f\xfd"}, stream(newZstd)},
		{"zip", []string{"PK\x03\x04", "PK\x05\x06"}, unzip},
		{"tar", []string{"ustar\x00"}, untar},
		{"UTF-16", []string{"\xff\xfe", "\xfe\xff"}, unwide},
		{"7z archive", []string{"7z\xbc\xaf\x27\x1c"}, nil},
		{"RAR archive", []string{"Rar!\x1a\x07"}, nil},
		{"xz", []string{"\xfd7zXZ\x00"}, nil},
		{"lz4", []string{"\x04\x22\x4d\x18"}, nil},
		{"PDF", []string{"%PDF-"}, nil},
		{"picture", []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a", "II*\x00", "MM\x00*"}, nil},
		{"picture or sound", []string{"RIFF\x00"}, nil},
		{"sound or video", []string{"OggS\x00", "ID3\x02", "ID3\x03", "ID3\x04", "fLaC\x00", "\x1a\x45\xdf\xa3"}, nil},
		{"Parquet", []string{"PAR1\x15"}, nil},
		{"HDF5", []string{"\x89HDF\r\n\x1a\n"}, nil},
		{"encrypted (age)", []string{"age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----"}, nil},
		{"encrypted (OpenSSL)", []string{"Salted__"}, nil},
		{"encrypted (OpenPGP)", []string{"-----BEGIN PGP MESSAGE-----"}, nil},
		{"encrypted (Ansible)", []string{"$ANSIBLE_VAULT;"}, nil},
	}
}

// formatOf gives the format of text, nil if it is of none that is known.
func formatOf(text []byte) *format {
	if len(text) > tarMagic && bytes.HasPrefix(text[tarMagic:], []byte("ustar")) {
		text = []byte("ustar\x00")
	}
	if len(text) >= 12 && string(text[:4]) == "RIFF" && (string(text[8:12]) == "WEBP" || string(text[8:12]) == "WAVE") {
		text = []byte("RIFF\x00")
	}
	for i := range formats {
		for _, magic := range formats[i].magic {
			if bytes.HasPrefix(text, []byte(magic)) {
				return &formats[i]
			}
		}
	}
	return nil
}

// unpack walks what text, as a whole, is a packed form of, and gives what is still to be looked at as it stands.
func (w *walker) unpack(text []byte, of origin) (rest []byte) {
	switch f := formatOf(text); {
	case f == nil:
	case f.unpack == nil:
		w.leaveOut(of.via, f.name)
	default:
		return f.unpack(w, text, of.through(segment{encoding: f.name}, nil, nil))
	}
	return text
}

// stream makes the unpack of a format that is a stream of compressed bytes.
func stream(open func(io.Reader) (io.ReadCloser, error)) func(*walker, []byte, origin) []byte {
	return func(w *walker, text []byte, of origin) []byte {
		r, err := open(bytes.NewReader(text))
		if err != nil {
			return text // that only begins like that
		}
		defer r.Close()
		w.read(r, of)
		return text
	}
}

// read walks what r gives, as far as there is room for it. It is false if that was not all.
func (w *walker) read(r io.Reader, of origin) (all bool) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, int64(w.left)+1))
	if n > int64(w.left) {
		b.Truncate(w.left)
		w.fill(of.via)
		w.left = b.Len()
	} else if err != nil {
		w.leaveOut(of.via, "damaged")
	}
	all = err == nil && int64(b.Len()) == n
	return (b.Len() == 0 || w.enter(b.Bytes(), of)) && all
}

func newZstd(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(unpackMost))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// unzip walks the files of a zip archive. In the rest zeros stand for those that are stored as they are, and for what
// parts names from each other.
func unzip(w *walker, text []byte, of origin) (rest []byte) {
	rest = text
	for _, signature := range []string{"PK\x03\x04", "PK\x01\x02", "PK\x05\x06"} {
		rest = bytes.ReplaceAll(rest, []byte(signature), make([]byte, len(signature)))
	}
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		w.leaveOut(of.via, "damaged")
		return rest
	}
	for _, f := range z.File {
		switch {
		case f.Flags&1 != 0:
			w.leaveOut(of.via, "an encrypted file")
			continue
		case w.left <= 0:
			w.fill(of.via)
			return rest
		}
		r, err := f.Open()
		if err != nil {
			w.leaveOut(of.via, fmt.Sprintf("a file that is compressed by method %d", f.Method))
			continue
		}
		all := w.read(r, of)
		r.Close()
		if at, err := f.DataOffset(); err == nil && all && f.Method == zip.Store {
			clear(rest[at:][:f.CompressedSize64])
		}
	}
	return rest
}

// tarMagic is where the magic of a tar archive stands (POSIX, pax).
const tarMagic = 257

// untar walks the files of a tar archive.
func untar(w *walker, text []byte, of origin) (rest []byte) {
	t := tar.NewReader(bytes.NewReader(text))
	for {
		switch _, err := t.Next(); {
		case err == io.EOF:
			return text
		case err != nil:
			w.leaveOut(of.via, "damaged")
			return text
		case w.left <= 0:
			w.fill(of.via)
			return text
		}
		w.read(t, of)
	}
}

// unwide walks a text in UTF-16 that begins with its byte order mark.
func unwide(w *walker, text []byte, of origin) (rest []byte) {
	order := byteOrder(text)
	units := make([]uint16, 0, len(text)/2)
	for i := 2; i+1 < len(text); i += 2 {
		units = append(units, order.Uint16(text[i:]))
	}
	w.enter([]byte(string(utf16.Decode(units))), of)
	return text
}

// byteOrder gives the order of bytes that a byte order mark says; nil for none.
func byteOrder(text []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		return binary.LittleEndian
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		return binary.BigEndian
	}
	return nil
}
