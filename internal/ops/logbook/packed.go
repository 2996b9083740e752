package logbook

import "strings"

// ForeFlight packs several values into one cell, separated by semicolons.

// parsePerson reads name;role;email;phone and keeps the first two.
func parsePerson(s string) (Person, bool) {
	parts := strings.Split(unwrap(s), ";")
	p := Person{Name: withoutContact(parts[0])}
	if len(parts) > 1 && !isContact(parts[1]) {
		p.Role = strings.ToLower(strings.Join(strings.Fields(parts[1]), "_"))
	}
	return p, p.Name != ""
}

// withoutContact removes e-mail addresses from a text of few words.
func withoutContact(s string) string {
	words := strings.Fields(s)
	kept := words[:0]
	for _, word := range words {
		if !strings.Contains(word, "@") {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, " ")
}

// isContact sees an e-mail address or a telephone number where a role should be: older exports leave the
// role out.
func isContact(s string) bool { return strings.ContainsAny(s, "@0123456789") }

// parseApproach reads count;type;runway;airport;comment;circling. When the count cannot be read, the cell
// counts as one approach of that text, and ok is false.
func parseApproach(s string) (a Approach, ok bool) {
	parts := strings.Split(unwrap(s), ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	part := func(i int) string {
		if i < len(parts) {
			return parts[i]
		}
		return ""
	}
	n, err := ParseCount(part(0))
	if err != nil || n > 1000 {
		return Approach{Count: 1, Type: strings.Join(parts, " ")}, false
	}
	a = Approach{Count: n, Type: part(1), Runway: part(2), Airport: part(3), Comment: part(4)}
	circling := strings.ToLower(part(5))
	a.Circling, _ = parseFlag(circling)
	a.Circling = a.Circling || strings.HasPrefix(circling, "circl")
	return a, true
}
