package secrets

import (
	"bytes"
)

// maxWebKey is how far the members of a key may be from the one that says its type.
const maxWebKey = 8 << 10

// privateMembers matches the members of a JSON web key that are secret (RFC 7518 section 6).
var privateMembers = newPattern(`"(?:d|p|q|dp|dq|qi|k)"\s{0,8}:\s{0,8}"([0-9A-Za-z_-]{22,})"`)

// webKey emits the secret members of the JSON web key of which the member "kty" is at text[at:].
func webKey(s *scan, at int, emit func(located)) (behind int) {
	start, end := max(0, at-maxWebKey), min(len(s.text), at+maxWebKey)
	if i := bytes.LastIndexAny(s.text[start:at], "{}"); i >= 0 {
		start += i
	}
	if i := bytes.IndexAny(s.text[at:end], "{}"); i >= 0 {
		end = at + i
	}
	if !s.spend(end - start) {
		return end
	}
	for _, m := range privateMembers.FindAllSubmatchIndex(s.text[start:end]) {
		v := span{start + m[2], start + m[3]}
		secret := string(s.text[v.start:v.end])
		emit(located{span: v, context: span{start + m[0], v.start}, Finding: Finding{
			Kind: kindAssigned, Secret: secret, Forms: []string{secret}, before: string(s.text[start+m[0] : v.start]),
		}})
	}
	return end
}
