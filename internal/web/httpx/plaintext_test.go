package httpx

import (
	"errors"
	"strings"
	"testing"

	"airside/internal/base/fault"
)

func TestTextsThatCannotBeKept(t *testing.T) {
	for _, c := range []struct{ body, field, code string }{
		{`{"a":"x","b":["\\u0000","\\\\u0000","\u0001\u007f\n","\ud83d\ude00","é😀","\ufffd"]}`, "", ""},
		{``, "", ""},
		{`{"a":"\`, "", ""}, // not JSON, which is said elsewhere
		{`{"a":"\u00`, "", ""},
		{`{"a":"x\u0000y"}`, "a", hasNUL},
		{`{"a":"\\\u0000"}`, "a", hasNUL},
		{`{"a":"\"\u0000"}`, "a", hasNUL},
		{"{\"a\":\"\x00\"}", "", hasNUL},
		{"{\"a\":1}\x00", "", hasNUL},
		{"{\"b\":1,\"a\":\"\xff\"}", "a", notUTF8},
		{"{\"b\":1,\"a\":\"\xed\xa0\x80\"}", "a", notUTF8},
		{`{"a":"\ud83d"}`, "a", notUTF8},
		{`{"a":"\ud83dx\ude00"}`, "a", notUTF8},
		{`{"a":"\ude00\ud83d"}`, "a", notUTF8},
		{`{"a":"\ud83d\u0000"}`, "a", notUTF8},
		{`{"a":"\uD83D\uDE00\uDE00"}`, "a", notUTF8},
		{`{"crew":[{"n":"x"},{"n":"\U0000","m":"\u0000"}]}`, "", hasNUL}, // \U is not JSON
		{`{"crew":[{"n":"x"},{"n":"y","m":"\u0000"}]}`, "crew[1].m", hasNUL},
		{`[["x"],["\u0000"]]`, "[1][0]", hasNUL},
		{`{"a":{"k\u0000":1}}`, "a", hasNUL},
		{strings.Repeat("[", 9000) + `"\u0000"` + strings.Repeat("]", 9000), strings.Repeat("[0]", locateDepth), hasNUL},
	} {
		err := checkTexts([]byte(c.body))
		var f *fault.Error
		if c.code == "" {
			if err != nil {
				t.Errorf("%.80q: %v", c.body, err)
			}
			continue
		}
		if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != c.field || f.Fields[0].Code != c.code || f.Fields[0].Where != "body" {
			t.Errorf("%.80q: %#v, want %s at %q", c.body, f, c.code, c.field)
		}
	}
}
