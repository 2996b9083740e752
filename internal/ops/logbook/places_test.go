package logbook

import (
	"encoding/json"
	"strings"
	"testing"
)

const (
	worldList    = "icao,iata,name,country,lat,lon,elevation_ft,type,tz,runway_ft\nLSZB,BRN,\"Bern, Belp\",CH,46.9,7.5,1675,medium,Europe/Zurich,\"5,676\"\nKDAY,DAY,Dayton,US,39.9,-84.2,1009,large,America/New_York,10901\nKABC,,Alphabet,US,,,,small,,\nCSWP,,Swapped,CA,-104.3,50.8,99999,small,,\n"
	nationalList = "name,ident,alias_of,lat,lon,city,state,elevation_ft,private_use\nByron,C83,,37.8,-121.6,BYRON,CA,79,0\n,DAY,KDAY,,,,,,\n,OLD,C83,,,,,,\nLittle River,KLLR,,39.2,-123.7,,CA,572,0\nFarm,9X9X,,40.0,-100.0,,NE,3000,1\n"
)

func testDirectory(t *testing.T) *Directory {
	t.Helper()
	world, err := LoadAerodromes(strings.NewReader(worldList))
	if err != nil {
		t.Fatal(err)
	}
	national, err := LoadAerodromes(strings.NewReader(nationalList))
	if err != nil {
		t.Fatal(err)
	}
	if *world[0].RunwayFt != 5676 || world[3].Latitude != nil || world[3].ElevationFt != nil || !national[4].PrivateUse {
		t.Errorf("%+v", world)
	}
	return NewDirectory(world, national)
}

func TestResolvePlace(t *testing.T) {
	d := testDirectory(t)
	for raw, want := range map[string]string{
		" lszb ": `{"icao":"LSZB","ident":"LSZB","name":"Bern, Belp"}`,
		"C83":    `{"icao":null,"ident":"C83","name":"Byron"}`,
		"DAY":    `{"icao":"KDAY","ident":"KDAY","name":"Dayton"}`,
		"OLD":    `{"icao":null,"ident":"C83","name":"Byron"}`,
		"abc":    `{"icao":"KABC","ident":"KABC","name":"Alphabet"}`,
		"KLLR":   `{"icao":"KLLR","ident":"KLLR","name":"Little River"}`,
		"LLR":    `{"icao":"KLLR","ident":"KLLR","name":"Little River"}`,
		"9X9X":   `{"icao":null,"ident":"9X9X","name":"Farm"}`,
		"?Gbr":   `{"icao":null,"ident":"?Gbr","name":null}`,
		"":       `{"icao":null,"ident":"","name":null}`,
	} {
		got, err := json.Marshal(ResolvePlace(d, raw))
		if err != nil || string(got) != want {
			t.Errorf("%q: %s, %v; want %s", raw, got, err, want)
		}
	}
}

func TestCheckPlacesReportsEachOnce(t *testing.T) {
	f := parseFile(t, "home", fixture(t, "home1982.csv"))
	f.CheckPlaces(testDirectory(t))
	var got []string
	last := 0
	for _, finding := range f.Findings {
		if finding.Code == "unknown_place" {
			got = append(got, finding.Args["value"]+" "+finding.Args["rows"])
		}
		if finding.Row < last {
			t.Errorf("row %d after %d", finding.Row, last)
		}
		last = finding.Row
	}
	if s := strings.Join(got, ", "); s != "I99 6, ?XQZ 1" {
		t.Error(s)
	}
}

func TestListErrorsNameLineAndColumn(t *testing.T) {
	for in, want := range map[string]string{
		"name,code\na,b\n":                       "line 1: no column icao|ident",
		"ident,name,lat,lon\nA1,x,1,2\n,y,1,2\n": "line 3, column icao|ident",
		"icao,lat,lon\nLSZB,here,7\n":            "line 2, column lat",
		"icao,elevation_ft\n\nLSZB,high\n":       "line 3, column elevation_ft",
		"icao,name\nLSZB,Bern,Belp\n":            "line 2: the row is damaged",
	} {
		if list, err := LoadAerodromes(strings.NewReader(in)); err == nil || list != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
	if _, err := LoadAircraftTypes(strings.NewReader("name,designator\nx,P28A\ny,TOOLONG\n")); err == nil || !strings.Contains(err.Error(), "line 3, column designator") {
		t.Error(err)
	}
	if _, err := LoadAircraftTypes(strings.NewReader("")); err == nil {
		t.Error("an empty list")
	}
}

func TestAircraftTypeClass(t *testing.T) {
	types, err := LoadAircraftTypes(strings.NewReader("designator,name,description,wake_category\nP28A,x,L1P,L\nDA42,x,L2P,L\nPC12,x,L1T,L\nR44,x,H1P,L\nC25A,x,L2J,L\nGLID,x,,-\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range types {
		got = append(got, a.Class())
	}
	if s := strings.Join(got, ","); s != "SEP,MEP,SET,HEL,," {
		t.Error(s)
	}
}

func TestMapType(t *testing.T) {
	known := map[string]bool{}
	for _, d := range strings.Fields("P28A P28R P28T P28B C172 C152 C182 C82R C82S C72R PA18 DA40 DV20 BE36 VALI DR40 A1 T6 C25A") {
		known[d] = true
	}
	for raw, want := range map[string]string{
		"P28A": "P28A", "p28a": "P28A", " C172 ": "C172", "C172S": "C172", "C172SP": "C172", "C-152 II": "C152", "C172RG": "C72R",
		"BT-13": "VALI", "PA-28-161": "P28A", "Piper PA-28-181": "P28A", "PA28R-201": "P28R", "Cessna 172": "C172", "Cessna C172": "C172",
		"CESSNA 172N": "C172", "PA-18": "PA18", "DA-40": "DA40", "DA20-C1": "DV20", "A36": "BE36", "T182T": "C82S", "T6": "T6",
	} {
		if got, ok := MapType(known, raw); !ok || got != want {
			t.Errorf("%q: %q, %t; want %q", raw, got, ok, want)
		}
	}
	for _, raw := range []string{"", "PA28", "PA-28RG", "A-1 Husky", "A-1", "Mooney", "C172 or so", "GAB5B", "DA 42", "172"} {
		if got, ok := MapType(known, raw); ok || got != raw {
			t.Errorf("%q became %q", raw, got)
		}
	}
}

func TestCheckTypes(t *testing.T) {
	f := parseFile(t, "2019", fixture(t, "foreflight_2019.csv"))
	f.CheckTypes(map[string]bool{"C172": true, "BE58": true})
	if countCode(f, "type_not_icao") != 1 || f.Aircraft[2].TypeCode != "AATD" {
		t.Errorf("%v", f.Findings)
	}
}
