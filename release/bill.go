package main

import (
	"bytes"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// bill is the bill of materials of a platform's binary: CycloneDX 1.6 in JSON, without a serial number, which would be
// another each time.
func (r *release) bill(p platform, parts []component) ([]byte, error) {
	program := cdx.Component{
		BOMRef: "exparchive", Type: cdx.ComponentTypeApplication, Name: "exparchive", Version: r.version,
		Licenses:   licences([]string{"MIT"}),
		PackageURL: "pkg:golang/github.com/simexp/exparchive@" + r.version + "?goarch=" + p.processor + "&goos=" + p.system,
	}
	if r.commit != "" {
		program.Pedigree = &cdx.Pedigree{Commits: &[]cdx.Commit{{UID: r.commit}}}
	}
	var components []cdx.Component
	var refs []string
	dependencies := []cdx.Dependency{{Ref: program.BOMRef, Dependencies: &refs}}
	add := func(c cdx.Component, below ...string) {
		components = append(components, c)
		d := cdx.Dependency{Ref: c.BOMRef}
		if len(below) > 0 {
			d.Dependencies = &below
		}
		dependencies = append(dependencies, d)
	}
	sqlite := "pkg:generic/sqlite@" + r.sqlite
	for _, part := range parts {
		url := "pkg:golang/" + part.path + "@" + part.version
		c := cdx.Component{BOMRef: url, Type: cdx.ComponentTypeLibrary, Name: part.path, Version: part.version,
			PackageURL: url, Licenses: licences(part.ids())}
		refs = append(refs, url)
		if part.path == "modernc.org/sqlite" {
			add(c, sqlite)
			add(cdx.Component{BOMRef: sqlite, Type: cdx.ComponentTypeLibrary, Name: "sqlite", Version: r.sqlite,
				PackageURL: sqlite, CPE: "cpe:2.3:a:sqlite:sqlite:" + r.sqlite + ":*:*:*:*:*:*:*",
				Licenses: licences([]string{"blessing"})})
			continue
		}
		add(c)
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Timestamp: r.time.Format(time.RFC3339), Component: &program}
	bom.Components, bom.Dependencies = &components, &dependencies
	var b bytes.Buffer
	err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).
		EncodeVersion(bom, cdx.SpecVersion1_6)
	return b.Bytes(), err
}

// licences says that all of those with these identifiers hold.
func licences(ids []string) *cdx.Licenses {
	if len(ids) == 1 {
		return &cdx.Licenses{{License: &cdx.License{ID: ids[0]}}}
	}
	return &cdx.Licenses{{Expression: strings.Join(ids, " AND ")}}
}
