package viewer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// OpenBrowser has a browser show an address: the program that the environment names in BROWSER, or the one that the
// system has for addresses. It does not wait for it.
func OpenBrowser(ctx context.Context, address string) error {
	command := systemBrowser()
	if b := os.Getenv("BROWSER"); b != "" {
		command = []string{b}
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), command[0], append(command[1:], address)...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting a browser: %w", err)
	}
	go cmd.Wait() // or it would stay among the processes when it has ended
	return nil
}

// systemBrowser is the command that shows an address, which follows it, on each system.
func systemBrowser() []string {
	switch runtime.GOOS {
	case "darwin":
		return []string{"open"}
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	return []string{"xdg-open"}
}
