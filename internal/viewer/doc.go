// Package viewer shows runs in a browser: a list of those in files and folders, each run as the page that package report
// makes, its events, records and files page by page, two runs side by side. It reads, and nothing else: see [Viewer].
package viewer
