package text

import (
	"github.com/simexp/exparchive/legacy/duckdb/internal/variant"
	"github.com/simexp/exparchive/legacy/duckdb/internal/vector"
)

// decode decodes value i, in which nothing is wrong: that was found when it was read. Up to 1.5 the members of an
// object come in the order in which they are stored, later in that of their names.
func (r Release) decode(v *vector.Vector, i int) *variant.Node {
	n, _ := variant.Decode(v, i)
	if r == Release20 {
		n.Sort()
	}
	return n
}

func (r Release) appendVariantText(dst []byte, v *vector.Vector, i int) []byte {
	n := r.decode(v, i)
	if n == nil {
		return dst
	}
	if n.Plain != nil {
		return r.Append(dst, n.Plain, n.At)
	}
	return r.appendNodeText(dst, n)
}

// appendNodeText appends a value within another.
func (r Release) appendNodeText(dst []byte, n *variant.Node) []byte {
	switch {
	case n == nil:
		return append(dst, "NULL"...)
	case n.Plain != nil:
		return r.appendElement(dst, n.Plain, n.At)
	}
	open, end := byte('['), byte(']')
	if n.Object {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	bare := mixed(n)
	for k, p := range n.Parts {
		if k > 0 {
			dst = append(dst, ", "...)
		}
		if n.Object {
			dst = append(r.appendQuoted(dst, n.Names[k], true), ": "...)
		}
		if bare && p != nil && p.Plain != nil {
			dst = r.Append(dst, p.Plain, p.At)
			continue
		}
		dst = r.appendNodeText(dst, p)
	}
	return append(dst, end)
}

// mixed reports whether n is an array whose elements are not all of one type, NULL being a type of its own. The engine
// makes a list of VARIANT of it and does not quote the texts in it: [it's, NULL], but ['it\'s'].
func mixed(n *variant.Node) bool {
	if n.Object {
		return false
	}
	kind := func(p *variant.Node) int {
		switch {
		case p == nil:
			return -1
		case p.Plain != nil:
			return int(p.Plain.Type.ID)
		case p.Object:
			return -2
		}
		return -3
	}
	for _, p := range n.Parts {
		if kind(p) != kind(n.Parts[0]) {
			return true
		}
	}
	return false
}

func (r Release) appendVariantJSON(dst []byte, v *vector.Vector, i int) []byte {
	return r.appendNodeJSON(dst, r.decode(v, i))
}

func (r Release) appendNodeJSON(dst []byte, n *variant.Node) []byte {
	switch {
	case n == nil:
		return append(dst, "null"...)
	case n.Plain != nil:
		return r.AppendJSON(dst, n.Plain, n.At)
	}
	open, end := byte('['), byte(']')
	if n.Object {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	for k, p := range n.Parts {
		if k > 0 {
			dst = append(dst, ',')
		}
		if n.Object {
			dst = append(AppendJSONString(dst, []byte(n.Names[k])), ':')
		}
		dst = r.appendNodeJSON(dst, p)
	}
	return append(dst, end)
}
