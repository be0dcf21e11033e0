package viewer

func systemBrowser() []string { return []string{"open"} }
