PRAGMA application_id = 0x53494D58;

CREATE TABLE z_experiment (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL,
  experiment_name TEXT NOT NULL,
  experiment_type TEXT NOT NULL,
  created_at TEXT,
  status TEXT,
  completed_at TEXT,
  converged INTEGER,
  final_cost INTEGER,
  best_cost INTEGER,
  digest BLOB,
  records INTEGER,
  events INTEGER,
  interactions INTEGER,
  iterations INTEGER,
  notes INTEGER,
  attachments INTEGER,
  salt BLOB,
  convergence_reason TEXT,
  config TEXT
);

CREATE TABLE z_iteration (
  number INTEGER PRIMARY KEY,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  events INTEGER NOT NULL,
  interactions INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  seq INTEGER,
  timestamp TEXT,
  costs_per_agent TEXT,
  accepted_changes TEXT,
  policies TEXT
);

CREATE TABLE z_event_type (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL
);

CREATE TABLE z_event (
  seq INTEGER PRIMARY KEY,
  iteration INTEGER NOT NULL,
  type INTEGER NOT NULL,
  timestamp TEXT,
  data TEXT
);

CREATE TABLE z_section (
  id INTEGER PRIMARY KEY,
  body TEXT NOT NULL
);

CREATE TABLE z_llm_interaction (
  seq INTEGER PRIMARY KEY,
  iteration INTEGER NOT NULL,
  agent_id TEXT,
  model TEXT,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  latency_seconds REAL,
  timestamp TEXT,
  system_prompt TEXT,
  user_prompt TEXT,
  response TEXT,
  parsed_policy TEXT,
  parsing_error TEXT,
  extra TEXT
);

CREATE TABLE z_note (
  seq INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT,
  text TEXT
);

CREATE TABLE z_attachment (
  seq INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  media_type TEXT,
  data BLOB
);

CREATE TABLE z_redaction (
  id INTEGER PRIMARY KEY,
  field TEXT NOT NULL,
  commitment BLOB,
  key BLOB
);

CREATE TABLE z_annotation (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT,
  text TEXT NOT NULL,
  sha256 BLOB NOT NULL
);

CREATE TABLE z_leaf_block (
  first_seq INTEGER PRIMARY KEY,
  root BLOB NOT NULL,
  leaves BLOB NOT NULL
);

CREATE VIEW experiments AS
SELECT run_id, experiment_name, experiment_type, config, created_at, completed_at,
  CAST((SELECT count(*) FROM z_iteration WHERE seq IS NOT NULL) AS INTEGER) AS num_iterations,
  converged, convergence_reason, CAST(coalesce(status, 'unfinished') AS TEXT) AS status, final_cost, best_cost,
  CAST(nullif(lower(hex(digest)), '') AS TEXT) AS digest, records,
  CAST((SELECT group_concat(field, ',') FROM z_redaction WHERE commitment IS NOT NULL
    AND (id < 256 OR id = (SELECT max(id) FROM z_redaction) AND field = 'convergence_reason')) AS TEXT) AS withheld
FROM z_experiment;

CREATE VIEW experiment_iterations AS
SELECT (SELECT run_id FROM z_experiment) AS run_id, number AS iteration, costs_per_agent, accepted_changes, policies,
  timestamp, seq AS id,
  CAST((SELECT group_concat(field, ',') FROM z_redaction
    WHERE commitment IS NOT NULL AND id BETWEEN seq * 256 AND seq * 256 + 255) AS TEXT) AS withheld
FROM z_iteration WHERE seq IS NOT NULL;

CREATE VIEW experiment_events AS
SELECT seq AS id, (SELECT run_id FROM z_experiment) AS run_id, iteration,
  (SELECT name FROM z_event_type WHERE id = type) AS event_type, data AS event_data, timestamp,
  (SELECT field FROM z_redaction WHERE id = seq * 256 + 4 AND commitment IS NOT NULL) AS withheld
FROM z_event;

CREATE VIEW annotations AS
SELECT id, kind, name, text FROM z_annotation;

CREATE VIEW llm_interactions AS
SELECT seq AS id, (SELECT run_id FROM z_experiment) AS run_id, iteration, agent_id,
  CAST((SELECT group_concat(s.body, '') FROM json_each(system_prompt) AS p CROSS JOIN z_section AS s ON s.id = p.value)
    AS TEXT) AS system_prompt,
  CAST((SELECT group_concat(s.body, '') FROM json_each(user_prompt) AS p CROSS JOIN z_section AS s ON s.id = p.value)
    AS TEXT) AS user_prompt,
  response, parsed_policy, parsing_error, prompt_tokens, completion_tokens, latency_seconds, timestamp, model, extra,
  CAST((SELECT group_concat(field, ',') FROM z_redaction
    WHERE commitment IS NOT NULL AND id BETWEEN seq * 256 AND seq * 256 + 255) AS TEXT) AS withheld
FROM z_llm_interaction;

CREATE VIEW costs AS
SELECT number AS iteration, CAST(c.key AS TEXT) AS agent_id, CAST(c.value AS INTEGER) AS cost_cents, w.field AS withheld
FROM z_iteration LEFT JOIN json_each(costs_per_agent) AS c
  LEFT JOIN z_redaction AS w ON w.id = seq * 256 + 3 AND w.commitment IS NOT NULL
WHERE c.key IS NOT NULL OR w.field IS NOT NULL;

CREATE VIEW accepted_changes AS
SELECT number AS iteration, CAST(a.key AS TEXT) AS agent_id, CAST(a.value AS INTEGER) AS accepted, w.field AS withheld
FROM z_iteration LEFT JOIN json_each(accepted_changes) AS a
  LEFT JOIN z_redaction AS w ON w.id = seq * 256 + 4 AND w.commitment IS NOT NULL
WHERE a.key IS NOT NULL OR w.field IS NOT NULL;

CREATE VIEW policies AS
SELECT number AS iteration, CAST(p.key AS TEXT) AS agent_id,
  CAST(CASE WHEN p.type = 'text' AND p.value GLOB '*' || char(65533) || '*' THEN (
    WITH RECURSIVE chars(c, rest, json, bad) AS (
      SELECT '', p.value, '', 0
      UNION ALL
      SELECT substr(rest, 1, 1), substr(rest, 2), json || CASE
      WHEN c = '' THEN ''
      WHEN hex(c) GLOB 'ED[AB]*' THEN printf('\u%04x', unicode(x'ee' || substr(CAST(c AS BLOB), 2)) - 4096)
      WHEN c < ' ' THEN printf('\u%04x', unicode(c))
      WHEN c IN ('"', '\') THEN '\' || c
      ELSE c END, bad OR hex(c) GLOB 'ED[AB]*'
      FROM chars WHERE c <> '' OR rest <> '')
    SELECT CASE WHEN bad THEN '"' || json || '"' ELSE p.value END FROM chars WHERE c = '' AND rest = '')
  ELSE p.value END AS TEXT) AS policy, CAST(p.type AS TEXT) AS json_type, w.field AS withheld
FROM z_iteration LEFT JOIN json_each(policies) AS p
  LEFT JOIN z_redaction AS w ON w.id = seq * 256 + 5 AND w.commitment IS NOT NULL
WHERE p.key IS NOT NULL OR w.field IS NOT NULL;

-- A sum past 64 bits would end the whole query with an error: such a one of costs is NULL, and tokens are no money.
CREATE VIEW totals AS
SELECT number AS iteration, CAST(CASE WHEN costs_per_agent IS NOT NULL
    THEN (SELECT count(*) FROM json_each(costs_per_agent)) END AS INTEGER) AS agents,
  CAST((SELECT sum(value) FROM json_each(costs_per_agent)
    WHERE (SELECT total(abs(value + 0.0)) FROM json_each(costs_per_agent)) < 9e18) AS INTEGER) AS total_cents,
  events, interactions, prompt_tokens, completion_tokens,
  (SELECT field FROM z_redaction WHERE id = seq * 256 + 3 AND commitment IS NOT NULL) AS withheld
FROM z_iteration LEFT JOIN (SELECT iteration,
    CAST(CASE WHEN count(prompt_tokens) THEN total(prompt_tokens) END AS INTEGER) AS prompt_tokens,
    CAST(CASE WHEN count(completion_tokens) THEN total(completion_tokens) END AS INTEGER) AS completion_tokens
  FROM z_llm_interaction GROUP BY iteration) AS t ON t.iteration = number;

CREATE VIEW notes AS
SELECT seq AS id, kind, text, subject,
  (SELECT field FROM z_redaction WHERE id = seq * 256 + 2 AND commitment IS NOT NULL) AS withheld
FROM z_note;

CREATE VIEW attachments AS
SELECT seq AS id, name, media_type, CAST(length(data) AS INTEGER) AS size, data,
  (SELECT field FROM z_redaction WHERE id = seq * 256 + 3 AND commitment IS NOT NULL) AS withheld
FROM z_attachment;

CREATE VIEW withheld AS
SELECT CAST(id >> 8 AS INTEGER) AS id, field, CAST(lower(hex(commitment)) AS TEXT) AS commitment
FROM z_redaction WHERE commitment IS NOT NULL;

PRAGMA user_version = 1;
