package digest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The text of a Proof is a tlog-proof (https://c2sp.org/tlog-proof):
//
//	c2sp.org/tlog-proof@v1
//	extra eyJmb3JtYXQiOiJzaW1leHAtcmVjb3JkLTEiLCJlbnRyeSI6…
//	index 17
//	gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
//	B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
//
//	simexp/exp1-20251215-084901-866d63
//	44
//	CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//
// and the lines of note signatures, if the checkpoint has any. The extra line has, in base64, a JSON object with what
// the leaf hash is computed from and what is disclosed:
//
//	format          "simexp-record-1"
//	entry           the entry in base64
//	values          an array of objects: field (its name), text or base64 (the value), key (in hexadecimal, for a salted run)
//	ssh_signatures  an array of armoured SSH signatures of the checkpoint's three lines, may be missing
//
// Nothing of it needs to be believed: the leaf hash and the commitments prove the entry and the values.
const (
	proofHeader = "c2sp.org/tlog-proof@v1"
	extraFormat = "simexp-record-1"

	// MaxProof is the length in bytes of the longest proof that is read. Values can be as long as those of a record.
	MaxProof = 256 << 20

	maxPath = 64 // hashes
)

type extraText struct {
	Format     string      `json:"format"`
	Entry      []byte      `json:"entry"`
	Values     []valueText `json:"values,omitempty"`
	Signatures []string    `json:"ssh_signatures,omitempty"`
}

type valueText struct {
	Field  string  `json:"field"`
	Text   *string `json:"text,omitempty"`
	Base64 []byte  `json:"base64,omitempty"` // of a value that is not UTF-8
	Key    *string `json:"key,omitempty"`
}

// AppendText appends the text of the proof. It is the same for the same proof.
func (p *Proof) AppendText(dst []byte) []byte {
	x := extraText{Format: extraFormat, Entry: p.Entry, Signatures: p.Signatures}
	for _, d := range p.Disclosed {
		v := valueText{Field: d.Field}
		if utf8.Valid(d.Value) {
			v.Text = new(string(d.Value))
		} else {
			v.Base64 = d.Value
		}
		if d.Key != nil {
			v.Key = new(hex.EncodeToString(d.Key))
		}
		x.Values = append(x.Values, v)
	}
	var extra bytes.Buffer
	e := json.NewEncoder(&extra)
	e.SetEscapeHTML(false)
	if err := e.Encode(x); err != nil {
		panic(err) // strings and bytes only
	}
	dst = fmt.Appendf(dst, "%s\nextra ", proofHeader)
	dst = base64.StdEncoding.AppendEncode(dst, bytes.TrimSuffix(extra.Bytes(), []byte("\n")))
	dst = fmt.Appendf(dst, "\nindex %d\n", p.Index)
	dst = appendPath(dst, p.Path)
	return append(dst, p.Log.text()...)
}

// appendPath appends a line for each hash and an empty line.
func appendPath(dst []byte, path []Hash) []byte {
	for _, h := range path {
		dst = append(append(dst, h.base64()...), '\n')
	}
	return append(dst, '\n')
}

// ParseProof undoes [Proof.AppendText]. It checks only the form: see [Proof.Check]. An error wraps [ErrProof].
func ParseProof(text []byte) (*Proof, error) {
	if len(text) > MaxProof {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrProof, len(text), MaxProof)
	}
	lines := lineReader{rest: string(text)}
	if line := lines.next(); line != proofHeader {
		return nil, fmt.Errorf("%w: line 1: %.80q, want %q", ErrProof, line, proofHeader)
	}
	p := &Proof{}
	line := lines.next()
	extra, ok := strings.CutPrefix(line, "extra ")
	if !ok {
		return nil, fmt.Errorf("%w: line 2: no extra data, which has the record's entry", ErrProof)
	}
	if err := p.parseExtra(extra); err != nil {
		return nil, fmt.Errorf("%w: line 2: %w", ErrProof, err)
	}
	number, ok := strings.CutPrefix(lines.next(), "index ")
	if !ok {
		return nil, fmt.Errorf("%w: line 3: no index", ErrProof)
	}
	var err error
	if p.Index, err = parseSize(number); err != nil {
		return nil, fmt.Errorf("%w: line 3: index: %w", ErrProof, err)
	}
	if p.Path, p.Log, err = lines.pathAndLog(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	return p, nil
}

func (p *Proof) parseExtra(text string) error {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return fmt.Errorf("extra: %w", err)
	}
	var x extraText
	if err := json.Unmarshal(data, &x); err != nil {
		return fmt.Errorf("extra: %w", err)
	}
	if x.Format != extraFormat {
		return fmt.Errorf("extra: format %.80q, want %q", x.Format, extraFormat)
	}
	p.Entry, p.Signatures = x.Entry, x.Signatures
	for i, v := range x.Values {
		d := Disclosure{Field: v.Field, Value: v.Base64}
		if v.Text != nil {
			if v.Base64 != nil {
				return fmt.Errorf("extra: value %d has both text and base64", i)
			}
			d.Value = []byte(*v.Text)
		}
		if v.Key != nil {
			if d.Key, err = hex.DecodeString(*v.Key); err != nil || len(d.Key) != len(Hash{}) {
				return fmt.Errorf("extra: value %d: key %.80q, want 64 hexadecimal digits", i, *v.Key)
			}
		}
		p.Disclosed = append(p.Disclosed, d)
	}
	return nil
}

// consistencyPrefix begins the text of a [ConsistencyProof].
const consistencyPrefix = "old "

// AppendText appends the text of the proof.
func (p *ConsistencyProof) AppendText(dst []byte) []byte {
	dst = fmt.Appendf(dst, "%s%d\n", consistencyPrefix, p.OldSize)
	return append(appendPath(dst, p.Path), p.Log.text()...)
}

// IsConsistencyProof reports whether text looks like that of a [ConsistencyProof], as against that of a [Proof].
func IsConsistencyProof(text []byte) bool { return bytes.HasPrefix(text, []byte(consistencyPrefix)) }

// ParseConsistencyProof undoes [ConsistencyProof.AppendText]. It checks only the form. An error wraps [ErrProof].
func ParseConsistencyProof(text []byte) (*ConsistencyProof, error) {
	if len(text) > MaxProof {
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrProof, len(text), MaxProof)
	}
	lines := lineReader{rest: string(text)}
	number, ok := strings.CutPrefix(lines.next(), consistencyPrefix)
	if !ok {
		return nil, fmt.Errorf("%w: line 1: want %q and a number", ErrProof, consistencyPrefix)
	}
	p := &ConsistencyProof{}
	var err error
	if p.OldSize, err = parseSize(number); err != nil {
		return nil, fmt.Errorf("%w: line 1: old size: %w", ErrProof, err)
	}
	if p.Path, p.Log, err = lines.pathAndLog(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	return p, nil
}

// A lineReader takes lines off a text.
type lineReader struct {
	rest string
	line int // number of the last line taken
}

func (l *lineReader) next() string {
	var line string
	line, l.rest, _ = strings.Cut(l.rest, "\n")
	l.line++
	return line
}

// pathAndLog reads the hashes of a path, the empty line behind them and the log, which ends the text.
func (l *lineReader) pathAndLog() (path []Hash, log Log, err error) {
	for {
		line := l.next()
		if line == "" {
			break
		}
		if len(path) == maxPath {
			return nil, log, fmt.Errorf("line %d: more than %d hashes", l.line, maxPath)
		}
		h, err := parseBase64(line)
		if err != nil {
			return nil, log, fmt.Errorf("line %d: %w", l.line, err)
		}
		path = append(path, h)
	}
	if log.Checkpoint, err = ParseCheckpoint(l.rest); err != nil {
		return nil, log, fmt.Errorf("behind line %d: %w", l.line, err)
	}
	if l.rest != log.Checkpoint.Text() {
		log.Note = l.rest
	}
	return path, log, nil
}
