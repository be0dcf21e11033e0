package types

import (
	"strconv"
	"strings"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

// An ID is the number of a logical type, as stored in the file.
type ID uint8

// The logical types that a column can have.
const (
	Null          ID = 1
	TypeOfTypes   ID = 6 // of values in types, never of a column
	Boolean       ID = 10
	TinyInt       ID = 11
	SmallInt      ID = 12
	Integer       ID = 13
	BigInt        ID = 14
	Date          ID = 15
	Time          ID = 16
	TimestampS    ID = 17
	TimestampMS   ID = 18
	Timestamp     ID = 19
	TimestampNS   ID = 20
	Decimal       ID = 21
	Float         ID = 22
	Double        ID = 23
	Char          ID = 24
	Varchar       ID = 25
	Blob          ID = 26
	Interval      ID = 27
	UTinyInt      ID = 28
	USmallInt     ID = 29
	UInteger      ID = 30
	UBigInt       ID = 31
	TimestampTZ   ID = 32
	TimestampTZNS ID = 33
	TimeTZ        ID = 34
	TimeNS        ID = 35
	Bit           ID = 36
	BigNum        ID = 39
	UHugeInt      ID = 49
	HugeInt       ID = 50
	Validity      ID = 53
	UUID          ID = 54
	Geometry      ID = 60
	Struct        ID = 100
	List          ID = 101
	Map           ID = 102
	Enum          ID = 104
	Aggregate     ID = 105
	Union         ID = 107
	Array         ID = 108
	Variant       ID = 109
	Tuple         ID = 110
)

var names = map[ID]string{
	Null: `"NULL"`, Boolean: "BOOLEAN", TinyInt: "TINYINT", SmallInt: "SMALLINT", Integer: "INTEGER",
	BigInt: "BIGINT", Date: "DATE", Time: "TIME", TimestampS: "TIMESTAMP_S", TimestampMS: "TIMESTAMP_MS",
	Timestamp: "TIMESTAMP", TimestampNS: "TIMESTAMP_NS", Float: "FLOAT", Double: "DOUBLE", Char: "CHAR",
	Varchar: "VARCHAR", Blob: "BLOB", Interval: "INTERVAL", UTinyInt: "UTINYINT", USmallInt: "USMALLINT",
	UInteger: "UINTEGER", UBigInt: "UBIGINT", TimestampTZ: "TIMESTAMP WITH TIME ZONE",
	TimestampTZNS: "TIMESTAMPTZ_NS", TimeTZ: "TIME WITH TIME ZONE", TimeNS: "TIME_NS", Bit: "BIT",
	BigNum: "BIGNUM", UHugeInt: "UHUGEINT", HugeInt: "HUGEINT", UUID: "UUID", Geometry: "GEOMETRY",
	Variant: "VARIANT", Validity: "VALIDITY", Aggregate: "AGGREGATE_STATE", Decimal: "DECIMAL",
	Struct: "STRUCT", List: "LIST", Map: "MAP", Enum: "ENUM", Union: "UNION", Array: "ARRAY", Tuple: "TUPLE",
}

func (id ID) String() string {
	if s, ok := names[id]; ok {
		return s
	}
	return "type " + strconv.Itoa(int(id))
}

// Named is the type of a name that every engine knows, if it has no parameters and no parts; nil when there is none.
func Named(name string) *Type {
	for id, known := range names {
		if id == Validity || !strings.EqualFold(known, name) {
			continue
		}
		if t := (&Type{ID: id}); t.Finish() == nil && !t.Nested() {
			return t
		}
	}
	return nil
}

// NameSQL writes the name of a type in an expression; those that every engine knows need no quotes.
func NameSQL(name string) string {
	for _, known := range names {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return quote.Identifier(name)
}
