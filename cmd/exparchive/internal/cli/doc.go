// Package cli has what every command of exparchive needs: how it says that something is wrong, checks its arguments,
// shows help and lays out tables. It knows nothing of runs.
package cli
