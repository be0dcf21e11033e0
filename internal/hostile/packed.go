package hostile

import (
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/zstd"
)

// A pack is a file of frames of zstd with a seek table (https://github.com/facebook/zstd, contrib/seekable_format).
type pack struct {
	frames [][]byte
	holds  []uint32 // what the table says of each
}

const packFrame = 16 << 10

// packs packs data as the program does, in smaller frames.
func (m *maker) packs(data []byte) pack {
	var p pack
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true))
	if err != nil {
		m.err = errors.Join(m.err, err)
		return p
	}
	defer e.Close()
	for len(data) > 0 {
		part := data[:min(len(data), packFrame)]
		data = data[len(part):]
		p.frames, p.holds = append(p.frames, e.EncodeAll(part, nil)), append(p.holds, uint32(len(part)))
	}
	return p
}

func (p pack) bytes() []byte {
	le := binary.LittleEndian
	var b []byte
	for _, f := range p.frames {
		b = append(b, f...)
	}
	b = le.AppendUint32(b, 0x184D2A5E)
	b = le.AppendUint32(b, uint32(8*len(p.holds)+9))
	for i, holds := range p.holds {
		b = le.AppendUint32(b, uint32(len(p.frames[i])))
		b = le.AppendUint32(b, holds)
	}
	b = le.AppendUint32(b, uint32(len(p.holds)))
	return le.AppendUint32(append(b, 0), 0x8F92EAB1)
}

// repeatedByte is a frame that holds n zeros in blocks of one byte repeated, without a right checksum.
func repeatedByte(n int) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xa4}, uint32(n))
	for ; n > 0; n -= 128 << 10 {
		head := uint32(min(n, 128<<10))<<3 | 1<<1
		if n <= 128<<10 {
			head |= 1
		}
		b = append(b, byte(head), byte(head>>8), byte(head>>16), 0)
	}
	return append(b, 0, 0, 0, 0)
}

// packings are packed archives whose form is not sound, or that hold what is not.
func (m *maker) packings() {
	sound := m.packs(m.src.Sealed)
	if m.err != nil {
		return
	}
	whole := sound.bytes()
	size := len(whole)
	m.file("packed", false, whole)
	m.file("packed, cut", true, whole[:size/2])
	m.file("packed, a byte behind it", true, append(whole[:size:size], 0))
	m.file("packed twice", true, m.packs(whole).bytes())
	m.file("packed, of a recording", true, m.packs(m.src.Live).bytes())
	m.file("packed, of half an archive", true, m.packs(m.src.Sealed[:len(m.src.Sealed)/2]).bytes())
	m.file("packed, of nothing but zeros", true, m.packs(make([]byte, 1<<20)).bytes())
	changed := func(name string, change func(p *pack)) {
		p := m.packs(m.src.Sealed)
		change(&p)
		m.file("packed, "+name, true, p.bytes())
	}
	changed("frames that say 4 GB", func(p *pack) {
		for i := range p.frames {
			p.frames[i] = append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xa4, 255, 255, 255, 255}, p.frames[i][7:]...)
		}
	})
	changed("a table that says 4 GB", func(p *pack) { p.holds[0] = 1<<32 - 1 })
	changed("frames that hold more than they say", func(p *pack) {
		p.frames[0] = repeatedByte(1 << 30)
		binary.LittleEndian.PutUint32(p.frames[0][5:], packFrame)
	})
	changed("a million frames of a byte", func(p *pack) {
		one := m.packs([]byte{'S'}).frames[0]
		p.frames, p.holds = nil, nil
		for range 1_000_000 {
			p.frames, p.holds = append(p.frames, one), append(p.holds, 1)
		}
	})
	changed("a gigabyte of zeros", func(p *pack) {
		p.frames, p.holds = nil, nil
		for range 1 << 10 {
			p.frames, p.holds = append(p.frames, repeatedByte(1<<20)), append(p.holds, 1<<20)
		}
	})
	changed("zeros behind its first pages", func(p *pack) {
		for i := 1; i < len(p.frames); i++ {
			p.frames[i] = repeatedByte(int(p.holds[i]))
		}
	})
	changed("frames in another order", func(p *pack) {
		p.frames[0], p.frames[1] = p.frames[1], p.frames[0]
	})
}
