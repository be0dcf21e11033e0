// Package tree has the objects of the catalog and the log that need not be understood to be read: definitions,
// expressions and whole queries, as trees of nodes; and the types and constants in them. FORMAT.md describes them under
// the names of the files here. A new field or class is a line in classes.txt.
package tree
