package salvage

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
)

// remarks are the annotations that were found, by number, which is from 1 without a gap.
type remarks struct {
	sound   map[int64]archive.Annotation
	damaged map[int64]archive.Annotation // can be read, and do not agree with their checksums
}

// note takes down a row of the table of annotations.
func (m *remarks) note(row tables.Row, current bool) {
	key := row[0].Int
	a := archive.Annotation{
		Kind: string(row[tables.AnnotationKind].Bytes), Name: string(row[tables.AnnotationName].Bytes),
		Text: string(row[tables.AnnotationText].Bytes),
	}
	sum := tables.AnnotationSum(a.Kind, a.Name, a.Text)
	all := m.sound
	if !bytes.Equal(row[tables.AnnotationSHA256].Bytes, sum[:]) || a.Validate() != nil {
		all = m.damaged
	}
	if _, ok := all[key]; key > 0 && (!ok || current) {
		all[key] = a
	}
}

// leastAnnotation is fewer bytes than an annotation takes in a file, which holds its checksum.
const leastAnnotation = 34

// chooseAnnotations says which annotations there are and what is known of those that are lost.
func (s *Survey) chooseAnnotations(ctx context.Context) error {
	m, r := &s.remarks, &s.report
	for _, id := range slices.Sorted(maps.Keys(m.sound)) {
		r.Annotations = append(r.Annotations, m.sound[id])
	}
	for _, id := range slices.Sorted(maps.Keys(m.damaged)) {
		if _, ok := m.sound[id]; !ok {
			r.Damaged = append(r.Damaged, DamagedAnnotation{id, m.damaged[id]})
		}
	}
	numbers, sure := s.walkAnnotations(ctx)
	r.Unsure = !sure
	numbers = slices.AppendSeq(slices.AppendSeq(numbers, maps.Keys(m.sound)), maps.Keys(m.damaged))
	last := int64(0)
	for _, id := range numbers {
		if id > s.pages.count()*s.pages.size/leastAnnotation { // more than fit into the file: the number is damaged
			r.Unsure = true
			continue
		}
		last = max(last, id)
	}
	r.Lost = int(min(max(0, last-int64(len(r.Annotations)+len(r.Damaged))), math.MaxInt32))
	return ctx.Err()
}

// walkAnnotations goes through the tree of the table of annotations, as its pages are now. It gives numbers that
// annotations have or had, and whether the tree is sound: then there are no others.
func (s *Survey) walkAnnotations(ctx context.Context) (numbers []int64, sure bool) {
	t := s.trees[0]
	met := map[int64]bool{}
	highest := t.through(ctx, tables.TableAnnotation, func(key int64) { met[key] = true })
	sure = t.whole[tables.TableAnnotation] && t.whole[sqlitefile.SchemaTable]
	for _, found := range []map[int64]archive.Annotation{s.remarks.sound, s.remarks.damaged} {
		for id := range found {
			sure = sure && met[id]
		}
	}
	return append(slices.Collect(maps.Keys(met)), highest), sure
}

const (
	// damagedPages is why more is not known.
	damagedPages = "since pages of their table are damaged"
	// maybeInvalidated is what to bear in mind when annotations are lost.
	maybeInvalidated = "one may have said that the run is invalidated"
)

// LostAnnotations says in one sentence what is known of annotations of which nothing can be read; it is empty if there
// are none.
func (r Report) LostAnnotations() string {
	switch {
	case r.Lost > 0 && r.Unsure:
		return fmt.Sprintf("at least %d annotations are lost, and whether more are cannot be told, %s; %s",
			r.Lost, damagedPages, maybeInvalidated)
	case r.Lost > 0:
		return fmt.Sprintf("annotations are lost: %d; %s", r.Lost, maybeInvalidated)
	case r.Unsure:
		return fmt.Sprintf("whether annotations are lost cannot be told, %s; %s", damagedPages, maybeInvalidated)
	}
	return ""
}

// String says what can be read of d.
func (d DamagedAnnotation) String() string {
	const format = "annotation %d does not agree with its checksum; what can be read of it: kind %q, name %q, text: %s"
	return strings.ToValidUTF8(fmt.Sprintf(format, d.Number, d.Kind, d.Name, d.Text), "\ufffd")
}

// maxRemark leaves room in a note for a few words before a remark.
const maxRemark = provider.MaxText - 100

// Remarks gives annotations of kind "salvaged" for the new archive, which say of the original's what is damaged and
// what is lost. The records of a run that is whole stay as they are, so this cannot stand among them.
func (r Report) Remarks() (all []archive.Annotation) {
	for _, d := range r.Damaged {
		text := d.String()
		for len(text) > maxRemark {
			text = strings.ToValidUTF8(text[:maxRemark-3], "")
		}
		all = append(all, archive.Annotation{Kind: salvagedKind, Name: fmt.Sprint("annotation ", d.Number), Text: text})
	}
	if text := r.LostAnnotations(); text != "" {
		all = append(all, archive.Annotation{Kind: salvagedKind, Name: "annotations", Text: text})
	}
	return all
}
