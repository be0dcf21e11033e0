package parquet

import "encoding/binary"

// magic is what a file begins and ends with.
const magic = "PAR1"

// A group describes a row group that is written.
type group struct {
	rows   int64
	chunks []description
}

// A description says where a column chunk lies, and what is in it.
type description struct {
	begin, size int64
	raw         int64 // its size before it was compressed
	values      int64 // nulls among them
	nulls       int64
	dictionary  int64 // length of its dictionary page; 0 for none
	plain       bool  // it has pages in plain
	low, high   string
	bounded     bool // low and high are the least and the greatest value
}

// Numbers of the types, and of an annotation, in FileMetaData.
var physical = [...]int32{Boolean: 0, Int32: 1, Int64: 2, Double: 5, String: 6}

const convertedUTF8 = 0

// footer gives FileMetaData (https://parquet.apache.org/docs/file-format/metadata/) and what is behind it.
func (f *Writer) footer(createdBy string, about []KeyValue) []byte {
	var t thrift
	t.item(func() {
		t.i32(1, 1) // version
		t.list(2, thriftStruct, len(f.columns)+1)
		t.item(func() { // the root of the schema
			t.binary(4, "schema")
			t.i32(5, int32(len(f.columns)))
		})
		for _, c := range f.columns {
			t.item(func() { t.schemaElement(c) })
		}
		t.i64(3, f.all)
		t.list(4, thriftStruct, len(f.groups))
		for _, g := range f.groups {
			t.item(func() { t.rowGroup(g, f.columns) })
		}
		t.list(5, thriftStruct, len(about))
		for _, kv := range about {
			t.item(func() {
				t.binary(1, kv.Key)
				t.binary(2, kv.Value)
			})
		}
		t.binary(6, createdBy)
		t.list(7, thriftStruct, len(f.columns))
		for range f.columns {
			t.item(func() { t.within(1, func() {}) }) // TYPE_ORDER, which the statistics follow
		}
	})
	return append(binary.LittleEndian.AppendUint32(t.buf, uint32(len(t.buf))), magic...)
}

func (t *thrift) schemaElement(c Column) {
	t.i32(1, physical[c.Type])
	repetition := int32(0) // REQUIRED
	if c.Optional {
		repetition = 1 // OPTIONAL
	}
	t.i32(3, repetition)
	t.binary(4, c.Name)
	if c.Type == String {
		t.i32(6, convertedUTF8)
		t.within(10, func() { t.within(1, func() {}) }) // LogicalType STRING
	}
}

func (t *thrift) rowGroup(g group, columns []Column) {
	var raw, size int64
	for _, d := range g.chunks {
		raw += d.raw
		size += d.size
	}
	t.list(1, thriftStruct, len(g.chunks))
	for i, d := range g.chunks {
		t.item(func() { // ColumnChunk
			t.i64(2, 0) // file_offset, which means nothing any more
			t.within(3, func() { t.columnMetaData(d, columns[i]) })
		})
	}
	t.i64(2, raw)
	t.i64(3, g.rows)
	t.i64(5, g.chunks[0].begin)
	t.i64(6, size)
}

func (t *thrift) columnMetaData(d description, c Column) {
	t.i32(1, physical[c.Type])
	encodings := []int64{encodingRLE}
	if d.plain || d.dictionary > 0 { // the dictionary itself is in plain
		encodings = append(encodings, encodingPlain)
	}
	if d.dictionary > 0 {
		encodings = append(encodings, encodingDictionary)
	}
	t.list(2, thriftI32, len(encodings))
	for _, e := range encodings {
		t.buf = binary.AppendVarint(t.buf, e)
	}
	t.list(3, thriftBinary, 1)
	t.element(c.Name)
	t.i32(4, codecZstd)
	t.i64(5, d.values)
	t.i64(6, d.raw)
	t.i64(7, d.size)
	t.i64(9, d.begin+d.dictionary)
	if d.dictionary > 0 {
		t.i64(11, d.begin)
	}
	t.within(12, func() { // Statistics
		t.i64(3, d.nulls)
		if d.bounded {
			t.binary(5, d.high)
			t.binary(6, d.low)
		}
	})
}
