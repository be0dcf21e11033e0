package dataset

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/internal/outfile"
	"github.com/simexp/exparchive/internal/parquet"
)

// ReadmeName is what the file is called that tells people what is in a dataset.
const ReadmeName = "README.md"

//go:embed readme.md
var readmeText string

// typeNames are what SQL calls the types.
var typeNames = [...]string{parquet.Boolean: "BOOLEAN", parquet.Int32: "INTEGER", parquet.Int64: "BIGINT",
	parquet.Double: "DOUBLE", parquet.String: "VARCHAR"}

// Readme gives the text of README.md: what the tables and columns are, and questions that they answer. It is the same
// for all datasets.
func Readme() string {
	var list strings.Builder
	for i := range tables {
		t := tables[(i+len(tables)-1)%len(tables)] // runs first
		fmt.Fprintf(&list, "### %s\n\n%s%s.\n\n| column | type | |\n|---|---|---|\n", t.Name, strings.ToUpper(t.About[:1]),
			t.About[1:])
		for _, c := range t.Columns {
			kind := typeNames[c.Type]
			if !c.Optional {
				kind += ", never NULL"
			}
			fmt.Fprintf(&list, "| `%s` | %s | %s |\n", c.Name, kind, c.About)
		}
		list.WriteByte('\n')
	}
	return strings.Replace(strings.ReplaceAll(readmeText, "\r\n", "\n"), "TABLES\n", list.String(), 1)
}

// WriteReadme writes README.md into the dataset at root, if [CheckReadme] has nothing against it.
func WriteReadme(root string) error {
	path, text := filepath.Join(root, ReadmeName), Readme()
	if there, err := readmeThere(path); err != nil || there == text {
		return err
	}
	f, err := outfile.Create(path, true)
	if err != nil {
		return fileerr.In(path, err)
	}
	defer f.Abort()
	if _, err := f.Write([]byte(text)); err != nil {
		return err
	}
	return f.Commit()
}

// CheckReadme reports with [ErrForeign] that there is a file README.md in the folder at root that begins in another way
// than that of a dataset.
func CheckReadme(root string) error {
	_, err := readmeThere(filepath.Join(root, ReadmeName))
	return err
}

// readmeThere gives the text of the README.md that is there, empty if there is none.
func readmeThere(path string) (string, error) {
	text, err := fileerr.ReadAtMost(path, 1<<20)
	title, _, _ := strings.Cut(readmeText, "\n")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fileerr.In(path, err)
	case !strings.HasPrefix(string(text), strings.TrimSuffix(title, "\r")):
		return "", fileerr.Errorf(path, "%w: another README.md, in whose place that of the dataset would come", ErrForeign)
	}
	return string(text), nil
}
