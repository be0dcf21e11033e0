package salvage

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/archive/internal/recordtest"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/schema"
)

// alikeRun is a run whose event types and sections fill several pages each, with sections shorter than names.
func alikeRun() []provider.Record {
	records := []provider.Record{&provider.Start{RunID: "alike", Name: "alike", Type: "test"}}
	for i := 1; i < 700; i++ {
		if i%3 == 0 {
			prompt := strings.Repeat(fmt.Sprint("part ", i, " "), 30) + "\n\n" + fmt.Sprint("now ", i)
			records = append(records, &provider.Interaction{
				Iteration: i / 100, SystemPrompt: new(fmt.Sprint("S", i%20)), UserPrompt: &prompt,
			})
			continue
		}
		name := strings.Repeat(fmt.Sprint("type ", i%200, " "), 1+i%12)
		records = append(records, &provider.Event{Iteration: i / 100, Type: name})
	}
	return append(records, &provider.Result{Status: provider.StatusCompleted})
}

func originals(records []provider.Record) map[digest.Hash]int64 {
	all := map[digest.Hash]int64{}
	for i, r := range records {
		all[hashOf(r)] = int64(i)
	}
	return all
}

// TestAlike: rows of event types and of sections, which look alike, are told apart whatever is lost of their trees.
func TestAlike(t *testing.T) {
	short := []provider.Record{archivetest.ExampleStart()} // every section is shorter than every name
	for i := range 700 {
		name, prompt := fmt.Sprint("a type with a name ", i), fmt.Sprint(i)
		short = append(short, &provider.Event{Type: name}, &provider.Interaction{UserPrompt: &prompt})
	}
	for name, records := range map[string][]provider.Record{"alike": alikeRun(), "short": short} {
		file := archivetest.ReadFile(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil))
		types, sections := treePages(t, file, tables.TableEventType), treePages(t, file, tables.TableSection)
		if len(types) < 3 || len(sections) < 3 {
			t.Fatalf("%s: %d pages of event types and %d of sections, want some", name, len(types), len(sections))
		}
		for _, c := range []struct {
			what string
			lost []uint32
		}{
			{"nothing", nil},
			{"root of the event types", types[:1]},
			{"root of the sections", sections[:1]},
			{"both roots", []uint32{types[0], sections[0]}},
			{"the schema", []uint32{1}},
			{"the schema and both roots", []uint32{1, types[0], sections[0]}},
		} {
			bad := file
			for _, page := range c.lost {
				bad = changed(bad, page, zero)
			}
			r, a := salvage(t, archivetest.Write(t, bad), false)
			root, _, err := digest.Of(t.Context(), a)
			if !r.Whole || r.Proved != r.Records || len(r.Doubts) > 0 || err != nil || root != archivetest.RootOf(t, records) {
				t.Errorf("%s, %s lost: got %d records of %d, %d proved, whole %v, missing %v, changed %v, doubts %.200q, %v",
					name, c.what, r.Records, len(records), r.Proved, r.Whole, r.Missing, r.Changed, r.Doubts, err)
			}
		}
	}
}

// TestAlikeLive: in a live file, whose newest records have no hash, what is not sure of a record is said of it.
func TestAlikeLive(t *testing.T) {
	for _, n := range []int{600, 40} {
		records := alikeRun()[:n]
		w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		file := archivetest.ReadFile(t, w.LivePath())
		types, sections := treePages(t, file, tables.TableEventType), treePages(t, file, tables.TableSection)
		for _, c := range []struct {
			what string
			lost []uint32
			sure bool
		}{
			{"nothing", nil, true},
			{"root of the event types", types[:1], len(types) > 1},
			{"root of the sections", sections[:1], len(sections) > 1},
			{"the schema", []uint32{1}, false},
		} {
			bad := file
			for _, page := range c.lost {
				bad = changed(bad, page, zero)
			}
			path := filepath.Join(t.TempDir(), "run.simexp-live")
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			r := alikeCheck(t, c.what, path, records)
			if c.sure && (!r.Whole || r.Records != int64(n)) {
				t.Errorf("%d records, %s: got %d, whole %v, doubts %.200q", n, c.what, r.Records, r.Whole, r.Doubts)
			}
			t.Logf("%d records, %s: %d doubts, changed %v, missing %v", n, c.what, len(r.Doubts), r.Changed, r.Missing)
		}
	}
}

// TestAlikeWrong: what could be the name of an event's type, and by the hash of the event is not, is not taken for it.
func TestAlikeWrong(t *testing.T) {
	path := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), alikeRun()[:55], nil)
	recordtest.EditAt(t, path, "UPDATE z_llm_interaction SET agent_id = 'another'") // so that none proves its prompts
	file := archivetest.ReadFile(t, path)
	types, sections := treePages(t, file, tables.TableEventType), treePages(t, file, tables.TableSection)
	if len(types) != 1 || len(sections) == 1 {
		t.Fatalf("%d pages of event types and %d of sections, want 1 and more", len(types), len(sections))
	}
	r, _ := salvage(t, archivetest.Write(t, changed(changed(file, types[0], zero), sections[0], zero)), false)
	lost, prompts := 0, 0
	for _, d := range r.Doubts {
		switch {
		case strings.Contains(d, "the name of its event type is lost"):
			lost++
		case strings.Contains(d, "prompt lacks a part"):
			prompts++
		default:
			t.Errorf("got doubt %q", d)
		}
	}
	if lost != 36 || prompts != 18 || len(r.Changed) > 0 {
		t.Errorf("got %d names and %d prompts lost, changed %v, want 36, 18, none", lost, prompts, r.Changed)
	}
}

// alikeCheck salvages a file: what comes out is what was recorded, but for records that a doubt names.
func alikeCheck(t *testing.T, what, path string, records []provider.Record) Report {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer s.Close()
	var got gather
	if err := s.Write(t.Context(), &got, Options{}); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	r := s.Report()
	all := originals(records)
	for i, x := range got.records {
		if n, ok := x.(*provider.Note); ok && n.Kind == salvagedKind {
			continue
		}
		if st, ok := x.(*provider.Start); ok && st.RunID == "unknown" {
			continue
		}
		if _, ok := all[hashOf(x)]; ok {
			continue
		}
		said := false
		for _, d := range r.Doubts {
			said = said || strings.HasPrefix(d, fmt.Sprintf("record %d:", s.seqOf(i)))
		}
		if !said {
			t.Errorf("%s: %+v was never recorded, and nothing is said of it", what, x)
		}
	}
	return r
}

// seqOf gives the number in the original of the record that Write gives at a place, which is below that of the notes.
func (s *Survey) seqOf(i int) int64 {
	if i == 0 || i > len(s.chosen) {
		return 0
	}
	return s.chosen[i-1].seq
}

// TestAlikePointers: a page number above the leaves that is changed, so that pages are in the wrong tree or in none,
// costs nothing.
func TestAlikePointers(t *testing.T) {
	records := alikeRun()
	file := archivetest.ReadFile(t, recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil))
	types, sections := treePages(t, file, tables.TableEventType), treePages(t, file, tables.TableSection)
	for _, c := range []struct {
		root   uint32
		others []uint32
	}{{types[0], sections}, {sections[0], types}} {
		page := file[int(c.root-1)*schema.PageSize:][:schema.PageSize]
		if page[0] != 5 {
			t.Fatalf("page %d is of kind %d, want 5", c.root, page[0])
		}
		children := []int{8} // where their numbers are; the first is the rightmost one's
		for i := range int(binary.BigEndian.Uint16(page[3:])) {
			children = append(children, int(binary.BigEndian.Uint16(page[12+2*i:])))
		}
		for i, at := range children {
			to := c.others[i%len(c.others):][:1]
			if i == 0 || longtest.Enabled() {
				to = c.others
			}
			for _, to := range to {
				bad := changed(file, c.root, func(page []byte) { binary.BigEndian.PutUint32(page[at:], to) })
				what := fmt.Sprintf("byte %d of root %d leads to page %d", at, c.root, to)
				r := alikeCheck(t, what, archivetest.Write(t, bad), records)
				if !r.Whole || len(r.Doubts)+len(r.Changed) > 0 {
					t.Errorf("%s: got %d records of %d, doubts %.200q, changed %v", what, r.Records, len(records), r.Doubts, r.Changed)
				}
			}
		}
	}
}

// TestAlikeLog: pages that only the log behind a damaged place has are of the tree that the log gives them to.
func TestAlikeLog(t *testing.T) {
	records := alikeRun()[:250] // of which the file keeps no hash yet
	w := recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"), records)
	live := archivetest.CopyKilled(t, w.LivePath())
	log := archivetest.ReadFile(t, live+"-wal")
	whole := alikeCheck(t, "as it is", live, records)
	if !whole.Whole || whole.Records != int64(len(records)) {
		t.Fatalf("as it is: got %+v", whole)
	}
	const frame = schema.PageSize + 24
	for _, at := range []int{len(log) / 4, len(log) / 2, len(log) * 3 / 4} {
		at -= (at - 32) % frame // the checksum of a frame
		bad := bytes.Clone(log)
		bad[at+16] ^= 1
		if err := os.WriteFile(live+"-wal", bad, 0o644); err != nil {
			t.Fatal(err)
		}
		r := alikeCheck(t, fmt.Sprintf("damaged at %d of %d", at, len(log)), live, records)
		if r.Records != int64(len(records)) || len(r.Doubts) > 0 || r.Uncommitted == 0 {
			t.Errorf("damaged at %d of %d: got %d records of %d, %d uncommitted, doubts %.300q",
				at, len(log), r.Records, len(records), r.Uncommitted, r.Doubts)
		}
	}
}

// TestRedactionOrAttachment: what the table of redactions holds of a key is no attachment, and an attachment that looks
// like that is one, as far as a tree or a hash tells it.
func TestRedactionOrAttachment(t *testing.T) {
	start := archivetest.ExampleStart()
	start.Config, start.Salt = []byte("{}"), bytes.Repeat([]byte("s"), provider.SaltSize)
	keyed := []provider.Record{start} // the key of its configuration is row 5, as the result would be
	for range 4 {
		keyed = append(keyed, &provider.Event{Type: "t", Data: []byte("[]")})
	}
	keyed = append(keyed, &provider.Result{Status: provider.StatusCompleted})
	keyed = providertest.Redact(keyed, func(_ provider.Record, field string) bool { return field == "event_data" })
	named := append(archivetest.ExampleRun(nil)[:1:1], &provider.Event{Type: "t"}, &provider.Event{Type: "t"},
		&provider.Event{Type: "t"}, &provider.Event{Type: "t"}, &provider.Attachment{Name: "config", Data: make([]byte, 32)})
	check := func(t *testing.T, path string, records []provider.Record) {
		t.Helper()
		r, a := salvage(t, path, false)
		root, _, err := digest.Of(t.Context(), a)
		if !r.Whole || len(r.Changed)+len(r.Missing) > 0 || err != nil || root != archivetest.RootOf(t, records) {
			t.Errorf("got %+v, %v, want all of %d records", r, err, len(records))
		}
	}
	for name, records := range map[string][]provider.Record{"key": keyed, "attachment": named} {
		t.Run(name, func(t *testing.T) {
			sealed := recordtest.Record(t, filepath.Join(t.TempDir(), "run.simexp"), records, nil)
			check(t, sealed, records)
			check(t, archivetest.Write(t, changed(archivetest.ReadFile(t, sealed), 1, zero)), records)
			if _, ends := records[len(records)-1].(*provider.Result); ends {
				records = records[:len(records)-1]
			}
			check(t, archivetest.CopyKilled(t, recordtest.StartRecording(t, filepath.Join(t.TempDir(), "run.simexp"),
				records).LivePath()), records)
		})
	}
}
