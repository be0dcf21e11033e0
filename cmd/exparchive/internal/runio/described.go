package runio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
)

// A Digest is what digest says about a run in JSON.
type Digest struct {
	File       string `json:"file"`
	Digest     string `json:"digest"`
	Records    int64  `json:"records"`
	SHA256     string `json:"sha256,omitempty"`     // of the file
	Checkpoint string `json:"checkpoint,omitempty"` // the text
}

// Print writes it for a person, or as one line of JSON.
func (d Digest) Print(w io.Writer, asJSON bool) error {
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

// SumFile computes the SHA-256 of a file.
func SumFile(ctx context.Context, path string) (string, error) {
	r, size, closeFile, err := OpenBytes(ctx, path)
	if err != nil {
		return "", err
	}
	defer closeFile()
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, size)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// An Attached is what the commands about attachments say of one in JSON.
type Attached struct {
	Name       string  `json:"name"`
	MediaType  string  `json:"media_type,omitempty"`
	Size       *int64  `json:"bytes"`
	SHA256     *string `json:"sha256"`
	File       string  `json:"file,omitempty"`       // to which it was written
	Commitment *string `json:"commitment,omitempty"` // if it is withheld
}

// DescribeAttachment says what a run tells of a file attached to it.
func DescribeAttachment(f *provider.Attachment) Attached {
	a := Attached{Name: f.Name, MediaType: f.MediaType}
	if commitment, withheld := f.Withheld("data"); withheld {
		a.Commitment = new(commitment.String())
	} else {
		a.Size, a.SHA256 = new(int64(len(f.Data))), new(fmt.Sprintf("%x", sha256.Sum256(f.Data)))
	}
	return a
}

// A Note is what the commands that tell of the notes of a run say of one in JSON.
type Note struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`

	Label    string `json:"-"`
	Rejected bool   `json:"-"` // about a line that could not be recorded
}

// MaxRejectedLines is how many lines that could not be recorded are told of one by one.
const MaxRejectedLines = 20
