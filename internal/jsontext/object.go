package jsontext

import "strconv"

// An Object puts a JSON object together, member by member. The zero value has none. That no name comes twice the
// caller sees to.
type Object struct{ members []byte }

// Value adds a member with a JSON text.
func (o *Object) Value(name string, text []byte) {
	o.members = append(o.members, ',')
	o.members = append(AppendString(o.members, name), ':')
	o.members = append(o.members, text...)
}

// String adds a member with a string.
func (o *Object) String(name, s string) { o.Value(name, AppendString(nil, s)) }

// Int adds a member with a whole number.
func (o *Object) Int(name string, n int64) { o.Value(name, strconv.AppendInt(nil, n, 10)) }

// Text gives the object. Nothing may be added after it.
func (o *Object) Text() []byte {
	if len(o.members) == 0 {
		return []byte("{}")
	}
	o.members[0] = '{'
	return append(o.members, '}')
}
