package scope

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/simexp/exparchive/legacy/duckdb/internal/quote"
)

// functionList has the functions that some release from 0.9 to 2.0 lists or knows to be in an extension of its makers.
//
//go:embed functions.txt
var functionList string

var functions = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for name := range strings.Lines(functionList) {
		all[strings.TrimSuffix(name, "\n")] = true
	}
	return all
})

// families are what names of functions begin with of which there are many.
var families = []string{"st_", "icu_", "pg_", "duckdb_", "json_", "pragma_", "__"}

// IsFunction reports whether an engine, or an extension of its makers, has a function of that name.
func IsFunction(name string) bool {
	name = quote.Fold(name)
	for _, prefix := range families {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return functions()[name]
}

// isValue reports whether a name without brackets can be that of a function, such as current_date.
func isValue(name string) bool {
	name = quote.Fold(name)
	return strings.HasPrefix(name, "current_") || strings.HasPrefix(name, "local") || name == "user" ||
		name == "session_user"
}

// typeNames are those that some release from 0.9 to 2.0, or an extension of its makers, has for a type.
var typeNames = map[string]bool{
	"any": true, "array": true, "bigint": true, "bignum": true, "binary": true, "bit": true, "bitstring": true,
	"blob": true, "bool": true, "boolean": true, "box_2d": true, "box_2df": true, "box_3d": true, "bpchar": true,
	"bytea": true, "char": true, "date": true, "datetime": true, "dec": true, "decimal": true, "double": true,
	"enum": true, "float": true, "float4": true, "float8": true, "geometry": true, "guid": true, "hstore": true,
	"hugeint": true, "inet": true, "int": true, "int1": true, "int128": true, "int16": true, "int2": true,
	"int32": true, "int4": true, "int64": true, "int8": true, "integer": true, "integral": true, "interval": true,
	"json": true, "linestring_2d": true, "linestring_3d": true, "list": true, "logical": true, "long": true,
	"map": true, "null": true, "numeric": true, "nvarchar": true, "oid": true, "point_2d": true, "point_3d": true,
	"point_4d": true, "polygon_2d": true, "polygon_3d": true, "raster": true, "real": true, "row": true,
	"short": true, "signed": true, "smallint": true, "string": true, "struct": true, "text": true, "time": true,
	"time with time zone": true, "time_ns": true, "timestamp": true, "timestamp with time zone": true,
	"timestamp_ms": true, "timestamp_ns": true, "timestamp_s": true, "timestamp_us": true, "timestamptz": true,
	"timestamptz_ns": true, "timetz": true, "tinyint": true, "tuple": true, "type": true, "ubigint": true,
	"uhugeint": true, "uint128": true, "uint16": true, "uint32": true, "uint64": true, "uint8": true,
	"uinteger": true, "union": true, "unknown": true, "usertype": true, "usmallint": true, "utinyint": true,
	"uuid": true, "varbinary": true, "varchar": true, "variant": true, "varint": true, "wkb": true,
	"wkb_blob": true,
}

// IsType reports whether an engine has a type of that name.
func IsType(name string) bool { return typeNames[quote.Fold(strings.Trim(name, `"`))] }
