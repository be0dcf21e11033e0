package verify

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

var update = flag.Bool("update", false, "write the examples of FORMAT.md and the corpus anew")

var requirementLine = regexp.MustCompile(`(?m)^- \*\*(SX-\d{3})\*\* (MUST|SHOULD|MAY) · (file|reader|writer)\. `)

// TestRequirementsAgree: the document and the program list the same requirements, in the same order.
func TestRequirementsAgree(t *testing.T) {
	text, err := os.ReadFile("../FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range requirementLine.FindAllStringSubmatch(string(text), -1) {
		got = append(got, fmt.Sprint(m[1:]))
	}
	var want []string
	files := 0
	for _, r := range Requirements() {
		want = append(want, fmt.Sprint([]string{r.ID, string(r.Level), r.Binds}))
		if r.Binds == "file" {
			files++
			if r.Remedy == "" {
				t.Errorf("%s has no remedy", r.ID)
			}
		}
	}
	if !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("requirement %d: FORMAT.md has %q, the program %q", i, got[min(i, len(got)-1)], want[min(i, len(want)-1)])
			}
		}
	}
	if len(want) < 100 {
		t.Errorf("got %d requirements, want 100 or more", len(want))
	}
	if !slices.IsSorted(want) {
		t.Error("not in the order of their numbers")
	}
	if n := len(regexp.MustCompile(`SX-\d{3}`).FindAllString(string(text), -1)); n < len(want) {
		t.Errorf("got %d mentions of %d requirements", n, len(want))
	}
	t.Logf("%d requirements, %d of them on files", len(want), files)
}

var (
	stageLine  = regexp.MustCompile(`(?m)^\| (\d) \| [^|]* \| (SX-[^|]*) \|$`)
	stageRange = regexp.MustCompile(`(\d{3})(?: to (\d{3}))?`)
)

// TestStagesAgree: the document and the program ask for the requirements on files at the same stages.
func TestStagesAgree(t *testing.T) {
	text, err := os.ReadFile("../FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Stage{}
	for _, line := range stageLine.FindAllStringSubmatch(string(text), -1) {
		stage, _ := strconv.Atoi(line[1])
		for _, r := range stageRange.FindAllStringSubmatch(line[2], -1) {
			first, _ := strconv.Atoi(r[1])
			last, err := strconv.Atoi(r[2])
			if err != nil {
				last = first
			}
			for n := first; n <= last; n++ {
				got[fmt.Sprintf("SX-%03d", n)] = Stage(stage)
			}
		}
	}
	for _, r := range Requirements() {
		want := r.Stage
		if (want != 0) != (r.Binds == "file") {
			t.Errorf("%s binds %s and has stage %d", r.ID, r.Binds, want)
		}
		if r.Level != Must {
			continue // and hides nothing
		}
		if got[r.ID] != want {
			t.Errorf("%s: FORMAT.md has stage %d, the program %d", r.ID, got[r.ID], want)
		}
		delete(got, r.ID)
	}
	for id := range got {
		t.Errorf("%s has a stage in FORMAT.md, and is no MUST", id)
	}
}
