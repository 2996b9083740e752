package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	const pass = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	const fail = `{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: it broke\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
`
	const skip = `{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:7: REASON\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"pass","Package":"p"}
`
	const panicked = `{"Action":"output","Package":"p","Test":"TestD","Output":"panic: oh\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
`
	const build = `{"ImportPath":"p","Action":"build-output","Output":"p.go:1: syntax error\n"}
{"ImportPath":"p","Action":"build-fail"}
`
	data := strings.ReplaceAll(skip, "REASON", "../shared/data is not here")
	other := strings.ReplaceAll(skip, "REASON", "no browser")

	for _, c := range []struct {
		what       string
		in         string
		requireAll bool
		ok         bool
		says       string
		saysNot    string
	}{
		{"a pass is quiet", pass, true, true, "1 tests passed", "chatter"},
		{"a failure is told", fail, false, false, "it broke", ""},
		{"a panic is told", panicked, false, false, "panic: oh", ""},
		{"a build failure is told", build, false, false, "syntax error", ""},
		{"a skip is told", other, false, true, "SKIPPED p TestC: c_test.go:7: no browser", ""},
		{"a skip fails where all is required", other, true, false, "FAILED  p TestC (skipped", ""},
		{"missing shared data may be skipped", data, true, true, "SKIPPED p TestC", "FAILED"},
		{"other text is passed on", "go: something odd\n", true, true, "go: something odd", ""},
	} {
		var out strings.Builder
		ok, err := report(strings.NewReader(c.in), &out, c.requireAll)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if ok != c.ok {
			t.Errorf("%s: ok = %v, want %v", c.what, ok, c.ok)
		}
		if !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: %q is not in:\n%s", c.what, c.says, &out)
		}
		if c.saysNot != "" && strings.Contains(out.String(), c.saysNot) {
			t.Errorf("%s: %q is in:\n%s", c.what, c.saysNot, &out)
		}
	}
}
