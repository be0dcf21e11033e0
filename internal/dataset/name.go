package dataset

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
)

// PartName is what every part is called.
const PartName = "part.parquet"

// maxName is how many bytes of a name [Name] keeps: file systems take 255, with "experiment=" in front.
const maxName = 200

// Name gives a name as it stands in the folders of a dataset, behind "experiment=" or "run=". All characters but small
// letters of ASCII, digits, and "-", "_" and "." are percent-encoded, byte by byte, as Hive does with some of them and
// all engines undo; so are capital letters, since file systems that do not tell them from small ones would take two
// runs for one, and a dot at the end, which Windows would cut off. What is longer than 200 bytes is cut and followed by
// "~" and the first 32 hexadecimal digits of the name's SHA-256, and no engine gives it back: the column run_id has it.
//
// Two names never give the same, on no file system. None is empty, since names are not.
func Name(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		plain := 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.' && i < len(name)-1
		size := 1
		if !plain {
			size = 3
		}
		if b.Len()+size > maxName {
			sum := sha256.Sum256([]byte(name))
			fmt.Fprintf(&b, "~%x", sum[:16])
			break
		}
		if plain {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// Folder gives the folder of a run in a table of the dataset at root.
func Folder(root, table, experiment, run string) string {
	return filepath.Join(root, table, "experiment="+Name(experiment), "run="+Name(run))
}

// Part gives the path of a run's part.
func Part(root, table, experiment, run string) string {
	return filepath.Join(Folder(root, table, experiment, run), PartName)
}
