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

// typeList has what some release from 0.9 to 2.0, or an extension of its makers, calls a type.
const typeList = `any array bigint bignum binary bit bitstring blob bool boolean box_2d box_2df box_3d bpchar bytea char date
datetime dec decimal double enum float float4 float8 geometry guid hstore hugeint inet int int1 int128 int16
int2 int32 int4 int64 int8 integer integral interval json linestring_2d linestring_3d list logical long map
null numeric nvarchar oid point_2d point_3d point_4d polygon_2d polygon_3d raster real row short signed
smallint string struct text time time_ns timestamp timestamp_ms timestamp_ns timestamp_s timestamp_us
timestamptz timestamptz_ns timetz tinyint tuple type ubigint uhugeint uint128 uint16 uint32 uint64 uint8
uinteger union unknown usertype usmallint utinyint uuid varbinary varchar variant varint wkb wkb_blob`

var typeNames = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(typeList) {
		all[name] = true
	}
	return all
})

// IsType reports whether an engine has a type of that name.
func IsType(name string) bool { return typeNames()[quote.Fold(strings.Trim(name, `"`))] }
