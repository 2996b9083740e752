package server

import (
	"bytes"
	"context"
	"fmt"

	"airside/internal/ops/logbook"
	"airside/internal/ops/reference"
)

// ReferenceFiles are the contents of CSV files with reference data.
type ReferenceFiles struct {
	Aerodromes    [][]byte
	AircraftTypes []byte
}

// ReferenceLoaded counts what was read.
type ReferenceLoaded struct {
	Aerodromes    int `json:"aerodromes"`
	AircraftTypes int `json:"aircraft_types"`
}

// national is the scheme of aerodromes that a file knows by another identifier than ICAO's.
const national = "national"

// LoadReference reads all files before it writes any of them.
var LoadReference = command("reference.load", func(ctx context.Context, s *Server, f ReferenceFiles) (n ReferenceLoaded, err error) {
	var places []reference.Aerodrome
	for i, b := range f.Aerodromes {
		list, err := logbook.LoadAerodromes(bytes.NewReader(b))
		if err != nil {
			return n, fmt.Errorf("aerodromes, file %d: %w", i+1, err)
		}
		places = append(places, aerodromes(list)...)
	}
	var types []reference.AircraftType
	if f.AircraftTypes != nil {
		list, err := logbook.LoadAircraftTypes(bytes.NewReader(f.AircraftTypes))
		if err != nil {
			return n, fmt.Errorf("aircraft types: %w", err)
		}
		for _, t := range list {
			types = append(types, reference.AircraftType{Designator: t.Designator, Name: t.Name, Description: t.Description, Wake: t.WakeCategory})
		}
	}
	if err := s.Reference.ImportAerodromes(ctx, places); err != nil {
		return n, err
	}
	if err := s.Reference.ImportAircraftTypes(ctx, types); err != nil {
		return n, err
	}
	return ReferenceLoaded{len(places), len(types)}, nil
})

// aerodromes files each place of a list under its ICAO code or its national identifier, and an alias under its own
// with the place that it stands for.
func aerodromes(list []logbook.Aerodrome) []reference.Aerodrome {
	byIdent := make(map[string]logbook.Aerodrome, len(list))
	for _, a := range list {
		if a.AliasOf == "" {
			byIdent[a.Ident] = a
		}
	}
	var rows []reference.Aerodrome
	for _, a := range list {
		code := a.Ident
		if a.AliasOf != "" {
			target, ok := byIdent[a.AliasOf]
			if !ok {
				continue
			}
			a = target
		}
		row := reference.Aerodrome{Scheme: national, Code: code, ICAO: a.ICAO, Ident: a.Ident, Name: a.Name}
		if a.ICAO == code {
			row.Scheme = reference.ICAO
		}
		rows = append(rows, row)
	}
	return rows
}
