package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

func init() {
	scriptCommands["web"] = serveFolder
	scriptCommands["over-web"] = overWeb
}

// serveFolder is the command
//
//	web FOLDER
//
// which serves a folder until the script ends. $WEB is its address, and $HOST that without the scheme. Below $WEB/whole
// no parts of files are given, and below $WEB/private nothing but to guest with the password s3cret, or for the
// parameter sig with that value.
func serveFolder(ts *testscript.TestScript, neg bool, args []string) {
	files := http.FileServer(http.Dir(arg(ts, neg, args, 0, 1)))
	mux := http.NewServeMux()
	mux.Handle("/", files)
	mux.Handle("/whole/", http.StripPrefix("/whole", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		files.ServeHTTP(w, r)
	})))
	mux.Handle("/private/", http.StripPrefix("/private", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user+":"+password != "guest:s3cret" && r.FormValue("sig") != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		files.ServeHTTP(w, r)
	})))
	server := httptest.NewServer(mux)
	ts.Defer(server.Close)
	ts.Setenv("WEB", server.URL)
	ts.Setenv("HOST", strings.TrimPrefix(server.URL, "http://"))
	ts.Setenv("WEBFOLDER", args[0])
}

// overWeb is the command
//
//	over-web [PREFIX] COMMAND...
//
// which runs a command of exparchive twice: with files of the folder that is served, and with their addresses, below
// $WEB and a PREFIX that begins with a slash, in their place. Both have to print the same, but for the names, and to end
// with the same exit code.
func overWeb(ts *testscript.TestScript, neg bool, args []string) {
	prefix := ""
	if strings.HasPrefix(args[0], "/") {
		prefix, args = args[0], args[1:]
	}
	folder, web := ts.Getenv("WEBFOLDER"), ts.Getenv("WEB")+prefix
	there, replaced := make([]string, len(args)), 0
	for i, a := range args {
		there[i] = a
		for _, before := range []string{"", "--from=", "--against=", "--baseline="} {
			name, ok := strings.CutPrefix(a, before+folder+"/")
			if _, err := os.Stat(ts.MkAbs(filepath.Join(folder, name))); ok && err == nil {
				there[i] = before + web + "/" + name
				replaced++
			}
		}
	}
	if neg || replaced == 0 {
		ts.Fatalf("no argument is a file of %s", folder)
	}
	named := strings.NewReplacer(web+"/", folder+"/")
	run := func(args []string) (stdout, stderr string, code int) {
		var exit *exec.ExitError
		if err := ts.Exec("exparchive", args...); errors.As(err, &exit) {
			code = exit.ExitCode()
		} else {
			ts.Check(err)
		}
		return ts.ReadFile("stdout"), ts.ReadFile("stderr"), code
	}
	stdout, stderr, code := run(args)
	webStdout, webStderr, webCode := run(there)
	// Of the width that names give columns nothing is left.
	padding := regexp.MustCompile(` {2,}`)
	same := func(web, want string) bool {
		return padding.ReplaceAllString(named.Replace(web), "  ") == padding.ReplaceAllString(want, "  ")
	}
	if !same(webStdout, stdout) || !same(webStderr, stderr) || webCode != code {
		ts.Fatalf("%s: got exit code %d and\n%s%s\nwant %d and\n%s%s", there, webCode, webStdout, webStderr, code, stdout, stderr)
	}
}
