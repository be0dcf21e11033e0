// Package liquidity plays the three reference experiments: two banks choose how much of their liquidity pool to set
// aside at the start of a day of payments, and each looks for the share that costs it least.
//
// The experiments are exp1 (2 ticks), exp2 (12 ticks, random arrivals) and exp3 (3 ticks). [Play] plays one of them
// into a [provider.Sink] and emits every kind of record there is, so the experiments also serve as the example runs of
// the archive. settle.go holds the rules of a day, scenario.go the three days, search.go how a bank looks for a better
// share, standin.go the stand-in for a language model, and play.go the loop around them.
//
// # Determinism
//
// Everything is computed in integers: money in cents, shares in thousandths, randomness with splitmix64. No clock is
// read: a run begins at a fixed date and every record moves its simulated clock by a step that the run itself
// determines, and the run id is derived from the experiment, the seed and the limit on iterations. The same [Options]
// therefore give the same records, byte for byte, and the same digest, on every platform.
//
// # Known answers
//
// exp1 and exp3 have one equilibrium in pure strategies each, and every run that is not cut short ends there: exp1 with
// BANK_A at 0 % for 0 cents and BANK_B at 20 % for 2000 cents, exp3 with both at 20 % for 1998 cents each.
package liquidity
