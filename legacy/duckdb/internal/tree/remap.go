package tree

import (
	"slices"

	"github.com/simexp/exparchive/legacy/duckdb/internal/types"
)

// Remapped is what 2.0 makes of the default e of a column when a field of a STRUCT in it gets another name: the values
// of e, whose type is from, as ones of type to, which differs in names only.
func Remapped(e *Node, from, to *types.Type) *Node {
	null := &Value{Type: types.Plain(types.Null), Null: true}
	cast := &Node{Class: "CastExpression", fields: map[int]any{200: constant(null), 201: to}}
	return call([]string{"remap_struct"}, e, cast, fieldMap("", from, to), constant(null))
}

// fieldMap is the expression that says of a value called name which fields of type from those of type to come from.
func fieldMap(name string, from, to *types.Type) *Node {
	var fields []any
	field := func(called, name string, from, to *types.Type) {
		fields = append(fields, argument(called, fieldMap(name, from, to)))
	}
	self := constant(&Value{Type: types.Plain(types.Varchar), Str: name})
	switch from.ID {
	case types.Struct:
		for k, f := range from.Fields {
			field(to.Fields[k].Name, f.Name, f.Type, to.Fields[k].Type)
		}
	case types.List:
		field("list", "list", from.Elem, to.Elem)
	case types.Map:
		entryFrom, entryTo := from.Elem.Fields, to.Elem.Fields
		field("key", "key", entryFrom[0].Type, entryTo[0].Type)
		field("value", "value", entryFrom[1].Type, entryTo[1].Type)
	default:
		return self
	}
	m := function([]string{"system", "main", "struct_pack"}, fields)
	if name == "" {
		return m
	}
	return call([]string{"system", "main", "row"}, self, m)
}

func constant(v *Value) *Node { return &Node{Class: "ConstantExpression", fields: map[int]any{200: v}} }

func argument(name string, e *Node) *Node {
	return &Node{Class: "FunctionArg", fields: map[int]any{100: name, 101: e}}
}

// call calls the function at path with arguments that have no names.
func call(path []string, args ...*Node) *Node {
	var list []any
	for _, e := range args {
		list = append(list, argument("", e))
	}
	return function(path, list)
}

// function calls the function at path, in the form in which 2.0 writes it.
func function(path []string, args []any) *Node {
	var names []any
	for _, s := range path {
		names = append(names, s)
	}
	q := &Node{Class: "QualifiedName", fields: map[int]any{100: names}}
	own := slices.Concat([]string{""}, path)
	return &Node{Class: "FunctionExpression", fields: map[int]any{200: own[len(own)-1], 201: own[len(own)-2],
		209: args, 210: q}}
}
