package duckdb

import (
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// statistics are the parts of a BaseStatistics object that decoding needs.
type statistics struct {
	hasNull bool
	hasMin  bool
	min     uint128 // bits of the smallest value: the value of a CONSTANT segment
}

// readStatistics reads the BaseStatistics of a column of type t.
func readStatistics(s *stream, t *types.Type) (st statistics) {
	const class = "BaseStatistics"
	for o := s.object(class); o.next(); {
		switch o.id {
		case 100:
			st.hasNull = s.bool("BaseStatistics.has_null")
		case 101:
			s.bool("BaseStatistics.has_no_null")
		case 102:
			s.uleb(64, "BaseStatistics.distinct_count")
		case 103:
			readTypeStatistics(s, t, &st)
		default:
			o.unknown()
		}
	}
	return st
}

func readTypeStatistics(s *stream, t *types.Type, st *statistics) {
	const class = "BaseStatistics.type_stats"
	o := s.object(class)
	for o.next() {
		switch {
		case t.ID == types.Variant:
			readVariantStatistics(s, &o)
		case t.ID == types.Geometry && o.id >= 300:
			readGeometryStatistics(s, &o)
		case t.Phys == types.PhysString:
			switch o.id {
			case 200, 201:
				var prefix [8]byte
				if n := s.length(class); n != len(prefix) {
					s.fail(class, fault.Corruptf("string prefix of %d bytes, want %d", n, len(prefix)))
					return
				}
				s.read(prefix[:], class)
			case 202, 203:
				s.bool(class)
			case 204:
				s.uleb(64, class)
			default:
				o.unknown()
			}
		case t.Phys == types.PhysList, t.Phys == types.PhysArray:
			if o.id != 200 {
				o.unknown()
				return
			}
			readStatistics(s, t.Elem)
		case t.Phys == types.PhysStruct:
			if o.id != 200 {
				o.unknown()
				return
			}
			if n := s.length(class); n != len(t.Stored) {
				s.fail(class, fault.Corruptf("statistics of %d members, want %d", n, len(t.Stored)))
				return
			}
			for _, f := range t.Stored {
				readStatistics(s, f.Type)
			}
		case t.Phys != types.PhysNone && t.Phys != types.PhysValidity:
			switch o.id {
			case 200: // the smallest, though the engine calls it max
				st.min, st.hasMin = readBound(s, t)
			case 201:
				readBound(s, t)
			default:
				o.unknown()
			}
		default:
			o.unknown()
		}
	}
}

func readBound(s *stream, t *types.Type) (x uint128, has bool) {
	for o := s.object("BaseStatistics.bound"); o.next(); {
		switch o.id {
		case 100:
			has = s.bool("BaseStatistics.has_value")
		case 101:
			if t.ID == types.Boolean {
				if s.bool("BaseStatistics.value") {
					x.Lo = 1
				}
				continue
			}
			x = readFixed(s, t.Phys, "BaseStatistics.value")
		default:
			o.unknown()
		}
	}
	return x, has
}

func readGeometryStatistics(s *stream, o *object) {
	const class = "GeometryStatistics"
	switch o.id {
	case 300:
		for e := s.object(class); e.next(); {
			s.float64(class)
		}
	case 301:
		for e := s.object(class); e.next(); {
			s.uleb(64, class)
		}
	case 302:
		s.uleb(64, class)
	default:
		o.unknown()
	}
}

func readVariantStatistics(s *stream, o *object) {
	const class = "VariantStatistics"
	switch o.id {
	case 200:
		s.uleb(8, class)
	case 225:
		readStatistics(s, types.VariantStruct)
	case 230:
		t, err := readStoredType(s)
		if err != nil {
			s.err = err
			return
		}
		// The statistics of the shredded form follow, at 235.
		if !o.next() {
			s.fail(class, fault.Corruptf("shredded type without statistics"))
			return
		}
		if o.id != 235 {
			o.unknown()
			return
		}
		readStatistics(s, t)
	default:
		o.unknown()
	}
}

// readTableStatistics walks over the statistics before a table's row groups.
func readTableStatistics(s *stream, columns []*types.Type) {
	const class = "TableStatistics"
	for o := s.object(class); o.next(); {
		switch o.id {
		case 100:
			if n := s.length(class); n != len(columns) {
				s.fail(class, fault.Corruptf("statistics of %d columns, want %d", n, len(columns)))
				return
			}
			for _, t := range columns {
				if s.bool(class) {
					readColumnStatistics(s, t)
				}
			}
		case 101:
			if s.bool("TableStatistics.sample") {
				readSample(s)
			}
		default:
			o.unknown()
		}
	}
}

func readColumnStatistics(s *stream, t *types.Type) {
	const class = "ColumnStatistics"
	for o := s.object(class); o.next(); {
		switch o.id {
		case 100:
			readStatistics(s, t)
		case 101:
			if !s.bool(class) {
				continue
			}
			for d := s.object("DistinctStatistics"); d.next(); {
				switch d.id {
				case 100, 101:
					s.uleb(64, "DistinctStatistics")
				case 102:
					if !s.bool("DistinctStatistics") {
						continue
					}
					for h := s.object("HyperLogLog"); h.next(); {
						switch h.id {
						case 100:
							s.uleb(64, "HyperLogLog")
						case 101:
							s.blob("HyperLogLog")
						default:
							h.unknown()
						}
					}
				default:
					d.unknown()
				}
			}
		default:
			o.unknown()
		}
	}
}

// readSample walks over the random sample that the engine keeps of a table.
func readSample(s *stream) {
	const class = "BlockingSample"
	for o := s.object(class); o.next(); {
		switch o.id {
		case 100:
			if s.bool(class) {
				walkClass(s, "BaseReservoirSampling")
			}
		case 101, 200:
			s.uleb(64, class)
		case 102:
			s.bool(class)
		case 201:
			if s.bool(class) {
				readChunk(s, newBudget(maxStreamBytes), maxSampleRows, "ReservoirSample.chunk")
			}
		default:
			o.unknown()
		}
	}
}

// maxSampleRows bounds the rows of a stored sample.
const maxSampleRows = 1 << 20
