// Package scope finds names in queries for which there is certainly nothing: columns of tables that lost them, and
// functions that nobody has. It knows what names a query can see, and nothing of types, so that it never says of a name
// that is right that it is not.
package scope
