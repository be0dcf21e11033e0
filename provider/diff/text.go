package diff

import "strings"

// A Hunk is some lines of two texts around what differs in them.
type Hunk struct {
	LineA, LineB int // the first line in each, from 1
	Lines        []Line
}

// A Line is in one of two texts ('-' for the first, '+' for the second) or in both (' ').
type Line struct {
	Op   byte
	Text string // without the line feed
}

// maxEdits bounds the work of comparing texts: those that differ more are not compared line by line between their
// common beginning and end.
const maxEdits = 500

// Text compares two texts line by line and gives what differs, with up to context lines around. Lines end with line
// feeds.
func Text(a, b string, context int) []Hunk {
	return hunks(edits(strings.Split(a, "\n"), strings.Split(b, "\n")), context)
}

// edits turns a into b with few changes: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986),
// section 4a.
func edits(a, b []string) []Line {
	var out []Line
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		out = append(out, Line{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	tail := 0
	for tail < len(a) && tail < len(b) && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	end := a[len(a)-tail:]
	out = append(out, middle(a[:len(a)-tail], b[:len(b)-tail])...)
	for _, line := range end {
		out = append(out, Line{' ', line})
	}
	return out
}

func middle(a, b []string) []Line {
	// reach[d][k+d] is how far into a the path with d changes goes that ends on diagonal k, where i - j = k.
	var reach [][]int
	n, m := len(a), len(b)
	done := false
	for d := 0; d <= min(n+m, maxEdits) && !done; d++ {
		row := make([]int, 2*d+1)
		for k := -d; k <= d && !done; k += 2 {
			i := 0
			if d > 0 {
				i = comesFrom(reach[d-1], d, k)
			}
			for i < n && i-k >= 0 && i-k < m && a[i] == b[i-k] {
				i++
			}
			row[k+d] = i
			done = i == n && i-k == m
		}
		reach = append(reach, row)
	}
	if !done {
		return apart(a, b)
	}
	var back []Line
	i, j := n, m
	for d := len(reach) - 1; d > 0; d-- {
		k := i - j
		from := comesFrom(reach[d-1], d, k)
		for i > from && j > from-k {
			i, j = i-1, j-1
			back = append(back, Line{' ', a[i]})
		}
		if down(reach[d-1], d, k) {
			j--
			back = append(back, Line{'+', b[j]})
		} else {
			i--
			back = append(back, Line{'-', a[i]})
		}
	}
	for i > 0 {
		i--
		back = append(back, Line{' ', a[i]})
	}
	out := make([]Line, 0, len(back))
	for at := len(back) - 1; at >= 0; at-- {
		out = append(out, back[at])
	}
	return out
}

// down tells whether the path with d changes to diagonal k comes from the diagonal above, with a line of b.
func down(before []int, d, k int) bool {
	return k == -d || k != d && before[k-1+d-1] < before[k+1+d-1]
}

// comesFrom is where in a that path comes out of its last change.
func comesFrom(before []int, d, k int) int {
	if down(before, d, k) {
		return before[k+1+d-1]
	}
	return before[k-1+d-1] + 1
}

// apart takes all lines of a for those of b.
func apart(a, b []string) []Line {
	var out []Line
	for _, line := range a {
		out = append(out, Line{'-', line})
	}
	for _, line := range b {
		out = append(out, Line{'+', line})
	}
	return out
}

// hunks leaves out the lines far from what differs.
func hunks(lines []Line, context int) []Hunk {
	var all []Hunk
	lineA, lineB, last := 1, 1, -1 // last is the index behind what the last hunk has
	for at, l := range lines {
		if l.Op != ' ' {
			from := max(at-context, last, 0)
			if last < 0 || from > last {
				h := Hunk{LineA: lineA - (at - from), LineB: lineB - (at - from)}
				all = append(all, h)
			}
			h := &all[len(all)-1]
			h.Lines = append(h.Lines, lines[from:at+1]...)
			last = at + 1
		} else if last >= 0 && at == last && at-lastChange(lines, at) <= context {
			h := &all[len(all)-1]
			h.Lines = append(h.Lines, l)
			last = at + 1
		}
		if l.Op != '+' {
			lineA++
		}
		if l.Op != '-' {
			lineB++
		}
	}
	return all
}

// lastChange is the index of the last line before at that is not in both.
func lastChange(lines []Line, at int) int {
	for at--; at >= 0 && lines[at].Op == ' '; at-- {
	}
	return at
}
