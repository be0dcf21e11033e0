package verify

import (
	"bytes"
	"cmp"
	"errors"
	"hash/maphash"
	"slices"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
)

// content is the second step: what the small tables of a file hold, and what is needed to compare the tables with each
// other.
//
// What it keeps of a row is less than a small multiple of the row.
type content struct {
	*source
	experimentRow tables.Row // nil if there is none
	start         *provider.Start
	result        *provider.Result
	seal          *tables.Seal // nil if there is none
	types         map[int64]string
	typeUsed      map[int64]bool
	lastType      int64          // highest that was used
	iterations    []iterationRow // by their numbers
	proportionate bool           // prompts may be joined
	seed          maphash.Seed
	sections      []sectionRow // by their ids
	lastUsed      int64        // highest section that was used
}

// content checks all tables.
func (v *check) content(rows *source) {
	c := &content{source: rows, seed: maphash.MakeSeed()}
	c.experiment()
	c.eventTypes()
	c.iterationRows()
	c.sectionRows()
	c.annotations()
	c.records()
	if v.ctx.Err() != nil || v.err != nil || v.lost {
		return
	}
	c.unused()
}

func (v *content) checkerOf(r *rows) checker { return checker{&v.problemLog, r.place()} }

func (v *content) experiment() {
	n := 0
	r := v.rows(tables.TableExperiment)
	for r.next() {
		if n++; r.key != 1 {
			v.add(sxExperimentRow, r.place(), "row %d, want one row, number 1", r.key)
			continue
		}
		c := checker{&v.problemLog, Place{Table: r.table, Record: new(int64(0))}}
		x := own(r.values, tables.ExperimentConfig, tables.ExperimentSalt)
		c.name("run_id", x[tables.ExperimentRunID], true)
		c.name("experiment_name", x[tables.ExperimentName], true)
		c.name("experiment_type", x[tables.ExperimentType], true)
		c.name("created_at", x[tables.ExperimentCreatedAt], false)
		if x := x[tables.ExperimentConfig]; x.Kind != btree.Null {
			c.json("config", x.Bytes)
		}
		if x := x[tables.ExperimentSalt]; x.Kind != btree.Null && len(x.Bytes) != provider.SaltSize {
			c.add(sxSalt, c.at("salt"), "%d bytes, want %d", len(x.Bytes), provider.SaltSize)
		}
		v.resultOf(c, x)
		v.sealOf(c, x)
		v.experimentRow = x
		v.start, v.result = tables.Experiment(x)
	}
	if n == 0 && !r.broken {
		v.add(sxExperimentRow, Place{Table: r.table}, "no row: nothing was recorded")
		v.lost = true
	}
}

// resultOf checks the result, which stands in the row of the experiment.
func (v *content) resultOf(c checker, x tables.Row) {
	if x[tables.ExperimentStatus].Kind == btree.Null {
		for _, i := range []int{
			tables.ExperimentCompletedAt, tables.ExperimentConverged, tables.ExperimentFinalCost, tables.ExperimentBestCost,
			tables.ExperimentConvergenceReason,
		} {
			if x[i].Kind != btree.Null {
				place := c.at(tables.Columns[tables.TableExperiment][i].Name)
				c.add(sxNoResult, place, "a value, but there is no status and so no result")
			}
		}
		return
	}
	c.place.Record = nil // it is the last one, whose number is not known yet
	c.name("status", x[tables.ExperimentStatus], true)
	c.name("completed_at", x[tables.ExperimentCompletedAt], false)
	if status := provider.Status(x[tables.ExperimentStatus].Bytes); status.Reserved() {
		c.add(sxStatus, c.at("status"), "%q is for a run without a result, whose status is NULL", status)
	}
	if x := x[tables.ExperimentConverged]; x.Kind != btree.Null && x.Int != 0 && x.Int != 1 {
		c.add(sxConverged, c.at("converged"), "%d, want 0 or 1", x.Int)
	}
	c.text("convergence_reason", &x[tables.ExperimentConvergenceReason])
}

// sealOf reads the seal of a sealed file. That of a live file, whose sealing was interrupted, does not count.
func (v *content) sealOf(c checker, x tables.Row) {
	if !v.sealed {
		return
	}
	c.place.Record = nil
	var err error
	if v.seal, err = tables.SealOf(x); v.seal != nil || err == nil && v.count[sxSealRow] > 0 {
		return
	}
	for i := tables.ExperimentDigest; i <= tables.ExperimentAttachments; i++ {
		if column := tables.Columns[tables.TableExperiment][i].Name; x[i].Kind == btree.Null {
			c.add(sxSealRow, c.at(column), "NULL: the seal is not there")
		}
	}
	if x := x[tables.ExperimentDigest]; x.Kind == btree.Blob && len(x.Bytes) != len(digest.Hash{}) {
		c.add(sxSealRow, c.at("digest"), "%d bytes, want %d", len(x.Bytes), len(digest.Hash{}))
	}
}

func (v *content) eventTypes() {
	v.types, v.typeUsed = map[int64]string{}, map[int64]bool{}
	ids := map[string]int64{}
	r := v.rows(tables.TableEventType)
	for n := int64(1); r.next(); n++ {
		c := v.checkerOf(r)
		name := r.values[tables.EventTypeName]
		c.name("name", name, true)
		if r.key != n && !r.broken {
			v.add(sxTypeOrder, r.place(), "id %d, want %d: numbers go up from 1 without a gap", r.key, n)
			n = r.key
		}
		if len(v.types) == tables.MaxEventTypes {
			v.add(sxTypeCount, r.place(), "more than %d event types", tables.MaxEventTypes)
			v.lost = true
			continue
		}
		if before, twice := ids[string(name.Bytes)]; twice {
			v.add(sxTypeTwice, r.place(), "the same as in row %d", before)
		}
		v.types[r.key] = string(name.Bytes)
		ids[v.types[r.key]] = r.key
	}
}

// A sectionRow is what is kept of a row of the table of sections.
type sectionRow struct {
	id     int64
	hash   uint64 // of the body, seeded
	length int32  // of the body in bytes; one that is too long has the longest length
	used   bool
}

func (v *content) sectionRows() {
	r := v.rows(tables.TableSection)
	for n := int64(1); r.next(); n++ {
		c := v.checkerOf(r)
		body := r.values[tables.SectionBody].Bytes
		c.length("body", len(body))
		if r.key != n && !r.broken {
			v.add(sxSectionOrder, r.place(), "id %d, want %d: numbers go up from 1 without a gap", r.key, n)
			n = r.key
		}
		v.sections = append(v.sections, sectionRow{
			id: r.key, hash: maphash.Bytes(v.seed, body), length: int32(min(len(body), provider.MaxText+1)),
		})
	}
	v.sectionsTwice()
}

// sectionsTwice reports sections that have the body of another.
func (v *content) sectionsTwice() {
	order := make([]int32, len(v.sections))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		return cmp.Or(cmp.Compare(v.sections[i].hash, v.sections[j].hash), cmp.Compare(i, j))
	})
	for i := 1; i < len(order) && v.count[sxSectionOrder] < maxProblems; i++ {
		a, b := &v.sections[order[i-1]], &v.sections[order[i]]
		if a.hash != b.hash || a.length != b.length {
			continue
		}
		x, y := v.find(tables.TableSection, a.id), v.find(tables.TableSection, b.id)
		if x != nil && y != nil && bytes.Equal(x[tables.SectionBody].Bytes, y[tables.SectionBody].Bytes) {
			v.add(sxSectionOrder, Place{Table: tables.TableSection, Row: new(b.id)}, "the same body as section %d", a.id)
		}
	}
}

func (v *content) section(id int64) *sectionRow {
	i, ok := slices.BinarySearchFunc(v.sections, id, func(s sectionRow, id int64) int { return cmp.Compare(s.id, id) })
	if !ok {
		return nil
	}
	return &v.sections[i]
}

func (v *content) annotations() {
	r := v.rows(tables.TableAnnotation)
	for n := int64(1); r.next(); n++ {
		c := v.checkerOf(r)
		x := r.values
		kind, name, sum := x[tables.AnnotationKind], x[tables.AnnotationName], x[tables.AnnotationSHA256]
		c.name("kind", kind, true)
		c.name("name", name, false)
		c.text("text", &x[tables.AnnotationText])
		if r.key != n && !r.broken {
			v.add(sxAnnotationID, r.place(), "id %d, want %d: numbers go up from 1 without a gap", r.key, n)
			n = r.key
		}
		got := tables.AnnotationSum(string(kind.Bytes), string(name.Bytes), string(x[tables.AnnotationText].Bytes))
		if !bytes.Equal(got[:], sum.Bytes) {
			v.add(sxAnnotationSum, r.place(), "kind, name and text have checksum %x, stored is %x", got, sum.Bytes)
		}
	}
}

// unused reports what nothing refers to.
func (v *content) unused() {
	for id, name := range v.types {
		if !v.typeUsed[id] {
			v.add(sxTypeUnused, Place{Table: tables.TableEventType, Row: new(id)}, "no event has the type %q", name)
		}
	}
	for i := range v.sections {
		if s := &v.sections[i]; !s.used {
			v.add(sxSectionUnused, Place{Table: tables.TableSection, Row: new(s.id)}, "no prompt has it")
		}
	}
}

// own gives a row some of whose columns, those that a record shares with it, have memory of their own.
func own(row tables.Row, columns ...int) tables.Row {
	row = slices.Clone(row)
	for _, i := range columns {
		row[i].Bytes = bytes.Clone(row[i].Bytes)
	}
	return row
}

var errColumns = errors.New("other columns than the table has")
