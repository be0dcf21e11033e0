package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// TestExamples: the worked examples of FORMAT.md are what the program computes, and what SHA-256 and HMAC give when
// they are followed by hand.
func TestExamples(t *testing.T) {
	const begin, end = "<!-- examples: written by the tests of package verify -->\n", "<!-- end of examples -->"
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
		t.Fatalf("the examples of FORMAT.md are not those that the program computes; -update writes them\ngot\n%s\nwant\n%s",
			got, want)
	}
	if err := os.WriteFile("../FORMAT.md", []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func examples(t *testing.T) string {
	var b strings.Builder
	b.WriteString("A run of seven records, one of each kind, without a salt. What stands in quotes is text; " +
		"`\\n` in it is a line feed.\n\n```\n")
	records := archivetest.ExampleRun(nil)
	var leaf digest.Leaf
	var leaves []digest.Hash
	for seq, r := range records {
		leaves = append(leaves, writeRecord(t, &b, &leaf, r, nil, int64(seq)))
		b.WriteByte('\n')
	}
	block := tables.Blocks{}
	var tree digest.Tree
	for i, hash := range leaves {
		block.Add(&tree, hash)
		if of, ok := map[int]string{0: "record 0 alone", 2: "records 0 to 2", 6: "all seven"}[i]; ok {
			fmt.Fprintf(&b, "digest of %-14s  %v\n", of, tree.Root())
		}
	}
	for _, row := range block.Last(&tree) {
		fmt.Fprintf(&b, "\nz_leaf_block, row %d\n  root          %v\n  leaves        %x\n", row.First, row.Root,
			row.Leaves)
	}

	b.WriteString("```\n\nThe note again, as it would be with a subject:\n\n```\n")
	note := *records[4].(*provider.Note)
	note.Subject = "/iterations/0/costs_per_agent/BANK_A"
	leaf.SkipTo(4)
	writeRecord(t, &b, &leaf, &note, nil, 4)
	b.WriteString("```\n\nThe first two records in a run with a salt of 32 bytes `07`. The commitments differ, " +
		"and so do the leaf hashes.\n\n```\n")
	salt := bytes.Repeat([]byte{7}, 32)
	leaf = digest.Leaf{}
	salted := archivetest.ExampleRun(salt)
	leaves = leaves[:0]
	for seq, r := range salted[:2] {
		if seq > 0 {
			b.WriteByte('\n')
		}
		leaves = append(leaves, writeRecord(t, &b, &leaf, r, salt, int64(seq)))
	}

	b.WriteString("```\n\nA copy of this run that withholds the salt and the data of the event has these rows in " +
		"`z_redaction`, and the same leaf hashes:\n\n```\n")
	start, event := *salted[0].(*provider.Start), *salted[1].(*provider.Event)
	key, _ := digest.FieldKey(digest.RecordKey(salt, 0), provider.KindStart, "config")
	fmt.Fprintf(&b, "id   5  config      key         %v\n", key)
	commitments := map[string]provider.Commitment{}
	for seq, withheld := range []string{"salt", "event_data"} {
		found, err := digest.Commitments(entryOf(salted, seq))
		if err != nil {
			t.Fatal(err)
		}
		commitments[withheld] = found[withheld]
	}
	fmt.Fprintf(&b, "id   6  salt        commitment  %v\n", commitments["salt"])
	fmt.Fprintf(&b, "id %d  event_data  commitment  %v\n", 1*256+4, commitments["event_data"])
	start.Salt = nil
	start.Redaction = &provider.Redaction{
		Withheld:  map[string]provider.Commitment{"salt": commitments["salt"]},
		FieldKeys: map[string]provider.Key{"config": key},
	}
	event.Data = nil
	event.Redaction = &provider.Redaction{Withheld: map[string]provider.Commitment{"event_data": commitments["event_data"]}}
	leaf = digest.Leaf{}
	if got := leaf.Hash(&start); got != leaves[0] {
		t.Errorf("the experiment without its salt: got leaf hash %v, want %v", got, leaves[0])
	}
	if got := leaf.Hash(&event); got != leaves[1] || leaf.Err() != nil {
		t.Errorf("the event without its data: got leaf hash %v, %v, want %v", got, leaf.Err(), leaves[1])
	}

	b.WriteString("```\n\nAn annotation of kind `doi`, without a name and with the text `10.1000/182`:\n\n```\n")
	a := archive.Annotation{Kind: "doi", Text: "10.1000/182"}
	fmt.Fprintf(&b, "SHA-256(00000003 ‖ \"doi\" ‖ 00000000 ‖ 0000000b ‖ \"10.1000/182\") = %x\n",
		tables.AnnotationSum(a.Kind, a.Name, a.Text))

	b.WriteString("```\n\nThe only page of `z_event` in the file of the first run, page 7 (appendix A); the row is " +
		"iteration 0, type 1, the time and the data:\n\n```\n")
	writePage(t, &b, records[1].(*provider.Event))
	b.WriteString("```\n")
	return b.String()
}

func entryOf(records []provider.Record, seq int) []byte {
	var leaf digest.Leaf
	for _, r := range records[:seq] {
		leaf.Hash(r)
	}
	return leaf.Entry(records[seq])
}

// writeRecord writes the entry of a record and gives its leaf hash.
func writeRecord(t *testing.T, b *strings.Builder, leaf *digest.Leaf, r provider.Record, salt []byte,
	seq int64) digest.Hash {
	t.Helper()
	entry := bytes.Clone(leaf.Entry(r))
	fmt.Fprintf(b, "record %d, %v\n", seq, r.RecordKind())
	writeEntry(t, b, r, entry, salt, seq)
	sum := digest.Hash(sha256.Sum256(append([]byte{0}, entry...)))
	fmt.Fprintf(b, "  leaf hash     SHA-256(00 ‖ entry) = %v\n", sum)
	return sum
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
			writeCommitment(t, b, r, kind, id, body, commitments, salt, seq)
		default:
			t.Fatalf("form %q", form)
		}
		rest = rest[2+len(body):]
	}
}

func writeCommitment(t *testing.T, b *strings.Builder, r provider.Record, kind, id byte, body []byte,
	commitments map[string]provider.Commitment, salt []byte, seq int64,
) {
	t.Helper()
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
		fmt.Fprintf(b, "      key of the record  HMAC(salt, %016x) = %v\n", seq, record)
		fmt.Fprintf(b, "      key of the field   HMAC(key of the record, %02x) = %v\n", id, key)
	}
	if sum := sha256.Sum256(covered); !bytes.Equal(sum[:], body) {
		t.Errorf("%s of %v: commitment %x, by hand %x", name, r.RecordKind(), body, sum)
	}
	fmt.Fprintf(b, "      = %s\n", how)
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
		return []byte(map[string]string{
			"costs_per_agent":  `{"BANK_A":5000,"BANK_B":-1}`,
			"accepted_changes": `{"BANK_A":true}`,
			"policies":         `{}`,
		}[field])
	case *provider.Note:
		return []byte(r.Text)
	case *provider.Attachment:
		return r.Data
	}
	return nil
}

// writePage writes the page of a table that has the one row of an event.
func writePage(t *testing.T, b *strings.Builder, e *provider.Event) {
	t.Helper()
	text := func(s []byte) btree.Value { return btree.Value{Kind: btree.Text, Bytes: s} }
	values := []btree.Value{{}, {Kind: btree.Integer, Int: 0}, {Kind: btree.Integer, Int: 1},
		text([]byte(e.Timestamp)), text(e.Data)}
	record := btree.AppendRecord(nil, values)
	types := record[:record[0]]
	cell := append([]byte{byte(len(record)), 1}, record...)
	at := 4096 - len(cell)
	fmt.Fprintf(b, "   0  0d 0000 0001 %04x 00  header: a leaf with one cell, whose offset is %d\n", at, at)
	fmt.Fprintf(b, "   8  %04x                  pointer to it; then zeros\n", at)
	fmt.Fprintf(b, "%d  %02x 01                 P, the length of the record, %d; rowid 1\n", at, len(record),
		len(record))
	fmt.Fprintf(b, "%d  % x     length of the header; NULL, 0, 1, a text of %d bytes, one of %d\n", at+2, types,
		len(e.Timestamp), len(e.Data))
	fmt.Fprintf(b, "%d  %#q ‖ %#q\n", at+2+len(types), e.Timestamp, e.Data)
	if body := string(record[len(types):]); body != e.Timestamp+string(e.Data) {
		t.Errorf("got values %q", body)
	}
	page := append([]byte{0x0d, 0, 0, 0, 1, byte(at >> 8), byte(at), 0, byte(at >> 8), byte(at)}, make([]byte,
		4096-10)...)
	copy(page[at:], cell)
	if file := goodFiles()["example"].make(t); !bytes.Equal(page, file[6*4096:7*4096]) {
		t.Errorf("page 7 of the file is\n%x, want\n%x", file[6*4096:7*4096], page)
	}
}
