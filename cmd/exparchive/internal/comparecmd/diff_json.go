package comparecmd

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/diff"
)

// A jsonPrinter prints differences as one JSON object, a line each. The text is put together here, since encoding/json
// would take the spacing out of the values.
type jsonPrinter struct {
	w     *bufio.Writer
	files [2]string
	begun bool
}

func (p *jsonPrinter) difference(d diff.Difference) error {
	if p.begun {
		p.w.WriteString(",\n")
	} else {
		p.w.WriteString("{\"differences\":[\n")
	}
	p.begun = true
	_, err := p.w.Write(differenceJSON(d))
	return err
}

func (p *jsonPrinter) end(s diff.Summary, more int64) error {
	if !p.begun {
		p.w.WriteString(`{"differences":[`)
	}
	var o object
	o.value("first", []byte("null"))
	if s.First != nil {
		o = object{}
		o.value("first", differenceJSON(*s.First))
	}
	o.integer("count", s.Differences)
	o.integer("not_shown", more)
	o.value("a", p.run(0, s))
	o.value("b", p.run(1, s))
	_, err := fmt.Fprintf(p.w, "],\n%s\n", o.end()[1:])
	return err
}

// run describes one of the two runs.
func (p *jsonPrinter) run(i int, s diff.Summary) []byte {
	root, records, only, withheld := s.DigestA, s.RecordsA, s.OnlyA, s.WithheldA
	if i == 1 {
		root, records, only, withheld = s.DigestB, s.RecordsB, s.OnlyB, s.WithheldB
	}
	var o, fields object
	o.string("file", p.files[i])
	o.string("digest", root.String())
	o.integer("records", records)
	o.integer("only_here", only)
	for _, field := range slices.Sorted(maps.Keys(withheld)) {
		fields.integer(field, withheld[field])
	}
	o.value("withheld", fields.end())
	return o.end()
}

func differenceJSON(d diff.Difference) []byte {
	var o object
	o.string("sort", string(d.Sort))
	o.string("record_kind", d.Kind.String())
	if d.SeqA >= 0 {
		o.integer("seq_a", d.SeqA)
	}
	if d.SeqB >= 0 {
		o.integer("seq_b", d.SeqB)
	}
	if d.Iteration != nil {
		o.integer("iteration", int64(*d.Iteration))
	}
	if d.Agent != "" {
		o.string("agent_id", d.Agent)
	}
	if d.Label != "" {
		o.string("label", d.Label)
	}
	if d.Pointer != "" {
		o.string("pointer", d.Pointer)
	}
	for _, side := range []struct {
		name     string
		value    *diff.Value
		withheld *provider.Commitment
	}{{"a", d.A, d.WithheldA}, {"b", d.B, d.WithheldB}} {
		switch {
		case side.withheld != nil:
			o.string("withheld_"+side.name, side.withheld.String())
		case side.value == nil:
		case side.value.JSON != nil:
			o.value(side.name, side.value.JSON)
		default:
			o.integer("bytes_"+side.name, int64(len(side.value.Bytes)))
			o.string("sha256_"+side.name, fmt.Sprintf("%x", sha256.Sum256(side.value.Bytes)))
		}
	}
	return o.end()
}

// An object is a JSON object that is put together member by member.
type object struct{ text []byte }

func (o *object) value(name string, text []byte) {
	o.text = append(o.text, ',')
	o.text = append(jsontext.AppendString(o.text, name), ':')
	o.text = append(o.text, text...)
}

func (o *object) integer(name string, n int64) { o.value(name, strconv.AppendInt(nil, n, 10)) }

func (o *object) string(name, s string) { o.value(name, jsontext.AppendString(nil, s)) }

// end gives the object.
func (o *object) end() []byte {
	if len(o.text) == 0 {
		return []byte("{}")
	}
	o.text[0] = '{'
	return append(o.text, '}')
}
