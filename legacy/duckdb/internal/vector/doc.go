// Package vector has the values that have been decoded, as columns: the slices that decoders fill, and how values are
// taken from them. What a batch may allocate is bounded by a [Budget].
package vector
