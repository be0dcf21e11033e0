package viewer

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/simexp/exparchive/internal/visible"
	"github.com/simexp/exparchive/provider"
)

// A recordPage is one record with all its fields.
type recordPage struct {
	Base      string
	Seq       int64
	Kind      string
	Title     string
	Iteration *int
	Fields    []recordField
	Previous  string // addresses of the records beside it, empty where there is none
	Next      string
	File      string // address of what is attached
}

// A recordField is a field of a record, by its name in the line protocol.
type recordField struct {
	Name     string
	Text     string
	Short    bool   // the text is a word or a number
	More     int    // bytes of the text that are left out
	Withheld string // the commitment in the place of the value, if it was withheld
}

// mostOfField is how many characters of a field a page shows.
const mostOfField = 1 << 20

func (v *Viewer) recordPage(w http.ResponseWriter, r *http.Request, run *openRun) error {
	rec, err := run.record(r)
	if err != nil {
		return err
	}
	last, err := run.lastSeq(r.Context())
	if err != nil {
		return run.error(err)
	}
	p := recordOf(rec)
	p.Base = v.runPath(run.ID)
	if p.Seq > 0 {
		p.Previous = strconv.FormatInt(p.Seq-1, 10)
	}
	if p.Seq < last {
		p.Next = strconv.FormatInt(p.Seq+1, 10)
	}
	f := v.frameOf(run, fmt.Sprintf("Record %d", p.Seq))
	f.Content, f.Live = p, ""
	v.write(w, r, http.StatusOK, "record", f)
	return nil
}

// record reads the record that the path names.
func (run *openRun) record(r *http.Request) (provider.Record, error) {
	text := r.PathValue("seq")
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seq < 0 {
		return nil, fmt.Errorf("%w: record %q, want its number", errAsked, text)
	}
	for rec, err := range run.recordsFrom(r.Context(), seq) {
		if err != nil {
			return nil, run.error(err)
		}
		return rec, nil
	}
	return nil, fmt.Errorf("%w: the run has no record %d", errNotThere, seq)
}

// recordOf shows a record. What was not recorded has no field.
func recordOf(rec provider.Record) *recordPage {
	meta := rec.RecordMeta()
	p := &recordPage{Seq: meta.Seq, Kind: rec.RecordKind().String()}
	if n, ok := provider.IterationOf(rec); ok {
		p.Iteration = &n
	}
	for f := range rec.RecordKind().Fields() {
		if c, withheld := meta.Withheld(f.Name); withheld {
			p.Fields = append(p.Fields, recordField{Name: f.Name, Withheld: c.String()})
			continue
		}
		if a, ok := rec.(*provider.Attachment); ok && f.Name == "data" {
			p.File = "../file/" + strconv.FormatInt(meta.Seq, 10)
			p.Fields = append(p.Fields, recordField{Name: f.Name, Text: strconv.Itoa(len(a.Data)) + " bytes", Short: true})
			continue
		}
		if !f.In(rec) {
			continue
		}
		text := fieldText(f, rec)
		x := recordField{Name: f.Name, Short: len(text) <= 80 && !strings.Contains(text, "\n")}
		x.Text, x.More = clip(text, mostOfField)
		p.Fields = append(p.Fields, x)
	}
	return p
}

// fieldText gives the value of a field that is in a record, as people read it. JSON keeps its spelling, in lines of its own.
func fieldText(f provider.Field, rec provider.Record) string {
	switch x := f.Addr(rec).(type) {
	case *int:
		return strconv.Itoa(*x)
	case *string:
		return *x
	case *[]byte:
		if f.Name == "salt" {
			return hex.EncodeToString(*x)
		}
		return indented(*x)
	case **string:
		return **x
	case **int64:
		return strconv.FormatInt(**x, 10)
	case **float64:
		return strconv.FormatFloat(**x, 'f', -1, 64)
	case **bool:
		return strconv.FormatBool(**x)
	case **provider.Cents:
		return (**x).String()
	}
	return indented(f.Value(rec)) // the maps of an iteration
}

// indented lays out JSON text. What is no JSON stays as it is.
func indented(text []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return string(text)
	}
	return b.String()
}

// filePage gives an attached file to save. The browser gets bytes without a kind, under a name without a folder.
func (v *Viewer) filePage(w http.ResponseWriter, r *http.Request, run *openRun) error {
	rec, err := run.record(r)
	if err != nil {
		return err
	}
	a, ok := rec.(*provider.Attachment)
	if !ok {
		return fmt.Errorf("%w: record %d is no attachment", errNotThere, rec.RecordMeta().Seq)
	}
	if c, withheld := a.Withheld("data"); withheld {
		return fmt.Errorf("%w: the attachment is withheld, its commitment is %s", errNotThere, c)
	}
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(fileName(a.Name)))
	send(w, r, http.StatusOK, "application/octet-stream", a.Data)
	return nil
}

// fileName gives the last part of the name of an attachment, which has slashes.
func fileName(name string) string {
	base := path.Base(name)
	return strings.Map(func(r rune) rune {
		if visible.Hidden(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, base)
}
