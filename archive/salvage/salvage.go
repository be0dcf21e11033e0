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
	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/fileerr"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/schema"
)

// A Survey is what can still be read of a damaged archive or live file. The caller closes it.
type Survey struct {
	report    Report
	files     []io.Closer
	main      *os.File // nil for a packed one
	pages     *pages
	canonical bool    // the pages of the file are those of a sealed one (FORMAT.md appendix A), unless they are damaged
	found     []place // by seq, then by how good the source is
	chosen    []place
	trees     []*trees // of the current pages and, if the log is damaged, of the latest ones
	types     map[int64]string
	sections  map[int64]place
	guesses   guesses
	bodies    map[int64]string // of sections that were read last
	bodySize  int              // bytes in bodies
	prompts   int64            // bytes that prompts may still have
	start     *provider.Start
	result    *provider.Result
	reds      map[int64]*provider.Redaction
	blocks    map[int64]tables.LeafBlock
	remarks   remarks
	seal      *tables.Seal
	salted    bool // the leaf hashes can be computed
}

// A place is where a row is.
type place struct {
	seq    int64
	kind   provider.Kind
	old    bool // not the current version of the page
	image  int64
	offset int32
	plain  bool // its hash says that what is unsure is not its own
	unsure bool // it may be of the redactions, and then is no record
}

// maxFile is the size in bytes of the largest file that is salvaged.
const maxFile = 1 << 40

// Open looks through the file at path, sealed or live, for all that can be read. It changes nothing. A file in which
// there is nothing of an archive is [archive.ErrNotArchive].
func Open(ctx context.Context, path string) (*Survey, error) {
	s := &Survey{
		bodies: map[int64]string{},
		types:  map[int64]string{}, sections: map[int64]place{}, reds: map[int64]*provider.Redaction{},
		blocks:  map[int64]tables.LeafBlock{},
		guesses: guesses{byKey: map[int64][]guess{}, byImage: map[int64][]int64{}},
		remarks: remarks{map[int64]archive.Annotation{}, map[int64]archive.Annotation{}},
	}
	err := s.open(path)
	for _, step := range []func(context.Context) error{s.walkAlike, s.scan, s.chooseAnnotations, s.settle, s.choose} {
		if err == nil {
			err = step(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(fileerr.In(path, sqlitefile.TrimPath(err)), s.Close())
	}
	return s, nil
}

// Report says what was found.
func (s *Survey) Report() Report { return s.report }

// Close releases the file.
func (s *Survey) Close() error {
	var err error
	for _, f := range s.files {
		err = errors.Join(err, f.Close())
	}
	s.files = nil
	return err
}

// open lists the images of pages.
func (s *Survey) open(path string) error {
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
	packed, err := sqlitefile.IsPacked(f)
	if err != nil {
		return err
	}
	var main io.ReaderAt = f
	if packed {
		inside, err := sqlitefile.OpenDamagedPack(f, size)
		if err != nil {
			return err
		}
		main, size = inside, inside.Size()
	} else {
		s.main = f
	}
	head := make([]byte, sqlitefile.HeaderSize)
	if _, err := main.ReadAt(head, 0); err == nil {
		ps := int64(binary.BigEndian.Uint16(head[16:]))
		if ps >= 512 && ps&(ps-1) == 0 && bytes.HasPrefix(head, []byte(sqlitefile.Magic)) {
			p.size = ps
		}
		s.canonical = head[sqlitefile.ModeOffset] != sqlitefile.ModeWAL && !strings.HasSuffix(path, archive.LiveSuffix)
	}
	p.main, p.pages = image{main, 0}, (size+p.size-1)/p.size
	if packed {
		s.refill()
		return nil
	}
	// Of a live file the newest version of a page is in its log; older versions, and what is behind a damaged place of
	// the log, count only where nothing else is.
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
		p.addLog(log, logSize, index)
	}
	s.refill()
	return nil
}

// addLog adds the images in a log, of which index says what counts.
func (p *pages) addLog(log io.ReaderAt, size int64, index sqlitefile.WalIndex) {
	numbers := map[int64]int64{} // of images, by their place in the log
	latest := map[uint32]int64{}
	for at := int64(sqlitefile.WalHeaderSize + sqlitefile.FrameHeader); at < size; at += p.size + sqlitefile.FrameHeader {
		n := p.pages + int64(len(p.log))
		numbers[at] = n
		p.log = append(p.log, image{log, at})
		if page := p.number(n); page > 0 {
			latest[page] = n
		}
	}
	for page, at := range index.Frames {
		p.newest[page] = numbers[at]
	}
	if !maps.Equal(latest, p.newest) {
		p.latest = latest
	}
}

// refill says how many bytes of rows may be read: a row is read when it is found, when it is checked and when it is
// brought out, and of what a file holds no more than a few times its size is plausible. Prompts may have what they may
// have in a sound file.
func (s *Survey) refill() {
	size := s.pages.count() * s.pages.size
	s.pages.budget = 8*size + 1<<20
	s.prompts = tables.TextLimit(size) + provider.MaxText
}

func (s *Survey) openFile(path string) (*os.File, int64, error) {
	f, size, err := sqlitefile.OpenRegular(path)
	if err != nil {
		return nil, 0, sqlitefile.NotArchive(err)
	}
	s.files = append(s.files, f)
	if size == 0 || size > maxFile {
		return nil, 0, fmt.Errorf("%w: a file of %d bytes", archive.ErrNotArchive, size)
	}
	return f, size, nil
}

// scan goes through all pages and notes where the rows are.
func (s *Survey) scan(ctx context.Context) error {
	p := s.pages
	for n := int64(0); n < p.count(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.main != nil && n < p.pages && n%1024 == 0 { // much of a file may be a hole, which takes long to read
			n = min(max(n, dataFrom(s.main, n*p.size)/p.size), p.pages)
		}
		if n == p.count() {
			break
		}
		image := p.image(n)
		page, err := p.read(image)
		if err != nil {
			continue // a bad sector
		}
		current := p.isCurrent(n)
		first := n == 0 || n >= p.pages && bytes.HasPrefix(page, []byte(sqlitefile.Magic))
		which := s.which(n)
		for _, offset := range btree.LeafCells(page, first) {
			of, row, err := p.row(page, offset)
			if errors.Is(err, errBudget) {
				return errBudget
			} else if err != nil {
				continue
			}
			at := place{old: !current, image: n, offset: int32(offset)}
			if slices.Equal(of, alike[:]) {
				s.noteAlike(which, row, at)
				continue
			}
			if slices.Contains(of, tables.TableRedaction) && len(of) > 1 {
				switch s.redactions(n) {
				case proved:
					of = []string{tables.TableRedaction}
				case contradicted:
					of = slices.DeleteFunc(of, func(table string) bool { return table == tables.TableRedaction })
				default:
					at.unsure = true
				}
			}
			for _, table := range of {
				s.note(table, row, at)
			}
		}
	}
	if len(s.found) == 0 && s.start == nil {
		return fmt.Errorf("%w: nothing of a run is in it", archive.ErrNotArchive)
	}
	if s.start != nil {
		s.start.Redaction = s.reds[0]
		if err := s.start.Validate(); err != nil {
			s.start = nil
		}
	}
	return nil
}
