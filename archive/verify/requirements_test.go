package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

var update = flag.Bool("update", false, "write the examples of FORMAT.md and the corpus anew")

var requirementLine = regexp.MustCompile(`(?m)^- \*\*(SX-\d{3})\*\* (MUST|SHOULD|MAY) · (file|reader|writer)\. `)

// TestRequirementsAgree: the document and the program list the same requirements, in the same order.
func TestRequirementsAgree(t *testing.T) {
	text, err := os.ReadFile("../FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range requirementLine.FindAllStringSubmatch(string(text), -1) {
		got = append(got, fmt.Sprint(m[1:]))
	}
	var want []string
	files := 0
	for _, r := range Requirements() {
		want = append(want, fmt.Sprint([]string{r.ID, string(r.Level), r.Binds}))
		if r.Binds == "file" {
			files++
			if r.Remedy == "" {
				t.Errorf("%s has no remedy", r.ID)
			}
		}
	}
	if !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("requirement %d: FORMAT.md has %q, the program %q", i, got[min(i, len(got)-1)], want[min(i, len(want)-1)])
			}
		}
	}
	if len(want) < 100 {
		t.Errorf("got %d requirements, want 100 or more", len(want))
	}
	if !slices.IsSorted(want) {
		t.Error("not in the order of their numbers")
	}
	if n := len(regexp.MustCompile(`SX-\d{3}`).FindAllString(string(text), -1)); n < len(want) {
		t.Errorf("got %d mentions of %d requirements", n, len(want))
	}
	t.Logf("%d requirements, %d of them on files", len(want), files)
}

// TestExamples: the worked examples of FORMAT.md are what the program computes, and what SHA-256 and HMAC give when they are
// followed by hand.
func TestExamples(t *testing.T) {
	const begin, end = "<!-- examples: written by the tests of this package -->\n", "<!-- end of examples -->"
	text, err := os.ReadFile("../FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("FORMAT.md has no place for examples")
	}
	want := examples(t)
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("the examples of FORMAT.md are not those that the program computes; -update writes them\ngot\n%s\nwant\n%s", got, want)
	}
	if err := os.WriteFile("../FORMAT.md", []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func examples(t *testing.T) string {
	var b strings.Builder
	var leaf digest.Leaf
	var tree digest.Tree
	b.WriteString("A run of seven records, one of each kind, without a salt. `‖` joins bytes; what stands in quotes is text; `\\n` in it is a line feed.\n\n```\n")
	for seq, r := range archivetest.ExampleRun(nil) {
		entry := bytes.Clone(leaf.Entry(r))
		fmt.Fprintf(&b, "record %d, %v\n", seq, r.RecordKind())
		writeEntry(t, &b, r, entry, nil, int64(seq))
		sum := sha256.Sum256(append([]byte{0}, entry...))
		fmt.Fprintf(&b, "  leaf hash     SHA-256(00 ‖ entry) = %x\n\n", sum)
		tree.Add(sum)
	}
	fmt.Fprintf(&b, "digest of the first record alone        %x\n", rootOfFirst(t, 1))
	fmt.Fprintf(&b, "digest of the first three records       %x\n", rootOfFirst(t, 3))
	fmt.Fprintf(&b, "digest of all seven                     %x\n", tree.Root())
	b.WriteString("```\n\nThe first two records in a run with a salt of 32 bytes `07`. The commitments differ, and so do the leaf hashes.\n\n```\n")
	salt := bytes.Repeat([]byte{7}, 32)
	leaf = digest.Leaf{}
	for seq, r := range archivetest.ExampleRun(salt)[:2] {
		entry := bytes.Clone(leaf.Entry(r))
		fmt.Fprintf(&b, "record %d, %v\n", seq, r.RecordKind())
		writeEntry(t, &b, r, entry, salt, int64(seq))
		fmt.Fprintf(&b, "  leaf hash     SHA-256(00 ‖ entry) = %x\n\n", sha256.Sum256(append([]byte{0}, entry...)))
	}
	b.WriteString("```\n\nAn annotation of kind `doi`, without a name and with the text `10.1000/182`:\n\n```\n")
	a := archive.Annotation{Kind: "doi", Text: "10.1000/182"}
	fmt.Fprintf(&b, "SHA-256(00000003 ‖ \"doi\" ‖ 00000000 ‖ 0000000b ‖ \"10.1000/182\") = %x\n```\n", tables.AnnotationSum(a.Kind, a.Name, a.Text))
	return b.String()
}

func rootOfFirst(t *testing.T, n int) digest.Hash {
	t.Helper()
	var leaf digest.Leaf
	var tree digest.Tree
	for _, r := range archivetest.ExampleRun(nil)[:n] {
		tree.Add(leaf.Hash(r))
	}
	return tree.Root()
}

// writeEntry takes an entry apart and follows each commitment by hand.
func writeEntry(t *testing.T, b *strings.Builder, r provider.Record, entry, salt []byte, seq int64) {
	t.Helper()
	kind := byte(r.RecordKind())
	fmt.Fprintf(b, "  entry         %02x %02x\n", entry[0], entry[1])
	commitments, err := digest.Commitments(entry)
	if err != nil {
		t.Fatal(err)
	}
	for rest := entry[2:]; len(rest) > 0; {
		id, form := rest[0], rest[1]
		body := rest[2:]
		switch form {
		case 'i', 'f':
			body = body[:8]
			fmt.Fprintf(b, "    %02x %02x       %x\n", id, form, body)
		case 't':
			n := binary.BigEndian.Uint32(body)
			fmt.Fprintf(b, "    %02x %02x       %08x ‖ %#q\n", id, form, n, body[4:4+n])
			body = body[:4+n]
		case 'c':
			body = body[:32]
			fmt.Fprintf(b, "    %02x %02x       %x\n", id, form, body)
			name := ""
			for n, c := range commitments {
				if bytes.Equal(c[:], body) {
					name = n
				}
			}
			value := exampleValue(r, name)
			covered, how := append([]byte{2, kind, id}, value...), fmt.Sprintf("SHA-256(02 %02x %02x ‖ %#q)", kind, id, value)
			if name == "salt" {
				how = fmt.Sprintf("SHA-256(02 %02x %02x ‖ the salt)", kind, id)
			} else if salt != nil {
				record := digest.RecordKey(salt, seq)
				key, _ := digest.FieldKey(record, r.RecordKind(), name)
				covered = append(append([]byte{3, kind, id}, key[:]...), value...)
				how = fmt.Sprintf("SHA-256(03 %02x %02x ‖ key of the field ‖ %#q)", kind, id, value)
				fmt.Fprintf(b, "      key of the record  HMAC(salt, %016x) = %v\n      key of the field   HMAC(key of the record, %02x) = %v\n", seq, record, id, key)
			}
			if sum := sha256.Sum256(covered); !bytes.Equal(sum[:], body) {
				t.Errorf("%s of %v: commitment %x, by hand %x", name, r.RecordKind(), body, sum)
			}
			fmt.Fprintf(b, "      = %s\n", how)
		default:
			t.Fatalf("form %q", form)
		}
		rest = rest[2+len(body):]
	}
}

// exampleValue gives the bytes that a commitment covers.
func exampleValue(r provider.Record, field string) []byte {
	switch r := r.(type) {
	case *provider.Start:
		return map[string][]byte{"config": r.Config, "salt": r.Salt}[field]
	case *provider.Event:
		return r.Data
	case *provider.Interaction:
		return []byte(map[string]string{"system_prompt": "S", "user_prompt": "U", "response": "yes"}[field])
	case *provider.Iteration:
		return []byte(map[string]string{"costs_per_agent": `{"BANK_A":5000,"BANK_B":-1}`, "accepted_changes": `{"BANK_A":true}`, "policies": `{}`}[field])
	case *provider.Note:
		return []byte(r.Text)
	case *provider.Attachment:
		return r.Data
	}
	return nil
}
