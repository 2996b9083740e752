// Package reference knows what the operator has imported of the world: aerodromes and aircraft types.
package reference

import (
	"encoding/json"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Place is an aerodrome or any other place on the wire. Many fields have no ICAO code, and some have no code at all.
type Place struct {
	_     struct{} `nullable:"true"`
	ICAO  *string  `json:"icao" doc:"ICAO location indicator, where the place has one" example:"LSZB"`
	Ident string   `json:"ident" doc:"What the place is known by: ICAO, national identifier, or as it was written" example:"LSZB"`
	Name  *string  `json:"name" doc:"Name of the place, where it is known" example:"Bern-Belp"`
}

// Raw is a place of which only the ident is known.
func Raw(ident string) Place { return Place{Ident: ident} }

// Ident is a place in a request: a string, or an object whose ident counts.
type Ident string

// UnmarshalJSON reads "LSZB" and {"ident":"LSZB"}.
func (i *Ident) UnmarshalJSON(b []byte) error {
	var s string
	if len(b) > 0 && b[0] == '{' {
		var p struct {
			Ident string `json:"ident"`
		}
		if err := json.Unmarshal(b, &p); err != nil {
			return err
		}
		s = p.Ident
	} else if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*i = Ident(strings.TrimSpace(s))
	return nil
}

// Schema describes both forms.
func (Ident) Schema(huma.Registry) *huma.Schema {
	text := &huma.Schema{Type: "string", MaxLength: ptr(maxIdent)}
	object := &huma.Schema{
		Type:                 "object",
		Properties:           map[string]*huma.Schema{"ident": text},
		Required:             []string{"ident"},
		AdditionalProperties: true,
	}
	text.PrecomputeMessages()
	object.PrecomputeMessages()
	return &huma.Schema{
		Description: "Identifier of a place; resolved by ICAO code, then by national identifier, else kept as it is.",
		OneOf:       []*huma.Schema{text, object},
		Examples:    []any{"LSZB"},
	}
}

func ptr[T any](v T) *T { return &v }

// maxIdent bounds what is kept of a place that nobody knows.
const maxIdent = 64

// Aerodrome is one row of reference data. Scheme "icao" is asked first, then all others in order of their names.
type Aerodrome struct {
	Scheme string // icao, faa, …
	Code   string // in the scheme, and what Resolve finds; an alias is a row of its own
	ICAO   string // or empty
	Ident  string // what the place is known by
	Name   string
}

// ICAO is the scheme of location indicators.
const ICAO = "icao"

// AircraftType is one row of ICAO Doc 8643.
type AircraftType struct {
	Designator  string `json:"designator" example:"P28A"`
	Name        string `json:"name" example:"PIPER PA-28-161 Warrior"`
	Description string `json:"description" doc:"Kind, number of engines and their kind" example:"L1P"`
	Wake        string `json:"wake" doc:"Wake turbulence category" example:"L"`
}
