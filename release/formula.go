package main

import (
	"bytes"
	"os"
	"path/filepath"
	"text/template"
)

const homepage = "https://github.com/simexp/exparchive"

// formula is what Homebrew installs the archives by.
var formula = template.Must(template.New("formula").Parse(`class Exparchive < Formula
  desc "Record, replay, check and publish runs of experiments as single files"
  homepage "{{.Homepage}}"
  version "{{.Version}}"
  license "MIT"
{{range .Systems}}
  on_{{.Name}} do
{{- range .Archives}}
    on_{{.Processor}} do
      url "{{.URL}}"
      sha256 "{{.SHA256}}"
    end
{{- end}}
  end
{{end}}
  def install
    bin.install "exparchive"
    man1.install Dir["man/man1/*.1"]
    bash_completion.install "completions/exparchive.bash" => "exparchive"
    zsh_completion.install "completions/_exparchive"
    fish_completion.install "completions/exparchive.fish"
    doc.install "README.md", "SECURITY.md", "LICENSE", "THIRD-PARTY-LICENSES.txt"
  end

  test do
    assert_match "exparchive {{.Program}}", shell_output("#{bin}/exparchive --version")
    system bin/"exparchive", "run", "exp1", "-o", "exp1.simexp"
    system bin/"exparchive", "verify", "exp1.simexp"
  end
end
`))

// formulaPlatforms are those that Homebrew knows, in its words.
var formulaPlatforms = []struct {
	name, system string
	processors   [][2]string
}{
	{"macos", "darwin", [][2]string{{"arm", "arm64"}, {"intel", "amd64"}}},
	{"linux", "linux", [][2]string{{"arm", "arm64"}, {"intel", "amd64"}}},
}

// writeFormula writes the formula of those of the archives that Homebrew can install, if there are any.
func (r *release) writeFormula() error {
	type formulaArchive struct{ Processor, URL, SHA256 string }
	type formulaSystem struct {
		Name     string
		Archives []formulaArchive
	}
	var systems []formulaSystem
	for _, known := range formulaPlatforms {
		s := formulaSystem{Name: known.name}
		for _, processor := range known.processors {
			for _, a := range r.archives {
				if a.platform == (platform{known.system, processor[1]}) {
					s.Archives = append(s.Archives, formulaArchive{processor[0],
						homepage + "/releases/download/" + r.version + "/" + a.name, a.sha256})
				}
			}
		}
		if len(s.Archives) > 0 {
			systems = append(systems, s)
		}
	}
	if len(systems) == 0 {
		return nil
	}
	var b bytes.Buffer
	err := formula.Execute(&b, map[string]any{"Homepage": homepage, "Version": r.fileVersion(), "Program": r.version,
		"Systems": systems})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.folder, "exparchive.rb"), b.Bytes(), 0o644)
}
