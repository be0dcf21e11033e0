// Package jsonl reads and writes runs in the line protocol, by which a program in any language records an experiment:
// one JSON object a line, in the order in which things happen. The rest of this text is its specification.
//
// # Lines
//
// The text is UTF-8, and a line ends with a line feed; a carriage return before it is allowed. A line holds one JSON
// object (RFC 8259) of at most [MaxLine] bytes, without line breaks in it. Lines of white space are skipped, but count
// in line numbers, which start at 1. The last line may lack its line feed if it is complete. A byte order mark before
// the first line is skipped.
//
// The member "type" says what the line records. Members may stand in any order, each once. An unknown type, an unknown
// member, a member that stands twice, a value of another type than the one below, and a string with an unpaired
// surrogate (\ud800 without its other half) are errors: a misspelt member must not be lost unseen. Where a member is
// optional, null counts as left out. An empty name or time is an error, since nobody can tell what it stands for; an
// empty text is a text.
//
// # Order
//
// The first line is the experiment and the last one the result. Between them stand lines of all other types in any
// order. A run without a result goes on or was cut short. Only a stream that continues a run may lack the experiment.
//
// # Lines that cannot be recorded
//
// A reader of a run stops at the first line that is an error. A recorder ([Record]) does not: what the line holds may
// have been paid for. A line that is an error, that is out of order, or whose record breaks a rule of the run (an
// iteration or the name of an attachment that is there already) is kept in the run as two records of other types, and
// the lines behind it are recorded as if it were not there:
//
//   - An attachment with the bytes of the line as they came, without its line feed; a carriage return before that and a byte order
//     mark belong to the bytes. Its name is rejected/LINE, where LINE is the number of the line in the input: rejected/17.
//     A line of more than 64 MiB is kept in parts of 64 MiB, rejected/17-1, rejected/17-2 and so on, however long it is.
//   - A note of kind "rejected" behind it, whose subject is the attachment (the first part), and whose text names the line and says
//     what is wrong with it: "line 17: …"; also that it claims to be the result, if it does and none has come. Nothing is read out of
//     such a line: unless another one follows the run has no result.
//
// Lines of an input that continues a run are in the folder rejected-N instead, where N is the number of records that
// the run had when it went on. Where another attachment of the run is in the way, .2 follows the name of the folder, or
// .3 and so on. In a run whose salt is withheld both records have keys of zeros.
//
// The result, though it is read, becomes a record when the input ends: what stands behind it is kept as above before
// it.
//
// What stands before the first line that is an experiment waits until the run begins, and follows the experiment then.
// A run also begins with a record of another kind, with a line that is none and holds what claims to be an
// llm_interaction (several objects without line ends between them, one that is spread over lines, in UTF-16), or when
// more than 16 MiB wait. Its experiment then has what can be read of the first line that meant to be one (run_id,
// experiment_name, experiment_type, created_at); a recorder fills in the rest, "unknown" where it knows nothing, or
// ends if it makes no run ids. A note of kind "derived" behind it says what was read and what filled in.
//
// # Members
//
// Those marked with * are required. Types: "text" is a string; "name" is a string of 1 to 4096 bytes; "time" is a name
// that nobody interprets, ISO 8601 by custom; "int" is an integer written without fraction and exponent that fits into
// 64 bits, and not -0; "cents" is an int, an amount of money in hundredths; "json" is any JSON value, whose text is
// kept as it stands, with spacing, order and spelling of numbers, nested at most 500 deep. No value may be longer than
// 64 MiB.
//
//	experiment
//	  run_id            name*  (a recorder may fill it in)
//	  experiment_name   name*
//	  experiment_type   name*
//	  config            json
//	  created_at        time   (a recorder may fill it in, like every time)
//	  salt              hex    makes values that are withheld from a copy unguessable
//
//	event
//	  iteration         int*   0 to 2147483647; numbers may have gaps and need not start at 0
//	  event_type        name*
//	  timestamp         time
//	  event_data        json   usually an object
//
//	llm_interaction
//	  iteration         int*
//	  agent_id          name
//	  model             text   at most 4096 bytes
//	  system_prompt     text
//	  user_prompt       text
//	  response          text   as the model gave it
//	  parsed_policy     json   what the response proposed
//	  parsing_error     text   why nothing could be read from it
//	  prompt_tokens     int    not negative
//	  completion_tokens int    not negative
//	  latency_seconds   number not negative, and not -0; kept as the nearest IEEE 754 binary64
//	  timestamp         time
//	  extra             json   an object with whatever else is to be kept
//
//	iteration                  at the end of an iteration
//	  iteration         int*   each number once
//	  costs_per_agent   object of cents by agent
//	  accepted_changes  object of booleans by agent; null for an agent counts as left out
//	  policies          object of json by agent; null for an agent counts as left out
//	  timestamp         time
//
//	note                       what a reader of the run must know
//	  kind              name*  such as "derived", "doubtful", "invalidated"
//	  subject           name   what it is about: a JSON pointer (RFC 6901) into the run, such as "/final_cost" or
//	                           "/iterations/3/costs_per_agent/BANK_A"; left out for the run as a whole
//	  text              text*  not empty
//
//	attachment                 a file that belongs to the run
//	  name              name*  a relative path with slashes, without "..", that a file can have on every system
//	  media_type        name
//	  data              text*  base64 (RFC 4648 section 4, with padding)
//
//	result
//	  completed_at      time
//	  status            name*  "completed", "failed", "interrupted" or another word, but neither "running" nor "unfinished"
//	  converged         boolean
//	  convergence_reason text
//	  final_cost        cents
//	  best_cost         cents
//
// The run that a subject points into is one JSON object with the members of the experiment and the result, and with
// iterations (an object by number), records (an object by position in the run, from 0) and attachments (an object by
// name). It need not point to anything that is there.
//
// The attachments of a run can lie in one folder on every system: no two names are the same but for the case of the
// letters A to Z, and none is a folder of another one. No part of a path has more than 255 bytes, a space at its
// beginning, a space or a dot at its end, a control character or one of <>:"|?*\, or is, up to its first dot, the name
// of a device on Windows.
//
// # What a recorder adds
//
// exparchive adds to a run, in these forms, what it knows and its lines do not say:
//
//   - where it starts the experiment itself, the attachment provenance.json right behind the experiment (provenance-2.json where the run
//     is continued or the name is taken): a JSON object with those that are known of command (an array of words), program, directory,
//     git (an object with commit and dirty), started_at, platform and recorder;
//   - then, before the result, a note of kind "exit_status" whose text is "exit status 3" or "signal 9 (SIGKILL)", followed by
//     "; the recorder ended it" if it did; and if asked the attachment stderr.txt, with a note of kind "truncated" about it if bytes of
//     it are missing;
//   - where an iteration that was not finished is taken out of a recording, attachments dropped/SEQ.jsonl with its lines, the first of
//     which had the position SEQ, and a note of kind "dropped";
//   - where a signal ended the recording and it was to be sealed so, the status "interrupted", and a note of kind "derived" about it.
//
// # Redacted copies
//
// A line of a run that comes from a redacted copy has up to two members more. "hex" is a string of 64 hexadecimal
// digits.
//
//	withheld            object of hex by member name: the commitments to the values that were taken out
//	field_keys          object of hex by member name: the keys of what is still there, where the salt of the run is withheld
//
// An empty object of them says nothing and counts as left out. A member that is withheld is left out, even one that is
// required. If anything of a run with a salt is withheld, the salt is too, and each value that could have been withheld
// and is there has its key; there are no other keys. Package digest says what commitments and keys are.
//
// # JSON with line breaks
//
// A JSON value may contain line breaks as white space, and a line may not. To keep such a text exactly, a writer puts
// it, as a string, into a member whose name has "_text" behind it: "config_text", "event_data_text",
// "parsed_policy_text", "extra_text" and "policies_text" (the text of the whole object of policies by agent). A line
// has one of the two forms of a member, not both. A reader gets the same value from both; a string without a value in
// it is an error.
//
//	{"type":"event","iteration":0,"event_type":"evaluation","event_data_text":"{\n  \"total_cost\": 10000\n}"}
//
// # Example
//
//	{"type":"experiment","run_id":"exp1-1","experiment_name":"exp1","experiment_type":"castro"}
//	{"type":"event","iteration":0,"event_type":"evaluation","event_data":{"total_cost":10000}}
//	{"type":"iteration","iteration":0,"costs_per_agent":{"BANK_A":5000,"BANK_B":5000}}
//	{"type":"result","status":"completed","converged":true,"final_cost":10000,"best_cost":10000}
package jsonl
