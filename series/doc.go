// Package series makes rows of a run: what each iteration cost each agent, whether its change of policy was accepted,
// and any number of named columns, whose values come from policies, from events or from the configuration, or are
// computed from columns before them. Tables, charts and comparisons of runs are all made from such rows.
//
// Values are JSON texts as they were recorded: a number keeps its digits. What was not recorded is absent, which is not
// zero. Costs are whole cents.
//
// # Formulas
//
// A column NAME=FORMULA is computed, as in rate=settled/arrived. A formula has numbers, names of columns before it (in
// double quotes, unless the name is letters, digits and _), cost_cents, iteration, + - * /, parentheses and
//
//	x else 0.5      x, or 0.5 where x is absent
//	if(c, x, y)     x where c is not zero, y where it is
//	running(x)      the sum of x over the iterations up to this one
//	total(x)        the sum of x over all iterations; mean, least and greatest likewise
//	first(x)        x in the first iteration; last(x) in the last
//	rises(x)        1 if x never falls from one iteration to the next, as a running total does; else 0
//	agents(x)       the sum of x over the agents of the iteration
//	iterations()    how many iterations were recorded to their end
//	change(x)       by how much x differs from x of the baseline, in percent of it
//
// and, around the whole formula, round(x, places), or cents(x), which makes whole cents that people read as money.
// Numbers are computed exactly, and rounded once, when a column is written: half to even, as round or cents says. A
// column that other formulas name is not rounded for them. Without round, a number with an end of at most 40 decimal
// places is written to it, and any other to 6 places.
//
// What is computed from an absent value is absent, and so is a quotient by zero: a sum over iterations or agents has
// all its parts, or is absent. A formula has its values where the columns that it names have theirs: for the iteration
// as a whole, or, if one of them is of agents, for each agent, to which the others give what they have of the
// iteration.
//
// A default stands where an iteration or an agent with a part in it has no value, and is marked, as is what is computed
// from it.
package series
