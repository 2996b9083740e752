package httpx

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"airside/internal/base/fault"
)

// parameters are what an operation takes in the query.
type parameters map[string]parameter

type parameter struct {
	repeatable bool
	standard   string // what leaving it out means, as text; empty when that is no value
}

// read checks a query strictly, because a mistyped filter must never widen a result: every parameter is known, has
// a value, and is given once unless it is repeatable. It returns the values by name.
func (ps parameters) read(rawQuery string) (url.Values, error) {
	if rawQuery == "" {
		return nil, nil
	}
	values := url.Values{}
	var bad []fault.Field
	note := func(name, code string) {
		bad = append(bad, fault.Field{Name: name, Where: "query", Code: code})
	}
	for pair := range strings.SplitSeq(rawQuery, "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(rawName)
		value, err2 := url.QueryUnescape(rawValue)
		p, known := ps[name]
		switch {
		case err1 != nil || err2 != nil || strings.Contains(pair, ";"):
			note(name, "malformed")
		case !known:
			note(name, "unknown_parameter")
		case value == "":
			note(name, "empty_value")
		case badText(value) != "":
			note(name, badText(value))
		case values.Has(name) && !p.repeatable:
			note(name, "given_twice")
		}
		values.Add(name, value)
	}
	if len(bad) > 0 {
		return nil, &fault.Error{Kind: fault.BadRequest, Code: "invalid_parameters", Fields: bad}
	}
	return values, nil
}

// filter is the canonical text of what a list was asked for, without where and how far to read: cursors are bound
// to it. What says the same as leaving it out is left out.
func (ps parameters) filter(route, org string, values url.Values) string {
	kept := url.Values{}
	for name, all := range values {
		if name == "cursor" || name == "limit" {
			continue
		}
		all = slices.Clone(all)
		slices.Sort(all)
		all = slices.Compact(all)
		if len(all) == 1 && all[0] == ps[name].standard {
			continue
		}
		kept[name] = all
	}
	return route + " " + org + " " + kept.Encode()
}

// nextLink is the address of the same list from cursor on, for a Link header.
func nextLink(r *http.Request, cursor string) string {
	q := r.URL.Query()
	q.Set("cursor", cursor)
	return "<" + r.URL.EscapedPath() + "?" + q.Encode() + `>; rel="next"`
}
