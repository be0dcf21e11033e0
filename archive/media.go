package archive

import _ "embed"

// MediaType is the media type of a sealed archive. The suffix says that any SQLite program opens it.
const MediaType = "application/vnd.simexp+sqlite3"

// Magic is an entry for file(1): file -m FILE names archives and live files, their versions and states.
//
//go:embed simexp.magic
var Magic string
