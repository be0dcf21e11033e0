// Command wine runs tests of this module, built for Windows, under Wine (https://www.winehq.org), which stands for it
// where there is none:
//
//	go run ./internal/wine [-prefix FOLDER] -- [packages and flags of go test]
//
// or a program of Windows:
//
//	go run ./internal/wine [-prefix FOLDER] -program FILE -- [arguments]
//
// Wine keeps its registry and its drive C in the prefix, by default a folder that goes away; one that is kept saves
// half a minute. What Wine lacks is left out by name: [skips] says what and why, and so does the end of each run.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// rootVariable tells a process of this program, which go test starts in the folder of a package with the path of its
// tests, where the module is.
const rootVariable = "EXPARCHIVE_WINE_ROOT"

func main() {
	if root := os.Getenv(rootVariable); root != "" {
		os.Exit(runTests(root, os.Args[1:]))
	}
	prefix := flag.String("prefix", "", "keep Wine's registry and drive in this `folder`")
	program := flag.String("program", "", "run this `file` instead of tests")
	flag.Parse()
	if err := inPrefix(*prefix, *program, flag.Args()); err != nil {
		fmt.Fprintf(os.Stderr, "wine: %v\n", err)
		os.Exit(1)
	}
}

// inPrefix prepares Wine and runs tests, or a program.
func inPrefix(prefix, program string, args []string) (err error) {
	work, err := os.MkdirTemp("", "exparchive-wine-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if prefix == "" {
		prefix = filepath.Join(work, "prefix")
	}
	if prefix, err = filepath.Abs(prefix); err != nil {
		return err
	}
	if err := makePrefix(prefix); err != nil {
		return err
	}
	defer func() { _ = wine(prefix, "wineserver", "-k").Run() }() // which is not there any more if all has ended
	if program == "" {
		return testAll(work, prefix, args)
	}
	cmd := wine(prefix, "wine", append([]string{program}, args...)...)
	// Through pipes, which Wine hands on as such, whatever those of this process are.
	cmd.Stdout, cmd.Stderr = struct{ io.Writer }{os.Stdout}, struct{ io.Writer }{os.Stderr}
	return cmd.Run()
}

// testAll runs go test.
func testAll(work, prefix string, args []string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	overlay, err := makeOverlay(work)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", append([]string{"test", "-vet=off", "-count=1", "-overlay", overlay, "-exec", self},
		args...)...)
	cmd.Env = append(wine(prefix, "").Env, "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0", rootVariable+"="+root)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err = cmd.Run()
	fmt.Println("\nLeft out under Wine, by package and test:")
	for _, s := range skips {
		fmt.Printf("  %s %s: %s\n", s.folder, s.tests, s.why)
	}
	return err
}

// wine makes a command that runs in the prefix.
func wine(prefix, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "WINEPREFIX="+prefix, "WINEDEBUG=-all", "DISPLAY=", "WINEDLLOVERRIDES=mscoree,mshtml=")
	return cmd
}

// makePrefix makes a prefix in which programs of Go run.
func makePrefix(prefix string) error {
	library := filepath.Join(prefix, "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(library); err == nil {
		return nil
	}
	if out, err := wine(prefix, "wine", "wineboot", "-i").CombinedOutput(); err != nil {
		return fmt.Errorf("wineboot (Debian package wine64): %w: %s", err, out)
	}
	if out, err := wine(prefix, "wineserver", "-w").CombinedOutput(); err != nil {
		return fmt.Errorf("wineserver: %w: %s", err, out)
	}
	if _, err := os.Stat(library); err == nil { // Wine's own
		return nil
	}
	return os.WriteFile(library, prngLibrary(), 0o666)
}

// makeOverlay gives a file for go's -overlay. To remove a file Go asks Windows in a way that versions before 10 did not
// know, of which it is told, and asks again as it is known there. Wine answers something else; so here Go asks at once
// in the second way, as it does in a test of its own.
func makeOverlay(work string) (path string, err error) {
	const was, is = "var TestDeleteatFallback bool", "var TestDeleteatFallback = true"
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	source := filepath.Join(strings.TrimSpace(string(goroot)), "src", "internal", "syscall", "windows", "at_windows.go")
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	if strings.Count(string(text), was) != 1 {
		return "", fmt.Errorf("%s has no %q: has this release of Go another way to remove files?", source, was)
	}
	changed := filepath.Join(work, "at_windows.go")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), was, is, 1)), 0o666); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {source: changed}})
	if err != nil {
		return "", err
	}
	path = filepath.Join(work, "overlay.json")
	return path, os.WriteFile(path, list, 0o666)
}

// runTests runs the tests of the package in whose folder it is started, but for what is left out, and gives their exit
// code.
func runTests(root string, args []string) int {
	here, err := os.Getwd()
	if err == nil {
		here, err = filepath.Rel(root, here)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "wine: %v\n", err)
		return 1
	}
	if skip := skipped(filepath.ToSlash(here)); skip != "" {
		args = append(args, "-test.skip="+skip)
	}
	cmd := exec.Command("wine", args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1)
	}
	fmt.Fprintf(os.Stderr, "wine: %v\n", err)
	return 1
}
