package console_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTenantKeys makes, changes and deletes a key of security.yml, and shows what a hand did to the file.
func TestTenantKeys(t *testing.T) {
	h := newHouse(t)
	h.owner.get(tenantPage).is(200).has("There is no key yet.", "in force", "security.yml")
	f := h.owner.get(tenantPage + "/new").is(200)
	once := f.find(`name="_once" value="([^"]+)"`)
	h.owner.post(tenantPage+"/new", "_once", once, "name", "no name", "permissions", "public.flights:read").is(422).has("Letters")
	made := h.owner.post(tenantPage+"/new", "_once", h.owner.get(tenantPage+"/new").find(`name="_once" value="([^"]+)"`), "name", "nightly", "permissions", "public.flights:read").is(200)
	token := made.find(`data-secret[^>]*>(gaf_tk_[^<]+)<`)
	made.has("X-API-KEY: " + token)
	one := tenantPage + "/key/nightly"
	h.owner.get(tenantPage).has("nightly", "public.flights:read", "this page or the API").hasNot(token)
	h.owner.get(one).is(200).has("Read flight records").hasNot(token)
	h.owner.post(one+"/edit", "permissions", "public.fleet:read", "permissions", "*").is(200).has("disabled", "Everything that its holder may carry")
	h.owner.get(tenantPage + "/key/nobody").is(404)

	file, err := filepath.Glob(filepath.Join(h.tenantIn, "*", "security.yml"))
	if err != nil || len(file) != 1 {
		t.Fatal(file, err)
	}
	text, err := os.ReadFile(file[0])
	h.must(err)
	hash := string(text[strings.Index(string(text), "hash: ")+6:][:64])
	save := func(s string) {
		h.must(os.WriteFile(file[0]+".swp", []byte(s), 0o600))
		h.must(os.Rename(file[0]+".swp", file[0]))
	}
	soon := func(want string) {
		t.Helper()
		for range 200 {
			if a := h.owner.get(tenantPage); strings.Contains(a.body, want) {
				a.hasNot(hash)
				return
			}
		}
		t.Errorf("the page never says %q", want)
	}
	save("# by Claire\n" + string(text))
	soon("by hand, in the file")
	h.owner.get(tenantPage).has("&#43; # by Claire")
	save("# by Claire\n" + string(text) + "apiKeys:\n")
	soon("mistake in the file")
	h.owner.get(tenantPage).has("What is wrong", "What the file would change").hasNot("/new\"")
	h.owner.post(one+"/edit", "enabled", "on", "permissions", "public.fleet:read").is(422).has("There is a mistake in security.yml")
	save(string(text))
	soon(">in force<")

	h.owner.get(one + "/delete").is(200).has("refused from the next request on")
	h.owner.post(one + "/delete").is(200).has("There is no key yet.")
}

// TestATenantKeysFormLeavesItDisabled opens a key's form, changes the key elsewhere, and sends the form: what was done elsewhere stays.
func TestATenantKeysFormLeavesItDisabled(t *testing.T) {
	h := newHouse(t)
	once := h.owner.get(tenantPage + "/new").find(`name="_once" value="([^"]+)"`)
	h.owner.post(tenantPage+"/new", "_once", once, "name", "nightly", "permissions", "public.flights:read").is(200)
	one := tenantPage + "/key/nightly"
	for _, elsewhere := range [][]string{
		{"permissions", "public.flights:read"}, // disabled
		{"enabled", "on", "permissions", "public.flights:read", "permissions", "public.fleet:read"},
		{"enabled", "on"},
	} {
		form := h.owner.get(one + "/edit").is(http.StatusOK)
		h.owner.post(one+"/edit", elsewhere...).is(http.StatusOK)
		before := h.owner.get(one).is(http.StatusOK).find(`(?s)<main(.*)</main>`)
		again := h.owner.do("POST", one+"/edit", formOf(form)).is(http.StatusPreconditionFailed).has("changed since it was read", "Open it as it is now")
		h.owner.do("POST", one+"/edit", formOf(again)).is(http.StatusPreconditionFailed)
		if after := h.owner.get(one).find(`(?s)<main(.*)</main>`); after != before {
			t.Errorf("%v: the key was %s\nand is %s", elsewhere, before, after)
		}
		h.owner.do("POST", one+"/edit", formOf(h.owner.get(one+"/edit"), "enabled", "on")).is(http.StatusOK)
	}
}
