package crate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/simexp/exparchive/internal/citation"
	"github.com/simexp/exparchive/internal/visible"
	"github.com/simexp/exparchive/provider"
)

// An entity is one of a crate's: its properties by their names.
type entity map[string]any

// A graph is the list of entities of a crate. An @id stands in it once.
type graph struct {
	entities []entity
	ids      map[string]bool
}

// add adds an entity, unless there is one with its @id, and gives a reference to it.
func (g *graph) add(e entity) entity {
	id := e["@id"].(string)
	for name, value := range e {
		e[name] = single(value)
	}
	if !g.ids[id] {
		g.ids[id] = true
		g.entities = append(g.entities, e)
	}
	return entity{"@id": id}
}

// single gives a list of one element as that element, as the specification wants it.
func single(value any) any {
	switch list := value.(type) {
	case []entity:
		if len(list) == 1 {
			return list[0]
		}
	case []string:
		if len(list) == 1 {
			return list[0]
		}
	}
	return value
}

// set sets a property to a text, unless that is empty.
func (e entity) set(name, text string) entity {
	if text != "" {
		e[name] = text
	}
	return e
}

// metadata gives ro-crate-metadata.json. Every text from outside is a JSON string.
//
// https://www.researchobject.org/ro-crate/specification/1.1/
// https://www.researchobject.org/workflow-run-crate/profiles/0.5/process_run_crate/
func (b *Builder) metadata(w citation.Work, version string) ([]byte, error) {
	const profile, process = "https://w3id.org/ro/crate/1.1", "https://w3id.org/ro/wfrun/process/0.5"
	g := &graph{ids: map[string]bool{}}
	g.add(entity{"@id": metadataFile, "@type": "CreativeWork", "about": entity{"@id": "./"},
		"conformsTo": entity{"@id": profile}})
	root := entity{"@id": "./", "@type": "Dataset", "name": w.Title, "description": b.description(w),
		"datePublished": w.Date, "conformsTo": entity{"@id": process}}
	g.add(root)
	g.add(entity{"@id": process, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"})
	var authors []entity
	for i, a := range w.Authors {
		authors = append(authors, g.author(a, i+1))
	}
	root["author"] = single(authors)
	root["license"] = g.licence(w)
	root.set("identifier", w.DOIAddress())
	if w.Publisher.Name != "" {
		root["publisher"] = g.organisation(w.Publisher)
	}
	if len(w.Keywords) > 0 {
		root["keywords"] = single(w.Keywords)
	}
	var funders []entity
	for i, f := range w.Funding {
		funder := g.organisation(f.Funder)
		funders = append(funders, funder)
		if f.Award+f.Title != "" {
			g.add(entity{"@id": fmt.Sprintf("#grant-%d", i+1), "@type": "Grant", "funder": funder,
				"fundedItem": entity{"@id": "./"}}.set("identifier", f.Award).set("name", f.Title))
		}
	}
	if len(funders) > 0 {
		root["funder"] = single(funders)
	}
	parts, err := b.parts(g)
	if err != nil {
		return nil, err
	}
	root["hasPart"] = single(parts)
	root["mentions"] = single(b.actions(g, w, version, authors))
	return encode(entity{"@context": profile + "/context", "@graph": g.entities})
}

// encode gives JSON for people to read.
func encode(v any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return text.Bytes(), err
}

// description gives the abstract or, without one, what the package holds.
func (b *Builder) description(w citation.Work) string {
	if w.Abstract != "" {
		return w.Abstract
	}
	var names []string
	for _, r := range b.runs {
		names = append(names, visible.Line(r.ID))
	}
	return "Archives of the runs " + strings.Join(names, ", ") + "."
}

func (g *graph) author(a citation.Author, number int) entity {
	id := a.ORCIDAddress()
	if id == "" {
		id = fmt.Sprintf("#author-%d", number)
	}
	e := entity{"@id": id, "@type": "Person", "name": a.Name()}
	if a.Group != "" {
		e["@type"] = "Organization"
	}
	e.set("familyName", a.Family).set("givenName", a.Given)
	var of []entity
	for _, o := range a.Affiliations {
		of = append(of, g.organisation(o))
	}
	switch {
	case len(of) > 0 && a.Group != "":
		e["parentOrganization"] = of
	case len(of) > 0:
		e["affiliation"] = of
	}
	return g.add(e)
}

func (g *graph) organisation(o citation.Organisation) entity {
	id := o.URL
	if id == "" {
		id = "#organisation-" + url.PathEscape(o.Name)
	}
	return g.add(entity{"@id": id, "@type": "Organization", "name": o.Name}.set("url", o.URL))
}

// licence gives the licence: one of the SPDX list, or the file with its text.
func (g *graph) licence(w citation.Work) entity {
	l, ok := citation.FindLicence(w.Licence)
	if !ok {
		return entity{"@id": licenceFile}
	}
	return g.add(entity{"@id": l.URL, "@type": "CreativeWork", "name": l.Name, "identifier": l.ID,
		"description": "SPDX " + l.ID + "; the file " + licenceFile + " has its text or says where it is."})
}

// program gives this program.
func (g *graph) program(version string) entity {
	return g.add(entity{"@id": ProgramURL, "@type": "SoftwareApplication", "name": "exparchive", "url": ProgramURL,
		"version": version})
}

// parts gives every file of the payload.
func (b *Builder) parts(g *graph) (parts []entity, err error) {
	files, err := filesOf(b.Path(""))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.name == metadataFile {
			continue
		}
		e := entity{"@id": address(f.name), "@type": "File", "name": path.Base(f.name), "contentSize": fmt.Sprint(f.size)}
		e.set("description", b.about(f.name))
		e["encodingFormat"] = g.format(f.name)
		switch run, binary := b.runOf(f.name), b.binaryOf(f.name); {
		case run != nil:
			e["name"] = "Run " + visible.Line(run.ID)
			e["identifier"] = g.add(entity{"@id": "#digest-" + run.Digest, "@type": "PropertyValue",
				"name": "digest of the run", "propertyID": "digest", "value": run.Digest})
		case binary != nil:
			e["name"] = "exparchive for " + binary.OS + "/" + binary.Arch
			e.set("version", binary.Version)
		}
		parts = append(parts, g.add(e))
	}
	return parts, nil
}

// address gives the relative address of a file.
func address(name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// formats are media types, and where a format is described, by the ending of a file's name.
var formats = map[string][2]string{
	".simexp": {"application/vnd.sqlite3", "https://www.nationalarchives.gov.uk/PRONOM/fmt/729"},
	".zst":    {"application/zstd", "https://www.rfc-editor.org/rfc/rfc8878"},
	".html":   {"text/html", "https://html.spec.whatwg.org/"},
	".json":   {"application/json", "https://www.nationalarchives.gov.uk/PRONOM/fmt/817"},
	".yaml":   {"application/yaml", "https://www.nationalarchives.gov.uk/PRONOM/fmt/818"},
	".cff":    {"application/yaml", "https://www.nationalarchives.gov.uk/PRONOM/fmt/818"},
	".csv":    {"text/csv", "https://www.nationalarchives.gov.uk/PRONOM/x-fmt/18"},
	".tex":    {"application/x-tex", "https://www.latex-project.org/"},
	".md":     {"text/markdown", "https://www.nationalarchives.gov.uk/PRONOM/fmt/1149"},
	".pdf":    {"application/pdf", "https://www.iso.org/standard/75839.html"},
	".svg":    {"image/svg+xml", "https://www.nationalarchives.gov.uk/PRONOM/fmt/92"},
	".png":    {"image/png", "https://www.nationalarchives.gov.uk/PRONOM/fmt/13"},
	".sh":     {"application/x-sh", "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/sh.html"},
	".txt":    {"text/plain", "https://www.nationalarchives.gov.uk/PRONOM/x-fmt/111"},
	"":        {"text/plain", "https://www.nationalarchives.gov.uk/PRONOM/x-fmt/111"},
	"bin":     {"application/octet-stream", "https://www.iana.org/assignments/media-types/application/octet-stream"},
}

// format gives the format of a file: its media type, and a page that describes it.
func (g *graph) format(name string) []any {
	of, ok := formats[strings.ToLower(path.Ext(name))]
	if !ok || strings.HasPrefix(name, binFolder+"/") {
		of = formats["bin"]
	}
	if g.ids[of[1]] {
		return []any{of[0], entity{"@id": of[1]}}
	}
	return []any{of[0], g.add(entity{"@id": of[1], "@type": "WebSite", "name": "The format " + of[0]})}
}

func (b *Builder) runOf(file string) *Run {
	for _, r := range b.runs {
		if r.File == file {
			return r
		}
	}
	return nil
}

func (b *Builder) binaryOf(file string) *Binary {
	for i := range b.binaries {
		if b.binaries[i].File == file {
			return &b.binaries[i]
		}
	}
	return nil
}

// about says what a file of the payload is.
func (b *Builder) about(file string) string {
	if r := b.runOf(file); r != nil {
		return r.about()
	}
	for _, r := range b.runs {
		if r.Report == file {
			return "A page that shows the run " + visible.Line(r.ID) + " in a browser; it needs no network."
		}
	}
	for _, it := range b.items {
		switch file {
		case it.files[0]:
			return "What `exparchive " + it.command + "` makes of " + names(it.runs) + "."
		case it.files[1]:
			return "Of which runs " + filepath.Base(it.files[0]) + " was made, by id and digest."
		}
	}
	if b.binaryOf(file) != nil {
		return "The program that made this package and checks it."
	}
	return map[string]string{
		readmeFile: "What this package holds and how it is checked.", citationFile: "How these runs are cited.",
		licenceFile:                          "The licence of this data set.",
		scriptFile:                           "Checks every run by its digest, and makes every table and figure anew.",
		path.Join(paperFolder, "paper.yaml"): "Which runs, by id and digest, the tables and figures are made of, and how.",
	}[file]
}

// names lists runs.
func names(runs []*Run) string {
	var list []string
	for _, r := range runs {
		list = append(list, visible.Line(r.ID))
	}
	return "the runs " + strings.Join(list, ", ")
}

// about says what the archive of a run is, and what is to be known before it is relied on.
func (r *Run) about() string {
	text := fmt.Sprintf("The archive of a run of the experiment %s (%s): %d records, status %s, digest %s.",
		visible.Line(r.Experiment), visible.Line(r.Type), r.Records, visible.Line(string(r.Status)), r.Digest)
	for _, warning := range r.warnings() {
		text += " " + strings.ToUpper(warning[:1]) + warning[1:] + "."
	}
	return text
}

// warnings say what is to be known of a run before it is relied on.
func (r *Run) warnings() (list []string) {
	if r.Withheld > 0 {
		list = append(list, fmt.Sprintf("this is a redacted copy: of %d values only commitments are here", r.Withheld))
	}
	if r.Masked {
		list = append(list, "this is a redacted copy: in some texts what was to be withheld is replaced")
	}
	if r.Invalid != "" {
		list = append(list, "the run is invalidated: "+visible.Line(r.Invalid))
	}
	if r.Source != "" {
		list = append(list, "it was sealed from "+visible.Line(r.Source))
	}
	return list
}

// actions gives how the files came about: each run, and each table, figure and report. The authors stand as those who
// did it.
func (b *Builder) actions(g *graph, w citation.Work, version string, authors []entity) (list []entity) {
	for _, r := range b.runs {
		a := entity{"@id": "#run-" + address(path.Base(r.File)), "@type": "CreateAction", "name": "Run " + visible.Line(r.ID),
			"description": "The experiment " + visible.Line(r.Experiment) + " was run, and recorded.",
			"instrument":  g.software(w.Software, r), "agent": authors, "result": entity{"@id": address(r.File)}}
		a.set("startTime", moment(r.Started)).set("endTime", moment(r.Ended))
		switch r.Status {
		case provider.StatusCompleted:
			a["actionStatus"] = "http://schema.org/CompletedActionStatus"
		case provider.StatusFailed, provider.StatusInterrupted:
			a["actionStatus"] = "http://schema.org/FailedActionStatus"
			a["error"] = visible.Line(string(r.Status))
			if r.Reason != "" {
				a["error"] = visible.Line(string(r.Status) + ": " + r.Reason)
			}
		}
		list = append(list, g.add(a))
	}
	made := func(id, command string, from, result []entity) {
		list = append(list, g.add(entity{"@id": id, "@type": "CreateAction", "name": "exparchive " + command,
			"description": "It was made by `exparchive " + command + "`.", "instrument": g.program(version), "agent": authors,
			"endTime": w.Date, "object": from, "result": result,
			"actionStatus": "http://schema.org/CompletedActionStatus"}))
	}
	for _, r := range b.runs {
		if r.Report != "" {
			made("#report-"+address(path.Base(r.Report)), "report", []entity{{"@id": address(r.File)}},
				[]entity{{"@id": address(r.Report)}})
		}
	}
	for _, it := range b.items {
		from := []entity{{"@id": address(path.Join(paperFolder, "paper.yaml"))}}
		for _, r := range it.runs {
			from = append(from, entity{"@id": address(r.File)})
		}
		made("#make-"+address(it.files[0]), it.command, from,
			[]entity{{"@id": address(it.files[0])}, {"@id": address(it.files[1])}})
	}
	return list
}

// software gives the program that ran an experiment, of which at least the experiment's name is known.
func (g *graph) software(s citation.Software, r *Run) entity {
	if s.Name == "" {
		return g.add(entity{"@id": "#experiment-" + url.PathEscape(r.Experiment), "@type": "SoftwareApplication",
			"name": visible.Line(r.Experiment), "description": "The program that ran the experiment of this name."})
	}
	id := s.URL
	if id == "" {
		id = "#software"
	}
	e := entity{"@id": id, "@type": "SoftwareApplication", "name": s.Name}
	return g.add(e.set("url", s.URL).set("version", s.Version))
}
