package sqlitefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// SQLite's write-ahead log (https://www.sqlite.org/fileformat2.html#the_write_ahead_log): a header of 32 bytes and
// frames, each a header of 24 bytes and a page. What counts are the frames up to the last one that commits and whose
// checksums, which run through the whole log, are right.
const (
	WalHeaderSize = 32
	FrameHeader   = 24
	walMagic      = 0x377f0682 // | 1 if checksums are over big-endian words
	walFormat     = 3007000
)

// A WalIndex says where in a write-ahead log the newest committed version of each page is.
type WalIndex struct {
	Frames map[uint32]int64 // page number to the offset of the page in the log
	pages  uint32           // size of the database in pages after the last commit
}

// ReadWAL indexes the committed frames of the log r. An empty index means that nothing in it is committed. A log of
// another page size is damage; a torn or stale tail is not.
func ReadWAL(r io.ReaderAt, size, pageSize int64) (WalIndex, error) {
	index := WalIndex{Frames: map[uint32]int64{}}
	if size < WalHeaderSize {
		return index, nil
	}
	head := make([]byte, WalHeaderSize)
	if _, err := r.ReadAt(head, 0); err != nil {
		return index, err
	}
	be := binary.BigEndian
	var order binary.ByteOrder = binary.LittleEndian
	switch be.Uint32(head) {
	case 0: // what was written behind the header reached the disk before the power failed, and the header did not
		return index, nil
	case walMagic:
	case walMagic | 1:
		order = be
	default:
		return index, fmt.Errorf("%w: write-ahead log: bad magic %#x", ErrDamaged, be.Uint32(head))
	}
	if v := be.Uint32(head[4:]); v != walFormat {
		return index, fmt.Errorf("%w: write-ahead log: format %d, want %d", ErrDamaged, v, walFormat)
	}
	if ps := int64(be.Uint32(head[8:])); ps != pageSize {
		return index, fmt.Errorf("%w: write-ahead log: pages of %d bytes, the database has %d", ErrDamaged, ps, pageSize)
	}
	s0, s1 := walChecksum(order, 0, 0, head[:24])
	if s0 != be.Uint32(head[24:]) || s1 != be.Uint32(head[28:]) {
		return index, nil // a header half written: the log holds nothing yet
	}
	// Frames since the last commit wait in pending; the commit makes them count.
	pending := map[uint32]int64{}
	frame := make([]byte, FrameHeader+pageSize)
	for off := int64(WalHeaderSize); off+FrameHeader+pageSize <= size; off += int64(len(frame)) {
		if _, err := r.ReadAt(frame, off); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return index, err
		}
		if string(frame[8:16]) != string(head[16:24]) { // salts: a frame of an earlier round
			break
		}
		s0, s1 = walChecksum(order, s0, s1, frame[:8])
		s0, s1 = walChecksum(order, s0, s1, frame[FrameHeader:])
		if s0 != be.Uint32(frame[16:]) || s1 != be.Uint32(frame[20:]) {
			break
		}
		page := be.Uint32(frame)
		if page == 0 {
			break
		}
		pending[page] = off + FrameHeader
		if commit := be.Uint32(frame[4:]); commit != 0 {
			for p, at := range pending {
				index.Frames[p] = at
			}
			clear(pending)
			index.pages = commit
		}
	}
	return index, nil
}

func walChecksum(order binary.ByteOrder, s0, s1 uint32, b []byte) (uint32, uint32) {
	for ; len(b) >= 8; b = b[8:] {
		s0 += order.Uint32(b) + s1
		s1 += order.Uint32(b[4:]) + s0
	}
	return s0, s1
}

// An overlay is a database file as it would be after a checkpoint: pages that the write-ahead log holds come from
// there. It presents itself as a database in rollback mode, since there is no log beside it any more.
type overlay struct {
	main     io.ReaderAt
	wal      io.ReaderAt
	index    WalIndex
	pageSize int64
}

// newOverlay lays a log over the main file of size bytes. A log that makes the database larger than the pages of both
// is damage.
func newOverlay(main io.ReaderAt, size int64, h header, wal io.ReaderAt, index WalIndex) (*overlay, error) {
	if index.pages == 0 {
		index.pages = uint32(h.pages)
	}
	if have := size/h.pageSize + int64(len(index.Frames)); int64(index.pages) > have {
		return nil, fmt.Errorf("%w: write-ahead log: a database of %d pages, file and log have %d", ErrDamaged, index.pages,
			have)
	}
	return &overlay{main: main, wal: wal, index: index, pageSize: h.pageSize}, nil
}

func (o *overlay) Size() int64 { return int64(o.index.pages) * o.pageSize }

// ReadAt implements [io.ReaderAt].
func (o *overlay) ReadAt(b []byte, off int64) (n int, err error) {
	for n < len(b) {
		at := off + int64(n)
		if at >= o.Size() {
			return n, io.EOF
		}
		inPage := at % o.pageSize
		part := b[n:min(len(b), n+int(o.pageSize-inPage))]
		if frame, ok := o.index.Frames[uint32(at/o.pageSize)+1]; ok {
			_, err = o.wal.ReadAt(part, frame+inPage)
		} else {
			_, err = o.main.ReadAt(part, at)
		}
		if err != nil {
			return n, err
		}
		for i := range part { // bytes 18 and 19 of the file: 2 is WAL mode, 1 rollback mode
			if p := at + int64(i); p == 18 || p == 19 {
				part[i] = 1
			} else if p > 19 {
				break
			}
		}
		n += len(part)
	}
	return n, nil
}

// OverLog gives the file f with its write-ahead log, nil if it has none that counts.
func OverLog(f *steadyFile, log *os.File) (*overlay, error) {
	h, err := readHeader(f, f.Size())
	if err != nil || !h.wal {
		return nil, nil // the check itself says what is wrong with the header
	}
	info, err := log.Stat()
	if err != nil {
		return nil, err
	}
	index, err := ReadWAL(steadyLog{log, f}, info.Size(), h.pageSize)
	var o *overlay
	if err == nil {
		o, err = newOverlay(f, f.Size(), h, steadyLog{log, f}, index)
	}
	if errors.Is(err, ErrDamaged) {
		return nil, nil
	}
	return o, err
}
