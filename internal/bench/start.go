package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// start measures the binary from outside: its size, how soon it serves, what it holds when idle, and the demo.
func start(ctx context.Context, b *bench) error {
	dir, err := os.MkdirTemp("", "airside-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "airside")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "airside/cmd/airside")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	mb := float64(info.Size()) / 1e6
	b.report(mb < 40, "binary", "< 40 MB", "%.1f MB", mb)

	demo := filepath.Join(dir, "demo")
	var took [3]time.Duration
	for i := range took {
		d, p, err := runUntil(ctx, `"base_url"`, binary, "demo", "--json", "--listen", "127.0.0.1:0", "--data", demo)
		if err != nil {
			return err
		}
		p.stop()
		took[i] = d
	}
	b.report(took[0] < 15*time.Second, "first start of the demo", "< 15 s", "%.1f s", took[0].Seconds())
	b.report(took[2] < 2*time.Second, "later starts of the demo", "< 2 s", "%.2f s", took[2].Seconds())

	var best time.Duration
	for i := range 5 {
		d, p, err := runUntil(ctx, "serving", binary, "serve", "--listen", "127.0.0.1:0", "--data", demo)
		if err != nil {
			return err
		}
		if i == 4 {
			time.Sleep(3 * time.Second)
			rss, err := p.resident()
			if err != nil {
				return err
			}
			b.report(rss < 60, "idle, resident", "< 60 MB", "%.0f MB", rss)
		}
		p.stop()
		if best == 0 || d < best {
			best = d
		}
	}
	b.report(best < 300*time.Millisecond, "start on an existing database", "< 300 ms", "%.0f ms", best.Seconds()*1000)
	return nil
}

// process is a program that was started.
type process struct{ cmd *exec.Cmd }

// stop ends the process in order.
func (p process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
}

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// resident returns the process's resident memory in MB.
func (p process) resident() (float64, error) { return residentOf(strconv.Itoa(p.cmd.Process.Pid)) }

func residentOf(pid string) (float64, error) {
	b, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0, err
	}
	m := resident.FindSubmatch(b)
	if m == nil {
		return 0, fmt.Errorf("no VmRSS")
	}
	kb, err := strconv.Atoi(string(m[1]))
	return float64(kb) / 1000, err
}

// runUntil starts a program and returns how long it took until it printed the word.
func runUntil(ctx context.Context, word, program string, args ...string) (took time.Duration, p process, err error) {
	p.cmd = exec.CommandContext(ctx, program, args...)
	r, w, err := os.Pipe()
	if err != nil {
		return 0, p, err
	}
	defer w.Close()
	p.cmd.Stdout, p.cmd.Stderr = w, w
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return 0, p, err
	}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if strings.Contains(lines.Text(), word) {
			took = time.Since(began)
			go func() { // the pipe must not fill
				for lines.Scan() {
				}
				r.Close()
			}()
			return took, p, nil
		}
	}
	return 0, p, fmt.Errorf("%s ended without %q", program, word)
}
