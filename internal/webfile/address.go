package webfile

import (
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Is reports whether name is an address: whether it begins with http:// or https://, in letters of either case.
func Is(name string) bool {
	scheme, _, ok := strings.Cut(name, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// parse reads an address. Its error does not quote it.
func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !Is(address) {
		return nil, errAddress
	}
	if !portFits(u) {
		return nil, errPort
	}
	return u, nil
}

// portFits reports whether an address that Go understands, which takes any number for a port, has one that can be.
func portFits(u *url.URL) bool {
	_, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Port() == "" || err == nil
}

// hidden stands for what is not shown of an address.
const hidden = "..."

// plain are the parameters of an address that say which file is wanted, and in what form. Others may be what the
// server knows its guests by: keys, tokens, signatures.
var plain = []string{"dl", "download", "file", "filename", "format", "inline", "name", "path", "raw", "ref", "version",
	"versionid"}

// Shown gives an address without what may be secret in it: user and password, the parameters behind the question mark
// but for a few that are known, what is behind the number sign, and all of an address that cannot be understood. A name
// that is no address it gives as it is.
func Shown(address string) string {
	if !Is(address) {
		return address
	}
	scheme, rest, _ := strings.Cut(address, "://")
	if _, err := parse(address); err != nil {
		return scheme + "://" + hidden
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	host, file, slash := strings.Cut(rest, "/")
	if slash {
		file = "/" + file
	}
	shown := scheme + "://" + host[strings.LastIndexByte(host, '@')+1:] + file
	var kept []string
	left := false
	for _, parameter := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		if name, _, _ := strings.Cut(parameter, "="); slices.Contains(plain, strings.ToLower(name)) {
			kept = append(kept, parameter)
		} else {
			left = true
		}
	}
	if left {
		kept = append(kept, hidden)
	}
	if kept != nil {
		shown += "?" + strings.Join(kept, "&")
	}
	return shown
}

// Clean gives text with [Shown] in the place of each address in it.
func Clean(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "://")
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := i + len("://")
		begin := end
		for _, scheme := range []string{"http", "https"} {
			if at := i - len(scheme); at >= 0 && strings.EqualFold(text[at:i], scheme) {
				begin = at
			}
		}
		if begin < end {
			for end < len(text) && !strings.ContainsRune(" \t\r\n\"'`<>", rune(text[end])) {
				end++
			}
			// What ends a clause in a message ends no address.
			address := strings.TrimRight(text[begin:end], ":,;)]}")
			if rest, dot := strings.CutSuffix(address, "."); dot && (!strings.HasSuffix(address, hidden) ||
				strings.HasSuffix(rest, hidden)) {
				address = rest
			}
			end = begin + len(address)
		}
		b.WriteString(text[:begin])
		b.WriteString(Shown(text[begin:end]))
		text = text[end:]
	}
}

// Base gives the last part of the path of an address, which is what the file is called, or an empty text.
func Base(address string) string {
	u, err := parse(address)
	if err != nil {
		return ""
	}
	if base := path.Base(u.Path); base != "/" && base != "." {
		return base
	}
	return ""
}

// Beside gives the address of a file whose name is that of another with a suffix, and that lies beside it.
func Beside(address, suffix string) (string, error) {
	u, err := parse(address)
	if err != nil {
		return "", err
	}
	u.Path, u.RawPath = u.Path+suffix, ""
	return u.String(), nil
}
