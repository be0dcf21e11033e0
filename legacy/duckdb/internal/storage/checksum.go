package storage

import (
	"encoding/binary"
	"fmt"

	"github.com/simexp/exparchive/legacy/duckdb/internal/fault"
)

// Checksum is the engine's check over a header, a block or a log entry.
func Checksum(b []byte) uint64 {
	const k = 0xbf58476d1ce4e5b9
	var r0, r1 uint64 = 5381, 0
	for len(b) >= 32 {
		r0 ^= binary.LittleEndian.Uint64(b) * k
		r1 ^= binary.LittleEndian.Uint64(b[8:]) * k
		r0 ^= binary.LittleEndian.Uint64(b[16:]) * k
		r1 ^= binary.LittleEndian.Uint64(b[24:]) * k
		b = b[32:]
	}
	for len(b) >= 8 {
		r0 ^= binary.LittleEndian.Uint64(b) * k
		b = b[8:]
	}
	if len(b) > 0 {
		r0 ^= checksumTail(b)
	}
	return r0 ^ r1
}

// checksumTail mixes the last 1 to 7 bytes, which only log entries have.
func checksumTail(b []byte) uint64 {
	const m = 0xc6a4a7935bd1e995
	h := 0xe17a1465 ^ uint64(len(b))*m
	var x uint64
	for i, c := range b {
		x |= uint64(c) << (8 * i)
	}
	h = (h ^ x) * m
	h = (h ^ h>>47) * m
	return h ^ h>>47
}

// checkUnit compares a header or block with the checksum in its first 8 bytes.
func checkUnit(unit []byte, at int64, field string) error {
	got, want := Checksum(unit[8:]), binary.LittleEndian.Uint64(unit)
	if got != want {
		return &fault.FormatError{Offset: at, Field: field,
			Err: fmt.Errorf("%w: got %#016x, want %#016x", fault.ErrChecksum, got, want)}
	}
	return nil
}
