package licence

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		o    object
		want string
	}{
		{object{}, `{}`},
		{object{"b": 1, "a": "x", "B": -7}, `{"B":-7,"a":"x","b":1}`},
		{object{"l": []string{}, "o": []object{}, "e": object{}}, `{"e":{},"l":[],"o":[]}`},
		{object{"l": []string{"b", "a"}, "o": []object{{"z": 0, "y": ""}, {}}}, `{"l":["b","a"],"o":[{"y":"","z":0},{}]}`},
		{object{"s": `"\/<>&'` + "`~ "}, `{"s":"\"\\/<>&'` + "`~ " + `"}`},
		{object{"s": "a\tb\x00\x7fé\u2028🛩\xff"}, `{"s":"a_b______"}`},
	} {
		got := c.o.appendTo(nil)
		if string(got) != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		// What a client does that writes it again.
		var back any
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		e := json.NewEncoder(&again)
		e.SetEscapeHTML(false)
		if err := e.Encode(back); err != nil || again.String() != c.want+"\n" {
			t.Errorf("written again: %s, want %s: %v", &again, c.want, err)
		}
	}
	if got := string(object{"a": 1}.appendTo([]byte("x"))); got != `x{"a":1}` {
		t.Error(got)
	}
}

// A value of another type would be written differently somewhere: it must not come out at all.
func TestCanonicalRefusesOtherTypes(t *testing.T) {
	for _, v := range []any{nil, 1.5, true, int64(1), []int{1}, map[string]any{}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T is written", v)
				}
			}()
			object{"a": v}.appendTo(nil)
		}()
	}
}
