package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// spent is the processor time that this process and those of its PostgreSQL have used. It is the figure that neighbours on
// the machine disturb least.
func (b *bench) spent() time.Duration {
	var own syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &own)
	sum := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		if f := statOf(file); len(f) > 12 && b.postmaster != "" && f[1] == b.postmaster {
			user, _ := strconv.Atoi(f[11])
			system, _ := strconv.Atoi(f[12])
			sum += time.Duration(user+system) * 10 * time.Millisecond
		}
	}
	return sum
}

// statOf are the fields of a process behind its name: its state, its parent, and so on.
func statOf(file string) []string {
	text, _ := os.ReadFile(file)
	_, fields, _ := strings.Cut(string(text), ") ")
	return strings.Fields(fields)
}

// findPostmaster finds the parent of PostgreSQL's processes.
func (b *bench) findPostmaster() error {
	pool, err := sql.Open("pgx", b.postgres)
	if err != nil {
		return err
	}
	defer pool.Close()
	var backend int
	if err := pool.QueryRow(ownBackend).Scan(&backend); err != nil {
		return err
	}
	if f := statOf(fmt.Sprintf("/proc/%d/stat", backend)); len(f) > 1 {
		b.postmaster = f[1]
	}
	return nil
}

// held is what this process holds in memory, in MB.
func held() float64 {
	mb, _ := residentOf("self")
	return mb
}

func each(d time.Duration, n int) string {
	return fmt.Sprintf("%.3f ms", d.Seconds()*1000/float64(max(n, 1)))
}
