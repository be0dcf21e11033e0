package verify

// An iterationSpan is where the records of an iteration lie; see the table iteration_span in FORMAT.md.
type iterationSpan struct{ first, last, events, interactions, bytes int64 }
