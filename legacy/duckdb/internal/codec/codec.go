package codec

import (
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// A Decoder gives the values of a segment in order.
type Decoder interface {
	// Decode stores the next n values at dst[at], which exists already.
	Decode(dst *vector.Vector, at, n int, b *vector.Budget) error
}

// A ValidityDecoder gives the NULLs of a segment in order.
type ValidityDecoder interface {
	// Validity makes NULL those of the next n values of dst, from at on, that are.
	Validity(dst *vector.Vector, at, n int) error
}

// bitpackingCodec is the number of bitpacking.
const bitpackingCodec = 6

// codecs is indexed by the number on disk. A new codec is one line here and one file.
var codecs = [...]struct {
	name     string
	open     func(p *part, t *types.Type) (Decoder, error) // for values
	validity func(p *part) (ValidityDecoder, error)        // for NULLs
}{
	1:               {"uncompressed", openUncompressed, openBitmask},
	2:               {"constant", openConstant, openConstantValidity},
	3:               {"rle", openRLE, nil},
	4:               {"dictionary", openDictionary, nil},
	bitpackingCodec: {"bitpacking", openBitpacking, nil},
	7:               {"fsst", openFSST, nil},
	8:               {"chimp", openChimp, nil},
	9:               {"patas", openPatas, nil},
	10:              {"alp", openALP, nil},
	11:              {"alprd", openALPRD, nil},
	12:              {"zstd", openZSTD, nil},
	13:              {"roaring", openRoaringBooleans, openRoaring},
	14:              {"empty", nil, openEmptyValidity},
	15:              {"dict_fsst", openDictFSST, nil},
}

// Open prepares to decode the values of a segment of type t. What it gives reads from the block, and may store views of
// it in vectors: the caller releases the block when neither is needed any more. A segment without data has a nil one.
func Open(f *storage.File, g *Segment, t *types.Type) (Decoder, *storage.Block, error) {
	p, err := newPart(f, g)
	if err != nil {
		return nil, nil, err
	}
	open := codecs[g.Codec].open
	if open == nil {
		return nil, nil, p.fail(0, "values", fault.Unsupportedf("%s values", t))
	}
	d, err := open(p, t)
	return d, p.block, err
}

// OpenValidity prepares to decode the NULLs of a segment. The block is as that of [Open].
func OpenValidity(f *storage.File, g *Segment) (ValidityDecoder, *storage.Block, error) {
	p, err := newPart(f, g)
	if err != nil {
		return nil, nil, err
	}
	open := codecs[g.Codec].validity
	if open == nil {
		return nil, nil, p.fail(0, "validity", fault.Unsupportedf("validity"))
	}
	d, err := open(p)
	return d, p.block, err
}
