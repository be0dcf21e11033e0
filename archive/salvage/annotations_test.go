package salvage

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/archive/record"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/schema"
)

// remarked gives the sample run as an archive with annotations on several pages, and the annotations.
func remarked(t *testing.T) ([]byte, []archive.Annotation) {
	t.Helper()
	var all []archive.Annotation
	for i := range 40 {
		all = append(all, archive.Annotation{Kind: "comment", Name: fmt.Sprint(i + 1),
			Text: strings.Repeat(fmt.Sprint("remark ", i, ". "), 60)})
	}
	all[6] = archive.Annotation{Kind: "invalidated", Text: "wrong configuration"}
	path := filepath.Join(t.TempDir(), "run.simexp")
	return archivetest.ReadFile(t, recordtest.Record(t, path, providertest.Sample(), &record.Options{Annotations: all})),
		all
}

// treePages gives the pages of a table's tree, its root first; the schema is one too.
func treePages(t *testing.T, file []byte, table string) (numbers []uint32) {
	t.Helper()
	f := btree.NewForest(btree.NewPager(bytes.NewReader(file), schema.PageSize, int64(len(file))/schema.PageSize))
	row := make([]btree.Value, 5)
	root := uint32(1)
	for w := f.Walk(sqlitefile.SchemaTable, 1); w.Next(); {
		if _, _, err := btree.DecodeRow(w.Payload, row); err != nil {
			t.Fatal(err)
		}
		if string(row[1].Bytes) == table {
			root = uint32(row[3].Int)
		}
	}
	if root > 1 {
		for w := f.Walk(table, root); w.Next(); {
		}
	}
	numbers = append(numbers, root)
	for n := uint32(1); int(n) <= len(file)/schema.PageSize; n++ {
		if n != root && f.Owner(n) == table {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// survey gives the report on a file of these bytes.
func survey(t *testing.T, file []byte) Report {
	t.Helper()
	s, err := Open(t.Context(), archivetest.Write(t, file))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s.Report()
}

// changed gives a copy of a file in which change was done to a page.
func changed(file []byte, page uint32, change func([]byte)) []byte {
	file = bytes.Clone(file)
	change(file[int(page-1)*schema.PageSize : int(page)*schema.PageSize])
	return file
}

func zero(page []byte) { clear(page) }

// silent reports that nothing is said of annotations that are lost or damaged.
func silent(r Report) bool {
	return r.Lost == 0 && !r.Unsure && len(r.Damaged) == 0 && len(r.Remarks()) == 0
}

// TestLostAnnotations: whatever of their pages is damaged, annotations that do not come out are spoken of; and where
// nothing is damaged, nothing is.
func TestLostAnnotations(t *testing.T) {
	file, all := remarked(t)
	if r := survey(t, file); !silent(r) || !slices.Equal(r.Annotations, all) {
		t.Errorf("a sound file: got %d annotations of %d, %q", len(r.Annotations), len(all), r.LostAnnotations())
	}
	if r := survey(t, recordtest.SampleBytes(t)); !silent(r) || len(r.Annotations) > 0 {
		t.Errorf("a sound file without any: got %d annotations, %q", len(r.Annotations), r.LostAnnotations())
	}
	live := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), providertest.Sample()[:20])
	if r, _ := salvage(t, archivetest.CopyKilled(t, live.LivePath()), false); !silent(r) {
		t.Errorf("a sound live file: got %q", r.LostAnnotations())
	}

	own := treePages(t, file, tables.TableAnnotation)
	if len(own) < 4 {
		t.Fatalf("only %d pages of annotations", len(own))
	}
	speaking := append(slices.Clone(own), treePages(t, file, sqlitefile.SchemaTable)...)
	for p := uint32(1); int(p) <= len(file)/schema.PageSize; p++ {
		r := survey(t, changed(file, p, zero))
		if want := !slices.Contains(speaking, p); silent(r) != want {
			t.Errorf("page %d lost: got silence %v, want %v: %q", p, silent(r), want, r.LostAnnotations())
		}
	}
	for n := len(file) - 1; n > len(file)/2; n -= schema.PageSize * 3 / 2 {
		if r := survey(t, file[:n]); silent(r) && !slices.Equal(r.Annotations, all) {
			t.Errorf("cut to %d of %d bytes: %d annotations of %d come out, and nothing is said",
				n, len(file), len(r.Annotations), len(all))
		}
	}
	// A page that does not count its last cell any more.
	if r := survey(t, changed(file, own[len(own)-1], func(page []byte) { page[4]-- })); silent(r) {
		t.Errorf("a cell that is not counted: %d annotations of %d come out, and nothing is said",
			len(r.Annotations), len(all))
	}
	step := longtest.Count(29, 5) // neither has a factor in common with the 8 bits
	for _, p := range own {       // of each the header, the places of the cells and the cells one after the other
		for bit := 0; bit < 8*48; bit += step {
			for _, at := range []int{bit / 8, schema.PageSize - 1 - bit/8*29} {
				r := survey(t, changed(file, p, func(page []byte) { page[at] ^= 1 << (bit % 8) }))
				if silent(r) && !slices.Equal(r.Annotations, all) {
					t.Errorf("page %d, bit %d of byte %d: %d annotations of %d come out, and nothing is said",
						p, bit%8, at, len(r.Annotations), len(all))
				}
			}
		}
	}
}

// TestAtLeastLost: the numbers of the annotations that are there, and the keys above the leaves, tell how many are lost
// at least.
func TestAtLeastLost(t *testing.T) {
	file, all := remarked(t)
	own := treePages(t, file, tables.TableAnnotation)
	leaves := own[1:]
	last := leaves[len(leaves)-1]
	before := leaves[len(leaves)-2]
	r := survey(t, changed(file, leaves[1], zero))
	middle := len(all) - len(r.Annotations)
	if middle == 0 || r.Lost != middle || !r.Unsure {
		t.Errorf("a page in the middle: got %d lost, unsure %v, want %d, true", r.Lost, r.Unsure, middle)
	}
	r = survey(t, changed(file, last, zero))
	atEnd := len(all) - len(r.Annotations)
	if atEnd == 0 || !r.Unsure {
		t.Errorf("the last page: got unsure %v of %d lost, want true", r.Unsure, atEnd)
	}
	r = survey(t, changed(changed(file, before, zero), last, zero))
	if want := len(all) - len(r.Annotations) - atEnd; want == 0 || r.Lost != want || !r.Unsure {
		t.Errorf("the last two pages: got %d lost, unsure %v, want at least %d, true", r.Lost, r.Unsure, want)
	}
	// Without the tree only the gaps are known.
	r = survey(t, changed(changed(file, own[0], zero), leaves[1], zero))
	if r.Lost != middle || !r.Unsure || !strings.Contains(r.LostAnnotations(),
		fmt.Sprintf("at least %d annotations are lost", middle)) {
		t.Errorf("without the root: got %d lost, unsure %v, %q, want %d, true",
			r.Lost, r.Unsure, r.LostAnnotations(), middle)
	}
	// A number beyond what fits into the file is no number.
	path := archivetest.Write(t, file)
	recordtest.EditAt(t, path, "UPDATE z_annotation SET id = 1099511627776 WHERE id = 40")
	if r, _ := salvage(t, path, false); r.Lost != 0 || !r.Unsure || len(r.Annotations) != len(all) {
		t.Errorf("a number that cannot be: got %d lost, unsure %v, %d annotations, want 0, true, %d",
			r.Lost, r.Unsure, len(r.Annotations), len(all))
	}
}

// TestWrongTree: a schema that leads to the tree of another table, one without rows even, tells nothing of annotations.
func TestWrongTree(t *testing.T) {
	for _, c := range []struct {
		table       string
		annotations []archive.Annotation
	}{{tables.TableAttachment, []archive.Annotation{{Kind: "doi", Text: "x"}}}, {tables.TableIteration, nil}} {
		path := filepath.Join(t.TempDir(), "run.simexp")
		run := archivetest.SmallRun("r", "n", "t", provider.StatusCompleted)
		recordtest.Record(t, path, run, &record.Options{Annotations: c.annotations})
		if r, _ := salvage(t, path, false); !silent(r) {
			t.Errorf("as it is: got %q", r.LostAnnotations())
		}
		recordtest.EditAt(t, path, fmt.Sprintf(`PRAGMA writable_schema = ON; UPDATE sqlite_schema
			SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = '%s') WHERE name = 'z_annotation'`, c.table))
		if r, _ := salvage(t, path, false); !r.Unsure || len(r.Annotations) != len(c.annotations) {
			t.Errorf("tree of %s: got unsure %v, %d annotations, want true, %d",
				c.table, r.Unsure, len(r.Annotations), len(c.annotations))
		}
	}
}

// TestDamagedInvalidation: what can be read of an annotation that is damaged is kept, as such.
func TestDamagedInvalidation(t *testing.T) {
	file, all := remarked(t)
	bad := bytes.Replace(file, []byte("wrong configuration"), []byte("wrong\xff configuratio"), 1)
	path := archivetest.Write(t, bad)
	r, a := salvage(t, path, false)
	want := DamagedAnnotation{7, archive.Annotation{Kind: "invalidated", Text: "wrong\xff configuratio"}}
	if !r.Whole || r.Lost != 0 || r.Unsure || len(r.Annotations) != len(all)-1 ||
		!slices.Equal(r.Damaged, []DamagedAnnotation{want}) {
		t.Errorf("got whole %v, lost %d, unsure %v, %d annotations and damaged %v",
			r.Whole, r.Lost, r.Unsure, len(r.Annotations), r.Damaged)
	}
	if got := archivetest.CountRecordsOf(t, a); got != int64(len(providertest.Sample())) {
		t.Errorf("got %d records, want the %d of the whole run and no note", got, len(providertest.Sample()))
	}
	remarks := r.Remarks()
	if len(remarks) != 1 || remarks[0].Validate() != nil || remarks[0].Kind != salvagedKind ||
		!strings.Contains(remarks[0].Text, `kind "invalidated", name "", text: wrong`) {
		t.Errorf("got remarks %q", remarks)
	}
	// In a run that is not whole it stands among the notes too.
	s, err := Open(t.Context(), archivetest.Write(t, bytes.Replace(bad, []byte("policy_stability"),
		[]byte("policy_ztability"), 1)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got gather
	if err := s.Write(t.Context(), &got, Options{}); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(got.records, func(r provider.Record) bool {
		n, ok := r.(*provider.Note)
		return ok && n.Kind == salvagedKind && strings.Contains(n.Text, "annotation 7 does not agree")
	}) {
		t.Error("no note says so")
	}
}

// TestOneTableForARow: no row can be taken for one of two tables, but for those that [tablesOf] names.
func TestOneTableForARow(t *testing.T) {
	for table := range tables.Columns {
		if !slices.Contains(rowTables, table) {
			t.Errorf("rows of %s are not looked for", table)
		}
	}
	could := func(a, b tables.Column) bool { // a value be in both columns
		number := a.Kind == btree.Real && b.Kind == btree.Integer || a.Kind == btree.Integer && b.Kind == btree.Real
		return a.Kind == b.Kind || number || a.Nullable && b.Nullable
	}
	var got []string
	for i, a := range rowTables {
		for _, b := range rowTables[i+1:] {
			one, other := tables.Columns[a], tables.Columns[b]
			same := len(one) == len(other)
			for k := 1; same && k < len(one); k++ {
				same = could(one[k], other[k])
			}
			if same {
				got = append(got, a+" "+b)
			}
		}
	}
	want := []string{"z_note z_attachment", "z_note z_redaction", "z_attachment z_redaction", "z_event_type z_section"}
	if !slices.Equal(got, want) {
		t.Errorf("rows can be of %q, want %q", got, want)
	}
}

// TestTablesOf: of what looks alike the table of redactions is told by what it holds.
func TestTablesOf(t *testing.T) {
	null, text := btree.Value{}, func(s string) btree.Value { return btree.Value{Kind: btree.Text, Bytes: []byte(s)} }
	blob := func(n int) btree.Value { return btree.Value{Kind: btree.Blob, Bytes: make([]byte, n)} }
	for _, c := range []struct {
		row  tables.Row
		key  int64
		want []string
	}{
		{tables.Row{null, text("kind"), null, text("x")}, 5, []string{tables.TableNote}},
		{tables.Row{null, text("kind"), null, null}, 5, []string{tables.TableNote, tables.TableAttachment}},
		{tables.Row{null, text("text"), null, null}, 5<<8 | 2, []string{tables.TableNote, tables.TableAttachment}},
		{tables.Row{null, text("text"), null, blob(32)}, 5<<8 | 2, []string{tables.TableAttachment, tables.TableRedaction}},
		{tables.Row{null, text("text"), blob(32), null}, 5<<8 | 2, []string{tables.TableRedaction}},
		{tables.Row{null, text("text"), blob(31), null}, 5<<8 | 2, nil},
		{tables.Row{null, text("text"), blob(32), null}, 5<<8 | 3, nil},
		{tables.Row{null, text("text"), blob(32), null}, -5<<8 | 2, nil},
		{tables.Row{null, text("kind"), blob(32), null}, 5<<8 | 1, nil},
		{tables.Row{null, text("text"), blob(32), blob(32)}, 5<<8 | 2, nil},
		{tables.Row{null, text("key.bin"), null, blob(32)}, 5<<8 | 2, []string{tables.TableAttachment}},
		{tables.Row{null, text("a")}, 1, []string{tables.TableEventType, tables.TableSection}},
		{tables.Row{text("a"), text("a")}, 1, nil},
	} {
		if got := tablesOf(c.row, c.key); !slices.Equal(got, c.want) {
			t.Errorf("%v, key %#x: got %q, want %q", c.row, c.key, got, c.want)
		}
	}
}

// TestCurrentPages: a page whose newest version is in the log is read from there, and what there is none of is the end.
func TestCurrentPages(t *testing.T) {
	main, log := bytes.Repeat([]byte("m"), 1024), bytes.Repeat([]byte("l"), 512)
	p := &pages{size: 512, pages: 2, main: image{r: bytes.NewReader(main)}, log: []image{{r: bytes.NewReader(log)}},
		newest: map[uint32]int64{2: 2}}
	b := make([]byte, 2048)
	if n, err := (view{p, p.newest}).ReadAt(b, 0); n != 1024 || err != io.EOF ||
		string(b[:1024]) != strings.Repeat("m", 512)+strings.Repeat("l", 512) {
		t.Errorf("got %d bytes, %v", n, err)
	}
}

// TestValues: what SQLite would not write is no row.
func TestValues(t *testing.T) {
	for payload, want := range map[string]int{
		"\x03\x00\x01\x05":     2, // NULL, 5
		"\x03\x00\x01\x05\x00": 0, // a byte too many
		"\x03\x00\x02\x00\x05": 0, // 5 in two bytes
		"\x03\x00\x01":         0, // cut
		"":                     0,
		"\x23" + strings.Repeat("\x00", maxColumns+2): 0,
	} {
		if row, err := values([]byte(payload)); len(row) != want || (err == nil) != (want > 0) {
			t.Errorf("%q: got %v, %v, want %d values", payload, row, err, want)
		}
	}
}
