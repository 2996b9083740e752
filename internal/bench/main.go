// Command bench measures the figures that docs/performance.md promises, each as a ratio to what this machine can do in
// the same run, and prints them as a table. `make bench` runs it with a PostgreSQL beside it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

// row is one measured figure.
type row struct {
	what, goal, measured string
	ok                   bool
}

// measure is one group of figures.
type measure struct {
	name string
	run  func(ctx context.Context, b *bench) error
}

var measures = []measure{
	{"keys", keys},
	{"flights", flights},
	{"approve", approve},
	{"apps", apps},
	{"tenants", tenants},
	{"licences", licences},
	{"deliver", deliver},
	{"neighbours", neighbours},
	{"backlog", backlog},
	{"import", importing},
	{"browse", browse},
	{"pages", pages},
	{"start", start},
}

// bench collects rows.
type bench struct {
	rows       []row
	postgres   string // address of a cluster, or empty
	seconds    time.Duration
	engine     string // the only one to measure; empty: both
	flights    int    // of the big school; 0: leave it out
	data       string // its folder; empty: a temporary one
	atMost     int    // rows of an import; 0: as many as its figure is about
	backlog    int    // deliveries of the large backlog
	licences   int    // among which devices are activated; 0: leave them out
	postmaster string // the parent of PostgreSQL's processes
}

func (b *bench) report(ok bool, what, goal, format string, args ...any) {
	r := row{what, goal, fmt.Sprintf(format, args...), ok}
	b.rows = append(b.rows, r)
	mark := "ok  "
	if !ok {
		mark = "MISS"
	}
	fmt.Fprintf(os.Stderr, "%s %-60s %s (goal %s)\n", mark, r.what, r.measured, r.goal)
}

func main() {
	only := flag.String("only", "", "run only these groups, comma separated")
	out := flag.String("out", "", "write the table to this Markdown file, between its markers")
	seconds := flag.Duration("for", 3*time.Second, "how long each load runs")
	rows := flag.Int("rows", 0, "import at most so many rows")
	flights := flag.Int("flights", 0, "browse a school of so many flights; 1000000 is what the figures are about")
	data := flag.String("data", "", "keep that school in this folder, and use it again")
	large := flag.Int("backlog", 1_000_000, "drain a backlog of so many deliveries")
	issued := flag.Int("licences", 1_000_000, "activate among so many licences")
	asSink := flag.Bool("sink", false, "be the receiver, for this program itself")
	engine := flag.String("engine", "", "measure on this engine only: sqlite or postgres")
	profile := flag.String("profile", "", "write a profile of the processor time to this file")
	flag.Parse()
	if *asSink {
		fail(serveSink())
		return
	}
	b := &bench{postgres: os.Getenv("AIRSIDE_TEST_POSTGRES"), seconds: *seconds, atMost: *rows, flights: *flights, data: *data, backlog: *large, licences: *issued, engine: *engine}
	if b.postgres != "" {
		fail(b.findPostmaster())
	}
	if *profile != "" {
		stop, err := profileTo(*profile)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer stop()
	}
	for _, m := range measures {
		if *only != "" && !strings.Contains(","+*only+",", ","+m.name+",") {
			continue
		}
		runtime.GC()
		if err := m.run(context.Background(), b); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", m.name, err)
			os.Exit(1)
		}
	}
	table := b.table()
	fmt.Print(table)
	if *out != "" {
		if err := rewrite(*out, table); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func profileTo(file string) (stop func(), err error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}

func (b *bench) table() string {
	var s strings.Builder
	fmt.Fprintf(&s, "Measured %s: %d cores (%s), %s, %s.\n\n", time.Now().UTC().Format("2006-01-02 15:04 MST"), runtime.NumCPU(), cpu(), runtime.Version(), kernel())
	s.WriteString("| figure | goal | measured | |\n| --- | --- | --- | --- |\n")
	for _, r := range b.rows {
		mark := "✓"
		if !r.ok {
			mark = "**missed**"
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %s |\n", r.what, r.goal, r.measured, mark)
	}
	return s.String()
}

const begin, end = "<!-- measured -->\n", "<!-- /measured -->\n"

// rewrite replaces what stands between the markers of the file.
func rewrite(file, table string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, ok1 := strings.Cut(string(b), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s has no markers", file)
	}
	return os.WriteFile(file, []byte(head+begin+table+end+tail), 0o644)
}

func cpu() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t: "))
		}
	}
	return runtime.GOARCH
}

func kernel() string {
	b, err := exec.Command("uname", "-sr").Output()
	if err != nil {
		return runtime.GOOS
	}
	return strings.TrimSpace(string(b))
}
