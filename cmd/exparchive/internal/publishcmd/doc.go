// Package publishcmd has the commands that vouch for a run and make it fit to be published: digest, verify, prove,
// sign, annotate, secrets, redact and reveal.
package publishcmd
