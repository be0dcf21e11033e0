// Package evolution tells how the policy of each agent changed from iteration to iteration of a run: what was in force,
// what differs from before, what it cost, and whether the proposal made in that iteration was accepted.
package evolution
