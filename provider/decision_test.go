package provider_test

import (
	"testing"

	"github.com/simexp/exparchive/provider"
)

func TestDecide(t *testing.T) {
	yes, no := new(true), new(false)
	for _, c := range []struct {
		accepted                  *bool
		proposed, repeats, failed bool
		want                      provider.Decision
	}{
		{yes, true, false, false, provider.DecisionAccepted},
		{yes, true, true, false, provider.DecisionAccepted}, // what was recorded counts
		{yes, false, false, true, provider.DecisionAccepted},
		{no, true, false, false, provider.DecisionRejected},
		{no, true, false, true, provider.DecisionRejected},
		{no, true, true, false, provider.DecisionKept},
		{nil, true, true, false, provider.DecisionKept},
		{no, false, false, true, provider.DecisionNone},
		{no, false, false, false, provider.DecisionNone},
		{nil, false, false, true, provider.DecisionNone},
		{nil, true, false, false, ""},
		{nil, true, false, true, ""},
		{nil, false, false, false, ""},
	} {
		if got := provider.Decide(c.accepted, c.proposed, c.repeats, c.failed); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}
