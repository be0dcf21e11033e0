// Package rooms has no code: its test holds the map of packages in CONTRIBUTING.md against the imports.
package rooms
