package tenantfile

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"airside/internal/base/clock"
	"airside/internal/platform/scope"
)

// chance is a source of chance whose seed is told, and can be given as AIRSIDE_SEED.
func chance(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("AIRSIDE_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("AIRSIDE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 6))
}

func somePermissions(r *rand.Rand) []string {
	all := scope.Tenant().Names()
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:r.IntN(len(all)+1)]
}

// A piece of text that is not the API's: a comment, or a line with an unknown key.
var notOwned = regexp.MustCompile(`(^|[ \t])#[^\r\n]*|\b(contact|notes|owner|team|note|extra|network|zones|folded|last|later|after|version)\b[^\r\n]*`)

// inOrder finds the first of the pieces that text does not hold, after the one before it.
func inOrder(text string, pieces []string) (missing string) {
	for _, p := range pieces {
		i := strings.Index(text, p)
		if i < 0 {
			return p
		}
		text = text[i+len(p):]
	}
	return ""
}

// TestThousandEditsLeaveNothing makes 1,000 random edits that take nothing away that somebody wrote, then undoes them: the file
// must be what it was, to the byte. Meanwhile every comment and unknown key must be there, in order.
func TestThousandEditsLeaveNothing(t *testing.T) {
	r := chance(t)
	for _, name := range documents {
		original := string(document(t, name))
		if name == "odd" { // the one value that is written in capitals is rewritten
			original = strings.Replace(original, "enabled: True", "enabled: true", 1)
		}
		pieces := notOwned.FindAllString(original, -1)
		first := parse(t, []byte(original))
		d := first
		for i := range 1000 {
			d = gentleEdit(t, r, first, d, i)
			if i%50 == 0 {
				if missing := inOrder(string(d.Text()), pieces); missing != "" {
					t.Fatalf("%s: after %d edits %q is gone\n%s", name, i, missing, d.Text())
				}
				secondOpinion(t, d)
			}
		}
		for _, e := range d.Entries() {
			was, ok := first.Find(e.Name)
			var err error
			if !ok {
				d, err = d.Remove(e.Name)
			} else {
				d, err = d.Change(e.Name, was.Enabled, &was.Permissions)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if string(d.Text()) != original {
			t.Errorf("%s is not what it was:\n%s", name, hunk(original, string(d.Text())))
		}
	}
}

// gentleEdit adds a key, changes or removes an added one, or changes what of an original can be put back.
func gentleEdit(t *testing.T, r *rand.Rand, first, d *Document, i int) *Document {
	t.Helper()
	entries := d.Entries()
	e := entries[r.IntN(len(entries))]
	was, isOriginal := first.Find(e.Name)
	var err error
	after := d
	switch r.IntN(4) {
	case 0:
		if len(entries) < 12 {
			after, err = d.Add(entry(i, fmt.Sprintf("added-%d", i), somePermissions(r)...))
		}
	case 1:
		if !isOriginal {
			after, err = d.Remove(e.Name)
		}
	case 2:
		if writes(first, e.Name, "enabled") || !isOriginal {
			after, err = d.Change(e.Name, r.IntN(2) == 0, nil)
		}
	default:
		permissions := somePermissions(r)
		for _, p := range was.Permissions { // what somebody wrote, and perhaps commented on, stays
			if !slices.Contains(permissions, p) {
				permissions = append(permissions, p)
			}
		}
		if writes(first, e.Name, "permissions") || !isOriginal {
			after, err = d.Change(e.Name, e.Enabled, &permissions)
		}
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, d.Text())
	}
	return after
}

// writes tells whether a key of the document has a field that is written and has a value.
func writes(d *Document, name, field string) bool {
	if _, ok := d.Find(name); !ok {
		return false
	}
	fields, at := edit(d).field(name, field)
	return at >= 0 && !fields.Pairs[at].Value.IsNull()
}

// TestThousandFreeEdits removes and rewrites whatever comes. Outside of apiKeys no byte may change; inside, what stands at the
// indentation of the names and the unknown keys of those that are left stay in order.
func TestThousandFreeEdits(t *testing.T) {
	r := chance(t)
	for _, name := range documents {
		d := parse(t, document(t, name))
		before, inside, after := parts(t, string(d.Text()))
		above, removed := headings(inside), map[string]bool{}
		for i := range 1000 {
			entries := d.Entries()
			var err error
			switch e := (Entry{}); {
			case len(entries) == 0 || r.IntN(3) == 0 && len(entries) < 10:
				d, err = d.Add(entry(i, fmt.Sprintf("added-%d", i), somePermissions(r)...))
			case r.IntN(2) == 0 && (len(entries) > 4 || i > 900):
				e = entries[r.IntN(len(entries))]
				removed[e.Name] = true
				d, err = d.Remove(e.Name)
			default:
				e = entries[r.IntN(len(entries))]
				permissions := somePermissions(r)
				d, err = d.Change(e.Name, r.IntN(2) == 0, &permissions)
			}
			if err != nil {
				t.Fatalf("%s, edit %d: %v", name, i, err)
			}
			b, in, a := parts(t, string(d.Text()))
			if b != before || a != after {
				t.Fatalf("%s, edit %d: changed outside of apiKeys:\n%s%s", name, i, hunk(before, b), hunk(after, a))
			}
			if missing := inOrder(in, above); missing != "" {
				t.Fatalf("%s, edit %d: %q is gone\n%s", name, i, missing, in)
			}
			if i%50 == 0 {
				secondOpinion(t, d)
			}
		}
		if blank := strings.Count(string(d.Text()), "\n\n\n"); blank > 10 {
			t.Errorf("%s: %d blank lines meet", name, blank)
		}
		t.Logf("%s: %d removed", name, len(removed))
	}
}

var (
	keysBegin = regexp.MustCompile(`(?m)^ *["']?apiKeys["']? *:`)
	keysEnd   = regexp.MustCompile(`(?m)^(\}   # the end|# --- R|  folded:|  "later")`)
)

// parts cuts a text before apiKeys, and at what follows it in the documents of this package.
func parts(t *testing.T, text string) (before, inside, after string) {
	t.Helper()
	b, a := keysBegin.FindStringIndex(text), keysEnd.FindStringIndex(text)
	if b == nil || a == nil {
		t.Fatalf("the text has lost its parts:\n%s", text)
	}
	inside = text[b[1]:a[0]]
	if text[a[0]] == '}' {
		return text[:b[1]], inside, text[a[0]+1:] // a brace may have moved up
	}
	return text[:b[1]], strings.TrimRight(inside, " \r\n"), text[a[0]:]
}

var heading = regexp.MustCompile(`(?m)^  (# ---.*|# Compta.*|# Export.*|# the first one|# after the last)$`)

// headings are the comments that stand above names.
func headings(inside string) []string {
	return heading.FindAllString(strings.ReplaceAll(inside, "\r", ""), -1)
}

// TestModel holds documents of all styles to a map under the same random changes.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := parse(t, []byte(rapid.SampledFrom(small).Draw(t, "document")))
		model := map[string]Entry{}
		for _, e := range d.Entries() {
			model[e.Name] = e
		}
		permissions := rapid.SliceOfNDistinct(rapid.SampledFrom(scope.Tenant().Names()), 0, 4, rapid.ID[string])
		n := 0
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				n++
				e := entry(n, rapid.StringMatching(`[A-Za-z0-9._-]{1,6}`).Draw(t, "name"), permissions.Draw(t, "permissions")...)
				e.Enabled = rapid.Bool().Draw(t, "enabled")
				if rapid.Bool().Draw(t, "undated") {
					e.CreatedAt = 0
				}
				after, err := d.Add(e)
				if _, taken := model[e.Name]; taken || !CheckName(e.Name) {
					if err == nil {
						t.Fatalf("%s was added", e.Name)
					}
					return
				}
				step(t, &d, after, err)
				e.Rights = rightsOf(e.Permissions)
				model[e.Name] = e
			},
			"change": func(t *rapid.T) {
				e := some(t, model)
				e.Enabled = rapid.Bool().Draw(t, "enabled")
				list := permissions.Draw(t, "permissions")
				after, err := d.Change(e.Name, e.Enabled, &list)
				step(t, &d, after, err)
				e.Permissions, e.Rights = merged(e.Permissions, list), rightsOf(list)
				model[e.Name] = e
			},
			"switch": func(t *rapid.T) {
				e := some(t, model)
				e.Enabled = !e.Enabled
				after, err := d.Change(e.Name, e.Enabled, nil)
				step(t, &d, after, err)
				model[e.Name] = e
			},
			"remove": func(t *rapid.T) {
				e := some(t, model)
				after, err := d.Remove(e.Name)
				step(t, &d, after, err)
				delete(model, e.Name)
			},
			"": func(t *rapid.T) {
				again := parse(t, d.Text())
				if len(again.Entries()) != len(model) {
					t.Fatalf("%d keys, want %d\n%s", len(again.Entries()), len(model), d.Text())
				}
				for _, e := range again.Entries() {
					if !sameEntry(e, model[e.Name]) {
						t.Fatalf("got %+v, want %+v\n%s", e, model[e.Name], d.Text())
					}
				}
			},
		})
	})
}

// merged is before without what list does not hold, and then what is new in list.
func merged(before, list []string) []string {
	all := slices.DeleteFunc(slices.Clone(before), func(p string) bool { return !slices.Contains(list, p) })
	for _, p := range list {
		if !slices.Contains(before, p) {
			all = append(all, p)
		}
	}
	return all
}

func some(t *rapid.T, model map[string]Entry) Entry {
	if len(model) == 0 {
		t.Skip("no key")
	}
	return model[rapid.SampledFrom(slices.Sorted(maps.Keys(model))).Draw(t, "key")]
}

func step(t *rapid.T, d **Document, after *Document, err error) {
	if err != nil {
		t.Fatalf("%v\n%s", err, (*d).Text())
	}
	*d = after
}

// FuzzParse reads whatever comes. What is read can be changed, or the change is refused as one to make by hand; and the change back
// leaves what was there.
func FuzzParse(f *testing.F) {
	for _, name := range documents {
		f.Add(document(f, name))
	}
	for _, s := range small {
		f.Add([]byte(s))
	}
	for _, c := range broken {
		f.Add([]byte(brokenText(c.text)))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := Parse(content)
		if err != nil {
			if d != nil || len(err.(Problems)) == 0 || len(err.Error()) == 0 {
				t.Fatal("an error without a problem")
			}
			for i, p := range err.(Problems) {
				if p.Line < 1 || p.Column < 1 || i > 0 && p.Line < err.(Problems)[i-1].Line {
					t.Fatalf("problem %d has no place: %+v", i, p)
				}
			}
			Diff(content, nil)
			return
		}
		e := Entry{Name: "fuzzed", Hash: [32]byte{0: 0xfa, 31: 1}, Enabled: true, Permissions: []string{"*"}, CreatedAt: clock.Time(1)}
		added, err := d.Add(e)
		if err != nil {
			return
		}
		removed, err := added.Remove("fuzzed")
		if err == nil && len(d.Entries()) > 0 && string(removed.Text()) != string(content) {
			t.Errorf("%q became %q", content, removed.Text())
		}
		for _, e := range d.Entries() {
			none, all := []string{}, []string{"*", "public.flights:read"}
			if after, err := d.Change(e.Name, !e.Enabled, &all); err == nil {
				_, _ = after.Change(e.Name, e.Enabled, &none)
			}
			_, _ = d.Remove(e.Name)
		}
		Diff(content, added.Text())
	})
}
