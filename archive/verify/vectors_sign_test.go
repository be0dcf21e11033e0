package verify

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/simexp/exparchive/archive/internal/archivetest"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/sign"
)

type originVector struct {
	RunID  string `json:"run_id"`
	Origin string `json:"origin"`
}

// A claim is a text that says something, and whether it is so.
type claim struct {
	Text       string `json:"text"`
	PublicKey  string `json:"public_key,omitempty"` // that a signature is checked with
	Checkpoint string `json:"checkpoint,omitempty"` // that a signature is of
	OldDigest  string `json:"old_digest,omitempty"` // that a proof of consistency begins with
	Name       string `json:"annotation_name,omitempty"`
	Holds      bool   `json:"holds"`
	Why        string `json:"why,omitempty"` // it does not
}

func checkpointVectors(t *testing.T) any {
	var origins []originVector
	for _, id := range []string{
		"exp1-20251215-084901-866d63", "r 1", "a+b%~é\x01", "-._/:@", strings.Repeat("x", 56), strings.Repeat("x",
			57), strings.Repeat("é", 10),
		strings.Repeat("x", 38) + strings.Repeat("é", 10), strings.Repeat("x", 37) + strings.Repeat("é", 10),
		strings.Repeat("x", 36) + strings.Repeat("é", 10),
		strings.Repeat("日", 1000),
	} {
		origins = append(origins, originVector{id, digest.Origin(id)})
	}
	c := checkpointOf(t, archivetest.ExampleRun(nil))
	return map[string]any{
		"origins":            origins,
		"checkpoints":        textVectors(t, c),
		"ssh_signatures":     sshVectors(t, c),
		"note_signatures":    noteVectors(t, c),
		"record_proofs":      recordProofVectors(t),
		"consistency_proofs": consistencyVectors(t),
	}
}

func checkpointOf(t *testing.T, records []provider.Record) digest.Checkpoint {
	t.Helper()
	return digest.Checkpoint{
		Origin: digest.Origin(records[0].(*provider.Start).RunID), Size: int64(len(records)),
		Root: archivetest.RootOf(t, records),
	}
}

func textVectors(t *testing.T, c digest.Checkpoint) (all []claim) {
	text := c.Text()
	root := base64.StdEncoding.EncodeToString(c.Root[:])
	all = append(all, claim{Text: text, Holds: true}, claim{Text: text + "more\n", Holds: true})
	for _, bad := range [][2]string{
		{strings.TrimSuffix(text, "\n"), "no line feed at the end"},
		{text + "\n", "an empty line"},
		{strings.Replace(text, "\n7\n", "\n07\n", 1), "a leading zero"},
		{strings.Replace(text, "\n7\n", "\n-7\n", 1), "a negative number"},
		{strings.Replace(text, "\n7\n", "\n2305843009213693952\n", 1), "a number above 2^61 − 1"},
		{strings.Replace(text, "simexp/", "simexp /", 1), "white space in the origin"},
		{strings.Replace(text, c.Origin, "", 1), "no origin"},
		{strings.Replace(text, root, root[:42]+"7=", 1), "base64 with bits behind the last byte"},
		{strings.Replace(text, root, strings.TrimSuffix(root, "="), 1), "base64 without padding"},
		{strings.Replace(text, "\n", "\r\n", 3), "carriage returns"},
		{strings.Replace(text, "\n7\n", "\n", 1), "two lines"},
	} {
		all = append(all, claim{Text: bad[0], Why: bad[1]})
	}
	for _, v := range all {
		if _, err := digest.ParseCheckpoint(v.Text); (err == nil) != v.Holds {
			t.Errorf("checkpoint %q, %s: got %v", v.Text, v.Why, err)
		}
	}
	return all
}

// newSigner gives an SSH key, always the same for the same seed.
func newSigner(t *testing.T, seed byte) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize))))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sshVectors(t *testing.T, c digest.Checkpoint) (all []claim) {
	signer := newSigner(t, 1)
	signature, err := sign.Sign(signer, c.Text())
	if err != nil {
		t.Fatal(err)
	}
	armoured := signature.Armor()
	good := claim{
		Text: armoured, Checkpoint: c.Text(), Holds: true, Name: ssh.FingerprintSHA256(signer.PublicKey()),
		PublicKey: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))),
	}
	if got := armour(signIn(t, signer, sign.Namespace, "sha512", c.Text())); got != armoured {
		t.Errorf("got signature\n%s, by hand\n%s", armoured, got)
	}
	all = append(all, good)
	good.Text = armour(signIn(t, signer, sign.Namespace, "sha256", c.Text()))
	all = append(all, good)
	add := func(text, checkpoint, why string) {
		v := good
		v.Text, v.Checkpoint, v.Holds, v.Why = text, checkpoint, false, why
		all = append(all, v)
	}
	other := c
	other.Size++
	add(armoured, other.Text(), "of another checkpoint")
	add(changeBlob(t, armoured, func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), c.Text(),
		"a bit of the signature was changed")
	add(armour(signIn(t, signer, "file", "sha512", c.Text())), c.Text(), "made for another namespace")
	add(armour(signIn(t, signer, sign.Namespace, "sha384", c.Text())), c.Text(), "a hash that there is not")
	add(changeBlob(t, armoured, func(b []byte) []byte { b[9] = 2; return b }), c.Text(), "version 2 of the form")
	for _, v := range all {
		s, err := sign.ParseSignature([]byte(v.Text))
		if err == nil {
			err = s.Verify(v.Checkpoint)
		}
		if (err == nil) != v.Holds {
			t.Errorf("SSH signature, %s: got %v", v.Why, err)
		}
	}
	return all
}

// signIn makes what an armoured signature holds, by hand.
func signIn(t *testing.T, signer ssh.Signer, namespace, algorithm, text string) []byte {
	t.Helper()
	var sum []byte
	switch algorithm {
	case "sha256":
		sum = sha256Of([]byte(text))
	case "sha384":
		s := sha512.Sum384([]byte(text))
		sum = s[:]
	default:
		s := sha512.Sum512([]byte(text))
		sum = s[:]
	}
	strung := func(parts ...[]byte) (b []byte) {
		for _, p := range parts {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(p))), p...)
		}
		return b
	}
	made := append([]byte("SSHSIG"), strung([]byte(namespace), nil, []byte(algorithm), sum)...)
	signature, err := signer.Sign(nil, made)
	if err != nil {
		t.Fatal(err)
	}
	head := []byte("SSHSIG\x00\x00\x00\x01")
	return append(head, strung(signer.PublicKey().Marshal(), []byte(namespace), nil, []byte(algorithm),
		strung([]byte(signature.Format), signature.Blob))...)
}

func sha256Of(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}

// changeBlob changes what an armoured signature holds.
func changeBlob(t *testing.T, armoured string, change func([]byte) []byte) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(armoured), "\n")
	b, err := base64.StdEncoding.DecodeString(strings.Join(lines[1:len(lines)-1], ""))
	if err != nil {
		t.Fatal(err)
	}
	return armour(change(b))
}

// armour gives what an armoured signature holds the form of a file.
func armour(b []byte) string {
	out := "-----BEGIN SSH SIGNATURE-----\n"
	for text := base64.StdEncoding.EncodeToString(b); text != ""; {
		n := min(70, len(text))
		out, text = out+text[:n]+"\n", text[n:]
	}
	return out + "-----END SSH SIGNATURE-----\n"
}

// newNoteKey gives a note key, always the same for the same seed.
func newNoteKey(name string, seed byte) (signer, verifier string) {
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))
	public := append([]byte{1}, private.Public().(ed25519.PublicKey)...)
	sum := sha256.Sum256(append([]byte(name+"\n"), public...))
	id := hex.EncodeToString(sum[:4])
	secret := append([]byte{1}, private.Seed()...)
	return fmt.Sprintf("PRIVATE+KEY+%s+%s+%s", name, id, base64.StdEncoding.EncodeToString(secret)),
		fmt.Sprintf("%s+%s+%s", name, id, base64.StdEncoding.EncodeToString(public))
}

func noteVectors(t *testing.T, c digest.Checkpoint) (all []claim) {
	const name = "example.org/lab"
	signer, verifier := newNoteKey(name, 2)
	otherSigner, otherVerifier := newNoteKey("example.org/other", 3)
	note, _, err := sign.SignNote(signer, c)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := sign.SignNote(otherSigner, c)
	if err != nil {
		t.Fatal(err)
	}
	both := sign.MergeNotes(c, note, second)
	add := func(text, key, why string) {
		all = append(all, claim{Text: text, Checkpoint: c.Text(), PublicKey: key, Name: strings.Split(key, "+")[0],
			Holds: why == "", Why: why})
	}
	add(note, verifier, "")
	add(both, verifier, "")
	add(both, otherVerifier, "")
	add(note, otherVerifier, "signed by another key")
	add(strings.Replace(note, "\n7\n", "\n8\n", 1), verifier, "of another checkpoint")
	i := strings.LastIndex(note, " ") + 20
	changed := byte('A')
	if note[i] == changed {
		changed = 'B'
	}
	add(note[:i]+string(changed)+note[i+1:], verifier, "the signature was changed")
	add(c.Text(), verifier, "no signature")
	add(strings.TrimSuffix(note, "\n"), verifier, "no line feed at the end")
	for _, v := range all {
		_, _, err := sign.OpenNote(v.Text, v.PublicKey)
		if err == nil && sign.MergeNotes(c, v.Text) == "" {
			err = sign.ErrSignature
		}
		if (err == nil) != v.Holds {
			t.Errorf("note, %s: got %v", v.Why, err)
		}
	}
	return all
}

func recordProofVectors(t *testing.T) (all []claim) {
	salt := []byte(strings.Repeat("\a", 32))
	prove := func(records []provider.Record, seq int64, fields ...string) *digest.Proof {
		prover := digest.NewRecordProver(seq, func(field string) bool {
			return strings.Contains(strings.Join(fields,
				" "), field)
		})
		if err := providertest.Play(t.Context(), prover, records); err != nil {
			t.Fatal(err)
		}
		proof, err := prover.Proof()
		if err != nil {
			t.Fatal(err)
		}
		return proof
	}
	add := func(p *digest.Proof, why string) {
		all = append(all, claim{Text: string(p.AppendText(nil)), Holds: why == "", Why: why})
	}
	plain, salted := archivetest.ExampleRun(nil), archivetest.ExampleRun(salt)
	add(prove(plain, 2, "response"), "")
	add(prove(plain, 0, "config"), "")
	add(prove(plain, 6), "")
	add(prove(plain, 5, "data"), "")
	add(prove(salted, 1, "event_data"), "")
	p := prove(plain, 2, "response")
	p.Disclosed[0].Value = []byte("no")
	add(p, "the value is another")
	p = prove(plain, 2, "response")
	p.Index = 3
	add(p, "at another place")
	p = prove(plain, 2, "response")
	p.Path = p.Path[:len(p.Path)-1]
	add(p, "a hash is missing")
	p = prove(plain, 2, "response")
	p.Entry[len(p.Entry)-1] ^= 1
	add(p, "the entry was changed")
	p = prove(plain, 2, "response")
	p.Disclosed = append(p.Disclosed, p.Disclosed[0])
	add(p, "a value stands twice")
	p = prove(salted, 1, "event_data")
	p.Disclosed[0].Key[0] ^= 1
	add(p, "the key is another")
	p = prove(plain, 2, "response")
	signer, _ := newNoteKey("example.org/lab", 2)
	note, _, err := sign.SignNote(signer, p.Log.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := sign.Sign(newSigner(t, 1), p.Log.Checkpoint.Text())
	if err != nil {
		t.Fatal(err)
	}
	p.Log.Note, p.Signatures = note, []string{signature.Armor()}
	add(p, "")
	for _, v := range all {
		p, err := digest.ParseProof([]byte(v.Text))
		if err == nil {
			_, err = p.Check()
		}
		if (err == nil) != v.Holds {
			t.Errorf("proof of a record, %s: got %v", v.Why, err)
		}
	}
	return all
}

func consistencyVectors(t *testing.T) (all []claim) {
	records := archivetest.ExampleRun(nil)
	prove := func(old int) *digest.ConsistencyProof {
		prover := digest.NewConsistencyProver(int64(old))
		if err := providertest.Play(t.Context(), prover, records); err != nil {
			t.Fatal(err)
		}
		proof, root, err := prover.Proof()
		if want := archivetest.RootOf(t, records[:old]); err != nil || root != want {
			t.Fatal(root, want, err)
		}
		return proof
	}
	add := func(p *digest.ConsistencyProof, old int, why string) {
		all = append(all, claim{Text: string(p.AppendText(nil)), OldDigest: archivetest.RootOf(t,
			records[:old]).String(), Holds: why == "", Why: why})
	}
	for old := 1; old <= len(records); old++ {
		add(prove(old), old, "")
	}
	add(prove(3), 2, "the earlier digest is another")
	p := prove(3)
	p.OldSize = 4
	add(p, 3, "the earlier number of records is another")
	p = prove(4)
	p.Path = nil
	add(p, 4, "hashes are missing")
	for _, v := range all {
		old, err := digest.ParseHash(v.OldDigest)
		if err != nil {
			t.Fatal(err)
		}
		p, err := digest.ParseConsistencyProof([]byte(v.Text))
		if err == nil {
			err = p.Check(old)
		}
		if (err == nil) != v.Holds {
			t.Errorf("proof of consistency, %s: got %v", v.Why, err)
		}
	}
	return all
}
