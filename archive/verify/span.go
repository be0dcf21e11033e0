package verify

// An iterationSpan is where the records of an iteration lie; see the table iteration_span in FORMAT.md.
type iterationSpan struct{ first, last, events, interactions, bytes int64 }

func lengthOf(s *string) int64 {
	if s == nil {
		return 0
	}
	return int64(len(*s))
}
