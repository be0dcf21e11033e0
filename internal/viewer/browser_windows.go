package viewer

func systemBrowser() []string { return []string{"rundll32", "url.dll,FileProtocolHandler"} }
