package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A large run: as many events as a long simulation has, and the calls of a language model of a long optimisation.
const (
	largeIterations = 1000
	largeEvents     = 1000 // in each iteration
	largeCalls      = 4    // in each iteration
)

// BenchmarkLargeRun runs the program on a run of a million events and four thousand prompts of 8 to 30 KB, and gives
// the time of each command and the most memory that it had.
func BenchmarkLargeRun(b *testing.B) {
	folder := b.TempDir()
	path := filepath.Join(folder, "large.simexp")
	b.Run("record", func(b *testing.B) {
		for range b.N {
			cmd := exec.Command("exparchive", "record", "--as-is", "--force", "-o", path)
			stdin, err := cmd.StdinPipe()
			if err != nil {
				b.Fatal(err)
			}
			cmd.Stderr = os.Stderr
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			if err := writeLargeRun(stdin); err != nil {
				b.Error(err)
			}
			if err := cmd.Wait(); err != nil {
				b.Fatal(err)
			}
			reportUse(b, cmd.ProcessState)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/1e6, "file-MB")
	})
	middle := fmt.Sprint(largeIterations / 2)
	for _, bench := range []struct {
		name string
		args []string
	}{
		{"version", []string{"--version"}},
		{"info", []string{"info", path}},
		{"ls", []string{"ls", folder}},
		{"replay-one-iteration", []string{"replay", "--verbose", "--start", middle, "--end", middle, path}},
		{"replay", []string{"replay", path}},
		{"replay-verbose", []string{"replay", "--verbose", path}},
		{"replay-json", []string{"replay", "--json", path}},
		{"digest", []string{"digest", path}},
		{"verify", []string{"verify", path}},
		{"table-iterations", []string{"table", "iterations", path}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for range b.N {
				cmd := exec.Command("exparchive", bench.args...)
				cmd.Stderr = os.Stderr
				if err := cmd.Run(); err != nil {
					b.Fatal(err)
				}
				reportUse(b, cmd.ProcessState)
			}
		})
	}
}

// reportUse reports what an ended process needed.
func reportUse(b *testing.B, p *os.ProcessState) {
	b.ReportMetric((p.UserTime() + p.SystemTime()).Seconds(), "cpu-s")
	reportPeak(b, p)
}

func writeLargeRun(w io.WriteCloser) error {
	rng := rand.New(rand.NewPCG(1, 2))
	out := bufio.NewWriter(w)
	words := strings.Fields("liquidity delay cost queue settle bank payment tick policy tree release hold balance deadline pool fraction")
	text := func(size int) string {
		var b strings.Builder
		for b.Len() < size {
			b.WriteString(words[rng.IntN(len(words))])
			b.WriteByte(' ')
		}
		return b.String()
	}
	system := text(17000)
	fmt.Fprintln(out, `{"type":"experiment","run_id":"large-1","experiment_name":"large","experiment_type":"benchmark"}`)
	for i := range largeIterations {
		for tick := range largeEvents {
			fmt.Fprintf(out, `{"type":"event","iteration":%d,"event_type":"RtgsImmediateSettlement","timestamp":"2025-12-15T09:00:00","event_data":{"tick":%d,"tx_id":"%016x","sender":"BANK_A","receiver":"BANK_B","amount":%d,"sender_balance_before":%d,"sender_balance_after":%d}}`+"\n",
				i, tick, rng.Uint64(), rng.IntN(1e6), rng.IntN(1e7), rng.IntN(1e7))
		}
		for range largeCalls {
			fmt.Fprintf(out, `{"type":"llm_interaction","iteration":%d,"agent_id":"BANK_A","model":"some-model","system_prompt":%q,"user_prompt":%q,"response":"{}","prompt_tokens":9000,"completion_tokens":300,"latency_seconds":8.25}`+"\n",
				i, system, text(8000+rng.IntN(22000)))
		}
		fmt.Fprintf(out, `{"type":"iteration","iteration":%d,"costs_per_agent":{"BANK_A":%d,"BANK_B":%d},"accepted_changes":{"BANK_A":true},"policies":{"BANK_A":{"initial_liquidity_fraction":0.5}}}`+"\n",
			i, rng.IntN(1e6), rng.IntN(1e6))
	}
	fmt.Fprintln(out, `{"type":"result","status":"completed"}`)
	if err := out.Flush(); err != nil {
		return err
	}
	return w.Close()
}
