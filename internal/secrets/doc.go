// Package secrets finds what should not be published in texts: keys and tokens of well-known services, private keys,
// passwords, e-mail addresses, paths of home directories.
//
// The rules are written from what the issuers publish about the form of their tokens; most have a prefix of their own,
// so that they can be told from other text, and the others are told by the name of what they are assigned to. Where the
// choice is between a false alarm and a miss, the rules choose the alarm: [Allow] silences what is known.
//
// A ready-made set of rules, that of gitleaks 8.30, was measured and not taken: as a library it adds more than sixty
// modules to the build, among them a WebAssembly runtime and readers of archive formats, and some 10 MB to the program.
package secrets
