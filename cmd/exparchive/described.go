package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
)

// A runDigest is what digest says about a run in JSON.
type runDigest struct {
	File       string `json:"file"`
	Digest     string `json:"digest"`
	Records    int64  `json:"records"`
	SHA256     string `json:"sha256,omitempty"`     // of the file
	Checkpoint string `json:"checkpoint,omitempty"` // the text
}

func (d runDigest) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(d)
	}
	text := fmt.Sprintf("%s  %s\n", d.Digest, terminal.Escape(d.File))
	if d.SHA256 != "" {
		text += fmt.Sprintf("sha256:%s  %s\n", d.SHA256, terminal.Escape(d.File))
	}
	_, err := io.WriteString(w, text)
	return err
}

// sumFile computes the SHA-256 of a file.
func sumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// An attachedFile is what the commands about attachments say of one in JSON.
type attachedFile struct {
	Name       string  `json:"name"`
	MediaType  string  `json:"media_type,omitempty"`
	Size       *int64  `json:"bytes"`
	SHA256     *string `json:"sha256"`
	File       string  `json:"file,omitempty"`       // to which it was written
	Commitment *string `json:"commitment,omitempty"` // if it is withheld
}

func describeAttachment(f *provider.Attachment) attachedFile {
	a := attachedFile{Name: f.Name, MediaType: f.MediaType}
	if commitment, withheld := f.Withheld("data"); withheld {
		a.Commitment = new(commitment.String())
	} else {
		a.Size, a.SHA256 = new(int64(len(f.Data))), new(fmt.Sprintf("%x", sha256.Sum256(f.Data)))
	}
	return a
}

type infoNote struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`

	label    string
	rejected bool // about a line that could not be recorded
}

// maxRejectedLines is how many lines that could not be recorded are told of one by one.
const maxRejectedLines = 20
