-- A second check of .simexp files, in plain SQL and independent of the program that comes with the format:
--
--   sqlite3 -readonly FILE.simexp < check.sql
--
-- prints a line for each requirement of FORMAT.md that SQL can see to be broken (number|place|what), and nothing for a file that
-- is sound. It cannot see hashes, bytes that belong to no value, whether text is UTF-8, nor the layout of pages. It needs
-- SQLite 3.38 or later, and should be run on files that are no danger: it trusts the views and triggers of the file not to be there.
.bail off
.headers off
.mode list

-- 2. The file
SELECT 'SX-003', 'header', 'page size ' || page_size FROM pragma_page_size WHERE page_size <> 8192;
SELECT 'SX-007', 'header', freelist_count || ' free pages' FROM pragma_freelist_count WHERE freelist_count <> 0;
SELECT 'SX-008', 'header', 'schema cookie ' || schema_version FROM pragma_schema_version WHERE schema_version <> 1;
SELECT 'SX-009', 'header', 'auto-vacuum' FROM pragma_auto_vacuum WHERE auto_vacuum <> 0;
SELECT 'SX-010', 'header', encoding FROM pragma_encoding WHERE encoding <> 'UTF-8';
SELECT 'SX-011', 'header', 'version ' || user_version FROM pragma_user_version WHERE user_version <> 1;
SELECT 'SX-012', 'header', 'application id ' || application_id FROM pragma_application_id WHERE application_id <> 0x53494D58;

-- 2.2 Schema
CREATE TEMP TABLE object (name TEXT PRIMARY KEY);
INSERT INTO object VALUES ('experiment'), ('iteration'), ('iteration_span'), ('event_type'), ('event'), ('section'), ('llm_interaction'), ('note'),
  ('attachment'), ('redaction'), ('annotation'), ('leaf_block'), ('seal'), ('sqlite_autoindex_iteration_1'), ('sqlite_autoindex_event_type_1'),
  ('sqlite_autoindex_section_1'), ('sqlite_autoindex_attachment_1'), ('experiments'), ('experiment_iterations'), ('experiment_events'),
  ('llm_interactions'), ('costs'), ('policies'), ('accepted_changes'), ('notes'), ('withheld');
SELECT 'SX-031', 'sqlite_schema', type || ' ' || name FROM main.sqlite_schema WHERE name NOT IN (SELECT name FROM object);
SELECT 'SX-032', 'sqlite_schema', name || ' is missing' FROM object WHERE name NOT IN (SELECT name FROM main.sqlite_schema);
SELECT 'SX-035', '', integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok';

-- 3.1 Values, one row for each: what it is called, the value, and what it must be
CREATE TEMP VIEW record AS
  SELECT seq, 'event' AS t, iteration FROM event
  UNION ALL SELECT seq, 'llm_interaction', iteration FROM llm_interaction
  UNION ALL SELECT seq, 'iteration', number FROM iteration
  UNION ALL SELECT seq, 'note', NULL FROM note
  UNION ALL SELECT seq, 'attachment', NULL FROM attachment;

CREATE TEMP VIEW name_value AS -- required is 1, optional 0, and 2 where the empty text is a value
  SELECT 'experiment' AS place, 'run_id' AS col, run_id AS v, 1 AS required FROM experiment
  UNION ALL SELECT 'experiment', 'experiment_name', experiment_name, 1 FROM experiment
  UNION ALL SELECT 'experiment', 'experiment_type', experiment_type, 1 FROM experiment
  UNION ALL SELECT 'experiment', 'created_at', created_at, 0 FROM experiment
  UNION ALL SELECT 'experiment', 'status', status, 1 FROM experiment WHERE status IS NOT NULL
  UNION ALL SELECT 'experiment', 'completed_at', completed_at, 0 FROM experiment
  UNION ALL SELECT 'iteration ' || number, 'timestamp', timestamp, 0 FROM iteration
  UNION ALL SELECT 'record ' || seq, 'timestamp', timestamp, 0 FROM event
  UNION ALL SELECT 'event_type ' || id, 'name', name, 1 FROM event_type
  UNION ALL SELECT 'record ' || seq, 'agent_id', agent_id, 0 FROM llm_interaction
  UNION ALL SELECT 'record ' || seq, 'model', model, 2 FROM llm_interaction
  UNION ALL SELECT 'record ' || seq, 'timestamp', timestamp, 0 FROM llm_interaction
  UNION ALL SELECT 'record ' || seq, 'kind', kind, 1 FROM note
  UNION ALL SELECT 'record ' || seq, 'name', name, 1 FROM attachment
  UNION ALL SELECT 'record ' || seq, 'media_type', media_type, 0 FROM attachment
  UNION ALL SELECT 'annotation ' || id, 'kind', kind, 1 FROM annotation
  UNION ALL SELECT 'annotation ' || id, 'name', name, 0 FROM annotation;
CREATE TEMP VIEW text_value AS
  SELECT 'experiment' AS place, 'convergence_reason' AS col, convergence_reason AS v FROM experiment
  UNION ALL SELECT 'section ' || id, 'body', body FROM section
  UNION ALL SELECT 'record ' || seq, 'response', response FROM llm_interaction
  UNION ALL SELECT 'record ' || seq, 'parsing_error', parsing_error FROM llm_interaction
  UNION ALL SELECT 'record ' || seq, 'text', text FROM note
  UNION ALL SELECT 'annotation ' || id, 'text', text FROM annotation;
CREATE TEMP VIEW json_value AS
  SELECT 'experiment' AS place, 'config' AS col, config AS v FROM experiment
  UNION ALL SELECT 'record ' || seq, 'data', data FROM event
  UNION ALL SELECT 'record ' || seq, 'parsed_policy', parsed_policy FROM llm_interaction
  UNION ALL SELECT 'record ' || seq, 'extra', extra FROM llm_interaction
  UNION ALL SELECT 'iteration ' || number, 'costs_per_agent', costs_per_agent FROM iteration
  UNION ALL SELECT 'iteration ' || number, 'accepted_changes', accepted_changes FROM iteration
  UNION ALL SELECT 'iteration ' || number, 'policies', policies FROM iteration;

SELECT 'SX-040', place, col || ' is ' || typeof(v) FROM (SELECT place, col, v FROM name_value UNION ALL SELECT * FROM text_value UNION ALL SELECT * FROM json_value)
  WHERE typeof(v) NOT IN ('text', 'null');
SELECT 'SX-040', 'record ' || seq, 'data is ' || typeof(data) FROM attachment WHERE typeof(data) <> 'blob';
SELECT 'SX-042', place, col FROM name_value WHERE length(CAST(v AS BLOB)) > 4096;
SELECT 'SX-043', place, col FROM (SELECT * FROM text_value UNION ALL SELECT * FROM json_value) WHERE length(CAST(v AS BLOB)) > 67108864;
SELECT 'SX-043', 'record ' || seq, 'data' FROM attachment WHERE length(data) > 67108864;
SELECT 'SX-044', place, col FROM json_value WHERE v IS NOT NULL AND NOT json_valid(v);
SELECT 'SX-046', place, col FROM json_value WHERE v <> trim(v, ' ' || char(9, 10, 13)) OR v = 'null';
SELECT 'SX-047', place, col FROM name_value WHERE v = '' AND required = 0;
SELECT 'SX-048', place, col FROM name_value WHERE v = '' AND required = 1;
SELECT 'SX-048', 'record ' || seq, 'text' FROM note WHERE text = '' AND seq NOT IN (SELECT seq FROM redaction WHERE field = 'text');

CREATE TEMP VIEW by_agent AS -- objects that can be looked into
  SELECT number, 'costs_per_agent' AS col, costs_per_agent AS v FROM iteration WHERE json_valid(costs_per_agent)
  UNION ALL SELECT number, 'accepted_changes', accepted_changes FROM iteration WHERE json_valid(accepted_changes)
  UNION ALL SELECT number, 'policies', policies FROM iteration WHERE json_valid(policies);
SELECT 'SX-050', 'iteration ' || number, col || ' is no object' FROM by_agent WHERE json_type(v) <> 'object';
SELECT 'SX-050', 'iteration ' || number, col || ' has white space' FROM by_agent WHERE col <> 'policies' AND v <> json(v);
SELECT 'SX-050', 'iteration ' || number, col || ': ' || later FROM (
    SELECT number, col, key AS later, lag(key) OVER (PARTITION BY number, col ORDER BY rowid) AS before
    FROM (SELECT b.number, b.col, m.key, m.id AS rowid FROM by_agent AS b, json_each(b.v) AS m WHERE json_type(b.v) = 'object'))
  WHERE CAST(later AS BLOB) <= CAST(before AS BLOB);
SELECT 'SX-051', 'iteration ' || number, m.key FROM by_agent, json_each(v) AS m WHERE col = 'costs_per_agent' AND json_type(v) = 'object' AND (m.type <> 'integer' OR typeof(m.value) <> 'integer');
SELECT 'SX-052', 'iteration ' || number, m.key FROM by_agent, json_each(v) AS m WHERE col = 'accepted_changes' AND json_type(v) = 'object' AND m.type NOT IN ('true', 'false');
SELECT 'SX-053', 'iteration ' || number, m.key FROM by_agent, json_each(v) AS m WHERE col = 'policies' AND json_type(v) = 'object' AND m.type = 'null';
SELECT 'SX-054', 'record ' || seq, iteration FROM record WHERE iteration NOT BETWEEN 0 AND 2147483647;
SELECT 'SX-055', 'record ' || seq, prompt_tokens || ', ' || completion_tokens FROM llm_interaction WHERE prompt_tokens < 0 OR completion_tokens < 0;
SELECT 'SX-056', 'record ' || seq, latency_seconds FROM llm_interaction WHERE latency_seconds < 0 OR latency_seconds = 9e999;
SELECT 'SX-057', 'record ' || seq, extra FROM llm_interaction WHERE json_valid(extra) AND json_type(extra) <> 'object';

-- 3.2 The experiment
SELECT 'SX-060', 'experiment', count(*) || ' rows' FROM experiment HAVING count(*) <> 1 OR max(id) <> 1;
SELECT 'SX-061', 'experiment', length(salt) FROM experiment WHERE length(salt) <> 32;
SELECT 'SX-062', 'experiment', 'a result without a status' FROM experiment
  WHERE status IS NULL AND coalesce(completed_at, converged, convergence_reason, final_cost, best_cost) IS NOT NULL;
SELECT 'SX-063', 'experiment', status FROM experiment WHERE status = 'running';
SELECT 'SX-064', 'experiment', converged FROM experiment WHERE converged NOT IN (0, 1);

-- 4. Order
SELECT 'SX-070', 'record ' || (before + 1), 'missing' FROM (SELECT seq, lag(seq, 1, 0) OVER (ORDER BY seq) AS before FROM (SELECT DISTINCT seq FROM record))
  WHERE seq > before + 1 OR seq < 1;
SELECT 'SX-071', 'record ' || seq, count(*) || ' times' FROM record GROUP BY seq HAVING count(*) > 1;

-- 5. Events
SELECT 'SX-080', 'record ' || seq, type FROM event WHERE type NOT IN (SELECT id FROM event_type);
SELECT 'SX-081', 'event_type ' || id, name FROM (SELECT id, name, row_number() OVER (ORDER BY id) AS n FROM event_type) WHERE id <> n;
SELECT 'SX-081', 'event_type ' || type, 'used before a lower one' FROM (
    SELECT type, row_number() OVER (ORDER BY first) AS n FROM (SELECT type, min(seq) AS first FROM event WHERE type IN (SELECT id FROM event_type) GROUP BY type))
  WHERE type <> n AND NOT EXISTS (SELECT 1 FROM event_type WHERE id NOT IN (SELECT type FROM event));
SELECT 'SX-082', 'event_type ' || id, name FROM event_type WHERE id NOT IN (SELECT type FROM event) AND (SELECT count(*) FROM event_type) <= 65536
  AND NOT EXISTS (SELECT 1 FROM event WHERE type NOT IN (SELECT id FROM event_type));
SELECT 'SX-083', 'event_type ' || max(id), name FROM event_type GROUP BY +name HAVING count(*) > 1;
SELECT 'SX-084', 'event_type', count(*) FROM event_type HAVING count(*) > 65536;

-- 6. Prompts
CREATE TEMP VIEW prompt AS
  SELECT seq, 1 AS part, 'system_prompt' AS col, system_prompt AS v FROM llm_interaction WHERE system_prompt IS NOT NULL
  UNION ALL SELECT seq, 2, 'user_prompt', user_prompt FROM llm_interaction WHERE user_prompt IS NOT NULL;
CREATE TEMP VIEW list AS -- lists that can be looked into
  SELECT seq, part, col, v FROM prompt WHERE json_valid(v) AND json_type(v) = 'array' AND v NOT GLOB '*[^][0-9,]*';
SELECT 'SX-090', 'record ' || seq, col FROM prompt WHERE v NOT IN (SELECT v FROM list) OR v = '[]' OR v LIKE '%[0%' OR v LIKE '%,0%';
SELECT 'SX-091', 'record ' || seq, 'section ' || s.value FROM list, json_each(v) AS s WHERE s.value NOT IN (SELECT id FROM section);
SELECT 'SX-092', 'section ' || id, 'length' FROM section WHERE length(sha256) <> 32;
SELECT 'SX-093', 'section ' || id, '' FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM section) WHERE id <> n;
SELECT 'SX-093', 'section ' || max(id), 'twice' FROM section GROUP BY body HAVING count(*) > 1;
SELECT 'SX-093', 'section ' || id, 'used before a lower one' FROM (
    SELECT id, row_number() OVER (ORDER BY seq, part, at) AS n FROM (
      SELECT s.value AS id, min(l.seq) AS seq, l.part AS part, s.key AS at FROM list AS l, json_each(l.v) AS s GROUP BY s.value))
  WHERE id <> n AND NOT EXISTS (SELECT 1 FROM section WHERE id NOT IN (SELECT s.value FROM list, json_each(v) AS s))
    AND NOT EXISTS (SELECT 1 FROM list, json_each(v) AS s WHERE s.value NOT IN (SELECT id FROM section))
    AND (SELECT count(*) FROM list) = (SELECT count(*) FROM prompt);
SELECT 'SX-094', 'section ' || id, '' FROM section WHERE id NOT IN (SELECT s.value FROM list, json_each(v) AS s)
  AND (SELECT count(*) FROM list) = (SELECT count(*) FROM prompt) AND NOT EXISTS (SELECT 1 FROM list, json_each(v) AS s WHERE s.value NOT IN (SELECT id FROM section));

-- 7. Iterations and attachments, unless records are missing or lists cannot be read
CREATE TEMP VIEW whole AS SELECT (SELECT count(*) FROM record) = (SELECT coalesce(max(seq), 0) FROM record)
  AND (SELECT count(DISTINCT seq) FROM record) = (SELECT count(*) FROM record)
  AND (SELECT count(*) FROM list) = (SELECT count(*) FROM prompt)
  AND NOT EXISTS (SELECT 1 FROM list, json_each(v) AS s WHERE s.value NOT IN (SELECT id FROM section)) AS ok;
CREATE TEMP VIEW span AS
  SELECT iteration, min(seq) AS first_seq, max(seq) AS last_seq, sum(t = 'event') AS events, sum(t = 'llm_interaction') AS interactions,
    coalesce((SELECT sum(length(CAST(data AS BLOB))) FROM event AS e WHERE e.iteration = r.iteration), 0)
    + coalesce((SELECT sum(coalesce(length(CAST(response AS BLOB)), 0) + coalesce(length(CAST(parsed_policy AS BLOB)), 0)
        + coalesce((SELECT sum(length(CAST(body AS BLOB))) FROM json_each(system_prompt) AS p JOIN section AS s ON s.id = p.value), 0)
        + coalesce((SELECT sum(length(CAST(body AS BLOB))) FROM json_each(user_prompt) AS p JOIN section AS s ON s.id = p.value), 0))
      FROM llm_interaction AS i WHERE i.iteration = r.iteration), 0) AS bytes
  FROM record AS r WHERE iteration IS NOT NULL GROUP BY iteration;
SELECT 'SX-100', 'iteration_span ' || iteration, 'no such iteration' FROM iteration_span, whole WHERE ok AND iteration NOT IN (SELECT iteration FROM span);
SELECT 'SX-100', 'iteration_span ' || iteration, 'missing' FROM span, whole WHERE ok AND iteration NOT IN (SELECT iteration FROM iteration_span);
SELECT 'SX-101', 'iteration_span ' || s.iteration, '' FROM whole, span AS s JOIN iteration_span AS g USING (iteration)
  WHERE ok AND (s.first_seq, s.last_seq) <> (g.first_seq, g.last_seq);
SELECT 'SX-102', 'iteration_span ' || s.iteration, '' FROM whole, span AS s JOIN iteration_span AS g USING (iteration)
  WHERE ok AND (s.events, s.interactions) <> (g.events, g.interactions);
SELECT 'SX-103', 'iteration_span ' || s.iteration, g.bytes || ', want ' || s.bytes FROM whole, span AS s JOIN iteration_span AS g USING (iteration) WHERE ok AND s.bytes <> g.bytes;
SELECT 'SX-105', 'record ' || seq, name FROM attachment WHERE '/' || name || '/' LIKE '%/../%' OR '/' || name || '/' LIKE '%/./%' OR name LIKE '/%' OR name LIKE '%/'
  OR name LIKE '%//%' OR name LIKE '%\%' OR name LIKE '%:%';
SELECT 'SX-106', 'record ' || max(seq), name FROM attachment GROUP BY +name HAVING count(*) > 1;

-- 9. Blocks: how many there must be, and of which size
CREATE TEMP VIEW run AS SELECT (SELECT count(*) FROM record) + 1 + (SELECT max(status IS NOT NULL) FROM experiment) AS records;
SELECT 'SX-120', 'leaf_block', (SELECT count(*) FROM leaf_block) || ' rows for ' || records || ' records' FROM run, whole
  WHERE ok AND (SELECT count(*) FROM leaf_block) <> (records + 255) / 256;
SELECT 'SX-120', 'leaf_block ' || first_seq, length(leaves) || ' bytes' FROM leaf_block, run, whole
  WHERE ok AND (first_seq % 256 <> 0 OR length(leaves) <> 8 * min(256, records - first_seq));

-- 10. What is withheld
CREATE TEMP VIEW kind AS SELECT 0 AS seq, 'experiment' AS t UNION ALL SELECT seq, t FROM record
  UNION ALL SELECT records - 1, 'result' FROM run WHERE EXISTS (SELECT 1 FROM experiment WHERE status IS NOT NULL);
CREATE TEMP TABLE committed (t TEXT, field TEXT);
INSERT INTO committed VALUES ('experiment', 'config'), ('experiment', 'salt'), ('event', 'event_data'), ('llm_interaction', 'system_prompt'),
  ('llm_interaction', 'user_prompt'), ('llm_interaction', 'response'), ('llm_interaction', 'parsed_policy'), ('llm_interaction', 'parsing_error'),
  ('llm_interaction', 'extra'), ('iteration', 'costs_per_agent'), ('iteration', 'accepted_changes'), ('iteration', 'policies'), ('note', 'text'),
  ('attachment', 'data'), ('result', 'convergence_reason');
SELECT 'SX-125', 'record ' || seq, field FROM redaction, whole WHERE ok AND seq NOT IN (SELECT seq FROM kind);
SELECT 'SX-126', 'record ' || seq, field FROM redaction AS r JOIN kind USING (seq) WHERE field <> '' AND NOT EXISTS (SELECT 1 FROM committed AS c WHERE c.t = kind.t AND c.field = r.field);
SELECT 'SX-127', 'record ' || seq, field FROM redaction WHERE (commitment IS NULL) = (key IS NULL) OR length(commitment) <> 32 OR length(key) <> 32 OR field = '' AND key IS NULL;
CREATE TEMP VIEW held AS -- committed values that are there
  SELECT 0 AS seq, 'config' AS field FROM experiment WHERE config IS NOT NULL
  UNION ALL SELECT 0, 'salt' FROM experiment WHERE salt IS NOT NULL
  UNION ALL SELECT seq, 'event_data' FROM event WHERE data IS NOT NULL
  UNION ALL SELECT seq, 'system_prompt' FROM llm_interaction WHERE system_prompt IS NOT NULL
  UNION ALL SELECT seq, 'user_prompt' FROM llm_interaction WHERE user_prompt IS NOT NULL
  UNION ALL SELECT seq, 'response' FROM llm_interaction WHERE response IS NOT NULL
  UNION ALL SELECT seq, 'parsed_policy' FROM llm_interaction WHERE parsed_policy IS NOT NULL
  UNION ALL SELECT seq, 'parsing_error' FROM llm_interaction WHERE parsing_error IS NOT NULL
  UNION ALL SELECT seq, 'extra' FROM llm_interaction WHERE extra IS NOT NULL
  UNION ALL SELECT seq, 'costs_per_agent' FROM iteration WHERE costs_per_agent <> '{}'
  UNION ALL SELECT seq, 'accepted_changes' FROM iteration WHERE accepted_changes <> '{}'
  UNION ALL SELECT seq, 'policies' FROM iteration WHERE policies <> '{}'
  UNION ALL SELECT seq, 'text' FROM note WHERE text <> ''
  UNION ALL SELECT seq, 'data' FROM attachment WHERE length(data) > 0
  UNION ALL SELECT records - 1, 'convergence_reason' FROM experiment, run WHERE convergence_reason IS NOT NULL;
SELECT 'SX-128', 'record ' || seq, field FROM redaction WHERE commitment IS NOT NULL AND (seq, field) IN (SELECT seq, field FROM held);
SELECT 'SX-129', 'record ' || seq, field FROM held WHERE field <> 'salt' AND (0, 'salt') IN (SELECT seq, field FROM redaction WHERE commitment IS NOT NULL)
  AND (seq, '') NOT IN (SELECT seq, field FROM redaction WHERE key IS NOT NULL) AND (seq, field) NOT IN (SELECT seq, field FROM redaction);
SELECT 'SX-130', 'record ' || seq, field FROM redaction WHERE key IS NOT NULL AND commitment IS NULL AND NOT EXISTS (SELECT 1 FROM redaction WHERE seq = 0 AND field = 'salt' AND commitment IS NOT NULL);

-- 11. The seal
SELECT 'SX-140', 'seal', count(*) || ' rows' FROM seal HAVING count(*) <> 1 OR max(id) <> 1;
SELECT 'SX-141', 'seal', 'length' FROM seal WHERE length(root) <> 32;
SELECT 'SX-142', 'seal', s.records || ', want ' || run.records FROM seal AS s, run, whole WHERE ok AND s.records <> run.records;
SELECT 'SX-143', 'seal', events FROM seal, whole WHERE ok AND events <> (SELECT count(*) FROM event);
SELECT 'SX-144', 'seal', interactions FROM seal, whole WHERE ok AND interactions <> (SELECT count(*) FROM llm_interaction);
SELECT 'SX-145', 'seal', iterations FROM seal, whole WHERE ok AND iterations <> (SELECT count(*) FROM iteration);
SELECT 'SX-146', 'seal', notes FROM seal, whole WHERE ok AND notes <> (SELECT count(*) FROM note);
SELECT 'SX-147', 'seal', attachments FROM seal, whole WHERE ok AND attachments <> (SELECT count(*) FROM attachment);

-- 12. Annotations
SELECT 'SX-150', 'annotation ' || id, '' FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM annotation) WHERE id <> n;
SELECT 'SX-151', 'annotation ' || id, 'length' FROM annotation WHERE length(sha256) <> 32;
