package evolution

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/simexp/exparchive/internal/jsontext"
)

// JSONOptions for [Run.WriteJSON]. The zero value writes every step of every agent, without the texts of calls.
type JSONOptions struct {
	Agents  []string                 // whose steps, in this order; nil for all agents in ascending order
	Wanted  func(iteration int) bool // which iterations; nil for all
	LLM     bool                     // with the texts of the last call in each iteration; see [Options]
	Compact bool                     // on one line
}

// WriteJSON writes one object and a line feed:
//
//	{AGENT: {"iteration_N": {"policy": …, "diff": [{"path", "old", "new"}], "policy_withheld": HEX, "cost": CENTS,
//	  "proposed": …, "proposed_withheld": HEX, "decision": …, "accepted": …, "explanation": …, "llm": {"system_prompt", "user_prompt", "response"}}}}
//
// What was not recorded is left out; the first policy of an agent has no diff. Policies keep the spelling of their
// numbers and strings and the order of their members, which is why the text is put together here: encoding/json sorts
// and escapes.
func (r *Run) WriteJSON(ctx context.Context, w io.Writer, o JSONOptions) error {
	agents := o.Agents
	if agents == nil {
		agents = r.Agents()
	}
	out := indenter{bufio.NewWriter(w), o.Compact}
	out.WriteByte('{')
	for i, agent := range agents {
		if i > 0 {
			out.WriteByte(',')
		}
		out.newline("  ")
		out.name(agent)
		out.WriteByte('{')
		steps := r.Steps(agent)
		if o.Wanted != nil {
			steps = slices.DeleteFunc(steps, func(s Step) bool { return !o.Wanted(s.Iteration) })
		}
		for k, s := range steps {
			if k > 0 {
				out.WriteByte(',')
			}
			out.newline("    ")
			out.name(fmt.Sprintf("iteration_%d", s.Iteration))
			var call *Call
			if o.LLM {
				var err error
				if call, err = r.Call(ctx, agent, s.Iteration); err != nil {
					return err
				}
			}
			out.value("    ", stepJSON(s, call))
		}
		if len(steps) > 0 {
			out.newline("  ")
		}
		out.WriteByte('}')
	}
	if len(agents) > 0 {
		out.newline("")
	}
	out.WriteString("}\n")
	return out.Flush()
}

// An indenter writes JSON on one line, or on several with two blanks a level. Flush gives the first error.
type indenter struct {
	*bufio.Writer
	compact bool
}

func (w indenter) newline(indent string) {
	if !w.compact {
		w.WriteString("\n" + indent)
	}
}

// name writes the name of a member.
func (w indenter) name(name string) {
	w.Write(jsontext.AppendString(nil, name))
	w.WriteByte(':')
	if !w.compact {
		w.WriteByte(' ')
	}
}

// value writes a value whose own lines begin behind indent.
func (w indenter) value(indent string, text []byte) {
	var b bytes.Buffer
	if w.compact || json.Indent(&b, text, indent, "  ") != nil {
		w.Write(text)
		return
	}
	w.Write(b.Bytes())
}

// stepJSON gives the object of one iteration. What is absent is left out.
func stepJSON(s Step, call *Call) []byte {
	var o jsontext.Object
	if s.Policy != nil {
		o.Value("policy", jsontext.Compact(s.Policy))
		if !s.First {
			diff := []byte{'['}
			for i, c := range s.Changes {
				if i > 0 {
					diff = append(diff, ',')
				}
				var d jsontext.Object
				d.String("path", c.Path)
				if c.Old != nil {
					d.Value("old", jsontext.Compact(c.Old))
				}
				if c.New != nil {
					d.Value("new", jsontext.Compact(c.New))
				}
				diff = append(diff, d.Text()...)
			}
			o.Value("diff", append(diff, ']'))
		}
	}
	if s.Withheld != nil {
		o.String("policy_withheld", s.Withheld.String())
	}
	if s.Cost != nil {
		o.Int("cost", int64(*s.Cost))
	}
	if s.Proposed != nil {
		o.Value("proposed", jsontext.Compact(s.Proposed))
	}
	if s.Concealed != nil {
		o.String("proposed_withheld", s.Concealed.String())
	}
	if s.Decision != "" {
		o.String("decision", string(s.Decision))
	}
	if s.Accepted != nil {
		o.Value("accepted", fmt.Appendf(nil, "%t", *s.Accepted))
	}
	addText(&o, "explanation", s.Explanation)
	if call != nil {
		var l jsontext.Object
		addText(&l, "system_prompt", call.SystemPrompt)
		addText(&l, "user_prompt", call.UserPrompt)
		addText(&l, "response", call.Response)
		o.Value("llm", l.Text())
	}
	return o.Text()
}

// addText adds a member with a text unless it is absent.
func addText(o *jsontext.Object, name string, s *string) {
	if s != nil {
		o.String(name, *s)
	}
}
