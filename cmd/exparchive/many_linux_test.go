package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/simexp/exparchive/cmd/exparchive/internal/cli"
	"github.com/simexp/exparchive/series"
)

// BenchmarkManyRuns makes tables of a thousand runs of a hundred iterations, and gives the time of each and the most
// memory that it had.
func BenchmarkManyRuns(b *testing.B) {
	folder, rng := b.TempDir(), rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		var lines, messages bytes.Buffer
		fmt.Fprintf(&lines, `{"type":"experiment","run_id":"run-%d","experiment_name":"many","experiment_type":"t"}`+"\n", i)
		for n := range 100 {
			fmt.Fprintf(&lines, `{"type":"event","iteration":%d,"event_type":"day","event_data":{"settled":%d}}`+"\n", n, n)
			fmt.Fprintf(&lines, `{"type":"iteration","iteration":%d,"costs_per_agent":{"BANK_A":%d,"BANK_B":%d},`+
				`"accepted_changes":{"BANK_A":true,"BANK_B":false},"policies":{"BANK_A":{"f":0.5},"BANK_B":{"f":0.25}}}`+"\n",
				n, rng.IntN(1e6), rng.IntN(1e6))
		}
		fmt.Fprintln(&lines, `{"type":"result","status":"completed","converged":true,"final_cost":5,"best_cost":5}`)
		args := []string{"record", "-o", filepath.Join(folder, fmt.Sprintf("%04d.simexp", i))}
		if code := run(args, &lines, io.Discard, &messages); code != cli.ExitOK {
			b.Fatal(messages.String())
		}
	}
	tables := map[string][]string{
		"convergence": {"table", "convergence", folder, "--group-by", "experiment"},
		"column":      {"table", "summary", folder, "--column", "f=policy:/f"},
		"event":       {"table", "summary", folder, "--column", "s=day:/settled"},
	}
	for _, of := range series.CostsOf {
		tables["summary-"+string(of)] = []string{"table", "summary", folder, "--cost", string(of)}
	}
	for name, args := range tables {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				cmd := exec.Command("exparchive", args...)
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %.1000s", err, out)
				}
				p := cmd.ProcessState
				b.ReportMetric((p.UserTime() + p.SystemTime()).Seconds(), "cpu-s")
				b.ReportMetric(float64(p.SysUsage().(*syscall.Rusage).Maxrss)/1024, "peak-MB")
			}
		})
	}
}
