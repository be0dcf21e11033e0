package secrets

import "testing"

// Every rule has a pattern that compiles, which is not seen before it is first used.
func TestPatterns(t *testing.T) {
	for _, r := range rules {
		if r.pattern != nil {
			r.pattern.compiled()
		} else if r.find == nil {
			t.Errorf("%s: nothing finds it", r.kind)
		}
	}
}
