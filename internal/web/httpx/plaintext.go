package httpx

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"airside/internal/base/fault"
)

// What no text of a request may hold: the stores keep it differently, or not at all.
const (
	hasNUL  = "nul_character"
	notUTF8 = "not_utf8"
)

// badText names what is wrong with a text, or nothing.
func badText(s string) string {
	for i := range len(s) {
		if s[i] == 0 {
			return hasNUL
		}
	}
	if !utf8.ValidString(s) {
		return notUTF8
	}
	return ""
}

// badJSON names what is wrong with the texts of a JSON document: it is not UTF-8, or a text has the character NUL or
// half of a surrogate pair, as it is or escaped. Whether it is JSON at all is not looked at.
func badJSON(doc []byte) string {
	if !utf8.Valid(doc) {
		return notUTF8
	}
	if bytes.IndexByte(doc, 0) >= 0 {
		return hasNUL
	}
	for {
		i := bytes.IndexByte(doc, '\\')
		if i < 0 {
			return ""
		}
		doc = doc[i:]
		r, ok := escaped(doc)
		switch {
		case !ok: // another escape; the character after the backslash is not the beginning of one
			doc = doc[min(2, len(doc)):]
			continue
		case r == 0:
			return hasNUL
		case utf16.IsSurrogate(r):
			low, ok := escaped(doc[6:])
			if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
				return notUTF8
			}
			doc = doc[6:]
		}
		doc = doc[6:]
	}
}

// escaped reads an escape like \u00e9 at the beginning of doc.
func escaped(doc []byte) (rune, bool) {
	if len(doc) < 6 || doc[0] != '\\' || doc[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(doc[2:6]), 16, 16)
	return rune(n), err == nil
}

// checkTexts refuses a JSON body with a text that cannot be kept as it is.
func checkTexts(body []byte) error {
	code := badJSON(body)
	if code == "" {
		return nil
	}
	name, code := locate(body, code)
	return fault.InvalidFields(fault.Field{Name: name, Where: "body", Code: code})
}

const locateDepth = 8

// locate finds the field that badJSON complains about: its name, as crew[0].person_id, as far as that is easy.
func locate(doc []byte, code string) (name, of string) {
	for range locateDepth {
		part, inner, found := badMember(doc)
		if !found {
			break
		}
		if name != "" && part[0] != '[' {
			name += "."
		}
		name += part
		doc, code = inner, badJSON(inner)
	}
	return name, code
}

// badMember finds the first member or element with a bad text in an object or a list.
func badMember(doc []byte) (part string, inner []byte, found bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(doc, &members) == nil {
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if name != "" && badText(name) == "" && badJSON(members[name]) != "" {
				return name, members[name], true
			}
		}
		return "", nil, false
	}
	var elements []json.RawMessage
	if json.Unmarshal(doc, &elements) == nil {
		for i, e := range elements {
			if badJSON(e) != "" {
				return "[" + strconv.Itoa(i) + "]", e, true
			}
		}
	}
	return "", nil, false
}
