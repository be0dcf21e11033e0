PRAGMA application_id = 0x53494D58;

CREATE TABLE experiment (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  run_id TEXT NOT NULL,
  experiment_name TEXT NOT NULL,
  experiment_type TEXT NOT NULL,
  config TEXT CHECK (config IS NULL OR json_valid(config)),
  created_at TEXT,
  salt BLOB CHECK (length(salt) = 32),
  status TEXT,
  completed_at TEXT,
  converged INTEGER CHECK (converged IN (0, 1)),
  convergence_reason TEXT,
  final_cost INTEGER,
  best_cost INTEGER
) STRICT;

CREATE TABLE iteration (
  number INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE,
  costs_per_agent TEXT NOT NULL CHECK (json_valid(costs_per_agent)),
  accepted_changes TEXT NOT NULL CHECK (json_valid(accepted_changes)),
  policies TEXT NOT NULL CHECK (json_valid(policies)),
  timestamp TEXT
) STRICT;

CREATE TABLE iteration_span (
  iteration INTEGER PRIMARY KEY,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  events INTEGER NOT NULL,
  interactions INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE event_type (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  iteration INTEGER NOT NULL,
  type INTEGER NOT NULL REFERENCES event_type (id),
  timestamp TEXT,
  data TEXT
) STRICT;

CREATE TABLE section (
  id INTEGER PRIMARY KEY,
  sha256 BLOB NOT NULL UNIQUE,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE llm_interaction (
  seq INTEGER PRIMARY KEY,
  iteration INTEGER NOT NULL,
  agent_id TEXT,
  model TEXT,
  system_prompt TEXT,
  user_prompt TEXT,
  response TEXT,
  parsed_policy TEXT,
  parsing_error TEXT,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  latency_seconds REAL,
  timestamp TEXT,
  extra TEXT
) STRICT;

CREATE TABLE note (
  seq INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE attachment (
  seq INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  media_type TEXT,
  data BLOB NOT NULL
) STRICT;

CREATE TABLE redaction (
  seq INTEGER NOT NULL,
  field TEXT NOT NULL,
  commitment BLOB CHECK (length(commitment) = 32),
  key BLOB CHECK (length(key) = 32),
  PRIMARY KEY (seq, field),
  CHECK ((commitment IS NULL) <> (key IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE annotation (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT,
  text TEXT NOT NULL,
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32)
) STRICT;

CREATE TABLE leaf_block (
  first_seq INTEGER PRIMARY KEY,
  root BLOB NOT NULL CHECK (length(root) = 32),
  leaves BLOB NOT NULL
) STRICT;

CREATE TABLE seal (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  root BLOB NOT NULL CHECK (length(root) = 32),
  records INTEGER NOT NULL,
  events INTEGER NOT NULL,
  interactions INTEGER NOT NULL,
  iterations INTEGER NOT NULL,
  notes INTEGER NOT NULL,
  attachments INTEGER NOT NULL
) STRICT;

CREATE VIEW experiments AS
SELECT run_id, experiment_name, experiment_type, config, created_at, completed_at,
  (SELECT count(*) FROM iteration) AS num_iterations, converged, convergence_reason,
  coalesce(status, 'running') AS status, final_cost, best_cost
FROM experiment;

CREATE VIEW experiment_iterations AS
SELECT (SELECT run_id FROM experiment) AS run_id, number AS iteration, costs_per_agent, accepted_changes, policies,
  timestamp
FROM iteration;

CREATE VIEW experiment_events AS
SELECT seq AS id, (SELECT run_id FROM experiment) AS run_id, iteration,
  (SELECT name FROM event_type WHERE id = event.type) AS event_type, data AS event_data, timestamp
FROM event;

CREATE VIEW llm_interactions AS
SELECT seq AS id, (SELECT run_id FROM experiment) AS run_id, iteration, agent_id,
  (SELECT group_concat(s.body, '') FROM json_each(i.system_prompt) AS p CROSS JOIN section AS s ON s.id = p.value)
    AS system_prompt,
  (SELECT group_concat(s.body, '') FROM json_each(i.user_prompt) AS p CROSS JOIN section AS s ON s.id = p.value)
    AS user_prompt,
  response, parsed_policy, parsing_error, prompt_tokens, completion_tokens, latency_seconds, timestamp, model, extra
FROM llm_interaction AS i;

CREATE VIEW costs AS
SELECT number AS iteration, c.key AS agent_id, c.value AS cost_cents
FROM iteration, json_each(costs_per_agent) AS c;

CREATE VIEW policies AS
SELECT number AS iteration, p.key AS agent_id, p.value AS policy
FROM iteration, json_each(policies) AS p;

CREATE VIEW accepted_changes AS
SELECT number AS iteration, a.key AS agent_id, a.value AS accepted
FROM iteration, json_each(accepted_changes) AS a;

CREATE VIEW notes AS
SELECT seq AS id, kind, text FROM note;

CREATE VIEW withheld AS
SELECT seq AS id, field, lower(hex(commitment)) AS commitment FROM redaction WHERE commitment IS NOT NULL;

PRAGMA user_version = 1;
