package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A platform is what a binary runs on, in Go's words.
type platform struct{ system, processor string }

func (p platform) String() string { return p.system + "/" + p.processor }

func parsePlatforms(list string) (all []platform, err error) {
	for _, word := range strings.Fields(list) {
		system, processor, ok := strings.Cut(word, "/")
		if !ok || system == "" || processor == "" || strings.ContainsAny(processor, "/_") {
			return nil, fmt.Errorf("platform %q: want SYSTEM/PROCESSOR", word)
		}
		all = append(all, platform{system, processor})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no platforms")
	}
	return all, nil
}

// settled are the environment variables that could change what the compiler makes, with the values of a release.
var settled = []string{
	"CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GOWORK=off",
	"GOAMD64=v1", "GO386=sse2", "GOARM64=v8.0", "GORISCV64=rva20u64",
}

// goCommand runs the go command for a platform in the folder of the module; its messages go to standard error.
func (r *release) goCommand(ctx context.Context, p platform, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.root, os.Stderr, os.Stderr
	cmd.Env = append(slices.Concat(os.Environ(), settled), "GOOS="+p.system, "GOARCH="+p.processor)
	return cmd
}

// ldflags tells the linker what the program says of itself. The go command would say so too, but something else in a
// second work tree of the repository, and where not all commits or tags are there.
func (r *release) ldflags() string {
	const cli = " -X github.com/simexp/exparchive/cmd/exparchive/internal/cli."
	flags := "-s -w" + cli + "version=" + r.version
	if r.commit != "" {
		flags += cli + "commit=" + r.commit + cli + "commitTime=" + r.committed
	}
	return flags
}

// tags leave HTTP/2 out, half a megabyte that reading parts of files over the web has no use for.
const tags = "nethttpomithttp2"

// build makes the binary of a platform, static and without symbols.
func (r *release) build(ctx context.Context, p platform) (string, error) {
	path := filepath.Join(r.work, p.system+"-"+p.processor)
	err := r.goCommand(ctx, p, "build", "-trimpath", "-buildvcs=false", "-tags", tags, "-ldflags", r.ldflags(),
		"-o", path, "./cmd/exparchive").Run()
	if err != nil {
		return "", fmt.Errorf("go build: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() > r.maxBinary {
		return "", fmt.Errorf("the binary has %d bytes, want %d or less", info.Size(), r.maxBinary)
	}
	return path, nil
}
