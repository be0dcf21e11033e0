// Package repaircmd has the commands that one needs when something is damaged or old: recover, upgrade and duckdb.
package repaircmd
