package disktest

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
)

// sector is what a medium writes wholly or not at all, in bytes.
const sector = 512

// A Replay walks through a log. The zero value stands before its first Op.
type Replay struct {
	// Lying makes a medium that says it flushed and did not.
	Lying bool

	files  map[int]*file
	names  map[string]int // as they are on the medium
	unsure []pending      // changes of names since the last flush of their folder
	last   int64          // mark
	step   int
}

// A file is what of one file is on the medium for sure, and what may be.
type file struct {
	durable []byte
	unsure  []pending
}

// A pending change happened at a step of the log.
type pending struct {
	step int
	op   Op
}

// Mark gives the latest mark, and 0 before the first.
func (r *Replay) Mark() int64 { return r.last }

// Play takes the next Op of the log.
func (r *Replay) Play(op Op) {
	if r.files == nil {
		r.files, r.names = map[int]*file{}, map[string]int{}
	}
	r.step++
	change := pending{r.step, op}
	switch op.Kind {
	case Write, Truncate:
		f := r.file(op.File)
		f.unsure = append(f.unsure, change)
	case Sync:
		if f := r.file(op.File); !r.Lying {
			for _, p := range f.unsure {
				f.durable = apply(f.durable, p.op)
			}
			f.unsure = nil
		}
	case Create, Delete, Link, Rename:
		r.unsure = append(r.unsure, change)
	case SyncDir:
		if r.Lying {
			break
		}
		rest := r.unsure[:0]
		for _, p := range r.unsure {
			if filepath.Dir(p.op.Path) == op.Path {
				rename(r.names, p.op)
			} else {
				rest = append(rest, p)
			}
		}
		r.unsure = rest
	case Mark:
		r.last = op.Offset
	}
}

func (r *Replay) file(n int) *file {
	f, ok := r.files[n]
	if !ok {
		f = &file{}
		r.files[n] = f
	}
	return f
}

// apply does a write or a truncation to content.
func apply(content []byte, op Op) []byte {
	if op.Kind == Truncate {
		return resize(content, op.Offset)
	}
	if end := op.Offset + int64(len(op.Data)); end > int64(len(content)) {
		content = resize(content, end)
	}
	copy(content[op.Offset:], op.Data)
	return content
}

// resize cuts content or adds zeros.
func resize(content []byte, size int64) []byte {
	if size <= int64(len(content)) {
		return content[:size]
	}
	n := len(content)
	content = slices.Grow(content, int(size)-n)[:size]
	clear(content[n:])
	return content
}

func rename(names map[string]int, op Op) {
	switch op.Kind {
	case Create:
		names[op.Path] = op.File
	case Delete:
		delete(names, op.Path)
	case Link, Rename:
		n, ok := names[op.From]
		if !ok {
			return // the name it came from did not make it to the medium, and so nothing of this did
		}
		names[op.Path] = n
		if op.Kind == Rename {
			delete(names, op.From)
		}
	}
}

// Crash gives the files that a loss of power at this moment leaves, by path; which of the many possibilities, random
// decides. The contents belong to the caller.
func (r *Replay) Crash(random *rand.Rand) map[string][]byte {
	how := random.IntN(6)
	until := 0 // of everything: a prefix
	if how == 2 {
		until = r.oldest() + random.IntN(r.step-r.oldest()+1)
	}
	keep := func(p pending) bool {
		switch how {
		case 0:
			return false
		case 1:
			return true
		case 2:
			return p.step <= until
		}
		return random.IntN(2) == 0
	}
	names := maps.Clone(r.names)
	if names == nil {
		names = map[string]int{}
	}
	for _, p := range r.unsure {
		if keep(p) {
			rename(names, p.op)
		}
	}
	state := map[string][]byte{}
	for _, path := range slices.Sorted(maps.Keys(names)) { // in a fixed order, for the sake of random
		f := r.file(names[path])
		content := slices.Clone(f.durable)
		for _, p := range f.unsure {
			switch {
			case how >= 4 && p.op.Kind == Write:
				content = tear(content, p.op, how == 5, random)
			case keep(p):
				content = apply(content, p.op)
			}
		}
		state[path] = content
	}
	return state
}

// oldest gives the step before the first change that is not sure.
func (r *Replay) oldest() int {
	oldest := r.step
	for _, p := range r.unsure {
		oldest = min(oldest, p.step-1)
	}
	for _, f := range r.files {
		if len(f.unsure) > 0 {
			oldest = min(oldest, f.unsure[0].step-1)
		}
	}
	return oldest
}

// tear writes some sectors of a write. A file may have grown although what grew it is not there.
func tear(content []byte, op Op, grow bool, random *rand.Rand) []byte {
	end := op.Offset + int64(len(op.Data))
	if grow && end > int64(len(content)) && random.IntN(2) == 0 {
		content = resize(content, end)
	}
	for from := op.Offset; from < end; {
		to := min(end, from-from%sector+sector)
		if random.IntN(2) == 0 {
			content = apply(content, Op{Kind: Write, Offset: from, Data: op.Data[from-op.Offset : to-op.Offset]})
		}
		from = to
	}
	return content
}
