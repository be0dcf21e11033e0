package duckdb

type variantShreds struct{ plain, typed *Vector }

func splitGeometry(layout uint64) *Type                                       { return nil }
func (r *columnReader) readSplitGeometry(dst *Vector, n int, b *budget) error { return ErrUnsupported }

func appendWKT(dst, b []byte) []byte                        { return dst }
func appendVariantText(dst []byte, v *Vector, i int) []byte { return dst }
func appendVariantJSON(dst []byte, v *Vector, i int) []byte { return dst }
func variantValue(v *Vector, i int) any                     { return nil }

var reservedWords = map[string]bool{}
