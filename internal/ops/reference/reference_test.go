package reference_test

import (
	"context"
	"encoding/json"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/ops/reference"
)

var ctx = context.Background()

func TestResolve(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		s := reference.New(reference.Options{DB: d})
		if p := s.Resolve("KSQL"); p.ICAO != nil || p.Ident != "KSQL" {
			t.Errorf("before anything is known: %+v", p)
		}
		if empty, err := s.Empty(ctx); err != nil || !empty {
			t.Errorf("%v %v", empty, err)
		}
		err := s.ImportAerodromes(ctx, []reference.Aerodrome{
			{Scheme: "icao", Code: "KSQL", ICAO: "KSQL", Ident: "KSQL", Name: "San Carlos Airport"},
			{Scheme: "icao", Code: "KXYZ", ICAO: "KXYZ", Ident: "KXYZ", Name: "By ICAO"},
			{Scheme: "faa", Code: "XYZ", Ident: "XYZ", Name: "By FAA"},
			{Scheme: "faa", Code: "C83", Ident: "C83", Name: "Old name"},
			{Scheme: "faa", Code: "C83", Ident: "C83", Name: "Byron Airport"},
			{Scheme: "faa", Code: "OLD", ICAO: "KSQL", Ident: "KSQL", Name: "San Carlos Airport"},
		})
		if err != nil {
			t.Fatal(err)
		}
		for ident, want := range map[string]string{
			"KSQL":   `{"icao":"KSQL","ident":"KSQL","name":"San Carlos Airport"}`,
			" ksql ": `{"icao":"KSQL","ident":"KSQL","name":"San Carlos Airport"}`,
			"SQL":    `{"icao":"KSQL","ident":"KSQL","name":"San Carlos Airport"}`,
			"C83":    `{"icao":null,"ident":"C83","name":"Byron Airport"}`,
			"XYZ":    `{"icao":null,"ident":"XYZ","name":"By FAA"}`,
			"OLD":    `{"icao":"KSQL","ident":"KSQL","name":"San Carlos Airport"}`,
			"Farm":   `{"icao":null,"ident":"Farm","name":null}`,
		} {
			for range 2 {
				if b, _ := json.Marshal(s.Resolve(ident)); string(b) != want {
					t.Errorf("%q is %s, want %s", ident, b, want)
				}
			}
		}
		err = s.ImportAerodromes(ctx, []reference.Aerodrome{{Scheme: "icao", Code: "KSQL", ICAO: "KSQL", Ident: "KSQL", Name: "Renamed"}})
		if err != nil {
			t.Fatal(err)
		}
		if p := s.Resolve("KSQL"); *p.Name != "Renamed" {
			t.Errorf("after another import: %+v", p)
		}
	})
}

func TestAircraftTypes(t *testing.T) {
	dbtest.EachOpen(t, func(t *testing.T, d *db.DB) {
		s := reference.New(reference.Options{DB: d})
		for range 2 {
			if err := s.ImportAircraftTypes(ctx, []reference.AircraftType{{Designator: "P28A", Name: "PIPER PA-28", Description: "L1P", Wake: "L"}}); err != nil {
				t.Fatal(err)
			}
		}
		if a, ok, err := s.Type(ctx, "P28A"); err != nil || !ok || a.Wake != "L" {
			t.Errorf("%+v %v %v", a, ok, err)
		}
		if _, ok, err := s.Type(ctx, "C172S"); err != nil || ok {
			t.Errorf("C172S: %v %v", ok, err)
		}
		if all, err := s.Types(ctx); err != nil || len(all) != 1 {
			t.Errorf("%v %v", all, err)
		}
	})
}

func TestIdentInRequests(t *testing.T) {
	for body, want := range map[string]reference.Ident{`"LSZB"`: "LSZB", `{"ident":" LSZB "}`: "LSZB", `{"icao":null,"ident":"C83","name":null}`: "C83"} {
		var got reference.Ident
		if err := json.Unmarshal([]byte(body), &got); err != nil || got != want {
			t.Errorf("%s is %q, %v", body, got, err)
		}
	}
	var i reference.Ident
	if json.Unmarshal([]byte(`17`), &i) == nil {
		t.Error("a number passes")
	}
}
