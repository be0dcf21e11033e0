package main

import (
	"bytes"
	"encoding/binary"
)

// prngLibrary gives a library bcryptprimitives.dll, which every program of Go loads and Wine has only from 9 on. It has
// no code: its one function, ProcessPrng, is that of another name in advapi32.dll, which fills bytes at random too. The
// layout is that of https://learn.microsoft.com/windows/win32/debug/pe-format.
func prngLibrary() []byte {
	const (
		peOffset       = 0x40
		optionalSize   = 0xf0
		fileAlignment  = 0x200
		pageSize       = 0x1000
		directorySize  = 40
		amd64          = 0x8664
		exportsAddress = pageSize
	)
	// The directory of exports, its three tables of one entry each, and the texts that they point to.
	const function, name, ordinal = exportsAddress + directorySize, exportsAddress + directorySize + 4,
		exportsAddress + directorySize + 8
	var texts bytes.Buffer
	text := func(s string) (address uint32) {
		address = ordinal + 2 + uint32(texts.Len())
		texts.WriteString(s + "\x00")
		return address
	}
	library, exported := text("bcryptprimitives.dll"), text("ProcessPrng")
	// An address within the directory of exports is not that of code, but of the name of a function elsewhere.
	elsewhere := text("advapi32.SystemFunction036") // RtlGenRandom
	exports := pack(
		uint32(0), uint32(0), uint32(0), library, uint32(1), uint32(1), uint32(1),
		uint32(function), uint32(name), uint32(ordinal), elsewhere, exported, uint16(0), texts.Bytes())

	header := pack(
		[]byte("MZ"), make([]byte, peOffset-6), uint32(peOffset), []byte("PE\x00\x00"),
		// COFF: one section; executable, large addresses, a library.
		uint16(amd64), uint16(1), uint32(0), uint32(0), uint32(0), uint16(optionalSize), uint16(0x2022),
		// Optional header of 64 bits, without an entry point, of Windows 6.0, for the console.
		uint16(0x20b), uint16(0), uint32(0), uint32(fileAlignment), uint32(0), uint32(0), uint32(0),
		uint64(0x180000000), uint32(pageSize), uint32(fileAlignment), uint16(6), uint16(0), uint16(0), uint16(0),
		uint16(6), uint16(0), uint32(0), uint32(2*pageSize), uint32(fileAlignment), uint32(0), uint16(3), uint16(0x140),
		uint64(0x100000), uint64(pageSize), uint64(0x100000), uint64(pageSize), uint32(0), uint32(16),
		uint32(exportsAddress), uint32(len(exports)), make([]byte, 15*8),
		// The section: initialized data that may be read.
		[]byte(".edata\x00\x00"), uint32(len(exports)), uint32(exportsAddress), uint32(fileAlignment),
		uint32(fileAlignment), uint32(0), uint32(0), uint32(0), uint32(0x40000040))
	file := make([]byte, 2*fileAlignment)
	copy(file, header)
	copy(file[fileAlignment:], exports)
	return file
}

// pack puts values behind each other, little-endian.
func pack(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		_ = binary.Write(&b, binary.LittleEndian, v) // a buffer takes all
	}
	return b.Bytes()
}
