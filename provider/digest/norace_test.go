//go:build !race

package digest_test

const raceAllocations = 0
