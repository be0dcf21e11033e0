//go:build race

package digest_test

// raceAllocations is how many more allocations the race detector makes of an iteration's maps.
const raceAllocations = 6
