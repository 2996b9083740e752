// Package archtest holds the rules about the shape of this repository: which
// package may import which, how things may be called, how long a file may be.
package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "airside"

// An edge says that packages of one kind may import packages of another. Both are
// patterns: "x" is x and all that is below it, "x/*" is any one folder of x.
type edge struct{ from, to, why string }

// edges are all imports that are allowed inside the module. Imports go down only;
// what is not here is refused. A folder may always import what lies below itself.
var edges = []edge{
	{"cmd", "internal/server", "start the product"},
	{"cmd", "internal/demo", "start it with a school in it"},
	{"cmd", "internal/receiver", "the tools of who writes a receiver"},
	{"cmd", "internal/web", "mount a page or print a document without a server"},
	{"cmd", "internal/ops", "commands that work without a server: import"},
	{"cmd", "internal/licence", "the same"},
	{"cmd", "internal/platform", "the same: token, key"},
	{"cmd", "internal/base", "config, db, migrate, backup"},

	{"internal/server", "internal/web", "server wires everything"},
	{"internal/server", "internal/ops", "server wires everything"},
	{"internal/server", "internal/licence", "server wires everything"},
	{"internal/server", "internal/platform", "server wires everything"},
	{"internal/server", "internal/base", "server wires everything"},
	{"internal/demo", "internal/server", "the demo is the server with records made by the real verbs"},
	{"internal/demo", "internal/ops", "the verbs"},
	{"internal/demo", "internal/licence", "the verbs"},
	{"internal/demo", "internal/platform", "the verbs"},
	{"internal/demo", "internal/base", "a clock of its own, config"},
	{"internal/bench", "internal", "measures everything"},
	{"internal/receiver", "internal/platform/event", "the catalogue and its examples"},
	{"internal/receiver", "internal/platform/webhook", "sends and signs as production does"},
	{"internal/receiver", "internal/base", "ids, time; it is a client, and never sees the database: see refusals"},

	{"internal/web/*", "internal/web/httpx", "problem documents, authentication, request log, pages"},
	{"internal/web", "internal/ops", "web calls the verbs"},
	{"internal/web", "internal/licence", "web calls the verbs"},
	{"internal/web", "internal/platform", "web calls the verbs"},
	{"internal/web", "internal/base", "but never the database: see refusals"},

	{"internal/ops/opstest", "internal", "a school for tests"},
	{"internal/ops/posting", "internal/ops", "the one caller of many"},
	{"internal/ops/logbook", "internal/ops/flight", "an import makes flights"},
	{"internal/ops/logbook", "internal/ops/person", "of people"},
	{"internal/ops/logbook", "internal/ops/fleet", "on aircraft"},
	{"internal/ops/person", "internal/ops/reference", "a home base is a place"},
	{"internal/ops/fleet", "internal/ops/reference", "the same"},
	{"internal/ops/flight", "internal/ops/reference", "from where to where"},
	{"internal/ops/logbook", "internal/ops/reference", "the same"},
	{"internal/ops/export", "internal/ops/flight", "a logbook is of flights"},
	{"internal/ops/export", "internal/ops/fleet", "the form of meters"},
	{"internal/ops/export", "internal/ops/reference", "places and types"},
	{"internal/ops/export", "internal/ops/logbook", "what is written is read again while it is: both must agree"},
	{"internal/ops/flight", "internal/ops/person", "who flew"},
	{"internal/ops/flight", "internal/ops/fleet", "and on what"},
	{"internal/ops/maintenance", "internal/ops/flight", "each offers Post(tx, flight.Facts)"},
	{"internal/ops/training", "internal/ops/flight", "the same"},
	{"internal/ops/compliance", "internal/ops/flight", "the same"},
	{"internal/ops/billing", "internal/ops/flight", "the same"},
	{"internal/ops/planning", "internal/ops/flight", "the same"},
	{"internal/ops/maintenance", "internal/ops/fleet", "due items are of an aircraft"},
	{"internal/ops/training", "internal/ops/person", "enrolments are of a person"},
	{"internal/ops/compliance", "internal/ops/person", "records are of a person"},
	{"internal/ops/billing", "internal/ops/person", "invoices are to a person"},
	{"internal/ops/planning", "internal/ops/person", "sessions are of people"},
	{"internal/ops/planning", "internal/ops/fleet", "and of an aircraft"},
	{"internal/ops/vtr", "internal/ops", "a training record gathers what the others know"},

	{"internal/ops", "internal/platform/event", "to say what happened"},
	{"internal/ops", "internal/platform/scope", "who asks"},
	{"internal/ops", "internal/platform/audit", "each verb leaves an entry"},
	{"internal/ops", "internal/platform/org", "for the type of its id"},
	{"internal/ops", "internal/base", "the ground"},
	{"internal/licence", "internal/platform/event", "to say what happened"},
	{"internal/licence", "internal/platform/scope", "who asks"},
	{"internal/licence", "internal/platform/audit", "each verb leaves an entry"},
	{"internal/licence", "internal/platform/org", "for the type of its id"},
	{"internal/licence", "internal/platform/key", "the form of a token, which scanners and reports of leaks know"},
	{"internal/licence", "internal/base", "the ground"},

	{"internal/platform/market", "internal/platform/app", "a listing is of an app"},
	{"internal/platform/market", "internal/platform/key", "an installation has keys"},
	{"internal/platform/market", "internal/platform/org", "and an organization"},
	{"internal/platform/market", "internal/platform/webhook", "and an endpoint"},
	{"internal/platform/market", "internal/platform/event", "installation.*"},
	{"internal/platform/app", "internal/platform/key", "an app has keys"},
	{"internal/platform/app", "internal/platform/org", "a builder is an organization"},
	{"internal/platform/app", "internal/platform/event", "to say what happened"},
	{"internal/platform/account", "internal/platform/org", "who signs in is a member"},
	{"internal/platform/key", "internal/platform/org", "a key is an organization's"},
	{"internal/platform/webhook", "internal/platform/event", "a delivery is of an event"},
	{"internal/platform/webhook", "internal/platform/org", "an endpoint is an organization's"},
	{"internal/platform/event", "internal/platform/org", "for the type of its id"},
	{"internal/platform/tenantfile", "internal/platform/org", "the file is of a tenant"},
	{"internal/platform/tenantfile", "internal/platform/key", "one verifier for all keys"},
	{"internal/platform/oauth", "internal/platform/org", "a client is an organization's, and who consents is a member"},
	{"internal/platform/oauth", "internal/platform/key", "the form of a token, which scanners and reports of leaks know, and when the token ends that a client is made with"},
	{"internal/platform/*", "internal/platform/scope", "who asks: the first parameter of every verb"},
	{"internal/platform/*", "internal/platform/audit", "each verb leaves an entry"},
	{"internal/platform", "internal/base", "the ground"},

	{"internal/base", "internal/base", "the ground is one floor; the compiler refuses circles"},

	// Programs beside the product.
	{"test", "internal", "tests from outside look wherever they need to"},
	{"test", "test", "and share their tools"},
	{"test", "examples", "what partners copy is tried as they use it"},
	{"scripts", "internal/base", "small programs of the Makefile"},
}

// refusals take away again what an edge above allows.
var refusals = []edge{
	{"internal/web", "internal/base/db", "web calls verbs and never the database"},
	{"internal/receiver", "internal/base/db", "it knows what the APIs tell, as a stranger would"},
	{"internal/ops/vtr", "internal/ops/posting", "posting is above: it may call vtr"},
	{"internal/platform/scope", "internal/platform/audit", "scope is the lowest: it only says who asks"},
}

// rooms are the folders that may exist directly in these places. A new noun is
// added here, with its edges above.
var rooms = map[string][]string{
	"":                  {"cmd", "internal", "test", "scripts", "docs", "examples"},
	"internal":          {"archtest", "base", "bench", "demo", "licence", "ops", "platform", "receiver", "server", "web"},
	"internal/web":      {"console", "httpx", "licenceapi", "manageapi", "metrics", "oauth", "portal", "publicapi", "tenantapi"},
	"internal/ops":      {"billing", "compliance", "export", "fleet", "flight", "logbook", "maintenance", "opstest", "person", "planning", "posting", "reference", "training", "vtr"},
	"internal/platform": {"account", "app", "audit", "event", "key", "market", "oauth", "org", "scope", "tenantfile", "webhook"},
}

// Names that say nothing about what is inside.
var (
	emptyPackageNames = []string{"util", "utils", "common", "models", "pkg", "helpers"}
	emptyFileNames    = []string{"service.go"}
)

// pkg is what the rules look at, of what `go list -json` says.
type pkg struct {
	ImportPath  string
	Name        string
	Imports     []string // of the package itself, not of its tests
	GoFiles     []string
	CgoFiles    []string
	TestGoFiles []string
}

func TestFloors(t *testing.T) {
	packages := list(t)
	if len(packages) == 0 {
		t.Fatal("go list found no package")
	}
	for _, problem := range check(packages) {
		t.Error(problem)
	}
}

// TestBinaryHasNoTestCode looks at all that ends up in the product.
func TestBinaryHasNoTestCode(t *testing.T) {
	for _, p := range list(t) {
		if !strings.HasPrefix(p.ImportPath, module+"/cmd/") {
			continue
		}
		deps := goCommand(t, "list", "-deps", p.ImportPath)
		for dep := range strings.FieldsSeq(string(deps)) {
			if dep == "testing" || strings.HasPrefix(dep, module+"/test/") || dep == module+"/internal/bench" {
				t.Errorf("%s is linked into %s", dep, p.ImportPath)
			}
		}
	}
}

func list(t *testing.T) []pkg {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(goCommand(t, "list", "-e", "-json=ImportPath,Name,Imports,GoFiles,CgoFiles,TestGoFiles", "./...")))
	var packages []pkg
	for {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func goCommand(t *testing.T, arguments ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", arguments...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v: %s", strings.Join(arguments, " "), err, &stderr)
	}
	return out
}

// check returns what is wrong with the packages of the module.
func check(packages []pkg) []string {
	var problems []string
	for _, p := range packages {
		from := inModule(p.ImportPath)
		problems = append(problems, checkNames(p, from)...)
		for _, imported := range p.Imports {
			if imported != module && !strings.HasPrefix(imported, module+"/") {
				continue
			}
			if problem := checkImport(from, inModule(imported)); problem != "" {
				problems = append(problems, problem)
			}
		}
		if slices.Contains(p.Imports, "testing") && !forTests(from) {
			problems = append(problems, from+" imports testing: code for tests belongs in _test.go files, in a package named …test, or under test")
		}
	}
	return problems
}

func checkNames(p pkg, from string) []string {
	var problems []string
	for folder := range strings.SplitSeq(from, "/") {
		if slices.Contains(emptyPackageNames, folder) || slices.Contains(emptyPackageNames, p.Name) {
			problems = append(problems, fmt.Sprintf("%s: a package is a noun of the business; %q says nothing", from, folder))
			break
		}
	}
	for _, file := range slices.Concat(p.GoFiles, p.CgoFiles, p.TestGoFiles) {
		if slices.Contains(emptyFileNames, file) {
			problems = append(problems, fmt.Sprintf("%s/%s: name the file after its noun or verb", from, file))
		}
	}
	parent := ""
	for folder := range strings.SplitSeq(from, "/") {
		known, ruled := rooms[parent]
		if ruled && !slices.Contains(known, folder) {
			problems = append(problems, fmt.Sprintf("%s: %q is a new folder there; add it to rooms, and what it may import to edges", from, folder))
		}
		parent = path.Join(parent, folder)
	}
	return problems
}

func checkImport(from, to string) string {
	if from == to || strings.HasPrefix(to, from+"/") {
		return ""
	}
	if forTests(to) && !forTests(from) {
		return fmt.Sprintf("%s imports %s, which is for tests", from, to)
	}
	for _, r := range refusals {
		if matches(r.from, from) && matches(r.to, to) {
			return fmt.Sprintf("%s imports %s: %s", from, to, r.why)
		}
	}
	for _, e := range edges {
		if matches(e.from, from) && matches(e.to, to) {
			return ""
		}
	}
	return fmt.Sprintf("%s imports %s: no edge allows it", from, to)
}

// forTests reports whether a package is made for tests: under test, or named …test.
func forTests(p string) bool {
	return p == "test" || strings.HasPrefix(p, "test/") || strings.HasSuffix(path.Base(p), "test")
}

// matches reports whether a package lies in what a pattern names.
func matches(pattern, p string) bool {
	if folder, any := strings.CutSuffix(pattern, "/*"); any {
		return strings.HasPrefix(p, folder+"/")
	}
	return p == pattern || strings.HasPrefix(p, pattern+"/")
}

func inModule(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/")
}

// TestCheck tries the rules on made-up packages.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"cmd/airside", "internal/server", true},
		{"cmd/airside", "internal/base/config", true},
		{"cmd/airside", "internal/bench", false},
		{"internal/server", "internal/web/publicapi", true},
		{"internal/server", "internal/demo", false},
		{"internal/server", "cmd/airside", false},
		{"internal/demo", "internal/server", true},
		{"internal/demo", "internal/web/console", false},
		{"internal/bench", "internal/server", true},

		{"internal/web/publicapi", "internal/web/httpx", true},
		{"internal/web/publicapi", "internal/web/manageapi", false},
		{"internal/web/httpx", "internal/web/publicapi", false},
		{"internal/web/httpx", "internal/platform/key", true},
		{"internal/web/publicapi", "internal/ops/flight", true},
		{"internal/web/publicapi", "internal/base/page", true},
		{"internal/web/publicapi", "internal/base/db", false},
		{"internal/web/publicapi", "internal/base/db/schema", false},
		{"internal/web/publicapi", "internal/server", false},
		{"internal/web/console", "internal/web/console/pages", true},

		{"internal/ops/posting", "internal/ops/flight", true},
		{"internal/ops/posting", "internal/ops/maintenance", true},
		{"internal/ops/flight", "internal/ops/posting", false},
		{"internal/ops/logbook", "internal/ops/flight", true},
		{"internal/ops/flight", "internal/ops/logbook", false},
		{"internal/ops/flight", "internal/ops/fleet", true},
		{"internal/ops/person", "internal/ops/fleet", false},
		{"internal/ops/fleet", "internal/ops/person", false},
		{"internal/ops/maintenance", "internal/ops/flight", true},
		{"internal/ops/maintenance", "internal/ops/billing", false},
		{"internal/ops/vtr", "internal/ops/training", true},
		{"internal/ops/vtr", "internal/ops/posting", false},
		{"internal/ops/flight", "internal/platform/event", true},
		{"internal/ops/flight", "internal/platform/scope", true},
		{"internal/ops/flight", "internal/platform/org", true},
		{"internal/ops/flight", "internal/platform/key", false},
		{"internal/ops/flight", "internal/platform/webhook", false},
		{"internal/ops/flight", "internal/licence", false},
		{"internal/ops/flight", "internal/web/httpx", false},
		{"internal/ops/flight", "internal/base/db", true},
		{"internal/licence", "internal/platform/audit", true},
		{"internal/licence", "internal/platform/webhook", false},
		{"internal/licence", "internal/ops/person", false},

		{"internal/platform/market", "internal/platform/app", true},
		{"internal/platform/app", "internal/platform/market", false},
		{"internal/platform/key", "internal/platform/org", true},
		{"internal/platform/org", "internal/platform/key", false},
		{"internal/platform/webhook", "internal/platform/event", true},
		{"internal/platform/event", "internal/platform/webhook", false},
		{"internal/platform/org", "internal/platform/scope", true},
		{"internal/platform/scope", "internal/platform/audit", false},
		{"internal/platform/scope", "internal/platform/org", false},
		{"internal/platform/event", "internal/ops/flight", false},
		{"internal/platform/event", "internal/base/db", true},

		{"internal/base/db", "internal/base/clock", true},
		{"internal/base/db", "internal/platform/scope", false},
		{"internal/base/db", "internal/base/db/dbtest", true}, // the compiler refuses the circle
		{"internal/ops/flight", "internal/base/db/dbtest", false},
		{"internal/base/db/dbtest", "internal/base/db", true},
		{"test/crash", "internal/server", true},
		{"test/crash", "test/receivers", true},
		{"internal/server", "test/receivers", false},
		{"test/receivers/driver", "examples/verify", true},
		{"examples/verify", "internal/platform/webhook", false}, // a partner has only the one file
		{"internal/platform/webhook", "examples/verify", false},
		{"internal/base/db", "internal/base", true},
		{"internal/databases", "internal/base/db", false}, // a name that only begins alike
	} {
		problem := checkImport(c.from, c.to)
		if (problem == "") != c.ok {
			t.Errorf("%s imports %s: got %q, want it allowed: %v", c.from, c.to, problem, c.ok)
		}
	}

	for _, c := range []struct {
		what string
		p    pkg
		want string // part of the one problem; empty: none
	}{
		{"a good package", pkg{ImportPath: "airside/internal/ops/flight", Name: "flight", GoFiles: []string{"flight.go", "sql.go"},
			Imports: []string{"context", "testing/fstest", "airside/internal/base/db", "example.org/airside/x"}}, ""},
		{"an import upwards", pkg{ImportPath: "airside/internal/base/db", Name: "db", Imports: []string{"fmt", "airside/internal/server"}}, "no edge"},
		{"an empty name", pkg{ImportPath: "airside/internal/base/util", Name: "util"}, "says nothing"},
		{"an empty name under another folder", pkg{ImportPath: "airside/internal/base/text", Name: "common"}, "says nothing"},
		{"an empty name above", pkg{ImportPath: "airside/internal/ops/flight/helpers/x", Name: "x"}, "says nothing"},
		{"service.go", pkg{ImportPath: "airside/internal/ops/flight", Name: "flight", GoFiles: []string{"service.go"}}, "name the file"},
		{"a new noun", pkg{ImportPath: "airside/internal/ops/weather", Name: "weather"}, "new folder"},
		{"a new floor", pkg{ImportPath: "airside/internal/cellar/wine", Name: "wine"}, "new folder"},
		{"a package at the top", pkg{ImportPath: "airside/lib", Name: "lib"}, "new folder"},
		{"test code in the product", pkg{ImportPath: "airside/internal/ops/flight", Name: "flight", Imports: []string{"testing"}}, "imports testing"},
		{"test code where it belongs", pkg{ImportPath: "airside/internal/base/db/dbtest", Name: "dbtest", Imports: []string{"testing"}}, ""},
	} {
		problems := check([]pkg{c.p})
		switch {
		case c.want == "" && len(problems) > 0:
			t.Errorf("%s: %q", c.what, problems)
		case c.want != "" && (len(problems) != 1 || !strings.Contains(problems[0], c.want)):
			t.Errorf("%s: got %q, want one with %q", c.what, problems, c.want)
		}
	}
}

// TestEdges: the table names folders that may exist.
func TestEdges(t *testing.T) {
	seen := map[[2]string]bool{}
	for _, e := range slices.Concat(edges, refusals) {
		if e.why == "" {
			t.Errorf("%s → %s: say why", e.from, e.to)
		}
		if seen[[2]string{e.from, e.to}] {
			t.Errorf("%s → %s stands twice", e.from, e.to)
		}
		seen[[2]string{e.from, e.to}] = true
		for _, pattern := range []string{e.from, e.to} {
			folder := strings.TrimSuffix(pattern, "/*")
			if known, ruled := rooms[strings.TrimPrefix(path.Dir(folder), ".")]; ruled && !slices.Contains(known, path.Base(folder)) {
				t.Errorf("%s → %s: there is no room %s", e.from, e.to, folder)
			}
		}
	}
}
