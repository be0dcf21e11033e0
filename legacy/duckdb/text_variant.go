package duckdb

import "github.com/simexp/exparchive/legacy/duckdb/internal/vector"

func appendVariantText(dst []byte, v *vector.Vector, i int) []byte {
	n := decodeVariant(v, i)
	if n == nil {
		return dst
	}
	if n.plain != nil {
		return appendText(dst, n.plain, n.at)
	}
	return appendNodeText(dst, n)
}

// appendNodeText appends a value within another.
func appendNodeText(dst []byte, n *variantNode) []byte {
	switch {
	case n == nil:
		return append(dst, "NULL"...)
	case n.plain != nil:
		return appendElement(dst, n.plain, n.at)
	}
	open, end := byte('['), byte(']')
	if n.object {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	mixed := mixed(n)
	for k, p := range n.parts {
		if k > 0 {
			dst = append(dst, ", "...)
		}
		if n.object {
			dst = append(appendQuoted(dst, n.names[k], true), ": "...)
		}
		if mixed && p != nil && p.plain != nil {
			dst = appendText(dst, p.plain, p.at)
			continue
		}
		dst = appendNodeText(dst, p)
	}
	return append(dst, end)
}

// mixed reports whether n is an array whose elements are not all of one type, NULL being a type of its own. The engine
// makes a list of VARIANT of it and does not quote the texts in it: [it's, NULL], but ['it\'s'].
func mixed(n *variantNode) bool {
	if n.object {
		return false
	}
	kind := func(p *variantNode) int {
		switch {
		case p == nil:
			return -1
		case p.plain != nil:
			return int(p.plain.Type.ID)
		case p.object:
			return -2
		}
		return -3
	}
	for _, p := range n.parts {
		if kind(p) != kind(n.parts[0]) {
			return true
		}
	}
	return false
}

func appendVariantJSON(dst []byte, v *vector.Vector, i int) []byte {
	return appendNodeJSON(dst, decodeVariant(v, i))
}

func appendNodeJSON(dst []byte, n *variantNode) []byte {
	switch {
	case n == nil:
		return append(dst, "null"...)
	case n.plain != nil:
		return appendJSON(dst, n.plain, n.at)
	}
	open, end := byte('['), byte(']')
	if n.object {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	for k, p := range n.parts {
		if k > 0 {
			dst = append(dst, ',')
		}
		if n.object {
			dst = append(appendJSONString(dst, []byte(n.names[k])), ':')
		}
		dst = appendNodeJSON(dst, p)
	}
	return append(dst, end)
}
