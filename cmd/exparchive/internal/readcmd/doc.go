// Package readcmd has the commands that show what is in runs: ls, info, replay, policies, query, export and
// attachments.
package readcmd
