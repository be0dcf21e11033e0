package manual

// more has sections that no help has, by the name of the page and the title, in mdoc(7). They take the place of what is
// written otherwise.
var more = map[string]map[string]string{
	"exparchive": {
		"ENVIRONMENT": `.Bl -tag -width Ds
.It Ev NO_COLOR
If it is set and not empty, nothing is coloured unless
.Fl \-color Cm always
is given.
.It Ev COLUMNS
The width of charts and tables on a terminal.
.It Ev PAGER
The program that shows a run page by page, with
.Fl \-pager .
.It Ev BROWSER
The program that
.Xr exparchive-view 1
opens the browser with.
.It Ev HTTPS_PROXY , Ev HTTP_PROXY , Ev NO_PROXY
Proxies for runs at addresses.
.It Ev SSH_AUTH_SOCK
The agent that
.Xr exparchive-sign 1
asks for signatures.
.It Ev TMPDIR
The folder for temporary files.
.It Ev EXPARCHIVE_TRACE
If it is not empty, an internal error shows where in the program it
happened.
.El`,
		"FILES": `.Bl -tag -width Ds
.It Pa FILE.simexp
A sealed archive: one run, an SQLite database that never changes again.
.It Pa FILE.simexp-live
A run while it is recorded, or whose recording was cut short.
Beside it lie
.Pa FILE.simexp-live-wal
and
.Pa FILE.simexp-live-shm .
.It Pa FILE.simexp.zst
A sealed archive that was packed.
.It Pa FILE.db , Pa FILE.duckdb
DuckDB databases of the original project, which are only read.
.It Pa paper.yaml
The runs, tables and figures of a paper; see
.Xr exparchive-paper 1 .
.El`,
	},
	"exparchive-record": {"EXIT STATUS": recorderStatus},
	"exparchive-resume": {"EXIT STATUS": recorderStatus},
}

// recorderStatus is that of the commands that may start an experiment.
const recorderStatus = `With a command behind
.Fl \- ,
the status is that of the command once it has run: 127 if there is no such
command, 126 if it cannot be started, 128 and the number of the signal if one
ended it.
Otherwise:
.Bl -tag -width Ds
.It 0
The run is recorded.
.It 1
Something could not be recorded, or the recording failed.
.It 2
It was used wrongly.
.It 130 , 143 , 129
A signal ended the recording:
.Dv SIGINT ,
.Dv SIGTERM
or
.Dv SIGHUP .
.El`
