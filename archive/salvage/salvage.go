package salvage

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/schema"
)

// A Salvage is what can still be read of a damaged archive or live file. The caller closes it.
type Salvage struct {
	// Sealed tells whether the file has a seal, which says what the run was.
	Sealed bool
	// Records is how many records were found and are brought out.
	Records int64
	// Proved is how many of them agree with the hash that the file keeps of each record. The others can be read and break no
	// rule, and that is all that is known of them.
	Proved int64
	// Uncommitted is how many of them were written but not acknowledged, or come from behind a damaged place of the log.
	Uncommitted int64
	// Missing are the records that are gone, by Seq. Behind the last record that is there, a file without a seal does not tell
	// whether there were more.
	Missing []Range
	// Changed are records that can be read, but are not those whose hash the file keeps. They are not brought out unless
	// KeepChanged is set before Write.
	Changed []int64
	// Doubts says what else is wrong with records that are brought out: a text that is incomplete, a name that is lost.
	Doubts []string
	// Whole means that the run is complete and has the digest in the seal, or, without a seal, that nothing is missing, changed
	// or doubtful.
	Whole bool

	// Annotations are those that agree with the hash that is kept of each, in their order. They are no part of the run.
	Annotations []archive.Annotation
	// LostAnnotations is how many there were besides, as far as the numbers of the others tell.
	LostAnnotations int

	KeepChanged bool

	files    []io.Closer
	main     *os.File
	pages    *pages
	found    []place // by seq, then by how good the source is
	chosen   []place
	types    map[int64]string
	sections map[int64]place
	start    *provider.Start
	result   *provider.Result
	reds     map[int64]*provider.Redaction
	blocks   map[int64]tables.LeafBlock
	remarks  map[int64]archive.Annotation
	seal     *archive.Seal
	salted   bool // the leaf hashes can be computed
}

// A Range is a run of record numbers.
type Range struct{ First, Last int64 }

// String gives r as "3" or "3-7".
func (r Range) String() string {
	if r.First == r.Last {
		return fmt.Sprint(r.First)
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

// A place is where a row is.
type place struct {
	seq    int64
	kind   provider.Kind
	leaf   byte // kind of page
	old    bool // not the current version of the page
	image  int64
	offset int32
}

// maxSalvage is the size in bytes of the largest file that is salvaged.
const maxSalvage = 1 << 40

// Open looks through the file at path, sealed or live, for all that can be read. It changes nothing. A file in which
// there is nothing of an archive is [archive.ErrNotArchive].
func Open(ctx context.Context, path string) (*Salvage, error) {
	s := &Salvage{types: map[int64]string{}, sections: map[int64]place{}, reds: map[int64]*provider.Redaction{}, blocks: map[int64]tables.LeafBlock{},
		remarks: map[int64]archive.Annotation{}}
	err := s.open(path)
	if err == nil {
		err = s.scan(ctx)
	}
	if err == nil {
		s.chooseAnnotations()
		err = s.choose(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, sqlitefile.TrimPath(err)), s.Close())
	}
	return s, nil
}

// Close releases the file.
func (s *Salvage) Close() error {
	var err error
	for _, f := range s.files {
		err = errors.Join(err, f.Close())
	}
	s.files = nil
	return err
}

// open lists the images of pages.
func (s *Salvage) open(path string) error {
	path, err := sqlitefile.FollowLink(path)
	if err != nil {
		return err
	}
	f, size, err := s.openFile(path)
	if err != nil {
		return err
	}
	if sqlitefile.BeingRecorded(path) {
		return fmt.Errorf("%w by %s", archive.ErrBusy, sqlitefile.Holder(path))
	}
	p := &pages{size: schema.PageSize, newest: map[uint32]int64{}}
	s.pages = p
	head := make([]byte, sqlitefile.HeaderSize)
	if _, err := f.ReadAt(head, 0); err == nil {
		ps := int64(binary.BigEndian.Uint16(head[16:]))
		if ps >= 512 && ps&(ps-1) == 0 && bytes.HasPrefix(head, []byte("SQLite format 3\x00")) {
			p.size = ps
		}
	}
	p.main, p.pages, s.main = image{f, 0}, (size+p.size-1)/p.size, f
	// Of a live file the newest version of a page is in its log; older versions, and what is behind a damaged place of the log,
	// count only where nothing else is.
	log, logSize, err := s.openFile(path + "-wal")
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, archive.ErrNotArchive):
	case err != nil:
		return err
	default:
		index, err := sqlitefile.ReadWAL(log, logSize, p.size)
		if err != nil {
			index = sqlitefile.WalIndex{}
		}
		numbers := map[int64]int64{} // of images, by their place in the log
		for at := int64(sqlitefile.WalHeaderSize + sqlitefile.FrameHeader); at < logSize; at += p.size + sqlitefile.FrameHeader {
			numbers[at] = p.pages + int64(len(p.log))
			p.log = append(p.log, image{log, at})
		}
		for page, at := range index.Frames {
			p.newest[page] = numbers[at]
		}
	}
	s.refill()
	return nil
}

// refill says how many bytes of rows may be read: a row is read when it is found, when it is checked and when it is brought
// out, and of what a file holds no more than a few times its size is plausible.
func (s *Salvage) refill() {
	s.pages.budget = 8*(s.pages.pages+int64(len(s.pages.log)))*s.pages.size + 1<<20
}

func (s *Salvage) openFile(path string) (*os.File, int64, error) {
	f, size, err := sqlitefile.OpenRegular(path)
	if err != nil {
		return nil, 0, sqlitefile.NotArchive(err)
	}
	s.files = append(s.files, f)
	if size == 0 || size > maxSalvage {
		return nil, 0, fmt.Errorf("%w: a file of %d bytes", archive.ErrNotArchive, size)
	}
	return f, size, nil
}

// scan goes through all pages and notes where the rows are.
func (s *Salvage) scan(ctx context.Context) error {
	p := s.pages
	for n := int64(0); n < p.pages+int64(len(p.log)); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if n < p.pages && n%1024 == 0 { // much of a file may be a hole, which takes long to read
			n = min(max(n, dataFrom(s.main, n*p.size)/p.size), p.pages)
		}
		if n == p.pages+int64(len(p.log)) {
			break
		}
		image := p.image(n)
		page, err := p.read(image)
		if err != nil {
			continue // a bad sector
		}
		current := p.isCurrent(n)
		kind, at := cells(page, n == 0 || n >= p.pages && bytes.HasPrefix(page, []byte("SQLite format 3\x00")))
		for _, offset := range at {
			row, err := s.pages.row(page, kind, offset)
			if errors.Is(err, errBudget) {
				return errBudget
			} else if err != nil {
				continue
			}
			s.note(row, place{leaf: kind, old: !current, image: n, offset: int32(offset)})
		}
	}
	if len(s.found) == 0 && s.start == nil {
		return fmt.Errorf("%w: nothing of a run is in it", archive.ErrNotArchive)
	}
	return nil
}

// note takes down what a row is.
func (s *Salvage) note(r row, at place) {
	v := r.values
	current := !at.old
	record := func(seq int64, kind provider.Kind) {
		if seq > 0 && seq < 1<<40 {
			at.seq, at.kind = seq, kind
			s.found = append(s.found, at)
		}
	}
	if at.leaf == leafIndex {
		if redactionPattern.match(v) && current {
			red := s.reds[v[0].i]
			if red == nil {
				red = &provider.Redaction{}
				s.reds[v[0].i] = red
			}
			_ = tables.RedactionRow{Name: string(v[1].b), Commitment: v[2].b, Key: v[3].b}.AddTo(red) // a bad one changes the record's hash
		}
		return
	}
	switch {
	case eventPattern.match(v):
		record(r.key, provider.KindEvent)
	case interactionPattern.match(v):
		record(r.key, provider.KindInteraction)
	case iterationPattern.match(v):
		record(v[1].i, provider.KindIteration)
	case notePattern.match(v):
		record(r.key, provider.KindNote)
	case attachmentPattern.match(v):
		record(r.key, provider.KindAttachment)
	case eventTypePattern.match(v):
		if _, ok := s.types[r.key]; !ok || current {
			s.types[r.key] = string(v[1].b)
		}
	case sectionPattern.match(v):
		if _, ok := s.sections[r.key]; !ok || current {
			s.sections[r.key] = at
		}
	case blockPattern.match(v):
		if _, ok := s.blocks[r.key]; (!ok || current) && len(v[1].b) == len(digest.Hash{}) && len(v[2].b)%tables.LeafPrefix == 0 {
			s.blocks[r.key] = tables.LeafBlock{First: r.key, Root: digest.Hash(v[1].b), Leaves: v[2].b}
		}
	case annotationPattern.match(v):
		a := archive.Annotation{Kind: string(v[1].b), Name: string(v[2].b), Text: string(v[3].b)}
		if sum := tables.AnnotationSum(a.Kind, a.Name, a.Text); bytes.Equal(v[4].b, sum[:]) && a.Validate() == nil && r.key > 0 {
			if _, ok := s.remarks[r.key]; !ok || current {
				s.remarks[r.key] = a
			}
		}
	case sealPattern.match(v):
		if current && s.seal == nil && len(v[1].b) == len(digest.Hash{}) {
			s.seal = &archive.Seal{Root: digest.Hash(v[1].b), Records: v[2].i, Events: v[3].i, Interactions: v[4].i, Iterations: v[5].i, Notes: v[6].i, Attachments: v[7].i}
		}
	case experimentPattern.match(v):
		s.experiment(v)
	}
}

// chooseAnnotations puts the annotations in their order. They are numbered from 1 without gaps.
func (s *Salvage) chooseAnnotations() {
	last := int64(0)
	for _, id := range slices.Sorted(maps.Keys(s.remarks)) {
		s.Annotations = append(s.Annotations, s.remarks[id])
		last = id
	}
	s.LostAnnotations = int(min(last, 1<<20)) - len(s.Annotations)
}

func (s *Salvage) experiment(v []datum) {
	start := &provider.Start{
		RunID: string(v[1].b), Name: string(v[2].b), Type: string(v[3].b), Config: v[4].b, CreatedAt: string(v[5].b), Salt: v[6].b,
	}
	if s.start == nil && start.Clone().Validate() == nil {
		s.start = start
	}
	if v[7].kind != 't' || s.result != nil {
		return
	}
	r := &provider.Result{Status: provider.Status(v[7].b), CompletedAt: string(v[8].b), ConvergenceReason: v[10].optionalText(),
		FinalCost: (*provider.Cents)(v[11].optionalInt()), BestCost: (*provider.Cents)(v[12].optionalInt())}
	if v[9].kind == 'i' {
		r.Converged = new(v[9].i != 0)
	}
	if r.Clone().Validate() == nil {
		s.result = r
	}
}

func (v datum) optionalText() *string {
	if v.kind != 't' {
		return nil
	}
	return new(string(v.b))
}

func (v datum) optionalInt() *int64 {
	if v.kind != 'i' {
		return nil
	}
	return new(v.i)
}

// rowAt reads a row again.
func (s *Salvage) rowAt(at place) (row, error) {
	page, err := s.pages.read(s.pages.image(at.image))
	if err != nil {
		return row{}, err
	}
	return s.pages.row(page, at.leaf, int(at.offset))
}

// record reads the record at a place and checks it. The doubt is empty if nothing is wrong with it.
func (s *Salvage) record(at place) (r provider.Record, doubt string, err error) {
	row, err := s.rowAt(at)
	if err != nil {
		return nil, "", err
	}
	v := row.values
	switch at.kind {
	case provider.KindEvent:
		e := &provider.Event{Iteration: int(v[1].i), Timestamp: string(v[3].b), Data: v[4].b}
		if int64(e.Iteration) != v[1].i {
			return nil, "", errCell
		}
		var ok bool
		if e.Type, ok = s.types[v[2].i]; !ok {
			e.Type = fmt.Sprintf("lost name %d", v[2].i)
			doubt = fmt.Sprintf("record %d: the name of its event type is lost; it is called %q", at.seq, e.Type)
		}
		r = e
	case provider.KindInteraction:
		i := &provider.Interaction{Iteration: int(v[1].i), AgentID: string(v[2].b), Model: v[3].optionalText(), Response: v[6].optionalText(),
			ParsedPolicy: v[7].b, ParsingError: v[8].optionalText(), PromptTokens: v[9].optionalInt(), CompletionTokens: v[10].optionalInt(),
			Timestamp: string(v[12].b), Extra: v[13].b}
		if int64(i.Iteration) != v[1].i {
			return nil, "", errCell
		}
		switch v[11].kind {
		case 'f':
			i.LatencySeconds = new(v[11].f)
		case 'i':
			i.LatencySeconds = new(float64(v[11].i))
		}
		var lost []string
		i.SystemPrompt = s.prompt(v[4], "system prompt", &lost)
		i.UserPrompt = s.prompt(v[5], "user prompt", &lost)
		if len(lost) > 0 {
			doubt = fmt.Sprintf("record %d: %s", at.seq, strings.Join(lost, ", "))
		}
		r = i
	case provider.KindIteration:
		i := &provider.Iteration{Number: int(row.key), Timestamp: string(v[5].b)}
		if int64(i.Number) != row.key {
			return nil, "", errCell
		}
		var errs [3]error
		i.Costs, errs[0] = provider.ParseCosts(v[2].b)
		i.AcceptedChanges, errs[1] = provider.ParseAcceptedChanges(v[3].b)
		i.Policies, errs[2] = provider.ParsePolicies(v[4].b)
		if err := errors.Join(errs[:]...); err != nil {
			return nil, "", err
		}
		r = i
	case provider.KindNote:
		r = &provider.Note{Kind: string(v[1].b), Text: string(v[2].b)}
	case provider.KindAttachment:
		r = &provider.Attachment{Name: string(v[1].b), MediaType: string(v[2].b), Data: v[3].b}
	}
	r.RecordMeta().Redaction = s.reds[at.seq]
	if err := r.Validate(); err != nil {
		return nil, "", err
	}
	r.RecordMeta().Seq = at.seq
	return r, doubt, nil
}

// prompt joins the sections that a list names.
func (s *Salvage) prompt(list datum, what string, lost *[]string) *string {
	if list.kind != 't' {
		return nil
	}
	ids, err := tables.ParseSectionList(string(list.b))
	if err != nil {
		*lost = append(*lost, fmt.Sprintf("its %s is lost: %v", what, err))
		return nil
	}
	var b strings.Builder
	for _, id := range ids {
		at, ok := s.sections[id]
		r, err := row{}, errCell
		if ok {
			r, err = s.rowAt(at)
		}
		if b.Len() > provider.MaxText || len(*lost) > 1000 {
			*lost = []string{fmt.Sprintf("its %s is lost", what)}
			return nil
		}
		if err != nil {
			*lost = append(*lost, fmt.Sprintf("its %s lacks a part at byte %d", what, b.Len()))
			continue
		}
		b.Write(r.values[2].b)
	}
	return new(b.String())
}
