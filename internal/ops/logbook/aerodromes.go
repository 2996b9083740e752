package logbook

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// An Aerodrome is a row of an aerodrome list.
type Aerodrome struct {
	Ident       string // in capitals: the ICAO code, or the national identifier
	ICAO        string // empty in a national list, unless Ident is one
	AliasOf     string // Ident of the canonical row; then the rest is empty
	Name        string
	City        string
	Country     string
	Latitude    *float64 // nil when the list has none that is on earth: one row has it swapped with the longitude
	Longitude   *float64
	ElevationFt *int
	RunwayFt    *int
	TimeZone    string
	PrivateUse  bool
}

// LoadAerodromes reads a list of aerodromes as CSV, by the names of its columns: the world's with an icao
// column, or a national one with ident and perhaps alias_of. Errors name line and column.
func LoadAerodromes(r io.Reader) ([]Aerodrome, error) {
	var list []Aerodrome
	err := readList(r, "icao|ident", func(row listRow) error {
		a, err := aerodromeOf(row)
		list = append(list, a)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// americanCode: the FAA lists an aerodrome that has an ICAO code under it. Its own identifiers have three
// characters, or four with a digit.
var americanCode = regexp.MustCompile(`^[KP][A-Z]{3}$`)

func aerodromeOf(row listRow) (Aerodrome, error) {
	icao := strings.ToUpper(row.cell("icao"))
	a := Aerodrome{
		Ident: strings.ToUpper(cmp.Or(icao, row.cell("ident"))), ICAO: icao,
		AliasOf: strings.ToUpper(row.cell("alias_of")), Name: row.cell("name"), City: row.cell("city"),
		Country: row.cell("country"), TimeZone: row.cell("tz"), PrivateUse: row.cell("private_use") == "1",
	}
	if a.Ident == "" {
		return a, row.fail("icao|ident", "is empty")
	}
	if a.AliasOf != "" {
		return a, nil
	}
	if a.ICAO == "" && americanCode.MatchString(a.Ident) {
		a.ICAO = a.Ident
	}
	var err error
	if a.Latitude, err = row.degrees("lat", 90); err != nil {
		return a, err
	}
	if a.Longitude, err = row.degrees("lon", 180); err != nil {
		return a, err
	}
	if a.Latitude == nil || a.Longitude == nil {
		a.Latitude, a.Longitude = nil, nil
	}
	if a.ElevationFt, err = row.feet("elevation_ft"); err != nil {
		return a, err
	}
	a.RunwayFt, err = row.feet("runway_ft")
	return a, err
}

// A Directory is aerodrome lists in memory, searchable as Places.
type Directory struct {
	icao     map[string]Place
	national map[string]Place
	alias    map[string]string
}

// NewDirectory puts lists together; of two rows with one identifier the first counts.
func NewDirectory(lists ...[]Aerodrome) *Directory {
	d := &Directory{icao: map[string]Place{}, national: map[string]Place{}, alias: map[string]string{}}
	for _, list := range lists {
		for _, a := range list {
			d.add(a)
		}
	}
	return d
}

func (d *Directory) add(a Aerodrome) {
	if a.AliasOf != "" {
		d.alias[a.Ident] = a.AliasOf
		return
	}
	place := Place{Ident: a.Ident, Name: &a.Name}
	into := d.national
	if a.ICAO != "" {
		place.ICAO, into = &a.ICAO, d.icao
	}
	if _, known := into[a.Ident]; !known {
		into[a.Ident] = place
	}
}

func (d *Directory) ICAO(ident string) (Place, bool) {
	place, ok := d.icao[ident]
	return place, ok
}

func (d *Directory) National(ident string) (Place, bool) {
	if canonical, isAlias := d.alias[ident]; isAlias {
		ident = canonical
		if place, ok := d.icao[ident]; ok {
			return place, true
		}
	}
	place, ok := d.national[ident]
	return place, ok
}

// A listRow is a row of a reference list.
type listRow struct {
	rec   record
	index map[string]int
}

// readList reads a reference list. Unlike logbooks these are ours or an authority's, so the first fault
// ends the reading.
func readList(r io.Reader, required string, visit func(listRow) error) error {
	data, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return err
	}
	text, _, err := decode(data)
	if err != nil {
		return err
	}
	reader := newCSVReader(text, ',')
	head, _ := reader.next()
	index := map[string]int{}
	for i, name := range head.cells {
		index[strings.ToLower(strings.TrimSpace(name))] = i
	}
	names := strings.Split(required, "|")
	if _, ok := index[names[0]]; !ok {
		if _, ok := index[names[len(names)-1]]; !ok {
			return fmt.Errorf("line %d: no column %s among %s", head.line, required, describeHeader(head))
		}
	}
	for rec, ok := reader.next(); ok; rec, ok = reader.next() {
		if rec.blank() {
			continue
		}
		if len(rec.flaws) > 0 || len(rec.cells) != len(head.cells) {
			return fmt.Errorf("line %d: the row is damaged: %d cells under %d headers", rec.line, len(rec.cells), len(head.cells))
		}
		if err := visit(listRow{rec, index}); err != nil {
			return err
		}
	}
	return nil
}

func (row listRow) cell(name string) string {
	i, ok := row.index[name]
	if !ok {
		return ""
	}
	return strings.TrimSpace(row.rec.cell(i))
}

func (row listRow) fail(column, what string) error {
	return fmt.Errorf("line %d, column %s: %s", row.rec.line, column, what)
}

// degrees answers nil for a number that is no coordinate.
func (row listRow) degrees(column string, limit float64) (*float64, error) {
	value := row.cell(column)
	if value == "" {
		return nil, nil
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return nil, row.fail(column, fmt.Sprintf("%q is not a number", value))
	}
	if !(n >= -limit && n <= limit) {
		return nil, nil
	}
	return &n, nil
}

// feet answers nil for what no aerodrome has; the world list holds elevations of 125,711 ft.
func (row listRow) feet(column string) (*int, error) {
	value := strings.ReplaceAll(row.cell(column), ",", "") // 4,100
	if value == "" {
		return nil, nil
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return nil, row.fail(column, fmt.Sprintf("%q is not a number", value))
	}
	if !(n > -2000 && n < 50_000) || column == "elevation_ft" && n > 15_000 {
		return nil, nil
	}
	feet := int(n)
	return &feet, nil
}
