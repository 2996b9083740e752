package app_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"airside/internal/base/fault"
	"airside/internal/platform/app"
)

const written = `name: Hangar board
description: |
  Shows who flies.
  All day.
homepage: https://hangar.example
support: help@hangar.example
webhook_url: "https://hangar.example/hooks"
event_types: [flight.approved, flight.rejected]
required_scopes:
  - public.flights:read: "` + why + `"
  - public.pilots:read   # justification: ` + other + `
`

func (h *house) load(a app.App, doc string, dry bool) app.Diff {
	h.t.Helper()
	d, err := h.apps.ImportManifest(h.ctx, h.boss, a.ID, []byte(doc), dry)
	h.must(err)
	return d
}

func TestManifestInAndOut(t *testing.T) {
	each(t, func(h *house) {
		a := h.draft()
		tried := h.load(a, written, true)
		if _, err := h.apps.Update(h.ctx, h.boss, a.ID, app.Patch{}, a.ChangeNo); err != nil {
			t.Fatal("trying it changed the app:", err)
		}
		done := h.load(a, written, false)
		tried.Applied = true
		if fmt.Sprint(tried) != fmt.Sprint(done) || len(done.Texts) != 2 || fmt.Sprint(done.Events) != "{[flight.rejected] []}" || len(done.Scopes.Added) != 2 {
			t.Errorf("tried %+v\ndone  %+v", tried, done)
		}
		if s := h.state(a, "public.pilots:read"); s.Justification != other || s.Status != app.Pending {
			t.Errorf("the form with a comment: %+v", s)
		}
		doc, err := h.apps.Manifest(h.ctx, h.boss, a.ID)
		h.must(err)
		if !strings.Contains(string(doc), "  - public.flights:read: \""+why+"\"\n") {
			t.Errorf("written as\n%s", doc)
		}
		again := h.load(a, string(doc), false)
		if n := len(again.Texts) + len(again.Events.Added) + len(again.Events.Removed) + len(again.Scopes.Added) + len(again.Scopes.Removed) + len(again.Scopes.Changed); n != 0 {
			t.Errorf("its own manifest changes %+v", again)
		}
		changed := h.load(a, "homepage:\nrequired_scopes:\n  - public.flights:read: "+third+"\n", false)
		if fmt.Sprint(changed.Texts) != "[{homepage https://hangar.example }]" || len(changed.Scopes.Changed) != 1 || len(changed.Scopes.Removed) != 1 || len(changed.Scopes.Added) != 0 {
			t.Errorf("%+v", changed)
		}
		if s := h.state(a, "public.pilots:read"); s.Status != app.Withdrawn {
			t.Errorf("left out: %+v", s)
		}
		if got, _ := h.apps.Get(h.ctx, h.boss, a.ID); got.Description != "Shows who flies.\nAll day." || got.Homepage != "" {
			t.Errorf("%+v", got)
		}
		_, err = h.apps.Deny(h.ctx, h.reviewer, h.state(a, flights).ReviewID, "no")
		h.must(err)
		if d := h.load(a, "required_scopes:\n  - public.flights:read: "+third+"\n", false); len(d.Scopes.Denied) != 1 || len(d.Scopes.Added) != 0 {
			t.Errorf("denied: %+v", d)
		}
	})
}

func TestManifestsThatDoNotFit(t *testing.T) {
	each(t, func(h *house) {
		a := h.draft()
		for _, c := range []struct {
			what, doc, field, code string
			line                   int
		}{
			{"nothing", "", "", "manifest_not_a_map", 1},
			{"a list", "- a\n", "", "manifest_not_a_map", 1},
			{"no YAML", "name: [\n", "", "manifest_syntax", 1},
			{"an unknown key", "name: X\ncolour: red\n", "colour", "manifest_unknown_key", 2},
			{"a key twice", "name: X\nname: Y\n", "name", "manifest_repeated", 2},
			{"a number", "name: 12\n", "name", "manifest_not_text", 1},
			{"a list for a text", "name: X\nsupport: [a]\n", "support", "manifest_not_text", 2},
			{"an anchor", "name: &a X\n", "", "manifest_alias", 1},
			{"an alias", "name: X\nsupport: *a\n", "", "manifest_alias", 2},
			{"a tag", "name: !!str X\n", "", "manifest_alias", 1},
			{"a merge key", "name: X\n<<: {a: b}\n", "", "manifest_alias", 2},
			{"two documents", "name: X\n---\nname: Y\n", "", "manifest_documents", 2},
			{"depth", "required_scopes: [[[[x]]]]\n", "", "manifest_nesting", 1},
			{"depth in blocks", "required_scopes:\n- - - x\n", "", "manifest_nesting", 2},
			{"no list", "required_scopes: public.flights:read\n", "required_scopes", "manifest_not_a_list", 1},
			{"no justification", "required_scopes:\n  - public.flights:read\n", "required_scopes[0]", "manifest_justification", 2},
			{"an empty one", "required_scopes:\n  - public.flights:read:\n", "required_scopes[0]", "manifest_justification", 2},
			{"another comment", "required_scopes:\n  - public.flights:read # because\n", "required_scopes[0]", "manifest_justification", 2},
			{"the comment a line later", "required_scopes:\n  - public.flights:read\n  # justification: " + why + "\n", "required_scopes[0]", "manifest_justification", 2},
			{"two in one", "required_scopes:\n  - public.flights:read: a\n    public.pilots:read: b\n", "required_scopes[0]", "manifest_not_a_scope", 2},
			{"a scope twice", "required_scopes:\n  - public.flights:read: " + why + "\n  - public.flights:read: " + other + "\n", "required_scopes[1]", "manifest_repeated", 3},
			{"not for apps", "required_scopes:\n  - keys:manage: " + why + "\n", "required_scopes[0]", "scope_not_for_apps", 0},
			{"too short", "required_scopes:\n  - public.flights:read: because\n", "required_scopes[0]", "justification_too_short", 0},
			{"filler", "required_scopes:\n  - public.flights:read # justification: " + strings.Repeat("x", 50) + "\n", "required_scopes[0]", "justification_filler", 0},
			{"a bad address", "name: X\nhomepage: ftp://x\n", "homepage", "url_scheme", 0},
			{"an unknown event", "event_types:\n  - flight.lost\n", "event_types", "unknown", 0},
			{"Latin-1", "name: Ren\xe9\n", "", "not_utf8", 0},
			{"too much", "#" + strings.Repeat("x", app.MaxManifest), "", "too_long", 0},
		} {
			for _, dry := range []bool{true, false} {
				_, err := h.apps.ImportManifest(h.ctx, h.boss, a.ID, []byte(c.doc), dry)
				if err == nil {
					t.Errorf("%s is taken", c.what)
					continue
				}
				var f *fault.Error
				if !errors.As(err, &f) || len(f.Fields) == 0 || f.Fields[0].Name != c.field || f.Fields[0].Code != c.code {
					t.Errorf("%s: %v, want %s %s", c.what, err, c.field, c.code)
					continue
				}
				if c.line > 0 && fmt.Sprint(f.Fields[0].Args[:2]) != fmt.Sprintf("[line %d]", c.line) {
					t.Errorf("%s: %v, want line %d", c.what, f.Fields[0].Args, c.line)
				}
				if lines, _ := f.Extra["lines"].(map[string]int); c.line == 0 && c.field != "" && lines[c.field] == 0 {
					t.Errorf("%s: no line: %v", c.what, f.Extra)
				}
			}
		}
		if got, _ := h.apps.Get(h.ctx, h.boss, a.ID); got.ChangeNo != a.ChangeNo {
			t.Error("a manifest that was refused changed the app")
		}
	})
}

// TestManifestKeepsTexts writes texts of all kinds and reads them back.
func TestManifestKeepsTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab é\n\t\"'\\#:-[]{}&*!|>%@`,?~\u00a0\u200b\u0085\U0001f6e9ÿ")), 0, 40, -1)
		in := app.App{Name: text.Draw(t, "name"), Description: text.Draw(t, "description"), EventTypes: []string{"flight.approved"}}
		scopes := []app.ScopeState{{Scope: flights, Status: app.Pending, Justification: "x" + text.Draw(t, "why") + "x"}}
		doc := app.WriteManifest(in, scopes)
		name, description, justification, err := app.ReadManifest(doc)
		if err != nil || name != in.Name || description != in.Description || justification != scopes[0].Justification {
			t.Fatalf("%q %q %q came back as %q %q %q, %v, from\n%s", in.Name, in.Description, scopes[0].Justification, name, description, justification, err, doc)
		}
	})
}

// FuzzManifest: whatever comes, it is read or refused, and what is read is the same when it is written and read again.
func FuzzManifest(f *testing.F) {
	for _, s := range []string{written, "a: [", "- - -", "name: |\n  x\n", "? a\n: b", "{name: x}", "name: \"\\ud83d\"", "required_scopes:\n- a # justification: b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		_, _, _, err := app.ReadManifest(doc)
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", doc, err)
		}
	})
}
