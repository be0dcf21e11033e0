// Package report makes the page on which a person looks at a run: one HTML file that needs nothing else, or the same
// page served part by part.
//
// [Read] reads a whole run into a [Run], and [Run.WriteFile] writes it as one file. A server reads it with
// [Options.Outline], which leaves prompts, answers and the data of events where they are, writes the page with
// [Run.WriteServed], and answers what the script of the page then asks for, below the address that it was given:
//
//	call/SEQ                     [CallJSON]: a call of a language model and the agent's call before it
//	events?type=T&from=N         [EventsJSON]: events of a type, or with it=N of an iteration, from the Nth on
//	search?q=TEXT                a JSON array of hits, as function find of the script makes them
//
// Numbers, charts, decisions and what differs between policies are HTML that needs no script; prompts, answers and
// events are laid out by the script when they are opened.
//
// # Text from outside
//
// Everything that was recorded is a [Text] in the model, which is harmless wherever a template puts it: characters that
// act on the page or that nobody can see are shown by number. The page forbids itself every request and every script
// but its own (Content-Security-Policy), and the script makes nodes of text, never markup.
//
// # Data
//
// A page has a JSON object in an element with the id data. Prompts and answers are kept as ranges of lines, each
// distinct run of which stands there once:
//
//	lines   the lines
//	calls   the calls of language models: i iteration, q Seq, g the id of their row, b Seq of the agent's call before,
//	        and the texts s system prompt, u user prompt, r response, p parsed policy; e the parsing error
//	kinds   the types of events, as the page lists them
//	events  the events: i iteration, q Seq, k type or its place in kinds, t time, d data as JSON text; h its
//	        commitment, x if it is left out
//	sys     how many calls there are, if all of them have the same system prompt
//	its     the numbers of the iterations that the charts have, read what the cursor in each chart reads
//	base    where a server answers; without it everything is in the page
//
// A text is null, {"r":[start,count,…]} (ranges of lines), {"t":"…"} (all of it), {"h":"…"} (withheld, with its
// commitment), or {"x":1} (left out of the page). If all that is large, lines and events are in an element with the
// id packed instead, as JSON, compressed (RFC 1951) and in base64.
package report
