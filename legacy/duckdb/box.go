package duckdb

import "unsafe"

// box makes every width-th cell from k on one of the values, as assigning them one by one does, but without memory of
// its own for each: the cells refer to the values, which must not change from then on. Making a row of Go values costs
// half as much.
//
// The toolchain holds a value in an interface as two words: one for the type, one that points to the value, unless this
// is a pointer itself, which none of these types is. Where an interface is found to be something else, the values are
// assigned.
func box[T int32 | int64 | float64 | string | Timestamp](cells []any, k, width int, values []T) {
	if !boxes {
		for i, x := range values {
			cells[i*width+k] = x
		}
		return
	}
	var zero any = *new(T)
	typ := (*iface)(unsafe.Pointer(&zero)).typ
	for i := range values {
		*(*iface)(unsafe.Pointer(&cells[i*width+k])) = iface{typ, unsafe.Pointer(&values[i])}
	}
}

// iface is an interface without methods, as internal/abi.EmptyInterface of the standard library has it.
type iface struct{ typ, value unsafe.Pointer }

// boxes is whether interfaces are what box takes them for.
var boxes = func() bool {
	if unsafe.Sizeof(any(nil)) != unsafe.Sizeof(iface{}) {
		return false
	}
	number, text := any(int64(1)<<62), any("text")
	n, t := (*iface)(unsafe.Pointer(&number)), (*iface)(unsafe.Pointer(&text))
	return n.typ != t.typ && *(*int64)(n.value) == 1<<62 && *(*string)(t.value) == "text"
}()
