package tenantfile

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"airside/internal/base/clock"
	"airside/internal/platform/scope"
)

func TestParse(t *testing.T) {
	d := parse(t, document(t, "crlf"))
	var got []string
	for _, e := range d.Entries() {
		got = append(got, fmt.Sprintf("%s %x %v %v %v", e.Name, e.Hash[:2], e.Enabled, e.Permissions, e.CreatedAt))
	}
	if want := []string{
		"billing 1f38 true [public.flights:read public.pilots:read] 2026-04-24T12:03:11Z",
		"nightly-export a1d0 false [] 2026-04-30T22:00:00.25Z",
		"2024 3389 true [*] ",
	}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	e, ok := d.Find("2024")
	if !ok || e.Rights != scope.Tenant() {
		t.Errorf("%+v", e)
	}
	if e.Permissions[0] = "changed"; d.Entries()[2].Permissions[0] != "*" {
		t.Error("a document was changed from outside")
	}
	if text := d.Text(); string(text) != string(document(t, "crlf")) {
		t.Error("the text is not what was read")
	} else if text[0] = 'x'; d.Text()[0] == 'x' {
		t.Error("a document was changed from outside")
	}
	if e, _ := d.Find("billing"); e.Rights != scope.Of(scope.PublicFlights, scope.PublicPilots) {
		t.Errorf("%v", e.Rights)
	}
	if _, ok := d.Find("Billing"); ok {
		t.Error("capitals make no difference")
	}
}

// TestDocumentationIsTrue reads the example that administrators are shown.
func TestDocumentationIsTrue(t *testing.T) {
	page, err := os.ReadFile("../../../docs/security-yml.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if d := parse(t, []byte(example)); !ok || len(d.Entries()) != 3 {
		t.Error(d.Entries())
	}
	for _, n := range scope.Tenant().Names() {
		if !strings.Contains(string(page), "`"+n+"`") && !strings.Contains(string(page), `"`+n+`"`) {
			t.Errorf("the page does not name %s", n)
		}
	}
}

// TestNoKeys: what defines no keys is a document too.
func TestNoKeys(t *testing.T) {
	for _, content := range []string{"", "\n", "# x", "---", "---\n# x\n", "\uFEFF", "apiKeys:", "apiKeys: ~", "apiKeys: {}", "{}", "apikeys: 1\nApiKeys: [x]\n", "x: [null, {a: 'b'}]\n"} {
		if d := parse(t, []byte(content)); len(d.Entries()) != 0 {
			t.Errorf("%q: %v", content, d.Entries())
		}
	}
}

// TestLegalForms: one key, written in every way that YAML has.
func TestLegalForms(t *testing.T) {
	for _, content := range []string{
		"apiKeys:\n  a:\n    hash: H\n    permissions:\n    - '*'\n",
		"apiKeys: {a: {hash: H, permissions: ['*']}}",
		"{\"apiKeys\":{\"a\":{\"hash\":\"H\",\"permissions\":[\"*\"]}}}",
		"apiKeys:\n  a: {hash: H,\n  permissions: [\n'*'\n,\n]\n}\n",
		"--- # x\napiKeys:\n\n\n        a   :   # y\n\n              permissions  :\n\n              -      \"\\x2A\"\n              hash:\n                'H'",
		"x: |2-\n    : [ { ' \" \n  \tb\n\n\napiKeys:\n  a:\n    hash: H\n    permissions: [\"*\"]\n    y: >+\n      # text\n\n",
		"x: it's a \"text\" [with] {all}#of it, & more * so !\n  and more - of it\n\n  # done\napiKeys: {a: {hash: H, permissions: [ \"*\" ], url: http://x.example/?a=b#c}}",
		"x:\n- - 1\n  - - 2\n- a: 1\n  b:\n  - 2\n-\n  c\n-\n\n- d\napiKeys:\n a:\n  permissions: [\"*\"]\n  hash: H\n  enabled: TRUE\n",
		"x: 'it''s'\ny: \"a\\\n  b\\t\\u00e9\\U0001F600\\\"\"\nz: 'two\n\n  lines'\napiKeys: {a: {\"hash\":\"H\",'permissions':['*',],},}\n",
		"apiKeys:\r\n  a:\r\n    hash: H\r\n    permissions:\r\n      - \"*\"\r\n",
		"?x: 1\n-y: 2\n:z: 3\na?: -1\nc: ?d\ne: :f\napiKeys: {a: {hash: H, permissions: ['*']}}",
	} {
		content = strings.ReplaceAll(content, "H", hashA)
		d := parse(t, []byte(content))
		if e, ok := d.Find("a"); !ok || len(d.Entries()) != 1 || !e.Enabled || e.Rights != scope.Tenant() || fmt.Sprintf("%x", e.Hash) != hashA {
			t.Errorf("%+v\n%s", d.Entries(), content)
		}
		secondOpinion(t, d)
	}
}

func TestChanges(t *testing.T) {
	before := parse(t, document(t, "block"))
	if c := Changes(before, before); len(c) != 0 {
		t.Error(c)
	}
	reordered := []string{"public.pilots:read", "public.flights:read"}
	text := string(document(t, "block"))
	text = strings.Replace(text, "public.flights:read     # vols", "public.fleet:read", 1)
	text = strings.Replace(text, "      - public.pilots:read ", "      - public.events:read\n      - public.pilots:read ", 1)
	text = strings.Replace(text, "enabled: false", "enabled: true", 1)
	text = strings.Replace(text, "a1d0c6", "a1d0c7", 1)
	text = strings.Replace(text, "2026-05-01", "2026-05-02", 1)
	text = strings.Replace(text, "  \"2024\":", "  '2025':", 1)
	var got []string
	for _, c := range Changes(before, parse(t, []byte(text))) {
		got = append(got, fmt.Sprintf("%s %s enabled=%v permissions=%v hash=%v createdAt=%v %q→%q", c.Kind, c.Name, c.Enabled, c.Permissions, c.Hash, c.CreatedAt, c.Before.Name, c.After.Name))
	}
	if want := []string{
		`changed billing enabled=false permissions=true hash=false createdAt=false "billing"→"billing"`,
		`changed nightly-export enabled=true permissions=false hash=true createdAt=true "nightly-export"→"nightly-export"`,
		`removed 2024 enabled=false permissions=false hash=false createdAt=false "2024"→""`,
		`added 2025 enabled=false permissions=false hash=false createdAt=false ""→"2025"`,
	}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	same, err := before.Change("billing", true, &reordered)
	if err != nil || len(Changes(before, same)) != 0 || string(same.Text()) != string(before.Text()) {
		t.Errorf("another order is a change: %v", err)
	}
	if c := Changes(nil, before); len(c) != 3 || c[0].Kind != Added {
		t.Error(c)
	}
	if c := Changes(before, nil); len(c) != 3 || c[0].Kind != Removed {
		t.Error(c)
	}
}

func manyKeys(n int) []byte {
	var b strings.Builder
	b.WriteString("# keys\napiKeys:\n")
	for i := range n {
		fmt.Fprintf(&b, "  key-%d:\n    hash: %064x\n    permissions: [\"*\"]\n", i, i+1)
	}
	return []byte(b.String())
}

// TestManyKeys: as many as may be are within the other limits if the API wrote them, whatever they may do, and can be changed.
func TestManyKeys(t *testing.T) {
	all := strings.Join(scope.Tenant().Names(), `", "`)
	var b strings.Builder
	b.WriteString("apiKeys:\n")
	for i := range MaxKeys - 1 {
		fmt.Fprintf(&b, "  a-key-of-usual-length-%d:\n    hash: %064x\n    enabled: true\n    permissions: [\"%s\"]\n    createdAt: 2026-04-24T12:03:11Z\n", i, i+1, all)
	}
	d := parse(t, []byte(b.String()))
	d, err := d.Add(Entry{Name: "last", Hash: [32]byte{1}, CreatedAt: clock.Time(1)})
	if err != nil || len(d.Entries()) != MaxKeys {
		t.Fatal(err)
	}
	if _, err = d.Add(Entry{Name: "one-more", Hash: [32]byte{2}}); err == nil || !strings.Contains(err.Error(), "too many keys") {
		t.Error(err)
	}
	if d, err = d.Remove("a-key-of-usual-length-0"); err != nil {
		t.Fatal(err)
	}
	if _, err = d.Change("a-key-of-usual-length-7000", false, &[]string{"public.fleet:read"}); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{20, 1000, 8000} {
		content := manyKeys(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				if _, err := Parse(content); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkChange(b *testing.B) {
	d := parse(b, manyKeys(20))
	for b.Loop() {
		if _, err := d.Change("key-7", false, &[]string{"public.fleet:read", "public.flights:read"}); err != nil {
			b.Fatal(err)
		}
	}
}
