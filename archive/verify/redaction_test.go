package verify

import "testing"

// A key that no hash is computed with is reported wherever it stands: nobody could tell if it were changed.
func TestVerify_needlessKeys(t *testing.T) {
	good := goodFiles()["withheld-salted"].make(t)
	for name, bad := range map[string]badFile{
		"record without a committed value": {sql: "UPDATE event SET data = NULL WHERE seq = 8", reseal: true},
		"field without a value": {sql: `INSERT INTO redaction SELECT seq, 'extra', NULL, zeroblob(32)
			FROM llm_interaction WHERE extra IS NULL ORDER BY seq LIMIT 1`},
		"record with keys of its fields": {reseal: true, sql: `
			INSERT INTO redaction VALUES (8, 'event_data', NULL, zeroblob(32))`},
		"record that opens what is withheld": {reseal: true, sql: `
			DELETE FROM redaction WHERE key IS NOT NULL AND seq = (SELECT min(seq) FROM llm_interaction);
			INSERT INTO redaction SELECT min(seq), '', NULL, zeroblob(32) FROM llm_interaction`},
	} {
		r := verifyBytes(t, bad.make(t, good))
		if len(r.Problems) == 0 {
			t.Errorf("%s: no problem was found", name)
		}
		for _, p := range r.Problems {
			if p.Code != sxKeyNeedless {
				t.Errorf("%s: got %v, want only %s", name, p, sxKeyNeedless)
			}
		}
	}
}
