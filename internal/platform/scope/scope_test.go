package scope

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airside/internal/base/fault"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGoldenRights prints the role × right table to docs/rights.md, where operators read it.
func TestGoldenRights(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Who may what\n\nPrinted from the one table in `internal/platform/scope` (`make golden`); every key, token or session is a subset of a row.\n\n| right | what it lets its holder do |")
	for _, r := range Roles {
		fmt.Fprintf(&b, " %s |", r)
	}
	b.WriteString("\n| --- | --- |" + strings.Repeat(" :-: |", len(Roles)) + "\n")
	for _, i := range Catalogue() {
		if i.Public {
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s |", i.Name, i.Text)
		for _, r := range Roles {
			mark := ""
			if Rights(r).Has(i.Scope) {
				mark = "✓"
			}
			fmt.Fprintf(&b, " %s |", mark)
		}
		b.WriteString("\n")
	}
	b.WriteString("\nNobody approves a flight on which they were the only pilot in command, unless the organization allows it. Who they are is known by the person that their membership is linked to (`person_id` of `members`): link everybody who flies.\n\n## Scopes of API keys\n\n| scope | what it lets its holder do |\n| --- | --- |\n")
	for _, i := range Catalogue() {
		if i.Public {
			fmt.Fprintf(&b, "| `%s` | %s |\n", i.Name, i.Text)
		}
	}
	file := filepath.Join("..", "..", "..", "docs", "rights.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != b.String() {
		t.Errorf("docs/rights.md is not what the table says; run `make golden` (%v)", err)
	}
}

func TestCatalogueIsInOrder(t *testing.T) {
	if int(count) > 64 {
		t.Fatal("a Set holds 64 scopes")
	}
	for n, i := range Catalogue() {
		if int(i.Scope) != n || i.Name == "" || i.Text == "" {
			t.Errorf("row %d is %+v", n, i)
		}
		if s, ok := Parse(i.Name); !ok || s != i.Scope {
			t.Errorf("%s does not parse back", i.Name)
		}
		if i.Public != strings.HasPrefix(i.Name, "public.") {
			t.Errorf("%s: public scopes, and only they, are named public.…", i.Name)
		}
	}
}

func TestSets(t *testing.T) {
	set, bad := ParseSet([]string{"public.flights:read", "audit:read"})
	if bad != -1 || !set.Has(PublicFlights) || !set.Has(AuditRead) || set.Has(PublicFleet) {
		t.Error(set.Names(), bad)
	}
	if _, bad := ParseSet([]string{"audit:read", "Audit:read"}); bad != 1 {
		t.Error("an unknown name was taken", bad)
	}
}

func TestNeedNamesTheScope(t *testing.T) {
	p := Principal{Rights: Of(PublicFleet)}
	if err := p.Need(PublicFleet); err != nil {
		t.Error(err)
	}
	err := p.Need(PublicFlights)
	if !fault.Is(err, "insufficient_scope") || fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if err := p.NeedAny(PublicFlights, PublicFleet); err != nil {
		t.Error(err)
	}
	if err := p.NeedAny(PublicFlights, PublicEvents); err == nil {
		t.Error("allowed with neither")
	}
}

// No role but owner and admin holds a right that the contract keeps to them.
func TestOwnerAndAdminOnly(t *testing.T) {
	for _, r := range []Role{Instructor, Mechanic, Accountant, Member} {
		for _, s := range []Scope{KeysManage, WebhooksManage, MembersWrite, OrganizationWrite, AuditRead, ImportsManage} {
			if Rights(r).Has(s) {
				t.Errorf("%s holds %s", r, s)
			}
		}
	}
	if Rights("nobody") != 0 {
		t.Error("an unknown role holds rights")
	}
}
