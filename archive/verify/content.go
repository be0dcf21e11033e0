package verify

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// content is the second step: what the small tables of a file hold, and what is needed to compare the tables with each other.
type content struct {
	*source
	start      *provider.Start
	result     *provider.Result
	types      map[int64]string
	typeUsed   map[int64]bool
	lastType   int64 // highest that was used
	iterations []numbered
	sections   []storedSection
	lastUsed   int64 // highest section that was used
	spans      map[int64]iterationSpan
	names      map[int64]string // of attachments
	seals      []archive.Seal
	end        int64 // Seq of the last record, the result aside
}

// A numbered is where a row of the table iteration stands in the run.
type numbered struct{ seq, number int64 }

type storedSection struct {
	id   int64
	sum  [sha256.Size]byte
	used bool
}

// content checks all tables.
func (v *check) content(rows *source) {
	c := &content{source: rows}
	c.experiment()
	c.eventTypes()
	c.iterationSeqs()
	c.sectionRows()
	c.spanRows()
	c.annotations()
	c.sealRow()
	c.records()
	if v.ctx.Err() != nil || v.err != nil {
		return
	}
	c.indexes()
	c.unused()
}

func (v *content) checkerOf(r *rows) checker { return checker{&v.problemLog, r.place()} }

func (v *content) experiment() {
	n := 0
	r := v.rows("experiment")
	for r.next() {
		if n++; n > 1 || r.key != 1 {
			v.add(sxExperimentRow, r.place(), "row %d, want one row, number 1", r.key)
			continue
		}
		c := checker{&v.problemLog, Place{Table: r.table, Record: new(int64(0))}}
		x := own(r.values, 4, 6)
		c.name("run_id", x[1], true)
		c.name("experiment_name", x[2], true)
		c.name("experiment_type", x[3], true)
		c.name("created_at", x[5], false)
		if x[4].Kind != btree.Null {
			c.json("config", x[4].Bytes)
		}
		if n := len(x[6].Bytes); x[6].Kind != btree.Null && n != provider.SaltSize {
			c.add(sxSalt, c.at("salt"), "%d bytes, want %d", n, provider.SaltSize)
		}
		v.resultOf(c, x)
		v.start, v.result = tables.Experiment(x)
	}
	if n == 0 && !r.broken {
		v.add(sxExperimentRow, Place{Table: r.table}, "no row: nothing was recorded")
		v.lost = true
	}
}

// resultOf checks the result, which stands in the row of the experiment.
func (v *content) resultOf(c checker, x tables.Row) {
	if x[7].Kind == btree.Null {
		for i, column := range tables.Columns["experiment"][8:] {
			if x[8+i].Kind != btree.Null {
				c.add(sxNoResult, c.at(column.Name), "a value, but there is no status and so no result")
			}
		}
		return
	}
	c.place.Record = nil // it is the last one, whose number is not known yet
	c.name("status", x[7], true)
	c.name("completed_at", x[8], false)
	if status := provider.Status(x[7].Bytes); status == provider.StatusRunning {
		c.add(sxStatus, c.at("status"), "%q is for a run without a result, whose status is NULL", status)
	}
	if n := x[9].Int; x[9].Kind != btree.Null && n != 0 && n != 1 {
		c.add(sxConverged, c.at("converged"), "%d, want 0 or 1", n)
	}
	c.text("convergence_reason", &x[10])
}

func (v *content) eventTypes() {
	v.types, v.typeUsed = map[int64]string{}, map[int64]bool{}
	r := v.rows("event_type")
	for n := int64(1); r.next(); n++ {
		c := v.checkerOf(r)
		c.name("name", r.values[1], true)
		if r.key != n && !r.broken {
			v.add(sxTypeOrder, r.place(), "id %d, want %d: numbers go up from 1 without a gap", r.key, n)
			n = r.key
		}
		if len(v.types) == tables.MaxEventTypes {
			v.add(sxTypeCount, r.place(), "more than %d event types", tables.MaxEventTypes)
			v.lost = true
		}
		if len(v.types) < tables.MaxEventTypes {
			v.types[r.key] = string(r.values[1].Bytes)
		}
	}
}

func (v *content) iterationSeqs() {
	r := v.rows("iteration")
	for r.next() {
		v.iterations = append(v.iterations, numbered{r.values[1].Int, r.key})
	}
	slices.SortStableFunc(v.iterations, func(a, b numbered) int { return cmp.Compare(a.seq, b.seq) })
}

func (v *content) sectionRows() {
	r := v.rows("section")
	for n := int64(1); r.next(); n++ {
		c := v.checkerOf(r)
		c.length("body", len(r.values[2].Bytes))
		if r.key != n && !r.broken {
			v.add(sxSectionOrder, r.place(), "id %d, want %d: numbers go up from 1 without a gap", r.key, n)
			n = r.key
		}
		s := storedSection{id: r.key, sum: sha256.Sum256(r.values[2].Bytes)}
		if !bytes.Equal(s.sum[:], r.values[1].Bytes) {
			v.add(sxSectionHash, r.place(), "its text has SHA-256 %x, stored is %x", s.sum, r.values[1].Bytes)
			if len(r.values[1].Bytes) == len(s.sum) {
				s.sum = [sha256.Size]byte(r.values[1].Bytes) // for the index, which goes by what is stored
			}
		}
		v.sections = append(v.sections, s)
	}
}

func (v *content) section(id int64) *storedSection {
	i, ok := slices.BinarySearchFunc(v.sections, id, func(s storedSection, id int64) int { return cmp.Compare(s.id, id) })
	if !ok {
		return nil
	}
	return &v.sections[i]
}

func (v *content) spanRows() {
	v.spans = map[int64]iterationSpan{}
	for r := v.rows("iteration_span"); r.next(); {
		v.spans[r.key] = iterationSpan{r.values[1].Int, r.values[2].Int, r.values[3].Int, r.values[4].Int, r.values[5].Int}
	}
}

func (v *content) annotations() {
	r := v.rows("annotation")
	for n := int64(1); r.next(); n++ {
		c := v.checkerOf(r)
		x := r.values
		c.name("kind", x[1], true)
		c.name("name", x[2], false)
		c.text("text", &x[3])
		if r.key != n && !r.broken {
			v.add(sxAnnotationID, r.place(), "id %d, want %d: numbers go up from 1 without a gap", r.key, n)
			n = r.key
		}
		if sum := tables.AnnotationSum(string(x[1].Bytes), string(x[2].Bytes), string(x[3].Bytes)); !bytes.Equal(sum[:], x[4].Bytes) {
			v.add(sxAnnotationSum, r.place(), "kind, name and text have checksum %x, stored is %x", sum, x[4].Bytes)
		}
	}
}

func (v *content) sealRow() {
	r := v.rows("seal")
	for r.next() {
		x := r.values
		if r.key != 1 {
			v.add(sxSealRow, r.place(), "row %d, want one row, number 1", r.key)
			continue
		}
		if len(x[1].Bytes) != len(digest.Hash{}) {
			v.add(sxSealRoot, r.place(), "a root of %d bytes, want %d", len(x[1].Bytes), len(digest.Hash{}))
			v.lost = true
			continue
		}
		v.seals = append(v.seals, archive.Seal{
			Root: digest.Hash(x[1].Bytes), Records: x[2].Int, Events: x[3].Int, Interactions: x[4].Int,
			Iterations: x[5].Int, Notes: x[6].Int, Attachments: x[7].Int,
		})
	}
	if len(v.seals) == 0 && !r.broken && v.sealed && v.count[sxSealRoot] == 0 && v.count[sxSealRow] == 0 {
		v.add(sxSealRow, Place{Table: r.table}, "no row: the file was never sealed; `exparchive seal` does it if it is named FILE%s%s", archive.Extension, archive.LiveSuffix)
	}
}

// An entry is what a row has in an index.
type entry struct {
	key btree.Value
	row int64
}

// indexes compares each index with its table. SQLite finds rows by them.
func (v *content) indexes() {
	if v.conn != nil {
		return // of a file that is being written SQLite keeps them
	}
	text := func(s []byte) btree.Value { return btree.Value{Kind: btree.Text, Bytes: s} }
	var entries []entry
	for _, i := range v.iterations {
		entries = append(entries, entry{btree.Value{Kind: btree.Integer, Int: i.seq}, i.number})
	}
	v.index("iteration", sxSeqTwice, entries)
	entries = nil
	for id, name := range v.types {
		entries = append(entries, entry{text([]byte(name)), id})
	}
	v.index("event_type", sxTypeTwice, entries)
	entries = nil
	for i := range v.sections {
		entries = append(entries, entry{btree.Value{Kind: btree.Blob, Bytes: v.sections[i].sum[:]}, v.sections[i].id})
	}
	v.index("section", sxSectionOrder, entries)
	entries = nil
	for seq, name := range v.names {
		entries = append(entries, entry{text([]byte(name)), seq})
	}
	v.index("attachment", sxAttachmentOnce, entries)
}

// index compares the one index of a table with the entries that it should have; code is what two equal keys break.
func (v *content) index(table, code string, want []entry) {
	name := fmt.Sprintf("sqlite_autoindex_%s_1", table)
	t, ok := v.pages.trees[name]
	if !ok {
		return
	}
	order := func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.key.Int, b.key.Int), bytes.Compare(a.key.Bytes, b.key.Bytes), cmp.Compare(a.row, b.row))
	}
	slices.SortFunc(want, order)
	for i := range want {
		if i > 0 && want[i].key.Int == want[i-1].key.Int && bytes.Equal(want[i].key.Bytes, want[i-1].key.Bytes) {
			v.add(code, Place{Table: table, Row: new(want[i].row)}, "the same as in row %d", want[i-1].row)
		}
	}
	w := v.pages.forest.Walk(name, t.Root, true)
	values := make([]btree.Value, 2)
	n := 0
	for ; w.Next(); n++ {
		columns, plain, err := btree.DecodeRow(w.Payload, values)
		if err == nil && (columns != 2 || values[1].Kind != btree.Integer) {
			err = errColumns
		}
		if err == nil && !plain && v.strict {
			v.add(sxShortest, Place{Table: name}, "entry %d: a number of more bytes than it needs", n)
		}
		if err == nil && !v.lost && (n >= len(want) || order(entry{values[0], values[1].Int}, want[n]) != 0 || values[0].Kind != want[n].key.Kind) {
			err = errors.New("not that of a row in its place")
		}
		if err != nil {
			v.add(sxIndex, Place{Table: name}, "entry %d: %v", n, err)
			for w.Next() { // to the end, for the sake of its pages
			}
			return
		}
	}
	if n < len(want) && !w.Broken && !v.lost {
		v.add(sxIndex, Place{Table: name}, "%d entries for %d rows", n, len(want))
	}
}

// unused reports what nothing refers to.
func (v *content) unused() {
	if v.lost {
		return
	}
	for id, name := range v.types {
		if !v.typeUsed[id] {
			v.add(sxTypeUnused, Place{Table: "event_type", Row: new(id)}, "no event has the type %q", name)
		}
	}
	for i := range v.sections {
		if s := &v.sections[i]; !s.used {
			v.add(sxSectionUnused, Place{Table: "section", Row: new(s.id)}, "no prompt has it")
		}
	}
}
