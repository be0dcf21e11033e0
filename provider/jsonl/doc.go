// Package jsonl reads and writes runs in the line protocol, by which a program in any language records an experiment:
// one JSON object a line, in the order in which things happen. PROTOCOL.md beside this file is its specification.
//
//	{"type":"experiment","run_id":"exp1-1","experiment_name":"exp1","experiment_type":"castro"}
//	{"type":"event","iteration":0,"event_type":"evaluation","event_data":{"total_cost":10000}}
//	{"type":"iteration","iteration":0,"costs_per_agent":{"BANK_A":5000,"BANK_B":5000}}
//	{"type":"result","status":"completed","converged":true,"final_cost":10000,"best_cost":10000}
//
// A [Writer] is a sink of such lines and a [Reader] gives the records of them; a [Run] is a file of lines as a provider.
// [Record] is what a recorder does: it goes on behind lines that cannot be recorded, and keeps them in the run.
package jsonl
