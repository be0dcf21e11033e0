// Package papercmd has the commands that make what a paper prints: table and plot.
package papercmd
