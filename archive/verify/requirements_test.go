package verify

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
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
