// Package quote writes names and texts as SQL, with quotes where the engine puts them.
package quote
