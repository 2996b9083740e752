package licence

import (
	"maps"
	"slices"
	"strconv"
)

// object is what is signed: members by name, whose values are string, int, object, and lists of string and object. It has one form only, the
// one of RFC 8785 for it: members in order, no white space, ASCII, and no escape but those of \ and ". So a client that
// parses it and writes it again, in whatever language, gets the same bytes. What could not be written so is kept out where
// it comes in: package encoding/json is not asked, for it escapes more.
type object map[string]any

// appendTo writes the object.
func (o object) appendTo(b []byte) []byte {
	b = append(b, '{')
	for i, name := range slices.Sorted(maps.Keys(o)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, name), ':')
		switch v := o[name].(type) {
		case string:
			b = appendText(b, v)
		case int:
			b = strconv.AppendInt(b, int64(v), 10)
		case []string:
			b = appendList(b, v)
		case []object:
			b = append(b, '[')
			for j, inner := range v {
				if j > 0 {
					b = append(b, ',')
				}
				b = inner.appendTo(b)
			}
			b = append(b, ']')
		case object:
			b = v.appendTo(b)
		default:
			panic("licence: a value of another type is to be signed")
		}
	}
	return append(b, '}')
}

func appendList(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, text := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, text)
	}
	return append(b, ']')
}

// appendText writes a string of visible ASCII. Whoever signs has made sure that it is; anything else is written as '_'
// rather than in a way that clients write differently.
func appendText(b []byte, text string) []byte {
	b = append(b, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= 0x20 && r <= 0x7E:
			b = append(b, byte(r))
		default:
			b = append(b, '_')
		}
	}
	return append(b, '"')
}
