package webhook

import (
	"maps"
	"slices"
	"strings"
)

// Miss is a condition of a filter that an event does not meet: what it has at the path, nil if nothing, and what was
// wanted there.
type Miss struct {
	Path string
	Have any
	Want []any
}

// Misses are the conditions that the event with this body does not meet, in the order of their paths. There are none
// where the filter lets it through.
func (m Match) Misses(body string) ([]Miss, error) {
	p := &payload{body: body}
	if fits, err := m.fits(p); fits || err != nil {
		return nil, err
	}
	var all []Miss
	for _, path := range slices.Sorted(maps.Keys(m)) {
		have, want := at(p.parsed, strings.Split(path, ".")), alternatives(m[path])
		if !fitsOne(have, want) {
			all = append(all, Miss{path, have, want})
		}
	}
	return all, nil
}

// Values are what a member at a path may equal, however the filter writes it.
func (m Match) Values(path string) []any { return alternatives(m[path]) }
