package oracle

// A Fixture is the fixture.json of a folder of ../testdata: one database and what the engine gives
// for it.
type Fixture struct {
	Name    string `json:"name"`
	Shows   string `json:"shows"`
	Engine  string `json:"engine"`         // the release that wrote the file
	Judge   string `json:"judge"`          // the release that gave the wanted values
	Version int    `json:"version"`        // storage version in the main header
	File    string `json:"file"`           // gzip of the database
	Log     string `json:"log,omitempty"`  // gzip of the .wal beside it
	Log2    string `json:"log2,omitempty"` // gzip of the .wal.checkpoint beside it
	// the class of error that Open gives, or else a scan: encrypted, too old, checksum
	Refused string `json:"refused,omitempty"`
	// Optional means that the reader may refuse a table, or the file, as unsupported; what it gives
	// has to be right all the same.
	Optional bool `json:"optional,omitempty"`

	Script    []string       `json:"script,omitempty"` // what was run; long statements are cut
	Schemas   []string       `json:"schemas,omitempty"`
	Tables    []FixtureTable `json:"tables,omitempty"`
	Views     []string       `json:"views,omitempty"`     // schema.name
	Sequences []string       `json:"sequences,omitempty"` // schema.name
	Indexes   []string       `json:"indexes,omitempty"`   // schema.name
	Types     []string       `json:"types,omitempty"`     // schema.name = type
}

// A FixtureTable is a table of a Fixture.
type FixtureTable struct {
	Schema  string          `json:"schema"` // of one within others, all their names as SQL, joined by dots
	Nested  bool            `json:"nested,omitempty"`
	Name    string          `json:"name"`
	Comment string          `json:"comment,omitempty"`
	Columns []FixtureColumn `json:"columns"`
	Rows    int             `json:"rows"`
	// Wanted is the gzip of what COPY (SELECT … FROM the table) TO … (HEADER) wrote, of the columns
	// that are stored: NULL is an empty cell, the empty string is "".
	Wanted string   `json:"wanted,omitempty"`
	Codecs []string `json:"codecs,omitempty"` // type and compression of the segments, such as "VARCHAR FSST"
}

// A FixtureColumn is a column of a FixtureTable.
type FixtureColumn struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	NotNull   bool   `json:"not_null,omitempty"`
	Default   string `json:"default,omitempty"`
	Generated bool   `json:"generated,omitempty"`
	Comment   string `json:"comment,omitempty"`
}
