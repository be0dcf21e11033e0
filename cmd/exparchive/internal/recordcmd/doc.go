// Package recordcmd has the commands that make archives: record, resume, run, seal, import and attachments add.
package recordcmd
