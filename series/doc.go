// Package series makes rows of a run: what each iteration cost each agent, whether its change of policy was accepted,
// and any number of named columns, whose values come from policies, from events or from the configuration. Tables,
// charts and comparisons of runs are all made from such rows.
//
// Values are JSON texts as they were recorded: a number keeps its digits. What was not recorded is absent, which is not
// zero. Costs are whole cents.
package series
