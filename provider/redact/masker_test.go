package redact

import (
	"testing"

	"github.com/simexp/exparchive/provider"
)

// TestMasker_text: the longest text is replaced first, and a short one only where it is a word.
func TestMasker_text(t *testing.T) {
	m := masker{filter: &Filter{}, texts: (&Plan{filter: masking()}).textsIn([]byte("password=hunter22 pwd=hunter22x pass='pw1!'"))}
	for text, want := range map[string]string{
		"hunter22x hunter22": "[withheld] [withheld]",
		"ahunter22b":         "a[withheld]b",
		"apw1! pw1!b pw1!":   "apw1! pw1!b [withheld]",
		"äpw1! pw1!ä 'pw1!'": "äpw1! pw1!ä '[withheld]'",
	} {
		if got := m.text(text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestMaskedKey: every masked value has a key of its own.
func TestMaskedKey(t *testing.T) {
	a, b := maskedKey(provider.Key{1}), maskedKey(provider.Key{2})
	if a == b || a == (provider.Key{1}) || a != maskedKey(provider.Key{1}) {
		t.Errorf("got %x and %x", a, b)
	}
}
