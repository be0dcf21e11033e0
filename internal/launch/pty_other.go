//go:build !linux && !darwin

package launch

import "os"

// HasTerminals reports whether this system has pseudo-terminals that [Start] knows how to make.
const HasTerminals = false

func openTerminal() (recorder, program *os.File, err error) { return nil, nil, ErrNoTerminal }

func closeDrained(*os.File) {}

func heldBack(*os.File, string) []byte { return nil }
