package sign

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/simexp/exparchive/provider/digest"
)

// MaxSignatures is how many signatures of a stranger's file a [List] checks, since each takes time.
const MaxSignatures = 100

var (
	// ErrNoSignature means that a signature is not there that somebody wants.
	ErrNoSignature = errors.New("no signature")
	// ErrTooMany means that there are more signatures than are checked.
	ErrTooMany = errors.New("too many signatures")
)

// A Verdict is what is known of a signature over a checkpoint.
type Verdict struct {
	Kind   string     // [KindSSH] or [KindNote]
	Key    string     // that made it, as [Describe] says, or the names of note keys; empty if it could not be read
	Signer string     // who made it, as a [Trust] says; empty if nobody that it knows
	Err    error      // why it is worth nothing: [ErrSignature], [ErrUnsupported], or [ErrUnknownSigner]
	SSH    *Signature // of a KindSSH that could be read
	note   string
}

// String describes the signature on one line.
func (v Verdict) String() string {
	switch {
	case v.Err != nil:
		return v.Err.Error()
	case v.Signer != "" && v.Kind == KindNote:
		return "signed by note key " + v.Signer
	case v.Signer != "":
		return fmt.Sprintf("signed by %s with %s", v.Signer, v.Key)
	case v.Kind == KindNote:
		return fmt.Sprintf("a note signature by %s, not checked: that takes its public key", v.Key)
	}
	return fmt.Sprintf("signed with %s; whose key that is was not checked", v.Key)
}

// A List is the signatures that lie with one checkpoint, in an archive, a proof, or files beside them.
//
// An SSH signature is checked with the key in it when it is added, so that what is left open is only whose key it is. A
// note signature cannot be checked without its key.
type List struct {
	Checkpoint digest.Checkpoint
	Verdicts   []Verdict
	Unchecked  int // signatures beyond [MaxSignatures], of which there is no verdict
	taken      int // by Add
}

// Add adds a signature of the kind [KindSSH] or [KindNote] that somebody else put there; it is false for other kinds.
// Beyond MaxSignatures it only counts.
func (l *List) Add(kind, text string) bool {
	if kind != KindSSH && kind != KindNote {
		return false
	}
	if l.taken == MaxSignatures {
		l.Unchecked++
		return true
	}
	l.taken++
	l.add(kind, text)
	return true
}

// AddOwn adds a signature that the user chose, an armoured SSH signature or a signed note, and which is checked in any
// case.
func (l *List) AddOwn(text string) {
	if strings.HasPrefix(text, "-----BEGIN") {
		l.add(KindSSH, text)
	} else {
		l.add(KindNote, text)
	}
}

func (l *List) add(kind, text string) {
	v := Verdict{Kind: kind}
	if kind == KindSSH {
		v.readSSH(text, l.Checkpoint)
	} else {
		v.readNote(text, l.Checkpoint)
	}
	l.Verdicts = append(l.Verdicts, v)
}

func (v *Verdict) readSSH(armoured string, c digest.Checkpoint) {
	if v.SSH, v.Err = ParseSignature([]byte(armoured)); v.Err == nil {
		v.Key = Describe(v.SSH.Key)
		v.Err = v.SSH.Verify(c.Text())
	}
}

func (v *Verdict) readNote(note string, c digest.Checkpoint) {
	if v.note = MergeNotes(c, note); v.note == "" {
		v.Err = fmt.Errorf("%w: a note that is not of this checkpoint", ErrSignature)
		return
	}
	var names []string
	for line := range strings.Lines(strings.TrimPrefix(v.note, c.Text()+"\n")) {
		if words := strings.Fields(line); len(words) > 1 {
			names = append(names, words[1])
		}
	}
	v.Key = strings.Join(names, ", ")
}

// A Trust says whose signatures count. The zero value says nothing, so that every key will do.
type Trust struct {
	Allowed  *AllowedSigners // whose SSH signatures count; not nil demands one of them
	NoteKeys []string        // public keys whose note signatures count; not empty demands one of them
}

// A Fault is something about signatures for which what they are of should not be believed.
type Fault struct {
	Key string // of the signature that it is about, empty for none or an unknown one
	Err error
}

// Judge finds out who made the signatures of l and completes their verdicts. It gives a fault for each one that does
// not hold ([ErrSignature]), for a signature that t demands and that is not there ([ErrNoSignature]), and for those
// that were not checked ([ErrTooMany]). A signature by a stranger or of an unknown kind beside the one that is demanded
// does no harm; where that one is missing they are named too.
func (l *List) Judge(t Trust, now time.Time) []Fault {
	ssh, note := t.Allowed == nil, len(t.NoteKeys) == 0
	for i := range l.Verdicts {
		v := &l.Verdicts[i]
		t.judge(v, l.Checkpoint, now)
		ssh = ssh || v.Kind == KindSSH && v.Signer != ""
		note = note || v.Kind == KindNote && v.Signer != ""
	}
	var faults []Fault
	for _, v := range l.Verdicts {
		if v.Err != nil && (!ssh || !note || errors.Is(v.Err, ErrSignature)) {
			faults = append(faults, Fault{v.Key, v.Err})
		}
	}
	if l.Unchecked > 0 {
		err := fmt.Errorf("%w: %d, of which %d are checked", ErrTooMany, l.Unchecked+MaxSignatures, MaxSignatures)
		faults = append(faults, Fault{"", err})
	}
	if !ssh {
		faults = append(faults, Fault{"", fmt.Errorf("%w by an allowed signer", ErrNoSignature)})
	}
	if !note {
		faults = append(faults, Fault{"", fmt.Errorf("%w by the note key", ErrNoSignature)})
	}
	return faults
}

// judge finds out who made a signature over c.
func (t Trust) judge(v *Verdict, c digest.Checkpoint, now time.Time) {
	switch {
	case v.Err != nil:
	case v.Kind == KindSSH && t.Allowed != nil:
		v.Signer, v.Err = t.Allowed.Check(v.SSH, c.Text(), now)
	case v.Kind == KindNote && len(t.NoteKeys) > 0:
		var names []string
		_, names, v.Err = OpenNote(v.note, t.NoteKeys...)
		v.Signer = strings.Join(names, ", ")
	}
}
