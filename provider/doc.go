// Package provider is the domain of exparchive: what a run of an experiment is, who gives one and who takes one.
//
// A run is a sequence of records. It begins with one [Start], goes on with any number of [Event], [Interaction],
// [Iteration], [Note] and [Attachment] in the order in which they happened, and ends with one [Result], unless the
// recording was cut short. The position of a record in that sequence, from 0 for the Start, is its Seq.
//
// A [Provider] gives a run: a run that is being played ([Live]), an archive, a legacy database, a file of JSON lines. A
// [Sink] takes one: an archive writer, a printer, a content hash. [Copy] joins them, [Tee] feeds several sinks at once:
//
//	err := provider.Copy(ctx, printer, archive)                        // replay
//	sink := provider.Tee(printer, writer)                              // print and record a live run
//
// # What is kept
//
// Money is [Cents], an integer; a cost with a fraction or an exponent is refused, never rounded. JSON values are kept
// as the text that was given, with its spacing, key order and number spelling; only white space around a value is
// dropped, and null counts as absent. Timestamps are text and are never interpreted. Absent is not zero: optional
// values are pointers, nil when nothing was recorded, and looking up an iteration that was not recorded is
// [ErrNoIteration].
//
// # Where iterations come from
//
// Iterations have numbers, not positions: they may start at 0 or 1 and have gaps. Records carry the number of the
// iteration they belong to; an [Iteration] record holds what is known at its end.
package provider
