package jsonl

import (
	"fmt"

	"github.com/simexp/exparchive/provider"
)

// Line gives the line of one record, with its line end, as a [Writer] writes it.
func Line(r provider.Record) ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	w := Writer{line: []byte{'{'}, first: true}
	w.members(r)
	if line := append(w.line, '}', '\n'); len(line)-1 <= MaxLine {
		return line, nil
	}
	return nil, fmt.Errorf("%s: %w: %d bytes, at most %d can be written", r.RecordKind(), ErrLineTooLong, len(w.line)+1,
		MaxLine)
}
