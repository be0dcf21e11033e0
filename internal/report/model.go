package report

import (
	"html/template"

	"github.com/simexp/exparchive/provider/digest"
)

// A Run is what the page shows of a run. Its parts are what the blocks of the templates take.
type Run struct {
	Head       Head
	Costs      Costs
	Iterations []Iteration
	Events     []EventType
	Notes      []Note
	Files      []File
	Provenance Provenance

	LeftOut []string // what a page has no room for, in words

	Sink digest.Sink // that took every record that was read; of an outline it took none

	data data
}

// A Head says what was run and how it ended.
type Head struct {
	Kind, Name, ID     Text
	Description        Text
	Started, Completed Text
	Outcome            string // one sentence, of words and numbers only
	Reason             Text   // that the run gave for its end, which stands in the outcome
	OutcomeEnd         string // what follows the reason
	Models             []Text
	Calls, Records     string
	Digest             string   // empty if it is not known
	Warnings           []string // what is withheld, left out, cut short; in words of ours
	Invalidated        []Text   // why the run should not be used, by those who annotated it
	File               Text     // as it is called in the commands that check the report; empty for none
	Archive            bool     // the file is an archive, which verify takes
	Margin             []Note   // the notes on these numbers, the doubtful first
	CostNotes          []Note   // of them those about costs
	CallNotes          []Note   // about tokens, models and latencies
	EndNotes           []Note   // about the end
}

// A Note is a note of the run.
type Note struct {
	Number   int
	Kind     Text
	Subject  Text
	Text     Text
	Held     string // the commitment to the text, if it is withheld
	Doubtful bool
	at       []string // the pointer that its subject is, in parts
}

// Costs are the charts.
type Costs struct {
	Total      Panel
	Agents     []Panel
	Parameters []Parameter // to choose among
	Decided    bool        // decisions were recorded, so that there are marks
	Legend     []string    // what is to be known of the scales
	LeftOut    string      // what is not drawn
}

// A Parameter is a number that the charts can show below the costs.
type Parameter struct {
	ID   string // in the page
	Name Text
}

// A Panel is the charts of one agent, or of all together.
type Panel struct {
	ID    string // in the page: t, a0, a1, …
	Agent Text   // empty for the total
	Key   string // of the agent in ids of the page
	Cost  Chart
	Strip *Chart // decisions by agent and iteration
	Below []Chart
}

// A Chart is a drawing. All of it is made of numbers and of escaped text.
type Chart struct {
	Parameter string // id of what it shows, empty for costs
	Name      Text
	Height    int
	Label     string // what it shows, in words
	X         string // where the first iteration is, the step, how many there are
	Marks     template.HTML
}

// An Iteration is a row for each agent.
type Iteration struct {
	Number    int
	Total     string
	Change    string
	TotalHeld bool // the costs are withheld
	Rows      []Row
	More      string // how many agents more there are that the page leaves out
	Events    string // how many there are; empty for none
	State     string // of one that was not recorded to its end
	Notes     []Note
}

// A Row is one agent in one iteration.
type Row struct {
	ID           string // in the page, and the deep link
	Agent        Text
	Cost, Change string
	Held         bool // the cost is withheld
	State        State
	Why          []Why
	Body         Body
	Calls        string // the Seq of each call of a language model, with blanks between
	Notes        []Note // about the cost
	BodyLeft     bool   // the page has no room for the body
}

// A State is what came of what was proposed; see provider.Decision.
type State struct {
	Class string // yes, no, same, ref, open, none
	Word  string
}

// A Why is one part of what changed and why.
type Why struct {
	Name     Text // of a value
	Old, New Text
	Text     Text   // or a reason
	Words    string // or words of ours
	Concerns bool   // it is about a value
}

// A Body is what stands beside the conversation of a row.
type Body struct {
	Policy   []Node // what was proposed, or how the policy differs from the one before
	Heading  string
	Held     string // the commitment to what is withheld
	InForce  []Node // the policy in force, if nothing was proposed
	Decision []Fact
	Called   []Facts // a call each
}

// Facts are facts of one thing.
type Facts struct{ List []Fact }

// A Fact is a name and a value.
type Fact struct {
	Name  string
	Named Text // in the place of Name, if it comes from outside
	Value Text
	State *State
	Held  string
}

// A Node is a part of a JSON value, or of the difference between two.
type Node struct {
	Name     Text
	Named    bool
	Old, New Text
	Changed  bool // Old and New count, of which an empty one is absent
	Value    Text
	Kids     []Node
	Same     []Text // names of members that do not differ
}

// An EventType is the events of one type.
type EventType struct {
	Type  Text
	Count string
	Label string        // what Marks show, in words
	Marks template.HTML // how many there are in each iteration; empty for none
}

// A File is an attachment.
type File struct {
	Name, Type Text
	Size       string
	Hash       string // SHA-256
	Held       string // commitment
	Data       template.URL
}

// Provenance says where the run lies and what vouches for it.
type Provenance struct {
	Facts       []Fact
	Annotations []Fact
	Signatures  []Signature
	Agents      []Text
	Config      []Node
	ConfigHeld  string
}

// A Signature is a signature over the run's digest.
type Signature struct {
	Kind    string // ssh or note, of a key; else what it is
	Key     Text
	Problem Text // why it is worth nothing; empty if it holds
}

// An Annotation is something that an archive says beside the run.
type Annotation struct{ Kind, Name, Text string }

// size is how many parts a body has.
func (b *Body) size() int {
	n := len(b.Decision) + sizeOf(b.Policy) + sizeOf(b.InForce) + 1
	for _, f := range b.Called {
		n += len(f.List)
	}
	return n
}

func sizeOf(nodes []Node) int {
	n := len(nodes)
	for _, x := range nodes {
		n += sizeOf(x.Kids)
	}
	return n
}
