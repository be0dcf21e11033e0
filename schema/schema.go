package schema

import (
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

const (
	// ApplicationID is the application_id of every .simexp file, "SIMX" as a big-endian integer.
	ApplicationID = 0x53494D58
	// Version is the user_version of the files that this release writes, and the newest that it reads.
	Version = 1
	// PageSize is the page size in bytes of the files that this release writes.
	PageSize = 4096
)

var (
	// ErrForeign means that a database has another schema than a .simexp file of its version.
	ErrForeign = errors.New("not the schema of a .simexp file")
	// ErrNewer means that a file was written by a newer release.
	ErrNewer = errors.New("written by a newer release")
)

// A Set is all the versions up to the newest, and how to get from each to the next. Programs use [Released]; tests make
// sets of versions that there never were.
type Set struct {
	Version    int   // the newest
	Migrations fs.FS // files of golang-migrate in the folder migrations, one for each version
	Listings   fs.FS // listings/v1.txt and so on: the objects that the migrations make
}

// Released gives the versions that this release knows.
func Released() Set { return Set{Version, migrations, listings} }

// CheckVersion refuses versions that this release does not know.
func CheckVersion(version int64) error { return Released().CheckVersion(version) }

// CheckVersion refuses versions that are not in the set.
func (s Set) CheckVersion(version int64) error {
	switch {
	case version > int64(s.Version):
		return fmt.Errorf("schema version %d: %w: this one reads up to version %d", version, ErrNewer, s.Version)
	case version < 1:
		return fmt.Errorf("%w: schema version %d, the first is 1", ErrForeign, version)
	}
	return nil
}

// An Object is one row of sqlite_schema.
type Object struct {
	Type  string         `db:"type"` // table, index or view
	Name  string         `db:"name"`
	Table string         `db:"tbl_name"`
	SQL   sql.NullString `db:"sql"` // null for the index of a UNIQUE constraint
}

// The listings are what the migrations make, one file a version, proven so by a test: a listing is read much faster
// than migrations run.
//
//go:embed listings/*.txt
var listings embed.FS

// Objects gives the objects of a version in the order in which they were made.
func Objects(version int) ([]Object, error) { return Released().Objects(version) }

// Objects is the function [Objects] for a version of the set.
func (s Set) Objects(version int) ([]Object, error) {
	objects, err := s.objects(version)
	return slices.Clone(objects), err
}

// parsed are the objects of the released versions that were asked for: every archive that is opened is compared with
// them.
var parsed sync.Map

// objects is [Set.Objects], but that the caller must not change them.
func (s Set) objects(version int) ([]Object, error) {
	if err := s.CheckVersion(int64(version)); err != nil {
		return nil, err
	}
	released := s.Listings == fs.FS(listings)
	if known, ok := parsed.Load(version); ok && released {
		return known.([]Object), nil
	}
	text, err := fs.ReadFile(s.Listings, fmt.Sprintf("listings/v%d.txt", version))
	if err != nil {
		return nil, err
	}
	objects, err := parseListing(string(text))
	if err == nil && released {
		parsed.Store(version, objects)
	}
	return objects, err
}

// A listing has a line "== type name table" for each object, followed by its SQL as it stands, which may be nothing.
const listingMark = "== "

func formatListing(objects []Object) string {
	var b strings.Builder
	for _, o := range objects {
		fmt.Fprintf(&b, "%s%s %s %s\n", listingMark, o.Type, o.Name, o.Table)
		if o.SQL.Valid {
			b.WriteString(o.SQL.String + "\n")
		}
	}
	return b.String()
}

func parseListing(text string) (objects []Object, err error) {
	for part := range strings.SplitSeq("\n"+text, "\n"+listingMark) {
		if part == "" {
			continue
		}
		head, body, _ := strings.Cut(strings.TrimSuffix(part, "\n"), "\n")
		var o Object
		if _, err := fmt.Sscanf(head, "%s %s %s", &o.Type, &o.Name, &o.Table); err != nil {
			return nil, fmt.Errorf("listing line %q: %w", head, err)
		}
		o.SQL = sql.NullString{String: body, Valid: body != ""}
		objects = append(objects, o)
	}
	return objects, nil
}

// maxObjects bounds how many rows of a stranger's sqlite_schema are looked at.
const maxObjects = 1000

// Check accepts objects, the rows of sqlite_schema in any order, if they are exactly those of the version, perhaps with
// those of [LiveObjects]: live says that one of them is there, and the file is no sealed one then. The error names the
// first object that is missing, unknown or different and wraps [ErrForeign] or [ErrNewer].
func Check(version int64, objects []Object) (live bool, err error) {
	return Released().Check(version, objects)
}

// Check is the function [Check] for a version of the set.
func (s Set) Check(version int64, objects []Object) (live bool, err error) {
	want, err := s.objects(int(version))
	if err != nil || slices.Equal(objects, want) {
		return false, err
	}
	if len(objects) > maxObjects {
		return false, fmt.Errorf("%w: %d objects", ErrForeign, len(objects))
	}
	known := make(map[string]Object, len(want))
	for _, o := range want {
		known[o.Type+" "+o.Name] = o
	}
	for _, o := range LiveObjects() {
		known[o.Type+" "+o.Name] = o
	}
	for _, o := range objects {
		w, ok := known[o.Type+" "+o.Name]
		switch {
		case !ok:
			return false, fmt.Errorf("%w: unknown %.20q %.80q", ErrForeign, o.Type, o.Name)
		case o != w:
			return false, fmt.Errorf("%w: %s %q differs from that of version %d", ErrForeign, o.Type, o.Name, version)
		}
		delete(known, o.Type+" "+o.Name)
	}
	for _, o := range want {
		if _, missing := known[o.Type+" "+o.Name]; missing {
			return false, fmt.Errorf("%w: %s %q is missing", ErrForeign, o.Type, o.Name)
		}
	}
	return len(objects) > len(want), nil
}
