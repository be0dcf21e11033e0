package provider_test

import (
	"strings"
	"testing"

	"github.com/simexp/exparchive/provider"
)

func TestSubject(t *testing.T) {
	long := strings.Repeat("x", provider.MaxName-len("/iterations/3/"))
	for _, test := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"final_cost"}, "/final_cost"},
		{[]string{"iterations", "3", "costs_per_agent", "BANK_A"}, "/iterations/3/costs_per_agent/BANK_A"},
		{[]string{"a/b", "c~d", "~1", ""}, "/a~1b/c~0d/~01/"},
		{[]string{"iterations", "3", long}, "/iterations/3/" + long},
		{[]string{"iterations", "3", long + "x"}, "/iterations/3"},
		{[]string{"iterations", "3", long[1:] + "/", "y"}, "/iterations/3"},
		{[]string{long, long, "y"}, "/" + long},
	} {
		got := provider.Subject(test.names...)
		if got != test.want {
			t.Errorf("%.60q: got %.60q, want %.60q", test.names, got, test.want)
		}
		if err := (&provider.Note{Kind: "k", Text: "t", Subject: got}).Validate(); err != nil {
			t.Errorf("%.60q: %v", test.names, err)
		}
	}
}

func TestNote_Label(t *testing.T) {
	n := provider.Note{Kind: "derived", Text: "t"}
	if got := n.Label(); got != "derived" {
		t.Errorf("got %q, want the kind", got)
	}
	n.Subject = "/final_cost"
	if got := n.Label(); got != "derived (/final_cost)" {
		t.Errorf("got %q, want the kind and the subject", got)
	}
}
