package provider

// A Decision says what came of what was proposed for an agent in an iteration. Wherever the program shows it, it has
// these words.
type Decision string

// The decisions. The empty Decision means that it is not known: a proposal about which nothing was recorded, or nothing
// at all.
const (
	DecisionAccepted Decision = "accepted"
	DecisionRejected Decision = "rejected"
	DecisionKept     Decision = "kept" // the proposal repeats the policy in force
	DecisionNone     Decision = "none" // no proposal was recorded
)

// Decide gives the decision on an agent: accepted is what was recorded about it, nil for nothing; proposed says that a
// proposal was recorded, repeats that it is the policy in force, and failed that a call was and no proposal came of it.
func Decide(accepted *bool, proposed, repeats, failed bool) Decision {
	switch {
	case accepted != nil && *accepted:
		return DecisionAccepted
	case proposed && repeats:
		return DecisionKept
	case proposed && accepted != nil:
		return DecisionRejected
	case !proposed && (failed || accepted != nil):
		return DecisionNone
	}
	return ""
}
