package readcmd

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/cmd/exparchive/internal/runio"
	"github.com/simexp/exparchive/internal/evolution"
	"github.com/simexp/exparchive/internal/jsontext"
	"github.com/simexp/exparchive/internal/terminal"
	"github.com/simexp/exparchive/provider"
)

type policiesOptions struct {
	agent      string
	start, end int // -1 means no limit
	llm        bool
	compact    bool
	json       bool
}

// NewPolicies makes the command policies.
func NewPolicies() *cobra.Command {
	var o policiesOptions
	var which runio.Choice
	cmd := &cobra.Command{
		Use:   "policies FILE",
		Short: "Show how each agent's policy evolved over the iterations",
		Long: `Show for each agent, iteration by iteration, the policy that was in force, what changed from the one before, what it cost, what
was proposed in that iteration, and what became of it: the proposal was accepted, rejected, or kept (it repeats the policy in
force), or there is none. The first policy is shown whole. What was not recorded is left out.

--json prints one object: {AGENT: {"iteration_N": {"policy": ..., "diff": [{"path","old","new"}], "cost": CENTS, "proposed": ...,
"decision": ..., "accepted": ..., "explanation": ..., "llm": {"system_prompt","user_prompt","response"}}}}, agents in order,
N as it was recorded. In a redacted copy "policy_withheld" is the commitment to the policies of the iteration, and
"proposed_withheld" that to the proposal.`,
		Example: `  exparchive policies exp1.simexp --compact
  exparchive policies exp1.simexp --agent BANK_A --start 2 --end 5 --llm
  exparchive policies exp1.simexp --json | jq '.BANK_B[].cost'`,
		Args: cli.NArgs(1, 1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range []string{"start", "end"} {
				if n, _ := cmd.Flags().GetInt(name); cmd.Flags().Changed(name) && n < 0 {
					return cli.Usagef("policies: --%s %d is negative", name, n)
				}
			}
			if o.end >= 0 && o.start > o.end {
				return cli.Usagef("policies: --start %d is after --end %d", o.start, o.end)
			}
			p, c, err := runio.OpenRun(cmd.Context(), cmd.ErrOrStderr(), args[0], which)
			if err != nil {
				return err
			}
			defer c.Close()
			p, changed := runio.Shown(p)
			err = runPolicies(cmd.Context(), cmd.OutOrStdout(), p, o)
			return cli.InFile(args[0], cmp.Or(err, changed()))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.agent, "agent", "", "only this `agent`")
	flags.IntVar(&o.start, "start", -1, "only iterations from this `number` on")
	flags.IntVar(&o.end, "end", -1, "only iterations up to this `number`")
	cli.NoDefault(cmd, "start", "end")
	flags.BoolVar(&o.llm, "llm", false, "show prompts and responses too")
	flags.BoolVar(&o.compact, "compact", false, "one line an iteration; with --json, no line breaks")
	flags.BoolVar(&o.json, "json", false, "print JSON; costs are cents")
	runio.AddChoice(cmd, &which)
	return cmd
}

func runPolicies(ctx context.Context, w io.Writer, p provider.Provider, o policiesOptions) error {
	run, err := evolution.Of(ctx, p, evolution.Options{LLM: o.llm})
	if err != nil {
		return err
	}
	agents := run.Agents()
	if o.agent != "" {
		if !slices.Contains(agents, o.agent) {
			return fmt.Errorf("no agent %q (the run has %s)", o.agent, cmp.Or(strings.Join(agents, ", "), "none"))
		}
		agents = []string{o.agent}
	}
	if (o.start >= 0 || o.end >= 0) && !slices.ContainsFunc(run.Iterations(), o.inRange) {
		return provider.NoIteration(max(o.start, o.end), run.Iterations())
	}
	out := bufio.NewWriter(w)
	switch {
	case o.json:
		err = run.WriteJSON(ctx, out, evolution.JSONOptions{Agents: agents, Wanted: o.inRange, LLM: o.llm,
			Compact: o.compact})
	case o.compact && !o.llm:
		err = policiesTable(out, run, agents, o)
	default:
		err = policiesText(ctx, out, run, agents, o)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

func (o policiesOptions) inRange(n int) bool { return n >= o.start && (o.end < 0 || n <= o.end) }

// steps gives the steps of an agent that are asked for.
func (o policiesOptions) steps(run *evolution.Run, agent string) []evolution.Step {
	return slices.DeleteFunc(run.Steps(agent), func(s evolution.Step) bool { return !o.inRange(s.Iteration) })
}

func (o policiesOptions) call(ctx context.Context, run *evolution.Run, agent string, n int) (*evolution.Call, error) {
	if !o.llm {
		return nil, nil
	}
	return run.Call(ctx, agent, n)
}

// policiesTable prints one line an iteration, with the parameters that changed.
func policiesTable(w io.Writer, run *evolution.Run, agents []string, o policiesOptions) error {
	t := cli.NewTable("AGENT", ">ITERATION", ">COST", "POLICY", "PROPOSED", "DECISION")
	for _, agent := range agents {
		for _, s := range o.steps(run, agent) {
			t.Add(agent, fmt.Sprint(s.Iteration), cli.CentsOrDash(s.Cost), policyCell(s.Policy, s.Withheld),
				proposalCell(s.Proposal),
				cli.TextOrDash(string(s.Decision)))
		}
	}
	return t.Print(w)
}

// policyCell gives the parameters of a policy for a cell of a table.
func policyCell(policy json.RawMessage, withheld *provider.Commitment) string {
	switch {
	case withheld != nil:
		return terminal.Clip("withheld "+withheld.String(), 40)
	case policy == nil:
		return "-"
	}
	if !hasParameters(policy) {
		return changesCell(evolution.Diff(json.RawMessage(`{}`), policy), "")
	}
	return changesCell(evolution.Diff(json.RawMessage(`{"parameters":{}}`), policy), parameters)
}

// proposalCell gives what a proposal changes for a cell of a table.
func proposalCell(p evolution.Proposal) string {
	if p.Against != nil {
		switch {
		case len(p.Proposes) == 0:
			return "repeats the policy in force"
		case !hasParameters(p.Proposed):
			return changesCell(p.Proposes, "")
		}
		return changesCell(p.Proposes, parameters)
	}
	return policyCell(p.Proposed, p.Concealed)
}

// parameters is what the parameters of a policy are below, if they do not stand in the policy itself.
const parameters = "parameters"

func hasParameters(policy json.RawMessage) bool {
	var p map[string]json.RawMessage
	return json.Unmarshal(policy, &p) == nil && p[parameters] != nil
}

// changesCell names the parameters that change, which are below a member of the policy, or how many other values do.
func changesCell(changes []evolution.Change, below string) string {
	const most = 4
	var parts []string
	others := int64(0)
	for _, c := range changes {
		name, ok := c.Path, c.Path != ""
		if below != "" {
			name, ok = strings.CutPrefix(c.Path, below+".")
		}
		switch {
		case !ok:
			others++
		case len(parts) < most:
			parts = append(parts, name+" "+changeText(c, 40))
		default:
			others++
		}
	}
	switch {
	case len(changes) == 0:
		return "nothing"
	case parts == nil:
		return cli.Plural(others, "value")
	case len(parts) == most && others > 0:
		parts = append(parts, fmt.Sprintf("%d more", others))
	}
	return strings.Join(parts, ", ")
}

// changeText shows a change, its values cut to a width unless that is 0. What is new stands alone.
func changeText(c evolution.Change, width int) string {
	value := func(text json.RawMessage, absent string) string {
		if text == nil {
			return absent
		}
		s := string(jsontext.Compact(text))
		if width > 0 {
			s = terminal.Clip(s, width)
		}
		return s
	}
	if c.Old == nil {
		return value(c.New, "")
	}
	return value(c.Old, "") + " -> " + value(c.New, "(removed)")
}

// policiesText prints a block an iteration. Texts from the run stand behind a prefix on every line, so that they cannot
// pass for lines of this program.
func policiesText(ctx context.Context, w *bufio.Writer, run *evolution.Run, agents []string, o policiesOptions) error {
	for i, agent := range agents {
		if i > 0 {
			w.WriteByte('\n')
		}
		fmt.Fprintln(w, terminal.Escape(agent))
		for _, s := range o.steps(run, agent) {
			fmt.Fprintf(w, "  iteration %d", s.Iteration)
			if s.Cost != nil {
				fmt.Fprintf(w, "   %v", *s.Cost)
			}
			switch s.Decision {
			case "":
			case provider.DecisionNone:
				fmt.Fprint(w, "   no proposal")
			default:
				fmt.Fprintf(w, "   proposal %s", s.Decision)
			}
			w.WriteByte('\n')
			switch {
			case s.Withheld != nil:
				fmt.Fprintf(w, "    policy withheld %s\n", s.Withheld)
			case s.Policy == nil:
				fmt.Fprintln(w, "    no policy recorded")
			case s.First:
				fmt.Fprintf(w, "    policy %s\n", terminal.Escape(string(jsontext.Compact(s.Policy))))
			case len(s.Changes) == 0:
				fmt.Fprintln(w, "    unchanged")
			}
			for _, c := range s.Changes {
				fmt.Fprintf(w, "    %s\n", terminal.Escape(strings.TrimPrefix(c.Path+" ", " ")+changeText(c, 0)))
			}
			switch {
			case s.Concealed != nil:
				fmt.Fprintf(w, "    proposed: withheld %s\n", s.Concealed)
			case s.Proposed != nil && s.Against == nil:
				fmt.Fprintf(w, "    proposed: %s\n", terminal.Escape(string(jsontext.Compact(s.Proposed))))
			}
			for _, c := range s.Proposes {
				fmt.Fprintf(w, "    proposed: %s\n", terminal.Escape(strings.TrimPrefix(c.Path+" ", " ")+changeText(c, 0)))
			}
			if s.Explanation != nil && !o.compact {
				fmt.Fprintln(w, "    explanation of the proposal:")
				quote(w, *s.Explanation)
			}
			call, err := o.call(ctx, run, agent, s.Iteration)
			if err != nil {
				return err
			}
			if call == nil {
				continue
			}
			for _, part := range []struct {
				title string
				text  *string
			}{{"system prompt", call.SystemPrompt}, {"user prompt", call.UserPrompt}, {"response", call.Response}} {
				if part.text != nil {
					fmt.Fprintf(w, "    %s:\n", part.title)
					quote(w, *part.text)
				}
			}
		}
	}
	return nil
}

// quote prints every line of a text behind a prefix.
func quote(w io.Writer, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintln(w, strings.TrimRight("    | "+terminal.Escape(line), " "))
	}
}
