// Package papercmd has the commands that make what a paper prints: table.
package papercmd
