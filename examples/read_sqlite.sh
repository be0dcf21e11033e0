#!/bin/sh
# Read an archive with SQLite alone: sh examples/read_sqlite.sh run.simexp
set -eu
sqlite3 -readonly -header -separator ' ' "$1" "
	SELECT experiment_name, status, num_iterations, final_cost FROM experiments;
	SELECT iteration, agent_id, cost_cents FROM costs ORDER BY iteration, agent_id;
	SELECT event_type, count(*) AS events FROM experiment_events GROUP BY event_type ORDER BY event_type;"
