// Package papercmd has the commands that make what a paper prints: table, plot, compare and paper.
package papercmd
