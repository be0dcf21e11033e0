package viewer

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/simexp/exparchive/provider"
)

// What one answer of the search looks through and gives. A page goes on with the next by itself.
const (
	mostHits        = 50
	mostSearched    = 200_000  // records
	mostSearchBytes = 48 << 20 // of their texts
	leastQuery      = 2        // characters
)

// A hitsPage is what the search in a run found.
type hitsPage struct {
	Base  string
	Query string
	From  int64 // the record that it begins with
	To    int64 // the record that it ends before, if there are more
	Hits  []hit
	Next  string // address of what comes behind, empty at the end of the run
	Short bool   // the query is too short to be looked for
}

// A hit is a place of a run that has the text that is looked for.
type hit struct {
	Seq               int64
	Where             string // such as "iteration 3, BANK_A, user prompt"
	Before, It, After string // the text around it
	Address           string
}

func (v *Viewer) searchPage(w http.ResponseWriter, r *http.Request, run *openRun) error {
	q := r.URL.Query()
	from := int64(0)
	if text := q.Get("from"); text != "" {
		var err error
		if from, err = strconv.ParseInt(text, 10, 64); err != nil || from < 0 {
			return fmt.Errorf("%w: from=%q, want the number of a record", errAsked, text)
		}
	}
	p, err := v.find(r.Context(), run, q.Get("q"), from)
	if err != nil {
		return run.error(err)
	}
	f := v.frameOf(run, "Search")
	f.Content, f.Query, f.Live = p, p.Query, ""
	v.write(w, r, http.StatusOK, "hits", f)
	return nil
}

// find looks for a text in all texts of a run, from one record on.
func (v *Viewer) find(ctx context.Context, run *openRun, query string, from int64) (*hitsPage, error) {
	p := &hitsPage{Base: v.runPath(run.ID), Query: query, From: from}
	if utf8.RuneCountInString(query) < leastQuery {
		p.Short = true
		return p, nil
	}
	want := strings.ToLower(query)
	var records, size int64
	for rec, err := range run.recordsFrom(ctx, from) {
		if err != nil {
			return nil, err
		}
		seq := rec.RecordMeta().Seq
		if len(p.Hits) >= mostHits || records >= mostSearched || size >= mostSearchBytes {
			p.To = seq
			p.Next = "search?" + url.Values{"q": {query}, "from": {strconv.FormatInt(seq, 10)}}.Encode()
			return p, nil
		}
		records++
		for f := range rec.RecordKind().Fields() {
			text, ok := searched(f, rec)
			if !ok {
				continue
			}
			size += int64(len(text))
			if h, ok := hitIn(text, want); ok {
				h.Seq, h.Where, h.Address = seq, whereIs(rec, f.Name), "record/"+strconv.FormatInt(seq, 10)
				p.Hits = append(p.Hits, h)
			}
		}
	}
	return p, nil
}

// searched gives the text of a field that is looked through: numbers and bytes are not.
func searched(f provider.Field, rec provider.Record) (string, bool) {
	if !f.In(rec) {
		return "", false
	}
	switch x := f.Addr(rec).(type) {
	case *string:
		return *x, true
	case **string:
		return **x, true
	case *[]byte:
		if _, file := rec.(*provider.Attachment); file || f.Name == "salt" {
			return "", false
		}
		return string(*x), true
	}
	if f.Name == "policies" {
		return string(f.Value(rec)), true
	}
	return "", false
}

// around is how many bytes of text stand before and behind a hit, about.
const around = 80

// hitIn looks for text in small letters in a text.
func hitIn(text, want string) (hit, bool) {
	small := strings.ToLower(text)
	i := strings.Index(small, want)
	if i < 0 {
		return hit{}, false
	}
	if len(small) != len(text) { // a letter has another length in the other case
		small = text
		if i = strings.Index(small, want); i < 0 {
			text, _ := clip(text, 2*around)
			return hit{Before: strings.Clone(text)}, true
		}
	}
	begin, end := max(i-around, 0), min(i+len(want)+around, len(text))
	if begin > 0 { // with a word, or at least with a character
		if blank := strings.IndexAny(text[begin:i], " \n"); blank >= 0 {
			begin += blank + 1
		}
		for begin > 0 && !utf8.RuneStart(text[begin]) {
			begin--
		}
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	return hit{
		Before: strings.Clone(text[begin:i]), It: strings.Clone(text[i : i+len(want)]), After: strings.Clone(text[i+len(want) : end]),
	}, true
}

// lineAround gives the part of a line that is around a text, in small letters, if it has it.
func lineAround(line, want string) (string, bool) {
	h, ok := hitIn(line, want)
	return h.Before + h.It + h.After, ok
}

// whereIs says in words which text of a run it is.
func whereIs(rec provider.Record, field string) string {
	if field = strings.ReplaceAll(field, "_", " "); field != "" {
		field = ", " + field
	}
	switch r := rec.(type) {
	case *provider.Event:
		return fmt.Sprintf("iteration %d, %s%s", r.Iteration, r.Type, field)
	case *provider.Interaction:
		if r.AgentID == "" {
			return fmt.Sprintf("iteration %d, call%s", r.Iteration, field)
		}
		return fmt.Sprintf("iteration %d, %s%s", r.Iteration, r.AgentID, field)
	case *provider.Iteration:
		return fmt.Sprintf("iteration %d%s", r.Number, field)
	case *provider.Note:
		return "note" + field
	case *provider.Attachment:
		return "attachment" + field
	case *provider.Result:
		return "result" + field
	}
	return "experiment" + field
}
