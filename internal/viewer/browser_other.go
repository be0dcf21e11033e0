//go:build !darwin && !windows

package viewer

func systemBrowser() []string { return []string{"xdg-open"} }
