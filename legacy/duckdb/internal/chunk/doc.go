// Package chunk reads rows as the log and samples hold them, as serialized objects: the section on chunks in FORMAT.md.
package chunk
