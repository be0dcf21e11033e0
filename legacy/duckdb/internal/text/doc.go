// Package text writes values as the engine writes them, and as JSON: the section on text in FORMAT.md.
package text
