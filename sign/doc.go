// Package sign signs and verifies checkpoints, which name a run and its digest in three lines (package digest).
//
// There are two kinds of signature, both by formats of others:
//
//   - [Signature] is an SSH signature (PROTOCOL.sshsig of OpenSSH) made with the key that people have already, in a file or in
//     an ssh-agent. `ssh-keygen -Y verify` accepts it, and this package accepts those of `ssh-keygen -Y sign`. Who may
//     sign is said by an allowed signers file ([AllowedSigners]), as for git commits.
//   - a signed note (https://c2sp.org/signed-note) is the checkpoint itself with a line for each signature by a note key. It
//     stays below 300 bytes, so it can be printed in a footnote, and is verified with a key of one line.
//
// What is signed is [digest.Checkpoint.Text] in either case. A signature says nothing about when it was made.
//
// All functions take bytes from anywhere: they bound what they read, and never panic.
package sign

// Kinds of annotations of an archive that hold signatures. Annotations are outside the digest that is signed.
const (
	// KindSSH is the kind of an SSH signature: the text is its armoured form, the name the fingerprint of the key.
	KindSSH = "ssh-signature"
	// KindNote is the kind of a note signature: the text is a signed note, the name that of the key.
	KindNote = "note-signature"
)
