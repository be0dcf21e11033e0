package parquet

import "encoding/binary"

// Types of Thrift's compact protocol
// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftStruct = 12 // 11 is a map
)

// A thrift appends a struct to buf. Fields are given in ascending order of their ids.
type thrift struct {
	buf  []byte
	last int // id of the field before, in the struct that is written
}

// field begins field id, whose value follows.
func (t *thrift) field(id, kind int) {
	t.buf = append(t.buf, byte(id-t.last)<<4|byte(kind)) // ids here are never more than 15 apart
	t.last = id
}

func (t *thrift) i32(id int, v int32) {
	t.field(id, thriftI32)
	t.buf = binary.AppendVarint(t.buf, int64(v))
}

func (t *thrift) i64(id int, v int64) {
	t.field(id, thriftI64)
	t.buf = binary.AppendVarint(t.buf, v)
}

func (t *thrift) binary(id int, v string) {
	t.field(id, thriftBinary)
	t.element(v)
}

// element writes a binary value in a list.
func (t *thrift) element(v string) {
	t.buf = binary.AppendUvarint(t.buf, uint64(len(v)))
	t.buf = append(t.buf, v...)
}

// list begins a list of n values, which follow.
func (t *thrift) list(id, kind, n int) {
	t.field(id, thriftList)
	if n < 15 {
		t.buf = append(t.buf, byte(n)<<4|byte(kind))
		return
	}
	t.buf = append(t.buf, 15<<4|byte(kind))
	t.buf = binary.AppendUvarint(t.buf, uint64(n))
}

// within writes field id, a struct.
func (t *thrift) within(id int, write func()) {
	t.field(id, thriftStruct)
	t.item(write)
}

// item writes a struct in a list.
func (t *thrift) item(write func()) {
	outer := t.last
	t.last = 0
	write()
	t.buf = append(t.buf, 0) // stop
	t.last = outer
}
