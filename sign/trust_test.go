package sign

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/simexp/exparchive/provider/digest"
)

func armoured(t *testing.T, signer ssh.Signer, c digest.Checkpoint) string {
	t.Helper()
	s, err := Sign(signer, c.Text())
	if err != nil {
		t.Fatal(err)
	}
	return s.Armor()
}

func trusting(t *testing.T, signers ...ssh.Signer) *AllowedSigners {
	t.Helper()
	var text string
	for i, s := range signers {
		text += fmt.Sprintf("s%d@example.com %s", i, ssh.MarshalAuthorizedKey(s.PublicKey()))
	}
	allowed, err := ParseAllowedSigners([]byte(text), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return allowed
}

// noteOf signs c with a fresh note key and gives its public half.
func noteOf(t *testing.T, name string, c digest.Checkpoint) (note, verifier string) {
	t.Helper()
	signer, verifier, err := NewNoteKey(name)
	if err != nil {
		t.Fatal(err)
	}
	if note, _, err = SignNote(signer, c); err != nil {
		t.Fatal(err)
	}
	return note, verifier
}

// TestJudge: which signatures count, and what of the others is a fault.
func TestJudge(t *testing.T) {
	alice, bob := newSigner(t), newSigner(t)
	other := checkpoint
	other.Size++
	good, strange, bad := armoured(t, alice, checkpoint), armoured(t, bob, checkpoint), armoured(t, alice, other)
	note, key := noteOf(t, "a.example", checkpoint)
	strangeNote, _ := noteOf(t, "b.example", checkpoint)
	badNote, _ := noteOf(t, "a.example", other)
	allowed := Trust{Allowed: trusting(t, alice)}
	both := Trust{Allowed: trusting(t, alice), NoteKeys: []string{key}}
	for name, test := range map[string]struct {
		ssh, notes []string
		trust      Trust
		want       []error
	}{
		"nothing, nothing wanted":  {nil, nil, Trust{}, nil},
		"nothing":                  {nil, nil, both, []error{ErrNoSignature, ErrNoSignature}},
		"any":                      {[]string{good, strange}, []string{note}, Trust{}, nil},
		"allowed":                  {[]string{strange, good}, nil, allowed, nil},
		"a stranger":               {[]string{strange}, nil, allowed, []error{ErrUnknownSigner, ErrNoSignature}},
		"bad beside good":          {[]string{good, bad}, nil, allowed, []error{ErrSignature}},
		"bad, nothing wanted":      {[]string{bad}, []string{badNote}, Trust{}, []error{ErrSignature, ErrSignature}},
		"no signature at all":      {[]string{"-----BEGIN"}, nil, allowed, []error{ErrSignature, ErrNoSignature}},
		"both":                     {[]string{good}, []string{note}, both, nil},
		"only a note":              {nil, []string{note}, both, []error{ErrNoSignature}},
		"strangers beside both":    {[]string{strange, good}, []string{strangeNote, note}, both, nil},
		"a stranger's note":        {[]string{good}, []string{strangeNote}, both, []error{ErrUnknownSigner, ErrNoSignature}},
		"a note of something else": {[]string{good}, []string{note, badNote}, both, []error{ErrSignature}},
	} {
		l := List{Checkpoint: checkpoint}
		for _, s := range test.ssh {
			l.Add(KindSSH, s)
		}
		for _, n := range test.notes {
			l.Add(KindNote, n)
		}
		if l.Add("doi", "10.1000/182") || len(l.Verdicts) != len(test.ssh)+len(test.notes) {
			t.Errorf("%s: got %d verdicts", name, len(l.Verdicts))
		}
		faults := l.Judge(test.trust, time.Now())
		same := len(faults) == len(test.want)
		for i := range min(len(faults), len(test.want)) {
			same = same && errors.Is(faults[i].Err, test.want[i])
		}
		if !same {
			t.Errorf("%s: got %v, want %v", name, faults, test.want)
		}
	}
}

// TestJudge_many: signatures beyond those that are checked change nothing about the verdicts on the others, and are a
// fault.
func TestJudge_many(t *testing.T) {
	const count = 150
	var signers []ssh.Signer
	for range count {
		signers = append(signers, newSigner(t))
	}
	trust := Trust{Allowed: trusting(t, signers...)}
	for _, n := range []int{MaxSignatures, MaxSignatures + 1, count} {
		l := List{Checkpoint: checkpoint}
		for _, s := range signers[:n] {
			l.Add(KindSSH, armoured(t, s, checkpoint))
		}
		own := armoured(t, signers[count-1], checkpoint)
		l.AddOwn(own)
		faults := l.Judge(trust, time.Now())
		if len(l.Verdicts) != MaxSignatures+1 || l.Unchecked != n-MaxSignatures {
			t.Fatalf("%d signatures: got %d verdicts and %d unchecked", n, len(l.Verdicts), l.Unchecked)
		}
		for i, v := range l.Verdicts[:MaxSignatures] {
			if want := fmt.Sprintf("s%d@example.com", i); v.Err != nil || v.Signer != want {
				t.Errorf("%d signatures: number %d: got %q, %v, want %s", n, i, v.Signer, v.Err, want)
			}
		}
		if v := l.Verdicts[MaxSignatures]; v.Signer != fmt.Sprintf("s%d@example.com", count-1) {
			t.Errorf("%d signatures: the user's own: got %q, %v", n, v.Signer, v.Err)
		}
		if n == MaxSignatures && len(faults) > 0 || n > MaxSignatures &&
			(len(faults) != 1 || !errors.Is(faults[0].Err, ErrTooMany)) {
			t.Errorf("%d signatures: got faults %v", n, faults)
		}
	}
}
