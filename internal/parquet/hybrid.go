package parquet

import "encoding/binary"

// appendHybrid appends values of width bits, 1 to 32, in the RLE and bit-packing hybrid
// (https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE). Eight and more equal values in a row become
// a run; what is between such runs is packed in groups of eight.
func appendHybrid(buf []byte, values []uint32, width int) []byte {
	packed := 0 // values[packed:i] are not written yet
	for i := 0; i < len(values); {
		n := runLength(values[i:])
		// What is packed before a run has to come to whole groups: the first of the run fill up the last one.
		if fill := -(i - packed) & 7; n-fill >= 8 {
			buf = appendPacked(buf, values[packed:i+fill], width)
			i, n = i+fill, n-fill
			buf = binary.AppendUvarint(buf, uint64(n)<<1)
			for shift := 0; shift < width; shift += 8 {
				buf = append(buf, byte(values[i]>>shift))
			}
			packed = i + n
		}
		i += n
	}
	return appendPacked(buf, values[packed:], width)
}

// runLength gives how many of the first values are equal.
func runLength(values []uint32) int {
	n := 1
	for n < len(values) && values[n] == values[0] {
		n++
	}
	return n
}

// appendPacked appends values as groups of eight, the last of which is filled up with zeroes. A value begins in the
// lowest bit that is free.
func appendPacked(buf []byte, values []uint32, width int) []byte {
	if len(values) == 0 {
		return buf
	}
	groups := (len(values) + 7) / 8
	buf = binary.AppendUvarint(buf, uint64(groups)<<1|1)
	var bits uint64
	have := 0
	for i := range groups * 8 {
		if i < len(values) {
			bits |= uint64(values[i]) << have
		}
		for have += width; have >= 8; have -= 8 {
			buf = append(buf, byte(bits))
			bits >>= 8
		}
	}
	return buf
}
