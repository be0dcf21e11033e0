-- A second check of .simexp files, in plain SQL and independent of the program that comes with the format:
--
--   sqlite3 -readonly FILE.simexp < check.sql
--
-- prints a line for each requirement of FORMAT.md that SQL can see to be broken (number|place|what), of the first stage of which one
-- is, and nothing for a sealed file that is sound. It cannot see hashes, bytes that belong to no value, whether text is UTF-8, nor
-- the layout of pages. It needs SQLite 3.38 or later, and should be run on files that are no danger: it trusts the views and
-- triggers of the file not to be there.
.bail off
.headers off
.mode list

CREATE TEMP TABLE finding (stage INTEGER, code TEXT, place TEXT, what TEXT);

-- Stage 1: the file
INSERT INTO finding SELECT 1, 'SX-003', 'header', 'page size ' || page_size FROM pragma_page_size WHERE page_size <> 4096;
INSERT INTO finding SELECT 1, 'SX-018', 'header', freelist_count || ' free pages' FROM pragma_freelist_count WHERE freelist_count <> 0;
INSERT INTO finding SELECT 1, 'SX-018', 'header', 'schema cookie ' || schema_version FROM pragma_schema_version WHERE schema_version <> 1;
INSERT INTO finding SELECT 1, 'SX-018', 'header', 'auto-vacuum' FROM pragma_auto_vacuum WHERE auto_vacuum <> 0;
INSERT INTO finding SELECT 1, 'SX-018', 'header', encoding FROM pragma_encoding WHERE encoding <> 'UTF-8';
INSERT INTO finding SELECT 1, 'SX-018', 'header', 'application id ' || application_id FROM pragma_application_id WHERE application_id <> 0x53494D58;
INSERT INTO finding SELECT 1, 'SX-011', 'header', 'version ' || user_version FROM pragma_user_version WHERE user_version <> 1;
INSERT INTO finding SELECT 1, 'SX-140', 'z_experiment', 'no seal, or a part of one' FROM z_experiment
  WHERE id = 1 AND (digest IS NULL OR typeof(digest) = 'blob' AND length(digest) <> 32 OR records IS NULL OR events IS NULL OR interactions IS NULL OR iterations IS NULL
    OR notes IS NULL OR attachments IS NULL);

-- Stage 2: the schema
CREATE TEMP TABLE object (name TEXT PRIMARY KEY);
INSERT INTO object VALUES ('z_experiment'), ('z_iteration'), ('z_event_type'), ('z_event'), ('z_section'), ('z_llm_interaction'), ('z_note'),
  ('z_attachment'), ('z_redaction'), ('z_annotation'), ('z_leaf_block'), ('experiments'), ('experiment_iterations'),
  ('experiment_events'), ('llm_interactions'), ('costs'), ('accepted_changes'), ('policies'), ('totals'), ('notes'),
  ('attachments'), ('withheld'), ('annotations');
INSERT INTO finding SELECT 2, 'SX-031', 'sqlite_schema', type || ' ' || name FROM main.sqlite_schema WHERE name NOT IN (SELECT name FROM object);
INSERT INTO finding SELECT 2, 'SX-032', 'sqlite_schema', name || ' is missing' FROM object WHERE name NOT IN (SELECT name FROM main.sqlite_schema);

-- Stage 3: the pages, as far as SQLite looks at them. What it says of types comes later.
INSERT INTO finding SELECT 3, 'SX-036', '', integrity_check FROM pragma_integrity_check
  WHERE integrity_check <> 'ok' AND integrity_check NOT LIKE '% value in %';

-- Stage 4: types
CREATE TEMP VIEW record AS -- the experiment and the result aside
  SELECT seq, 'event' AS t, iteration FROM z_event
  UNION ALL SELECT seq, 'llm_interaction', iteration FROM z_llm_interaction
  UNION ALL SELECT seq, 'iteration', number FROM z_iteration WHERE seq IS NOT NULL
  UNION ALL SELECT seq, 'note', NULL FROM z_note
  UNION ALL SELECT seq, 'attachment', NULL FROM z_attachment;

CREATE TEMP VIEW name_value AS -- required is 1, optional 0, and 2 where the empty text is a value
  SELECT 'experiment' AS place, 'run_id' AS col, run_id AS v, 1 AS required FROM z_experiment
  UNION ALL SELECT 'experiment', 'experiment_name', experiment_name, 1 FROM z_experiment
  UNION ALL SELECT 'experiment', 'experiment_type', experiment_type, 1 FROM z_experiment
  UNION ALL SELECT 'experiment', 'created_at', created_at, 0 FROM z_experiment
  UNION ALL SELECT 'experiment', 'status', status, 1 FROM z_experiment WHERE status IS NOT NULL
  UNION ALL SELECT 'experiment', 'completed_at', completed_at, 0 FROM z_experiment
  UNION ALL SELECT 'iteration ' || number, 'timestamp', timestamp, 0 FROM z_iteration
  UNION ALL SELECT 'record ' || seq, 'timestamp', timestamp, 0 FROM z_event
  UNION ALL SELECT 'event type ' || id, 'name', name, 1 FROM z_event_type
  UNION ALL SELECT 'record ' || seq, 'agent_id', agent_id, 0 FROM z_llm_interaction
  UNION ALL SELECT 'record ' || seq, 'model', model, 2 FROM z_llm_interaction
  UNION ALL SELECT 'record ' || seq, 'timestamp', timestamp, 0 FROM z_llm_interaction
  UNION ALL SELECT 'record ' || seq, 'kind', kind, 1 FROM z_note
  UNION ALL SELECT 'record ' || seq, 'subject', subject, 0 FROM z_note
  UNION ALL SELECT 'record ' || seq, 'name', name, 1 FROM z_attachment
  UNION ALL SELECT 'record ' || seq, 'media_type', media_type, 0 FROM z_attachment
  UNION ALL SELECT 'annotation ' || id, 'kind', kind, 1 FROM z_annotation
  UNION ALL SELECT 'annotation ' || id, 'name', name, 0 FROM z_annotation;
CREATE TEMP VIEW text_value AS
  SELECT 'experiment' AS place, 'convergence_reason' AS col, convergence_reason AS v FROM z_experiment
  UNION ALL SELECT 'section ' || id, 'body', body FROM z_section
  UNION ALL SELECT 'record ' || seq, 'response', response FROM z_llm_interaction
  UNION ALL SELECT 'record ' || seq, 'parsing_error', parsing_error FROM z_llm_interaction
  UNION ALL SELECT 'record ' || seq, 'text', text FROM z_note
  UNION ALL SELECT 'annotation ' || id, 'text', text FROM z_annotation;
CREATE TEMP VIEW by_agent AS
  SELECT number, 'costs_per_agent' AS col, costs_per_agent AS v FROM z_iteration
  UNION ALL SELECT number, 'accepted_changes', accepted_changes FROM z_iteration
  UNION ALL SELECT number, 'policies', policies FROM z_iteration;
CREATE TEMP VIEW json_value AS
  SELECT 'experiment' AS place, 'config' AS col, config AS v FROM z_experiment
  UNION ALL SELECT 'record ' || seq, 'data', data FROM z_event
  UNION ALL SELECT 'record ' || seq, 'parsed_policy', parsed_policy FROM z_llm_interaction
  UNION ALL SELECT 'record ' || seq, 'extra', extra FROM z_llm_interaction
  UNION ALL SELECT 'iteration ' || number, col, v FROM by_agent;

INSERT INTO finding SELECT 4, 'SX-040', place, col || ' is ' || typeof(v)
  FROM (SELECT place, col, v FROM name_value UNION ALL SELECT * FROM text_value UNION ALL SELECT * FROM json_value)
  WHERE typeof(v) NOT IN ('text', 'null');
INSERT INTO finding SELECT 4, 'SX-040', place, col || ' is NULL' FROM name_value WHERE typeof(v) = 'null' AND required = 1;
INSERT INTO finding SELECT 4, 'SX-040', 'record ' || seq, 'data is ' || typeof(data) FROM z_attachment WHERE typeof(data) NOT IN ('blob', 'null');
INSERT INTO finding SELECT 4, 'SX-040', 'z_experiment', 'digest is ' || typeof(digest) FROM z_experiment WHERE typeof(digest) NOT IN ('blob', 'null');

-- Stage 5: values
INSERT INTO finding SELECT 5, 'SX-042', place, col FROM name_value WHERE length(CAST(v AS BLOB)) > 4096;
INSERT INTO finding SELECT 5, 'SX-043', place, col FROM (SELECT * FROM text_value UNION ALL SELECT * FROM json_value)
  WHERE length(CAST(v AS BLOB)) > 67108864;
INSERT INTO finding SELECT 5, 'SX-043', 'record ' || seq, 'data' FROM z_attachment WHERE length(data) > 67108864;
INSERT INTO finding SELECT 5, 'SX-044', place, col FROM json_value WHERE v IS NOT NULL AND NOT json_valid(v);
INSERT INTO finding SELECT 5, 'SX-046', place, col FROM json_value WHERE v <> trim(v, ' ' || char(9, 10, 13)) OR v = 'null';
INSERT INTO finding SELECT 5, 'SX-047', place, col FROM name_value WHERE v = '' AND required = 0;
INSERT INTO finding SELECT 5, 'SX-048', place, col FROM name_value WHERE v = '' AND required = 1;
INSERT INTO finding SELECT 5, 'SX-048', 'record ' || seq, 'text' FROM z_note WHERE text = '';
INSERT INTO finding SELECT 5, 'SX-054', place, n FROM (SELECT 'record ' || seq AS place, iteration AS n FROM z_event
    UNION ALL SELECT 'record ' || seq, iteration FROM z_llm_interaction UNION ALL SELECT 'iteration ' || number, number FROM z_iteration)
  WHERE n NOT BETWEEN 0 AND 2147483647;
INSERT INTO finding SELECT 5, 'SX-055', 'record ' || seq, prompt_tokens || ', ' || completion_tokens FROM z_llm_interaction
  WHERE prompt_tokens < 0 OR completion_tokens < 0;
INSERT INTO finding SELECT 5, 'SX-056', 'record ' || seq, latency_seconds FROM z_llm_interaction WHERE latency_seconds < 0 OR latency_seconds = 9e999;
INSERT INTO finding SELECT 5, 'SX-060', 'experiment', count(*) || ' rows' FROM z_experiment HAVING count(*) <> 1 OR max(id) <> 1;
INSERT INTO finding SELECT 5, 'SX-061', 'experiment', length(salt) FROM z_experiment WHERE length(salt) <> 32;
INSERT INTO finding SELECT 5, 'SX-062', 'experiment', 'a result without a status' FROM z_experiment
  WHERE status IS NULL AND coalesce(completed_at, converged, convergence_reason, final_cost, best_cost) IS NOT NULL;
INSERT INTO finding SELECT 5, 'SX-063', 'experiment', status FROM z_experiment WHERE status IN ('running', 'unfinished');
INSERT INTO finding SELECT 5, 'SX-064', 'experiment', converged FROM z_experiment WHERE converged NOT IN (0, 1);
INSERT INTO finding SELECT 5, 'SX-067', place, col FROM name_value WHERE instr(v, char(0));
INSERT INTO finding SELECT 5, 'SX-067', 'iteration ' || b.number, b.col || ': ' || m.key -- older releases end the name there
  FROM by_agent AS b, json_each(b.v) AS m WHERE json_valid(b.v) AND json_type(b.v) = 'object'
    AND (instr(m.key, char(0)) OR instr(b.v, rtrim(json_quote(m.key), '"') || '\u0000'));
INSERT INTO finding SELECT 5, 'SX-068', 'iteration ' || number, events || ', ' || interactions || ', ' || bytes FROM z_iteration
  WHERE min(events, interactions, bytes) < 0;
INSERT INTO finding SELECT 5, 'SX-084', 'event types', count(*) FROM z_event_type HAVING count(*) > 65536;
CREATE TEMP VIEW prompt AS
  SELECT seq, 1 AS part, 'system_prompt' AS col, system_prompt AS v FROM z_llm_interaction WHERE system_prompt IS NOT NULL
  UNION ALL SELECT seq, 2, 'user_prompt', user_prompt FROM z_llm_interaction WHERE user_prompt IS NOT NULL;
CREATE TEMP VIEW list AS -- prompts that can be looked into
  SELECT seq, part, col, v FROM prompt WHERE json_valid(v) AND json_type(v) = 'array' AND v NOT GLOB '*[^][0-9,]*';
INSERT INTO finding SELECT 5, 'SX-090', 'record ' || seq, col FROM prompt
  WHERE (seq, part) NOT IN (SELECT seq, part FROM list) OR v = '[]' OR v LIKE '%[0%' OR v LIKE '%,0%' OR length(v) > 8388608;
INSERT INTO finding SELECT 5, 'SX-105', 'record ' || seq, name FROM z_attachment WHERE name <> '' AND ('/' || name || '/' LIKE '%/../%' OR '/' || name || '/' LIKE '%/./%'
  OR name LIKE '/%' OR name LIKE '%/' OR name LIKE '%//%' OR name LIKE '%\%' OR name LIKE '%:%' OR instr(name, char(0)));
INSERT INTO finding SELECT 5, 'SX-108', 'iteration ' || number, '' FROM z_iteration
  WHERE seq IS NULL AND coalesce(timestamp, costs_per_agent, accepted_changes, policies) IS NOT NULL;
INSERT INTO finding SELECT 5, 'SX-127', 'record ' || (id >> 8), field FROM z_redaction
  WHERE (commitment IS NULL) = (key IS NULL) OR length(commitment) <> 32 OR length(key) <> 32;

-- Stage 6: what is inside of values, and what rows refer to
CREATE TEMP VIEW object_by_agent AS SELECT number, col, v FROM by_agent WHERE json_valid(v) AND json_type(v) = 'object';
INSERT INTO finding SELECT 6, 'SX-050', 'iteration ' || number, col || ' is no object' FROM by_agent WHERE json_valid(v) AND json_type(v) <> 'object';
INSERT INTO finding SELECT 6, 'SX-050', 'iteration ' || number, col || ' has white space' FROM object_by_agent WHERE col <> 'policies' AND v <> json(v);
INSERT INTO finding SELECT 6, 'SX-050', 'iteration ' || b.number, b.col || ': ' || m.key FROM object_by_agent AS b, json_each(b.v) AS m
  WHERE instr(b.v, json_quote(m.key) || ':') = 0 OR length(CAST(m.key AS BLOB)) NOT BETWEEN 1 AND 4096;
INSERT INTO finding SELECT 6, 'SX-050', 'iteration ' || number, col || ': ' || later FROM (
    SELECT number, col, key AS later, lag(key) OVER (PARTITION BY number, col ORDER BY at) AS before
    FROM (SELECT b.number, b.col, m.key, m.id AS at FROM object_by_agent AS b, json_each(b.v) AS m))
  WHERE CAST(later AS BLOB) <= CAST(before AS BLOB);
INSERT INTO finding SELECT 6, 'SX-051', 'iteration ' || number, m.key FROM object_by_agent, json_each(v) AS m
  WHERE col = 'costs_per_agent' AND (m.type <> 'integer' OR typeof(m.value) <> 'integer' OR v GLOB '*:-0[,}]*');
INSERT INTO finding SELECT 6, 'SX-052', 'iteration ' || number, m.key FROM object_by_agent, json_each(v) AS m
  WHERE col = 'accepted_changes' AND m.type NOT IN ('true', 'false');
INSERT INTO finding SELECT 6, 'SX-053', 'iteration ' || number, m.key FROM object_by_agent, json_each(v) AS m WHERE col = 'policies' AND m.type = 'null';
INSERT INTO finding SELECT 6, 'SX-057', 'record ' || seq, extra FROM z_llm_interaction WHERE json_valid(extra) AND json_type(extra) <> 'object';
INSERT INTO finding SELECT 6, 'SX-066', 'record ' || seq, subject FROM z_note
  WHERE subject <> '' AND (subject NOT LIKE '/%' OR replace(replace(subject, '~0', ''), '~1', '') LIKE '%~%');
INSERT INTO finding SELECT 6, 'SX-070', 'record ' || (before + 1), 'missing' FROM (
    SELECT seq, lag(seq, 1, 0) OVER (ORDER BY seq) AS before FROM (SELECT DISTINCT seq FROM record))
  WHERE seq > before + 1 OR seq < 1;
INSERT INTO finding SELECT 6, 'SX-071', 'record ' || seq, count(*) || ' times' FROM record GROUP BY seq HAVING count(*) > 1;
INSERT INTO finding SELECT 6, 'SX-080', 'record ' || seq, type FROM z_event WHERE type NOT IN (SELECT id FROM z_event_type);
INSERT INTO finding SELECT 6, 'SX-081', 'event type ' || id, name FROM (SELECT id, name, row_number() OVER (ORDER BY id) AS n FROM z_event_type) WHERE id <> n;
INSERT INTO finding SELECT 6, 'SX-081', 'event type ' || type, 'used first behind a higher one' FROM (
    SELECT type, lag(type) OVER (ORDER BY first) AS before FROM (SELECT type, min(seq) AS first FROM z_event WHERE type IN (SELECT id FROM z_event_type) GROUP BY type))
  WHERE type < before;
INSERT INTO finding SELECT 6, 'SX-082', 'event type ' || id, name FROM z_event_type WHERE id NOT IN (SELECT type FROM z_event);
INSERT INTO finding SELECT 6, 'SX-083', 'event type ' || max(id), name FROM z_event_type GROUP BY name HAVING count(*) > 1;
CREATE TEMP TABLE named AS SELECT l.seq, l.part, s.key AS at, s.value AS section FROM list AS l, json_each(l.v) AS s;
INSERT INTO finding SELECT 6, 'SX-091', 'record ' || seq, 'section ' || section FROM named WHERE section NOT IN (SELECT id FROM z_section);
INSERT INTO finding SELECT 6, 'SX-093', 'section ' || id, '' FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM z_section) WHERE id <> n;
INSERT INTO finding SELECT 6, 'SX-093', 'section ' || max(id), 'twice' FROM z_section GROUP BY body HAVING count(*) > 1;
INSERT INTO finding SELECT 6, 'SX-093', 'section ' || section, 'used first behind a higher one' FROM (
    SELECT section, lag(section) OVER (ORDER BY first) AS before FROM (
      SELECT section, min(place) AS first FROM (
        SELECT section, row_number() OVER (ORDER BY seq, part, at) AS place FROM named WHERE section IN (SELECT id FROM z_section))
      GROUP BY section))
  WHERE section < before;
INSERT INTO finding SELECT 6, 'SX-094', 'section ' || id, '' FROM z_section WHERE id NOT IN (SELECT section FROM named);
CREATE TEMP VIEW span AS
  SELECT iteration, min(seq) AS first_seq, max(seq) AS last_seq, sum(t = 'event') AS events, sum(t = 'llm_interaction') AS interactions,
    coalesce((SELECT sum(length(CAST(data AS BLOB))) FROM z_event AS e WHERE e.iteration = r.iteration), 0)
    + coalesce((SELECT sum(coalesce(length(CAST(response AS BLOB)), 0) + coalesce(length(CAST(parsed_policy AS BLOB)), 0)
        + coalesce((SELECT sum(length(CAST(body AS BLOB))) FROM named AS n JOIN z_section AS s ON s.id = n.section WHERE n.seq = i.seq), 0))
      FROM z_llm_interaction AS i WHERE i.iteration = r.iteration), 0) AS bytes
  FROM record AS r WHERE iteration IS NOT NULL GROUP BY iteration;
INSERT INTO finding SELECT 6, 'SX-100', 'iteration ' || number, 'no record belongs to it' FROM z_iteration WHERE number NOT IN (SELECT iteration FROM span);
INSERT INTO finding SELECT 6, 'SX-100', 'iteration ' || iteration, 'missing' FROM span WHERE iteration NOT IN (SELECT number FROM z_iteration);
INSERT INTO finding SELECT 6, 'SX-104', 'record ' || a.seq, a.name || ', ' || b.name FROM z_attachment AS a, z_attachment AS b
  WHERE substr(lower(b.name), 1, length(a.name) + 1) = lower(a.name) || '/';
INSERT INTO finding SELECT 6, 'SX-107', 'iterations', total(bytes) FROM z_iteration, pragma_page_count, pragma_page_size
  HAVING total(bytes) > 1073741824 + 1024 * max(page_count) * max(page_size);
INSERT INTO finding SELECT 6, 'SX-106', 'record ' || max(seq), name FROM z_attachment GROUP BY lower(name) HAVING count(*) > 1;
INSERT INTO finding WITH RECURSIVE part(seq, p, rest) AS ( -- of the path
    SELECT seq, NULL, name || '/' FROM z_attachment
    UNION ALL SELECT seq, substr(rest, 1, instr(rest, '/') - 1), substr(rest, instr(rest, '/') + 1) FROM part WHERE rest <> '')
  SELECT 6, 'SX-109', 'record ' || seq, p FROM part
  WHERE length(CAST(p AS BLOB)) > 255 OR p LIKE '%.' OR p LIKE '% ' OR p LIKE ' %' OR p GLOB '*[<>:"|?*\' || char(1) || '-' || char(31, 127) || ']*'
    OR upper(rtrim(substr(p, 1, instr(p || '.', '.') - 1), ' ')) IN ('CON', 'PRN', 'AUX', 'NUL', 'CONIN$', 'CONOUT$')
    OR upper(rtrim(substr(p, 1, instr(p || '.', '.') - 1), ' ')) GLOB 'COM[0-9¹²³]' OR upper(rtrim(substr(p, 1, instr(p || '.', '.') - 1), ' ')) GLOB 'LPT[0-9¹²³]';
CREATE TEMP VIEW run AS SELECT (SELECT count(*) FROM record) + 1 + coalesce((SELECT max(status IS NOT NULL) FROM z_experiment), 0) AS total;
CREATE TEMP VIEW kind AS SELECT 0 AS seq, 'experiment' AS t UNION ALL SELECT seq, t FROM record
  UNION ALL SELECT (SELECT coalesce(max(seq), 0) + 1 FROM record), 'result' FROM z_experiment WHERE status IS NOT NULL;
CREATE TEMP TABLE committed (t TEXT, field TEXT, id INTEGER);
INSERT INTO committed VALUES ('experiment', 'config', 5), ('experiment', 'salt', 6), ('event', 'event_data', 4),
  ('llm_interaction', 'system_prompt', 8), ('llm_interaction', 'user_prompt', 9), ('llm_interaction', 'response', 10),
  ('llm_interaction', 'parsed_policy', 11), ('llm_interaction', 'parsing_error', 12), ('llm_interaction', 'extra', 13),
  ('iteration', 'costs_per_agent', 3), ('iteration', 'accepted_changes', 4), ('iteration', 'policies', 5), ('note', 'text', 2),
  ('attachment', 'data', 3), ('result', 'convergence_reason', 6);
INSERT INTO finding SELECT 6, 'SX-125', 'record ' || (id >> 8), field FROM z_redaction WHERE id >> 8 NOT IN (SELECT seq FROM kind);
INSERT INTO finding SELECT 6, 'SX-126', 'record ' || seq, field FROM z_redaction AS r JOIN kind ON seq = r.id >> 8
  WHERE NOT EXISTS (SELECT 1 FROM committed AS c WHERE c.t = kind.t AND c.field = r.field AND c.id = r.id & 255) OR field = 'salt' AND key IS NOT NULL;
INSERT INTO finding SELECT 6, 'SX-150', 'annotation ' || id, '' FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM z_annotation) WHERE id <> n;

-- Stage 7: what rows say of each other
CREATE TEMP VIEW value AS -- every committed field, and whether it is there
  SELECT 0 AS seq, 'config' AS field, config IS NOT NULL AS held, 0 AS always FROM z_experiment
  UNION ALL SELECT 0, 'salt', salt IS NOT NULL, 0 FROM z_experiment
  UNION ALL SELECT seq, 'event_data', data IS NOT NULL, 0 FROM z_event
  UNION ALL SELECT seq, 'system_prompt', system_prompt IS NOT NULL, 0 FROM z_llm_interaction
  UNION ALL SELECT seq, 'user_prompt', user_prompt IS NOT NULL, 0 FROM z_llm_interaction
  UNION ALL SELECT seq, 'response', response IS NOT NULL, 0 FROM z_llm_interaction
  UNION ALL SELECT seq, 'parsed_policy', parsed_policy IS NOT NULL, 0 FROM z_llm_interaction
  UNION ALL SELECT seq, 'parsing_error', parsing_error IS NOT NULL, 0 FROM z_llm_interaction
  UNION ALL SELECT seq, 'extra', extra IS NOT NULL, 0 FROM z_llm_interaction
  UNION ALL SELECT seq, 'costs_per_agent', costs_per_agent IS NOT NULL, 1 FROM z_iteration WHERE seq IS NOT NULL
  UNION ALL SELECT seq, 'accepted_changes', accepted_changes IS NOT NULL, 1 FROM z_iteration WHERE seq IS NOT NULL
  UNION ALL SELECT seq, 'policies', policies IS NOT NULL, 1 FROM z_iteration WHERE seq IS NOT NULL
  UNION ALL SELECT seq, 'text', text IS NOT NULL, 1 FROM z_note
  UNION ALL SELECT seq, 'data', data IS NOT NULL, 1 FROM z_attachment
  UNION ALL SELECT total - 1, 'convergence_reason', convergence_reason IS NOT NULL, 0 FROM z_experiment, run WHERE status IS NOT NULL;
CREATE TEMP VIEW salted AS SELECT EXISTS (SELECT 1 FROM z_redaction WHERE id = 6 AND commitment IS NOT NULL)
  AND EXISTS (SELECT 1 FROM z_experiment WHERE salt IS NULL) AS withheld;
INSERT INTO finding SELECT 7, 'SX-065', 'record ' || seq, field FROM value WHERE always AND NOT held
  AND (seq, field) NOT IN (SELECT id >> 8, field FROM z_redaction WHERE commitment IS NOT NULL);
INSERT INTO finding SELECT 7, 'SX-101', 'iteration ' || number, '' FROM span AS s JOIN z_iteration AS g ON g.number = s.iteration
  WHERE (s.first_seq, s.last_seq) <> (g.first_seq, g.last_seq);
INSERT INTO finding SELECT 7, 'SX-102', 'iteration ' || number, '' FROM span AS s JOIN z_iteration AS g ON g.number = s.iteration
  WHERE (s.events, s.interactions) <> (g.events, g.interactions);
INSERT INTO finding SELECT 7, 'SX-103', 'iteration ' || number, g.bytes || ', want ' || s.bytes FROM span AS s JOIN z_iteration AS g ON g.number = s.iteration
  WHERE s.bytes <> g.bytes;
INSERT INTO finding SELECT 7, 'SX-120', 'leaf blocks', count(*) || ' rows for ' || total || ' records' FROM run LEFT JOIN z_leaf_block
  HAVING count(first_seq) <> (total + 255) / 256;
INSERT INTO finding SELECT 7, 'SX-120', 'leaf block ' || first_seq, length(leaves) || ' bytes' FROM z_leaf_block, run
  WHERE first_seq % 256 <> 0 OR length(leaves) <> 4 * min(256, total - first_seq);
INSERT INTO finding SELECT 7, 'SX-128', 'record ' || seq, r.field FROM z_redaction AS r JOIN value AS v ON v.seq = r.id >> 8 AND v.field = r.field
  WHERE commitment IS NOT NULL AND held;
INSERT INTO finding SELECT 7, 'SX-129', 'record ' || seq, field FROM value, salted WHERE withheld AND held AND field <> 'salt'
  AND (seq, field) NOT IN (SELECT id >> 8, field FROM z_redaction);
INSERT INTO finding SELECT 7, 'SX-130', 'record ' || seq, r.field FROM salted, z_redaction AS r JOIN value AS v ON v.seq = r.id >> 8 AND v.field = r.field
  WHERE key IS NOT NULL AND (NOT withheld OR NOT held);
INSERT INTO finding SELECT 7, 'SX-131', 'record ' || (r.id >> 8), field FROM z_redaction AS r, z_experiment
  WHERE commitment IS NOT NULL AND field <> 'salt' AND salt IS NOT NULL;

-- Stage 8: the seal
INSERT INTO finding SELECT 8, 'SX-148', 'seal', name || ': ' || got || ', want ' || want FROM (
    SELECT 'records' AS name, s.records AS got, run.total AS want FROM z_experiment AS s, run
    UNION ALL SELECT 'events', events, (SELECT count(*) FROM z_event) FROM z_experiment
    UNION ALL SELECT 'interactions', interactions, (SELECT count(*) FROM z_llm_interaction) FROM z_experiment
    UNION ALL SELECT 'iterations', iterations, (SELECT count(seq) FROM z_iteration) FROM z_experiment
    UNION ALL SELECT 'notes', notes, (SELECT count(*) FROM z_note) FROM z_experiment
    UNION ALL SELECT 'attachments', attachments, (SELECT count(*) FROM z_attachment) FROM z_experiment)
  WHERE got <> want;

SELECT code, place, what FROM finding WHERE stage = (SELECT min(stage) FROM finding);
