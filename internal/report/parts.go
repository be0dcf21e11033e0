package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/provider"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (b *builder) note(r *provider.Note) {
	n := Note{Number: len(b.run.Notes) + 1, Kind: Text(r.Kind), Subject: Text(r.Subject), Text: Text(r.Text),
		Doubtful: r.Kind == "doubtful" || r.Kind == "invalidated"}
	if c, ok := r.Withheld("text"); ok {
		n.Held = c.String()
	}
	if r.Subject != "" {
		for part := range strings.SplitSeq(r.Subject[1:], "/") {
			n.at = append(n.at, jsontext.UnescapePointer(part))
		}
	}
	if len(b.run.Notes) == maxNotes {
		b.moreNotes++
		return
	}
	b.run.Notes = append(b.run.Notes, n)
}

// maxNotes is how many notes a page has, and maxFiles how many attachments it lists.
const maxNotes, maxFiles = 500, 1000

// on reports whether what the note is about begins with the names; * stands for any.
func (n Note) on(names ...string) bool {
	if len(n.at) < len(names) {
		return false
	}
	for i, name := range names {
		if name != "*" && name != n.at[i] {
			return false
		}
	}
	return true
}

const (
	maxAttached    = 256 << 10 // bytes of an attachment that is in the page
	maxAttachedAll = 512 << 10 // and of all together
)

func (b *builder) file(r *provider.Attachment) {
	if len(b.run.Files) == maxFiles {
		b.moreFiles++
		return
	}
	f := File{Name: Text(r.Name), Type: Text(r.MediaType)}
	if c, ok := r.Withheld("data"); ok {
		f.Held = c.String()
	} else {
		f.Size = grouped(len(r.Data))
		f.Hash = fmt.Sprintf("%x", sha256.Sum256(r.Data))
		if n := len(r.Data); n <= maxAttached && b.attached+n <= maxAttachedAll {
			b.attached += n
			// Never its own type: nothing that came with a run is shown by the browser.
			f.Data = template.URL("data:application/octet-stream;base64," + base64.StdEncoding.EncodeToString(r.Data))
		}
	}
	b.run.Files = append(b.run.Files, f)
}

// eventTypes gives the events by type, the most frequent first, with how many there are in each iteration.
func (b *builder) eventTypes(numbers []int) (types []EventType) {
	if b.o.Outline {
		for _, t := range b.o.Types {
			b.run.data.kinds = append(b.run.data.kinds, string(t.Type))
		}
		return b.o.Types
	}
	names := slices.SortedFunc(maps.Keys(b.types), func(x, y string) int {
		return cmp.Or(-cmp.Compare(b.types[x].total, b.types[y].total), cmp.Compare(x, y))
	})
	if len(names) > maxTypes {
		b.moreTypes, names = int64(len(names)-maxTypes), names[:maxTypes]
	}
	for i, name := range names {
		c := b.types[name]
		t := EventType{Type: Text(name), Count: grouped(c.total)}
		if i < maxSparks {
			var most int64
			for _, n := range c.in {
				most = max(most, n)
			}
			t.Label = fmt.Sprintf("at most %d in an iteration, in %d of %s", most, len(c.in),
				plural(len(numbers), "iteration"))
			t.Marks = spark(numbers, c.in, most)
		}
		types = append(types, t)
		b.run.data.kinds = append(b.run.data.kinds, name)
	}
	return types
}

// maxTypes is how many types of events are listed, and maxSparks how many have a drawing.
const maxTypes, maxSparks = 500, 100

func (b *builder) provenance(l *list) (v Provenance) {
	for _, f := range b.o.Facts {
		v.Facts = append(v.Facts, Fact{Name: f[0], Value: Text(f[1])})
	}
	for _, a := range b.o.Annotations {
		text := a.Text
		if a.Name != "" {
			text = a.Name + ": " + text
		}
		v.Annotations = append(v.Annotations, Fact{Named: Text(a.Kind), Value: Text(text)})
	}
	v.Signatures = b.run.Provenance.Signatures
	for _, agent := range l.agents {
		if agent != "" && len(v.Agents) < maxAgents {
			v.Agents = append(v.Agents, Text(agent))
		}
	}
	if len(b.start.Config) > 0 {
		v.Config = tree(b.start.Config)
	}
	if c, ok := b.start.Withheld("config"); ok {
		v.ConfigHeld = c.String()
	}
	return v
}

// maxAgents is how many agents are named, and how many have charts of their own.
const maxAgents = 24
