#!/bin/sh
# Record a run from a shell, as from any language: sh examples/record.sh run.simexp
# Each line is one JSON object; PROTOCOL.md has all that a line may say. Needs jq.
set -eu

line() { # line TYPE [JQ-ARGUMENT...] MEMBERS
	kind=$1
	shift
	jq -cn --arg type "$kind" "$@"
}

{
	line experiment '{type: $type, experiment_name: "example", experiment_type: "demo", config: {host: "shell"}}'
	for i in 0 1 2; do
		cost=$((5000 - 1000 * i)) # whole cents
		line event --argjson i "$i" --argjson cost "$cost" \
			'{type: $type, iteration: $i, event_type: "evaluation", event_data: {total_cost: $cost}}'
		line iteration --argjson i "$i" --argjson cost "$cost" \
			'{type: $type, iteration: $i, costs_per_agent: {BANK_A: $cost}}'
	done
	line result --argjson cost "$cost" '{type: $type, status: "completed", final_cost: $cost}'
} | exparchive record -o "$1"
