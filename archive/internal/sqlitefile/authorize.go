package sqlitefile

import (
	"strings"

	"modernc.org/sqlite"
)

// readablePragmas are the pragmas that only tell something.
var readablePragmas = map[string]bool{
	"application_id": true, "compile_options": true, "data_version": true, "encoding": true, "foreign_key_check": true,
	"foreign_key_list": true, "freelist_count": true, "function_list": true, "index_info": true, "index_list": true,
	"index_xinfo": true, "integrity_check": true, "journal_mode": true, "page_count": true, "page_size": true,
	"quick_check": true, "schema_version": true, "table_info": true, "table_list": true, "table_xinfo": true,
	"user_version": true,
}

// pragmasWithArgument are those of them whose argument names what to tell about; the argument of the others would set
// them.
var pragmasWithArgument = map[string]bool{
	"foreign_key_check": true, "foreign_key_list": true, "index_info": true, "index_list": true, "index_xinfo": true,
	"integrity_check": true, "quick_check": true, "table_info": true, "table_list": true, "table_xinfo": true,
}

// deniedFunctions reach outside the database.
var deniedFunctions = map[string]bool{"load_extension": true, "fts3_tokenizer": true, "readfile": true,
	"writefile": true, "edit": true}

// authorize lets a handle that reads compile nothing but reading: no statement that writes, attaches or changes a
// setting, even where SQLite would refuse it later anyway.
func authorize(action sqlite.AuthorizerActionCode, arg1, arg2, _, _ string) sqlite.AuthorizerReturnCode {
	switch action {
	case sqlite.AuthSelect, sqlite.AuthRead, sqlite.AuthRecursive:
		return sqlite.AuthorizerOK
	case sqlite.AuthFunction:
		if deniedFunctions[strings.ToLower(arg2)] {
			return sqlite.AuthorizerDeny
		}
		return sqlite.AuthorizerOK
	case sqlite.AuthPragma:
		name := strings.ToLower(arg1)
		if readablePragmas[name] && (arg2 == "" || pragmasWithArgument[name]) {
			return sqlite.AuthorizerOK
		}
	}
	return sqlite.AuthorizerDeny
}
