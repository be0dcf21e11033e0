// Databases writes what btreetest makes into a folder, for judges that are no part of this module: of each database
// NAME.db, and NAME.json with statements, each of which gives rows of one text, and the SHA-256 of these rows as lines.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/simexp/exparchive/archive/internal/btree/btreetest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: databases FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "databases: %v\n", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	for _, size := range btreetest.PageSizes {
		for _, d := range btreetest.Databases(size, false) {
			path := filepath.Join(folder, d.Name)
			if err := d.File(path + ".db"); err != nil {
				return fmt.Errorf("%s: %w", d.Name, err)
			}
			sum := sha256.New()
			if err := d.Dump(sum); err != nil {
				return fmt.Errorf("%s: %w", d.Name, err)
			}
			var want struct {
				Statements []string
				SHA256     string
			}
			for _, t := range d.Tables {
				want.Statements = append(want.Statements, d.Select(t.Name))
			}
			want.SHA256 = hex.EncodeToString(sum.Sum(nil))
			b, err := json.MarshalIndent(want, "", "\t")
			if err != nil {
				return err
			}
			if err := os.WriteFile(path+".json", append(b, '\n'), 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}
