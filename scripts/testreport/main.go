// Command testreport reads the output of `go test -json` and prints what a
// person wants to see: a line for each package, everything about a failure, and
// every test that was skipped with its reason.
//
// With AIRSIDE_REQUIRE_ALL set, a skip is a failure too, unless it says that
// ../shared/data is not there: those files are not part of the repository.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// allowedSkip is what the reason of a skip must mention to be let through.
const allowedSkip = "shared/data"

func main() {
	ok, err := report(os.Stdin, os.Stdout, os.Getenv("AIRSIDE_REQUIRE_ALL") != "")
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// event is one line of `go test -json` (see `go doc test2json`).
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Output      string
	FailedBuild string
}

// name identifies what an event is about: a package, or a test in it.
type name struct{ pkg, test string }

func report(in io.Reader, out io.Writer, requireAll bool) (ok bool, err error) {
	ok = true
	output := map[name][]string{}
	var skipped, failed []string
	passed := 0

	lines := bufio.NewReader(in)
	for {
		line, readErr := lines.ReadString('\n')
		if readErr == io.EOF && line == "" {
			break
		}
		if readErr != nil && readErr != io.EOF {
			return false, readErr
		}
		var e event
		if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
			fmt.Fprint(out, line) // not an event: something the go command said
			continue
		}
		n := name{e.Package, e.Test}
		switch e.Action {
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "build-fail":
			ok = false
		case "output":
			output[n] = append(output[n], e.Output)
		case "pass":
			if e.Test != "" {
				passed++
				delete(output, n)
			}
		case "skip":
			if e.Test == "" {
				break // a package without tests
			}
			reason := skipReason(output[n])
			skipped = append(skipped, fmt.Sprintf("%s %s: %s", e.Package, e.Test, reason))
			if requireAll && !strings.Contains(reason, allowedSkip) {
				ok = false
				failed = append(failed, fmt.Sprintf("%s %s (skipped, which is not allowed here)", e.Package, e.Test))
			}
		case "fail":
			ok = false
			if e.Test != "" {
				failed = append(failed, e.Package+" "+e.Test)
				fmt.Fprint(out, strings.Join(output[n], ""))
				delete(output, n)
			}
		}
		if e.Test == "" && slices.Contains([]string{"pass", "fail", "skip"}, e.Action) {
			printPackage(out, output, e)
		}
	}

	for _, s := range skipped {
		fmt.Fprintln(out, "SKIPPED", s)
	}
	for _, f := range failed {
		fmt.Fprintln(out, "FAILED ", f)
	}
	fmt.Fprintf(out, "%d tests passed, %d skipped, %d failed\n", passed, len(skipped), len(failed))
	return ok, nil
}

// printPackage ends a package: all of its own output where it failed (with that
// of tests which never ended: a panic, a timeout), the last line where it passed.
func printPackage(out io.Writer, output map[name][]string, e event) {
	own := output[name{pkg: e.Package}]
	if e.Action == "fail" {
		for n, text := range output {
			if n.pkg == e.Package && n.test != "" {
				fmt.Fprint(out, strings.Join(text, ""))
			}
		}
		fmt.Fprint(out, strings.Join(own, ""))
	} else if len(own) > 0 && !strings.Contains(own[len(own)-1], "[no test files]") {
		fmt.Fprint(out, own[len(own)-1])
	}
	for n := range output {
		if n.pkg == e.Package {
			delete(output, n)
		}
	}
}

// skipReason is what the test said, without the go command's own frame.
func skipReason(lines []string) string {
	var said []string
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		said = append(said, line)
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}
