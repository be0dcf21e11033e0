package paper

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/simexp/exparchive/internal/jsontext"
)

// version is that of what a paper's file may say.
const version = "1"

// A part is a node of YAML.
type part struct{ *yaml.Node }

func (p part) errorf(format string, args ...any) error {
	return &LineError{p.Line, fmt.Errorf(format, args...)}
}

// A field is a member of a mapping.
type field struct {
	key   part
	name  string
	value part
}

// parse reads YAML. Anchors, aliases and tags have no meaning here and are refused.
func (p *Paper) parse(text []byte) (err error) {
	if !utf8.Valid(text) {
		return fmt.Errorf("%w: not UTF-8", ErrPaper)
	}
	var document yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&document); errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the file is empty", ErrPaper)
	} else if err != nil {
		return fmt.Errorf("%w: %s", ErrPaper, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more than one document", ErrPaper)
	}
	root := part{document.Content[0]}
	return fields(root, "a paper", func(f field) (err error) {
		switch f.name {
		case "version":
			v, err := f.value.text()
			if err == nil && v != version {
				err = f.value.errorf("version %.80q, want %s", v, version)
			}
			return err
		case "runs":
			return f.value.each(p.run)
		case "tables":
			return f.value.each(func(n part) error { return p.item(n, "table") })
		case "figures":
			return f.value.each(func(n part) error { return p.item(n, "plot") })
		}
		return p.about(f)
	}, "version", "runs")
}

// fields calls take for each member of a mapping, whose names are all different and among which are those required.
func fields(n part, what string, take func(field) error, required ...string) error {
	if n.Kind != yaml.MappingNode {
		return n.errorf("%s wants names and values, such as \"file: x\"", what)
	}
	if err := n.plain(); err != nil {
		return err
	}
	names := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		f := field{key: part{n.Content[i]}, value: part{n.Content[i+1]}}
		var err error
		if f.name, err = f.key.text(); err != nil {
			return err
		}
		if names[f.name] {
			return f.key.errorf("%.80q stands twice", f.name)
		}
		names[f.name] = true
		if err := take(f); err != nil {
			return err
		}
	}
	for _, name := range required {
		if !names[name] {
			return n.errorf("%s wants %q", what, name)
		}
	}
	return nil
}

func (f field) unknown(known ...string) error {
	return f.key.errorf("no %.80q, want one of %s", f.name, strings.Join(known, ", "))
}

// plain refuses what YAML has beyond values.
func (n part) plain() error {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return n.errorf("anchors and aliases are not for a paper")
	case n.Style&yaml.TaggedStyle != 0:
		return n.errorf("tags such as %.80q are not for a paper", n.Tag)
	}
	return nil
}

// text gives a value as it is written.
func (n part) text() (string, error) {
	if err := n.plain(); err != nil {
		return "", err
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return "", n.errorf("want a text")
	}
	return n.Value, nil
}

func (n part) truth() (bool, error) {
	s, err := n.text()
	if err == nil && (n.Tag != "!!bool" || s != "true" && s != "false") {
		err = n.errorf("%.80q, want true or false", s)
	}
	return s == "true", err
}

// each calls take for each element of a list.
func (n part) each(take func(part) error) error {
	if err := n.plain(); err != nil {
		return err
	}
	if n.Kind != yaml.SequenceNode {
		return n.errorf("want a list")
	}
	for _, x := range n.Content {
		if err := take(part{x}); err != nil {
			return err
		}
	}
	return nil
}

// texts gives the elements of a list.
func (n part) texts() (list []string, err error) {
	err = n.each(func(x part) error {
		s, err := x.text()
		list = append(list, s)
		return err
	})
	return list, err
}

func (p *Paper) run(n part) error {
	r := &Run{Line: n.Line}
	err := fields(n, "a run", func(f field) (err error) {
		switch f.name {
		case "name":
			r.Name, err = f.value.text()
		case "file":
			r.File, err = f.value.text()
		case "id":
			r.ID, err = f.value.text()
		case "digest":
			r.Digest, err = f.value.text()
		case "title":
			r.Title, err = f.value.text()
		case "baseline":
			r.Baseline, err = f.value.text()
		case "lenient":
			r.Lenient, err = f.value.truth()
		case "labels":
			r.Labels, err = labels(f.value, true)
		case "accept":
			if r.Accept, err = f.value.texts(); err != nil {
				return err
			}
			for _, a := range r.Accept {
				if a != AcceptUnfinished && a != AcceptInvalidated {
					return f.value.errorf("accept %.80q, want %s or %s", a, AcceptUnfinished, AcceptInvalidated)
				}
			}
		default:
			return f.unknown("name", "file", "id", "digest", "title", "labels", "baseline", "lenient", "accept")
		}
		return err
	}, "name", "file", "id", "digest")
	p.Runs = append(p.Runs, r)
	return err
}

// labels reads a mapping of names to texts, or also to numbers.
func labels(n part, numbers bool) (list []Label, err error) {
	err = fields(n, "this", func(f field) error {
		s, err := f.value.text()
		value := jsontext.AppendString(nil, s)
		if numbers && f.value.Style == 0 && (f.value.Tag == "!!int" || f.value.Tag == "!!float") && json.Valid([]byte(s)) {
			value = []byte(s)
		}
		list = append(list, Label{f.name, value})
		return err
	})
	return list, err
}

func (p *Paper) item(n part, command string) error {
	it := &Item{Command: command, Line: n.Line}
	err := fields(n, "a "+command, func(f field) (err error) {
		switch f.name {
		case "file":
			it.File, err = f.value.text()
		case command:
			it.Kind, err = f.value.text()
		case "runs":
			if f.value.Kind == yaml.MappingNode {
				it.Select, err = labels(f.value, true)
			} else {
				it.Runs, err = f.value.texts()
			}
			if err == nil && len(it.Runs)+len(it.Select) == 0 {
				err = f.value.errorf("no runs; without %q all are meant", f.name)
			}
		case "columns":
			err = f.value.each(it.column)
		case "titles":
			var list []Label
			list, err = labels(f.value, false)
			it.Titles = append(it.Titles, list...)
		default:
			err = it.option(f)
		}
		return err
	}, "file", command)
	p.Items = append(p.Items, it)
	return err
}

func (it *Item) column(n part) error {
	if n.Kind != yaml.MappingNode {
		text, err := n.text()
		it.Columns = append(it.Columns, Column{Text: text, Line: n.Line})
		return err
	}
	c, title := Column{Line: n.Line}, ""
	err := fields(n, "a column", func(f field) (err error) {
		switch f.name {
		case "column", "let":
			if c.Text != "" {
				return f.key.errorf("column and let: want one of them")
			}
			c.Let = f.name == "let"
			c.Text, err = f.value.text()
		case "title":
			title, err = f.value.text()
		default:
			return f.unknown("column", "let", "title")
		}
		return err
	})
	if err == nil && c.Text == "" {
		err = n.errorf("a column wants \"column\" or \"let\"")
	}
	it.Columns = append(it.Columns, c)
	if name, _, ok := strings.Cut(c.Text, "="); ok && title != "" {
		it.Titles = append(it.Titles, Label{name, jsontext.AppendString(nil, title)})
	}
	return err
}

// option takes in what is not the same for all items: a flag of the command.
func (it *Item) option(f field) (err error) {
	o := Option{Name: f.name, Line: f.key.Line}
	if o.List = f.value.Kind == yaml.SequenceNode; o.List {
		o.Values, err = f.value.texts()
	} else {
		var s string
		s, err = f.value.text()
		o.Values = []string{s}
	}
	it.Options = append(it.Options, o)
	return err
}
