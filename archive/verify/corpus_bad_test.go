package verify

import (
	"fmt"
	"testing"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/schema"
)

// A badFile is a good file with one fault planted in it. What follows from the fault elsewhere in the file is put right
// where the stages of the requirements do not do that.
type badFile struct {
	code string
	base string // good file
	sql  string // statements on its content
	// reseal puts the seal, the leaf blocks and the bytes of iterations right.
	reseal bool
	// row changes the record of a row where SQL cannot.
	row func(table string, key int64, record []byte) []byte
	// layout changes the finished file.
	layout func(t testing.TB, b []byte) []byte
	// noSQL: SQLite does not open the file.
	noSQL bool
	// large files are made when the test runs, and not kept.
	large bool
}

// lastCall is a condition for the last interaction.
const lastCall = "seq = (SELECT max(seq) FROM z_llm_interaction)"

func badFiles() []badFile {
	list := []badFile{
		{code: sxMagic, base: "start", layout: poke(5, "41")},
		{code: sxFileSize, base: "all", layout: func(_ testing.TB, b []byte) []byte { return b[:len(b)-schema.PageSize] }},
		{code: sxFileSize, base: "all", layout: func(_ testing.TB, b []byte) []byte { return append(b, 0) }},
		{code: sxPageSize, base: "start", layout: doublePageSize},
		{code: sxPageSize, base: "start", layout: poke(16, "1001")},
		{code: sxMode, base: "start", layout: poke(18, "0202")},
		{code: sxReserved, base: "start", layout: poke(20, "08")},
		{code: sxReserved, base: "start", layout: poke(22, "21")},
		{code: sxVersion, base: "start", layout: poke(60, "00000063")},
	}
	for at, data := range []string{ // what a tool leaves that writes to the file, and others
		27: "02", 39: "01", 43: "02", 47: "03", 51: "03", 55: "01", 59: "02", 67: "01", 68: "00000000", 80: "01", 95: "02",
		96: "002e99b1",
	} {
		if data != "" {
			list = append(list, badFile{code: sxHeader, base: "start", layout: poke(at, data)})
		}
	}
	list = append(list, []badFile{
		{code: sxSealRow, base: "all", sql: "UPDATE z_experiment SET digest = NULL, records = NULL, events = NULL, interactions = NULL, iterations = NULL, notes = NULL, attachments = NULL"},
		{code: sxSealRow, base: "all", sql: "UPDATE z_experiment SET notes = NULL"},
		{code: sxSealRow, base: "all", sql: "UPDATE z_experiment SET digest = substr(digest, 1, 31)"},

		{code: sxUnknownObject, base: "all", sql: "CREATE TRIGGER x AFTER INSERT ON z_note BEGIN SELECT 1; END"},
		{code: sxUnknownObject, base: "all", sql: "CREATE TABLE x (y); INSERT INTO x VALUES (1)"},
		{code: sxUnknownObject, base: "all", sql: "CREATE VIEW a AS SELECT 1"},
		{code: sxUnknownObject, base: "start", layout: schemaRow, noSQL: true},
		{code: sxMissingObject, base: "all", sql: "DROP VIEW notes"},
		{code: sxObjectText, base: "all", sql: "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = sql || ' WHERE 1' WHERE name = 'notes'"},
		{code: sxObjectText, base: "start", sql: "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET tbl_name = 'z_nota' WHERE name = 'z_note'", noSQL: true},
	}...)
	list = append(list, badPages()...)
	list = append(list, []badFile{
		{code: sxColumns, base: "all", row: edit(tables.TableNote, func(key int64, x tables.Row) tables.Row {
			x[0] = btree.Value{Kind: btree.Integer, Int: key}
			return x
		})},
		{code: sxColumns, base: "all", row: edit(tables.TableNote,
			func(_ int64, x tables.Row) tables.Row { return x[:len(x)-1] })},
		{code: sxColumns, base: "all", row: edit(tables.TableNote,
			func(_ int64, x tables.Row) tables.Row { return append(x, btree.Value{}) })},
		// A row that is no record: its header ends behind it, a type that there is not, a value that ends behind it.
		{code: sxColumns, base: "all", row: pokeRecord(tables.TableNote, 0, 0x7f)},
		{code: sxColumns, base: "all", row: pokeRecord(tables.TableNote, 2, 10)},
		{code: sxColumns, base: "all", row: pokeRecord(tables.TableNote, 4, 0x7f)},
		{code: sxType, base: "all", row: edit(tables.TableNote,
			func(_ int64, x tables.Row) tables.Row { x[tables.NoteKind].Kind = btree.Blob; return x })},
		{code: sxType, base: "all", row: edit(tables.TableNote,
			func(_ int64, x tables.Row) tables.Row { x[tables.NoteKind] = btree.Value{}; return x })},
		{code: sxType, base: "all", sql: "UPDATE z_experiment SET digest = 'a text of 32 bytes, not a digest'"},
		{code: sxType, base: "all", sql: "UPDATE z_experiment SET digest = 7"},
		{code: sxUTF8, base: "all", sql: "UPDATE z_note SET text = CAST(x'ff' AS TEXT)", reseal: true},
		{code: sxNameLength, base: "all", sql: "UPDATE z_experiment SET run_id = printf('%.*c', 4097, 'x')", reseal: true},
		{code: sxNameLength, base: "attachments", sql: "UPDATE z_attachment SET name = replace(printf('%.*c', 2048, 'x'), 'x', 'x/') || 'x' WHERE name = 'a2'", reseal: true},
		{code: sxNameLength, base: "all", sql: "UPDATE z_note SET subject = '/' || printf('%.*c', 4096, 'x')", reseal: true},
		{code: sxTextLength, base: "prompts", sql: "UPDATE z_llm_interaction SET response = printf('%.*c', 67108865, 'x') WHERE response = '{}'", reseal: true, large: true},
		{code: sxJSON, base: "all", sql: "UPDATE z_event SET data = '{' WHERE seq = 2", reseal: true},
		{code: sxJSON, base: "all", sql: "UPDATE z_experiment SET config = '{x: 1}'", reseal: true},
		{code: sxJSONDepth, base: "all", sql: "UPDATE z_event SET data = replace(printf('%.*c', 501, '['), '', '') || printf('%.*c', 501, ']') WHERE seq = 2", reseal: true},
		{code: sxJSONDepth, base: "all", sql: `UPDATE z_iteration SET policies = '{"BANK_A":' || printf('%.*c', 500, '[') || printf('%.*c', 500, ']') || '}' WHERE number = 0`},
		{code: sxJSONForm, base: "all", sql: "UPDATE z_event SET data = '{} ' WHERE seq = 2", reseal: true},
		{code: sxJSONForm, base: "all", sql: "UPDATE z_event SET data = 'null' WHERE seq = 2", reseal: true},
		{code: sxAbsent, base: "all", sql: "UPDATE z_event SET timestamp = '' WHERE seq = 2", reseal: true},
		{code: sxAbsent, base: "all", sql: "UPDATE z_note SET subject = ''", reseal: true},
		{code: sxRequired, base: "all", sql: "UPDATE z_note SET kind = ''", reseal: true},
		{code: sxRequired, base: "all", sql: "UPDATE z_note SET text = ''", reseal: true},
		{code: sxRequired, base: "all", sql: "UPDATE z_experiment SET status = ''"},
		{code: sxRequired, base: "attachments", sql: "UPDATE z_attachment SET name = '' WHERE name = 'a2'", reseal: true},
		{code: sxAgents, base: "all", sql: `UPDATE z_iteration SET costs_per_agent = '{"BANK_B":5000,"BANK_A":5000}' WHERE number = 0`},
		{code: sxAgents, base: "all", sql: `UPDATE z_iteration SET costs_per_agent = '{"BANK_A": 5000,"BANK_B":5000}' WHERE number = 0`},
		{code: sxAgents, base: "all", sql: `UPDATE z_iteration SET costs_per_agent = '[5000]' WHERE number = 0`},
		{code: sxAgents, base: "all", sql: `UPDATE z_iteration SET accepted_changes = '{"BANK_A":true,"BANK_A":true}' WHERE number = 0`},
		{code: sxAgents, base: "all", sql: `UPDATE z_iteration SET policies = '{"BANK\u005fA":{}}' WHERE number = 0`},
		{code: sxCents, base: "all", sql: `UPDATE z_iteration SET costs_per_agent = '{"BANK_A":1.5}' WHERE number = 0`},
		{code: sxCents, base: "all", sql: `UPDATE z_iteration SET costs_per_agent = '{"BANK_A":9223372036854775808}' WHERE number = 0`},
		{code: sxCents, base: "all", sql: `UPDATE z_iteration SET costs_per_agent = '{"BANK_A":"5"}' WHERE number = 0`},
		{code: sxCents, base: "all", sql: `UPDATE z_iteration SET costs_per_agent = '{"BANK_A":-0}' WHERE number = 0`},
		{code: sxAccepted, base: "all", sql: `UPDATE z_iteration SET accepted_changes = '{"BANK_A":1}' WHERE number = 0`},
		{code: sxPolicies, base: "all", sql: `UPDATE z_iteration SET policies = '{"BANK_A":null}' WHERE number = 0`},
		{code: sxIterationRange, base: "events", sql: "UPDATE z_event SET iteration = -1 WHERE iteration = 7; UPDATE z_iteration SET number = -1 WHERE number = 7"},
		{code: sxTokens, base: "all", sql: "UPDATE z_llm_interaction SET prompt_tokens = -1", reseal: true},
		{code: sxLatency, base: "all", sql: "UPDATE z_llm_interaction SET latency_seconds = -0.5", reseal: true},
		{code: sxLatency, base: "all", sql: "UPDATE z_llm_interaction SET latency_seconds = 9e999", reseal: true},
		{code: sxExtra, base: "prompts", sql: "UPDATE z_llm_interaction SET extra = '[1]' WHERE extra IS NOT NULL",
			reseal: true},

		{code: sxExperimentRow, base: "all", sql: "INSERT INTO z_experiment (id, run_id, experiment_name, experiment_type) VALUES (2, 'r', 'n', 't')"},
		{code: sxExperimentRow, base: "all", sql: "DELETE FROM z_experiment"},
		{code: sxSalt, base: "salted", sql: "UPDATE z_experiment SET salt = x'00112233'", reseal: true},
		{code: sxNoResult, base: "no-result", sql: "UPDATE z_experiment SET final_cost = 5"},
		{code: sxStatus, base: "all", sql: "UPDATE z_experiment SET status = 'running'", reseal: true},
		{code: sxConverged, base: "all", sql: "UPDATE z_experiment SET converged = 2"},
		{code: sxAlways, base: "all", sql: "UPDATE z_iteration SET policies = NULL WHERE number = 0", reseal: true},
		{code: sxAlways, base: "all", sql: "UPDATE z_note SET text = NULL", reseal: true},
		{code: sxAlways, base: "attachments", sql: "UPDATE z_attachment SET data = NULL WHERE name = 'a2'", reseal: true},
		{code: sxSubject, base: "all", sql: "UPDATE z_note SET subject = 'final_cost'", reseal: true},
		{code: sxSubject, base: "all", sql: "UPDATE z_note SET subject = '/a~2'", reseal: true},

		{code: sxZeroByte, base: "all", sql: "UPDATE z_experiment SET experiment_name = 'a' || char(0) || 'b'", reseal: true},
		{code: sxZeroByte, base: "all", sql: "UPDATE z_event SET timestamp = char(0) WHERE seq = 2", reseal: true},
		{code: sxZeroByte, base: "events", sql: "UPDATE z_event_type SET name = name || char(0) WHERE id = 2", reseal: true},
		{code: sxZeroByte, base: "prompts", sql: "UPDATE z_llm_interaction SET model = 'm' || char(0) WHERE model IS NOT NULL", reseal: true},
		{code: sxZeroByte, base: "all", sql: "UPDATE z_note SET subject = '/a' || char(0)", reseal: true},
		{code: sxZeroByte, base: "attachments", sql: "UPDATE z_attachment SET media_type = 'text/' || char(0) WHERE name = 'a2'", reseal: true},
		{code: sxZeroByte, base: "annotated", sql: "UPDATE z_annotation SET name = 'a' || char(0) WHERE id = 2"},
		{code: sxZeroByte, base: "all", sql: `UPDATE z_iteration SET costs_per_agent = '{"BANK_A":1,"BANK_A\u0000":2}' WHERE number = 0`},
		{code: sxZeroByte, base: "all", sql: `UPDATE z_iteration SET policies = '{"\u0000":{}}' WHERE number = 0`},
		{code: sxNegative, base: "all", sql: "UPDATE z_iteration SET bytes = -1 WHERE number = 0"},
		{code: sxNegative, base: "all", sql: "UPDATE z_iteration SET events = -1 WHERE number = 0"},
		{code: sxNegative, base: "all", sql: "UPDATE z_iteration SET interactions = -9223372036854775808 WHERE number = 0"},

		{code: sxSeqGap, base: "all", sql: "DELETE FROM z_event WHERE seq = 4"},
		{code: sxSeqGap, base: "withheld", sql: "DELETE FROM z_event WHERE seq = 4; DELETE FROM z_redaction WHERE id >> 8 = 4"},
		{code: sxSeqGap, base: "attachments", sql: "UPDATE z_attachment SET seq = 1 << 50 WHERE name = 'a1'"},
		{code: sxSeqGap, base: "attachments", sql: "INSERT INTO z_note VALUES (9223372036854775807, 'k', NULL, 't')"},
		{code: sxSeqGap, base: "iterations", sql: "UPDATE z_iteration SET seq = -1 WHERE number = 3"},
		{code: sxSeqTwice, base: "attachments", sql: "INSERT INTO z_note VALUES (2, 'k', NULL, 't')"},
		{code: sxSeqTwice, base: "iterations", sql: "UPDATE z_iteration SET seq = 2; INSERT INTO z_note VALUES (1, 'k', NULL, 't'), (3, 'k', NULL, 't')"},
		{code: sxEventType, base: "all", sql: "UPDATE z_event SET type = 99 WHERE seq = 4"},
		{code: sxTypeOrder, base: "events", sql: "UPDATE z_event SET type = 3 - type; UPDATE z_event_type SET name = CASE name WHEN 'a1' THEN 'a2' ELSE 'a1' END"},
		{code: sxTypeOrder, base: "events", sql: "UPDATE z_event SET type = 3 WHERE type = 2; UPDATE z_event_type SET id = 3 WHERE id = 2"},
		// in the middle
		{code: sxTypeUnused, base: "events", sql: "UPDATE z_event SET type = 3 WHERE type = 2; UPDATE z_event_type SET id = 3 WHERE id = 2; INSERT INTO z_event_type VALUES (2, 'a3')"},
		{code: sxTypeUnused, base: "events", sql: "INSERT INTO z_event_type VALUES (3, 'a3')"},
		{code: sxTypeTwice, base: "events", sql: "UPDATE z_event_type SET name = 'a1'", reseal: true},
		{code: sxTypeCount, base: "events", sql: "INSERT INTO z_event_type WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i+1 FROM n WHERE i < 65537) SELECT i, 'n' || i FROM n", large: true},

		{code: sxSectionList, base: "all", sql: "UPDATE z_llm_interaction SET system_prompt = '[1 ]' WHERE " + lastCall},
		{code: sxSectionList, base: "all", sql: "UPDATE z_llm_interaction SET system_prompt = '[01]' WHERE " + lastCall},
		{code: sxSectionList, base: "all", sql: "UPDATE z_llm_interaction SET system_prompt = '[]' WHERE " + lastCall},
		{code: sxSectionMissing, base: "all", sql: "UPDATE z_llm_interaction SET system_prompt = '[99]' WHERE " + lastCall},
		{code: sxSectionOrder, base: "prompts", sql: `UPDATE z_section SET id = 99 WHERE id = 1; UPDATE z_section SET id = 1 WHERE id = 2; UPDATE z_section SET id = 2 WHERE id = 99;
			UPDATE z_llm_interaction SET system_prompt = '[2]' WHERE system_prompt = '[1]'; UPDATE z_llm_interaction SET user_prompt = replace(user_prompt, '[2,', '[1,')`},
		{code: sxSectionOrder, base: "prompts", sql: `INSERT INTO z_section SELECT max(id) + 1, 'S' FROM z_section;
			UPDATE z_llm_interaction SET system_prompt = (SELECT '[' || max(id) || ']' FROM z_section) WHERE ` + lastCall, reseal: true},
		{code: sxSectionUnused, base: "start", sql: "INSERT INTO z_section VALUES (1, 'unused')"},
		{code: sxSectionCut, base: "example", sql: "UPDATE z_section SET id = 3 WHERE id = 2; INSERT INTO z_section VALUES (2, ''); UPDATE z_llm_interaction SET system_prompt = '[1,2]', user_prompt = '[3]'"},

		{code: sxSpanRows, base: "events", sql: "DELETE FROM z_iteration WHERE number = 7"},
		{code: sxSpanRows, base: "all", sql: "INSERT INTO z_iteration (number, first_seq, last_seq, events, interactions, bytes) VALUES (999, 1, 1, 0, 0, 0)"},
		{code: sxSpanEnds, base: "all", sql: "UPDATE z_iteration SET last_seq = last_seq + 1 WHERE number = 0"},
		{code: sxSpanCounts, base: "all", sql: "UPDATE z_iteration SET interactions = 0 WHERE number = 0"},
		{code: sxSpanBytes, base: "all", sql: "UPDATE z_iteration SET bytes = bytes + 1 WHERE number = 0"},
		{code: sxSpanBytes, base: "all", sql: "UPDATE z_iteration SET bytes = 0 WHERE number = 0"},
		{code: sxAttachmentFolder, base: "attachments", sql: "UPDATE z_attachment SET name = 'FIGURES' WHERE name = 'a1'",
			reseal: true},
		{code: sxAttachmentName, base: "attachments", sql: "UPDATE z_attachment SET name = '../a2' WHERE name = 'a2'",
			reseal: true},
		{code: sxAttachmentName, base: "attachments", sql: "UPDATE z_attachment SET name = 'a//2' WHERE name = 'a2'",
			reseal: true},
		{code: sxAttachmentOnce, base: "attachments", sql: "UPDATE z_attachment SET name = 'a1' WHERE name = 'a2'",
			reseal: true},
		{code: sxAttachmentOnce, base: "attachments", sql: "UPDATE z_attachment SET name = 'A1' WHERE name = 'a2'",
			reseal: true},
		{code: sxProportion, base: "start", sql: endless(12)},
		{code: sxNotRecorded, base: "events", sql: "UPDATE z_iteration SET costs_per_agent = '{}' WHERE seq IS NULL"},
		{code: sxPortableName, base: "attachments", sql: "UPDATE z_attachment SET name = 'figures/Con .txt' WHERE name = 'a2'", reseal: true},
		{code: sxPortableName, base: "attachments", sql: "UPDATE z_attachment SET name = 'a2.' WHERE name = 'a2'",
			reseal: true},
		{code: sxPortableName, base: "attachments", sql: "UPDATE z_attachment SET name = 'a?2' WHERE name = 'a2'",
			reseal: true},

		{code: sxBlockRows, base: "blocks", sql: "DELETE FROM z_leaf_block WHERE first_seq = 256"},
		{code: sxBlockRows, base: "all", sql: "UPDATE z_leaf_block SET leaves = CAST(leaves || x'00112233' AS BLOB)"},
		{code: sxBlockRows, base: "all", sql: "INSERT INTO z_leaf_block VALUES (256, zeroblob(32), x'00112233')"},
		{code: sxBlockLeaves, base: "all", sql: "UPDATE z_leaf_block SET leaves = CAST(zeroblob(4) || substr(leaves, 5) AS BLOB)"},
		{code: sxBlockRoot, base: "blocks", sql: "UPDATE z_leaf_block SET root = zeroblob(32) WHERE first_seq = 256"},
		{code: sxBlockRoot, base: "all", sql: "UPDATE z_leaf_block SET root = x''"},

		{code: sxRedactedRecord, base: "withheld", sql: "INSERT INTO z_redaction SELECT 9999 * 256 + 4, field, commitment, key FROM z_redaction LIMIT 1"},
		{code: sxRedactedField, base: "withheld", sql: "INSERT INTO z_redaction SELECT id | 255, 'nonsense', commitment, key FROM z_redaction LIMIT 1"},
		{code: sxRedactedField, base: "withheld", sql: "UPDATE z_redaction SET field = 'data' WHERE field = 'event_data'"},
		{code: sxRedactedField, base: "withheld", sql: "UPDATE z_redaction SET id = id | 255 WHERE field = 'response'"},
		{code: sxRedactionForm, base: "withheld", sql: "UPDATE z_redaction SET key = x'' WHERE id >> 8 = 3"},
		{code: sxRedactionForm, base: "withheld", sql: "UPDATE z_redaction SET commitment = NULL WHERE id >> 8 = 3"},
		{code: sxRedactionForm, base: "withheld-salted",
			sql: "UPDATE z_redaction SET commitment = substr(commitment, 1, 31) WHERE commitment IS NOT NULL"},
		{code: sxWithheldValue, base: "withheld", sql: "UPDATE z_note SET text = 'x' WHERE seq = (SELECT min(seq) FROM z_note)"},
		{code: sxWithheldValue, base: "withheld", sql: "UPDATE z_attachment SET data = x''"},
		{code: sxKeyMissing, base: "withheld-salted", sql: "DELETE FROM z_redaction WHERE id >> 8 = 3"},
		{code: sxKeyNeedless, base: "all", sql: "INSERT INTO z_redaction VALUES (3 * 256 + 4, 'event_data', NULL, zeroblob(32))"},
		{code: sxKeyNeedless, base: "withheld-salted", sql: "INSERT INTO z_redaction SELECT min(seq) * 256 + 13, 'extra', NULL, zeroblob(32) FROM z_llm_interaction"},
		{code: sxSaltKept, base: "salted", sql: `INSERT INTO z_redaction SELECT seq * 256 + 4, 'event_data', zeroblob(32), NULL FROM z_event WHERE seq = 3;
			UPDATE z_event SET data = NULL WHERE seq = 3`, reseal: true},

		{code: sxSealRoot, base: "all", sql: "UPDATE z_experiment SET digest = zeroblob(32)"},
		{code: sxSealRoot, base: "all", sql: "UPDATE z_event SET data = replace(data, '10000', '20000') WHERE seq = 8"},
		{code: sxSealRoot, base: "blocks", sql: "UPDATE z_event SET timestamp = '2025-01-01T00:00:09' WHERE seq IN (3, 300)"},
		{code: sxSealCounts, base: "all", sql: "UPDATE z_experiment SET records = records + 1"},
		{code: sxSealCounts, base: "all", sql: "UPDATE z_experiment SET events = 0"},
		{code: sxSealCounts, base: "all", sql: "UPDATE z_experiment SET interactions = 0"},
		{code: sxSealCounts, base: "all", sql: "UPDATE z_experiment SET iterations = 99"},
		{code: sxSealCounts, base: "all", sql: "UPDATE z_experiment SET notes = -1"},
		{code: sxSealCounts, base: "all", sql: "UPDATE z_experiment SET attachments = 2"},
		{code: sxAnnotationID, base: "annotated", sql: "UPDATE z_annotation SET id = 3 WHERE id = 2"},
		{code: sxAnnotationSum, base: "annotated", sql: "UPDATE z_annotation SET text = '10.1000/183' WHERE id = 1"},
	}...)
	return list
}

// Codes that no file of the corpus can have, and why.
var notInCorpus = map[string]string{
	sxSidecar:   "it is about another file; see TestVerifySidecar",
	sxFileName:  "it is about the name; see TestVerifySidecar",
	sxIntegrity: "it is about live files; see TestVerifyLivePages",
}

// endless gives interactions whose prompts name one section of 64 KiB until each has 64 MiB.
func endless(interactions int) string {
	return fmt.Sprintf(`INSERT INTO z_section SELECT 1, printf('%%.*c', 65534, 'x') || char(10, 10);
		INSERT INTO z_llm_interaction (seq, iteration, system_prompt, user_prompt) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %[1]d),
			list(v) AS (SELECT '[1' || replace(printf('%%.*c', 1023, 'x'), 'x', ',1') || ']') SELECT i, 0, v, v FROM n, list;
		INSERT INTO z_iteration (number, first_seq, last_seq, events, interactions, bytes) VALUES (0, 1, %[1]d, 0, %[1]d, %[1]d * 134217728);
		UPDATE z_leaf_block SET leaves = zeroblob(4 * (1 + %[1]d))`, interactions)
}

// name gives the file's name in the corpus; n tells those of one code apart.
func (f badFile) name(n int) string {
	if n == 0 {
		return f.code
	}
	if n < 26 {
		return fmt.Sprintf("%s-%c", f.code, 'a'+n)
	}
	return fmt.Sprintf("%s-%c%c", f.code, 'a'+n/26-1, 'a'+n%26) // -aa behind -z
}
