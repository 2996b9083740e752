package webhook

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"airside/internal/base/fault"
	"airside/internal/platform/event"
)

// Match holds an endpoint to some events: each key is the path of a member of the payload, such as
// 'data.aircraft.registration', each value what it has to equal: a string, number, boolean or null, or a list of which one
// has to fit. All paths have to fit. null fits a member that is null or absent; a list in the payload fits when one of its
// items does. The zero Match lets every event through.
type Match map[string]any

const (
	maxPaths  = 20
	maxValues = 100
)

// checkMatch names each path that no event of the types has, and each value that nothing can equal.
func checkMatch(c *fault.Check, m Match, types []string) {
	if len(m) > maxPaths {
		c.Bad("filter", "too_many", "max", maxPaths)
		return
	}
	for _, path := range slices.Sorted(maps.Keys(m)) {
		name := "filter." + path
		if !payloadHas(path, types) {
			c.Bad(name, "unknown_filter_path", "path", path)
			continue
		}
		values := alternatives(m[path])
		if len(values) == 0 || len(values) > maxValues {
			c.Bad(name, "filter_value")
			continue
		}
		for _, v := range values {
			switch v := v.(type) {
			case nil, bool, float64:
			case string:
				c.Require(len(v) <= 500, name, "too_long", "max", 500)
			default:
				c.Bad(name, "filter_value")
			}
		}
	}
}

// payloadHas tells whether an event of one of the types may have a member at the path.
func payloadHas(path string, types []string) bool {
	for _, row := range event.Catalogue() {
		if wants(types, row.Type) && event.HasPath(row, path) {
			return true
		}
	}
	return false
}

func alternatives(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// payload is an event's envelope, read at the first question.
type payload struct {
	body   string
	parsed map[string]any
	err    error
}

// fits tells whether the event gets through.
func (m Match) fits(p *payload) (bool, error) {
	if len(m) == 0 {
		return true, nil
	}
	if p.parsed == nil && p.err == nil {
		if p.err = json.Unmarshal([]byte(p.body), &p.parsed); p.err != nil {
			p.err = fmt.Errorf("read an event for filters: %w", p.err)
		}
	}
	if p.err != nil {
		return false, p.err
	}
	for path, want := range m {
		if !fitsOne(at(p.parsed, strings.Split(path, ".")), alternatives(want)) {
			return false, nil
		}
	}
	return true, nil
}

// at is what stands at a path, nil if nothing does.
func at(v any, path []string) any {
	for _, name := range path {
		members, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = members[name]
	}
	return v
}

func fitsOne(have any, want []any) bool {
	items, ok := have.([]any)
	if !ok {
		items = []any{have}
	}
	for _, item := range items {
		switch item.(type) {
		case nil, bool, float64, string: // what == may compare
			if slices.Contains(want, item) {
				return true
			}
		}
	}
	return false
}
