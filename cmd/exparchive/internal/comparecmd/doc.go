// Package comparecmd has the commands that lay runs side by side.
package comparecmd
