package verify

import (
	"bytes"
	"slices"
	"strings"

	"github.com/simexp/exparchive/archive/internal/btree"
	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

// A short list can name the same sections again and again, and so a small file prompts that take hours to join. So each
// prompt is first measured: all iterations together may have so many bytes only as is in proportion to the file, and an
// iteration no more than its row says. What goes beyond that is not joined.

func (r *recordReader) interaction(c checker, x tables.Row) (provider.Record, bool) {
	iteration := x[tables.InteractionIteration].Int
	inRange := c.iteration("iteration", iteration)
	c.name("agent_id", x[tables.InteractionAgentID], false)
	c.name("timestamp", x[tables.InteractionTimestamp], false)
	if model := x[tables.InteractionModel]; len(model.Bytes) > 0 { // it may be empty
		c.name("model", model, false)
	}
	c.text("response", &x[tables.InteractionResponse])
	c.text("parsing_error", &x[tables.InteractionParsingError])
	c.tokens("prompt_tokens", x[tables.InteractionPromptTokens])
	c.tokens("completion_tokens", x[tables.InteractionCompletionTokens])
	if x := x[tables.InteractionParsedPolicy]; x.Kind != btree.Null {
		c.json("parsed_policy", x.Bytes)
	}
	c.latency("latency_seconds", x[tables.InteractionLatency])
	if x := x[tables.InteractionExtra]; x.Kind != btree.Null && c.json("extra", x.Bytes) &&
		!bytes.HasPrefix(jsontext.Trim(x.Bytes), []byte("{")) {
		c.add(sxExtra, c.at("extra"), "not a JSON object")
	}
	i, lists, _ := tables.Interaction(x)
	system, user := r.prompt(c, "system_prompt", lists.System), r.prompt(c, "user_prompt", lists.User)
	size := system.length + user.length + tables.TextLength(i.Response) + int64(len(i.ParsedPolicy))
	row := r.count(i.Seq, iteration, size, provider.KindInteraction)
	if row == nil || row.found.Bytes > row.said.Bytes || !r.v.proportionate {
		return i, false
	}
	var sound [2]bool
	i.SystemPrompt, sound[0] = r.join(system)
	i.UserPrompt, sound[1] = r.join(user)
	return i, inRange && sound[0] && sound[1]
}

// A prompt is a list of sections.
type prompt struct {
	place    Place
	there    bool // it is not NULL
	sound    bool // all of its sections are there, and it is not too long
	sections []int64
	length   int64 // of them together in bytes
}

// prompt reads a list of sections and measures the prompt.
func (r *recordReader) prompt(c checker, column string, list btree.Value) prompt {
	p := prompt{place: c.at(column), there: list.Kind != btree.Null}
	if !p.there {
		p.sound = true
		return p
	}
	if len(list.Bytes) > tables.MaxSectionList {
		c.add(sxSectionList, p.place, "a list of %d bytes, more than %d", len(list.Bytes), tables.MaxSectionList)
		return p
	}
	var err error
	if p.sections, err = tables.ParseSectionList(string(list.Bytes)); err != nil {
		c.add(sxSectionList, p.place,
			"%.80q, want a JSON array of section numbers without white space, as [1,2,3]", list.Bytes)
		return p
	}
	p.sound = true
	for _, id := range p.sections {
		s := r.v.section(id)
		if s == nil {
			c.add(sxSectionMissing, p.place, "section %d is missing", id)
			p.sound = false
			continue
		}
		if !s.used {
			s.used = true
			if id < r.v.lastUsed {
				c.add(sxSectionOrder, p.place,
					"section %d is used first after %d: sections are numbered in the order of their first use", id, r.v.lastUsed)
			}
			r.v.lastUsed = max(r.v.lastUsed, id)
		}
		p.length += int64(s.length)
	}
	if p.length > provider.MaxText {
		c.add(sxTextLength, p.place, "%d bytes, more than %d", p.length, provider.MaxText)
		p.sound = false
	}
	return p
}

// join joins the sections of a prompt.
func (r *recordReader) join(p prompt) (text *string, sound bool) {
	if !p.there || !p.sound {
		return nil, p.sound
	}
	parts := make([]string, len(p.sections))
	for i, id := range p.sections {
		var ok bool
		if parts[i], ok = r.body(id); !ok {
			return nil, false
		}
	}
	joined := strings.Join(parts, "")
	r.v.joined += int64(len(joined))
	if !slices.Equal(tables.SplitSections(joined), parts) {
		r.v.add(sxSectionCut, p.place,
			"cut into sections in another way than every other prompt, so equal parts may be stored twice")
	}
	return &joined, true
}

// body gives the text of a section.
func (r *recordReader) body(id int64) (string, bool) {
	if body, ok := r.bodies[id]; ok {
		return body, true
	}
	x := r.v.find(tables.TableSection, id)
	if x == nil {
		return "", false
	}
	const perBody = 64 // bytes of the map
	body := string(x[tables.SectionBody].Bytes)
	if r.size += len(body) + perBody; r.size > tables.MaxSectionCache {
		clear(r.bodies)
		r.size = len(body) + perBody
	}
	r.bodies[id] = body
	return body, true
}
