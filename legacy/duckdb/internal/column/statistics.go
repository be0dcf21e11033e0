package column

import (
	"github.com/simexp/exparchive/legacy/duckdb/internal/chunk"
	"github.com/simexp/exparchive/legacy/duckdb/internal/codec"
	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
	"github.com/simexp/exparchive/legacy/duckdb/internal/storage"
	"github.com/simexp/exparchive/legacy/duckdb/internal/tree"
	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// readStatistics reads the BaseStatistics of a column of type t.
func readStatistics(s *storage.Stream, t *types.Type) (st codec.Statistics) {
	const class = "BaseStatistics"
	for o := s.Object(class); o.Next(); {
		switch o.ID {
		case 100:
			st.HasNull = s.Bool("BaseStatistics.has_null")
		case 101:
			s.Bool("BaseStatistics.has_no_null")
		case 102:
			s.ULEB(64, "BaseStatistics.distinct_count")
		case 103:
			readTypeStatistics(s, t, &st)
		default:
			o.Unknown()
		}
	}
	return st
}

func readTypeStatistics(s *storage.Stream, t *types.Type, st *codec.Statistics) {
	const class = "BaseStatistics.type_stats"
	o := s.Object(class)
	for o.Next() {
		switch {
		case t.ID == types.Variant:
			readVariantStatistics(s, &o)
		case t.ID == types.Geometry && o.ID >= 300:
			readGeometryStatistics(s, &o)
		case t.Phys == types.PhysString:
			switch o.ID {
			case 200, 201:
				var prefix [8]byte
				if n := s.Length(class); n != len(prefix) {
					s.Fail(class, fault.Corruptf("string prefix of %d bytes, want %d", n, len(prefix)))
					return
				}
				s.Fill(prefix[:], class)
			case 202, 203:
				s.Bool(class)
			case 204, 206, 207:
				s.ULEB(64, class)
			case 205: // the smallest and the largest, from DuckDB 2.0 on instead of 200 and 201
				var bounds [24]byte
				if n := s.Length(class); n != len(bounds) {
					s.Fail(class, fault.Corruptf("string bounds of %d bytes, want %d", n, len(bounds)))
					return
				}
				s.Fill(bounds[:], class)
			default:
				o.Unknown()
			}
		case t.Phys == types.PhysList, t.Phys == types.PhysArray:
			if o.ID != 200 {
				o.Unknown()
				return
			}
			readStatistics(s, t.Elem)
		case t.Phys == types.PhysStruct:
			if o.ID != 200 {
				o.Unknown()
				return
			}
			if n := s.Length(class); n != len(t.Stored) {
				s.Fail(class, fault.Corruptf("statistics of %d members, want %d", n, len(t.Stored)))
				return
			}
			for _, f := range t.Stored {
				readStatistics(s, f.Type)
			}
		case t.Phys != types.PhysNone && t.Phys != types.PhysValidity:
			switch o.ID {
			case 200: // the smallest, though the engine calls it max
				st.Min, st.HasMin = readBound(s, t)
			case 201:
				st.Max, st.HasMax = readBound(s, t)
			default:
				o.Unknown()
			}
		default:
			o.Unknown()
		}
	}
}

func readBound(s *storage.Stream, t *types.Type) (x vector.Uint128, has bool) {
	for o := s.Object("BaseStatistics.bound"); o.Next(); {
		switch o.ID {
		case 100:
			has = s.Bool("BaseStatistics.has_value")
		case 101:
			if !has {
				s.Fail("BaseStatistics.has_value", fault.Corruptf("false, and a value"))
			}
			if t.ID == types.Boolean {
				if s.Bool("BaseStatistics.value") {
					x.Lo = 1
				}
				continue
			}
			x = tree.ReadFixed(s, t.Phys, "BaseStatistics.value")
		default:
			o.Unknown()
		}
	}
	return x, has
}

func readGeometryStatistics(s *storage.Stream, o *storage.Object) {
	const class = "GeometryStatistics"
	switch o.ID {
	case 300:
		for e := s.Object(class); e.Next(); {
			s.Float64(class)
		}
	case 301:
		for e := s.Object(class); e.Next(); {
			s.ULEB(64, class)
		}
	case 302:
		s.ULEB(64, class)
	default:
		o.Unknown()
	}
}

func readVariantStatistics(s *storage.Stream, o *storage.Object) {
	const class = "VariantStatistics"
	switch o.ID {
	case 200:
		s.ULEB(8, class)
	case 225:
		readStatistics(s, types.VariantStruct)
	case 230:
		t, err := tree.ReadType(s)
		if err != nil {
			s.Stop(err)
			return
		}
		// The statistics of the shredded form follow, at 235.
		if !o.Next() {
			s.Fail(class, fault.Corruptf("shredded type without statistics"))
			return
		}
		if o.ID != 235 {
			o.Unknown()
			return
		}
		readStatistics(s, t)
	default:
		o.Unknown()
	}
}

// ReadStatistics walks over the statistics before a table's row groups.
func ReadStatistics(s *storage.Stream, columns []*types.Type) {
	const class = "TableStatistics"
	for o := s.Object(class); o.Next(); {
		switch o.ID {
		case 100:
			if n := s.Length(class); n != len(columns) {
				s.Fail(class, fault.Corruptf("statistics of %d columns, want %d", n, len(columns)))
				return
			}
			for _, t := range columns {
				if s.Bool(class) {
					readColumnStatistics(s, t)
				}
			}
		case 101:
			if s.Bool("TableStatistics.sample") {
				readSample(s)
			}
		default:
			o.Unknown()
		}
	}
}

func readColumnStatistics(s *storage.Stream, t *types.Type) {
	const class = "ColumnStatistics"
	for o := s.Object(class); o.Next(); {
		switch o.ID {
		case 100:
			readStatistics(s, t)
		case 101:
			if !s.Bool(class) {
				continue
			}
			for d := s.Object("DistinctStatistics"); d.Next(); {
				switch d.ID {
				case 100, 101:
					s.ULEB(64, "DistinctStatistics")
				case 102:
					if !s.Bool("DistinctStatistics") {
						continue
					}
					for h := s.Object("HyperLogLog"); h.Next(); {
						switch h.ID {
						case 100:
							s.ULEB(64, "HyperLogLog")
						case 101:
							s.Blob("HyperLogLog")
						default:
							h.Unknown()
						}
					}
				default:
					d.Unknown()
				}
			}
		default:
			o.Unknown()
		}
	}
}

// readSample walks over the random sample that the engine keeps of a table.
func readSample(s *storage.Stream) {
	const class = "BlockingSample"
	for o := s.Object(class); o.Next(); {
		switch o.ID {
		case 100:
			if s.Bool(class) {
				tree.Read(s, "BaseReservoirSampling")
			}
		case 101, 200:
			s.ULEB(64, class)
		case 102:
			s.Bool(class)
		case 201:
			if s.Bool(class) {
				chunk.Read(s, vector.NewBudget(storage.MaxStreamBytes), maxSampleRows, "ReservoirSample.chunk")
			}
		default:
			o.Unknown()
		}
	}
}

// maxSampleRows bounds the rows of a stored sample.
const maxSampleRows = 1 << 20
