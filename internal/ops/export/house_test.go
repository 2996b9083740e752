package export_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/merge"
	"airside/internal/base/text"
	"airside/internal/ops/export"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/logbook"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/ops/reference"
)

// house is a school with an exporter and an importer.
type house struct {
	*opstest.School
	ctx     context.Context
	exports *export.Service
	imports *logbook.Service
}

func each(t *testing.T, test func(h *house)) {
	opstest.Each(t, func(t *testing.T, s *opstest.School) { test(with(s)) })
}

func with(s *opstest.School) *house {
	return &house{School: s, ctx: context.Background(),
		exports: export.New(export.Options{DB: s.DB, Places: s.Reference}),
		imports: logbook.New(logbook.Options{DB: s.DB, Places: s.Reference, Types: s.Reference, Events: s.Events,
			Post: s.Posting.PostHistory, Unpost: s.Posting.Unpost})}
}

// found founds another school in the same store.
func (h *house) found(slug string) *house { return with(h.Found(slug)) }

func (h *house) logbook(pilot string, f export.Format, lang text.Lang) []byte {
	h.Helper()
	var b bytes.Buffer
	_, err := h.exports.Logbook(h.ctx, h.Owner, pilot, f, lang, &b)
	h.OK(err)
	return b.Bytes()
}

func (h *house) upload(pilot string, file []byte) logbook.Import {
	h.Helper()
	im, err := h.imports.Upload(h.ctx, h.Owner, "airside.csv", file, logbook.UploadOptions{PilotID: pilot, MatchPeople: true})
	h.OK(err)
	return im
}

// enter imports a file as history.
func (h *house) enter(pilot string, file []byte) logbook.Import {
	h.Helper()
	im, err := h.imports.Commit(h.ctx, h.Owner, logbook.ID(h.upload(pilot, file).ID), logbook.AsHistory)
	h.OK(err)
	return im
}

// flown reads the flights of a pilot with their crews by name, and without what belongs to their organization alone.
func (h *house) flown(pilot string) []flight.Record {
	h.Helper()
	ids, err := flight.FlownBy(h.ctx, h.DB, h.Org, pilot)
	h.OK(err)
	var all []flight.Record
	for some := range slices.Chunk(ids, 200) {
		records, err := flight.Read(h.ctx, h.DB, h.Org, some)
		h.OK(err)
		for _, r := range records {
			all = append(all, h.portable(r))
		}
	}
	return all
}

func (h *house) portable(r *flight.Record) flight.Record {
	f := r.Facts
	f.Crew = slices.Clone(f.Crew)
	for i, c := range f.Crew {
		if c.PersonID != "" {
			p, err := h.People.Get(h.ctx, h.Owner, person.ID(c.PersonID))
			h.OK(err)
			f.Crew[i].PersonID = p.DisplayName
		}
	}
	f.Warnings, f.SubmittedAt, f.SubmittedBy, f.DecidedAt, f.DecidedBy, f.ApprovedAt = nil, 0, nil, 0, nil, 0
	f.Source, f.Basis, f.Counted, f.LoggedFilled = flight.Source{}, "", 0, false
	aircraft := ""
	if r.AircraftID != "" {
		a, err := h.Fleet.Get(h.ctx, h.Owner, fleet.ID(r.AircraftID))
		h.OK(err)
		aircraft = a.Registration
		if a.TypeDesignator != nil {
			aircraft += " " + *a.TypeDesignator
		}
		if a.Class != nil {
			aircraft += " " + *a.Class
		}
	}
	return flight.Record{Kind: r.Kind, AircraftID: aircraft, Facts: f}
}

func (h *house) craft(d fleet.Draft) string {
	h.Helper()
	a, err := h.Fleet.Create(h.ctx, h.Owner, d)
	h.OK(err)
	return a.ID
}

// day is a time on a day of March 2026.
func day(n, hour, minute int) clock.Time {
	return clock.Of(time.Date(2026, 3, n, hour, minute, 0, 0, time.UTC))
}

// season enters a bit of everything for a pilot: with an instructor, alone, as co-pilot, over midnight, without times of
// take-off, on a device of the fleet and on another one.
func (h *house) season(pilot string) {
	h.Helper()
	instructor, other := h.Person("Björn Łukasiewicz-Désirée"), h.Person(`O'Hara "Ace"; née <Müller>`)
	sep := h.craft(fleet.Draft{Registration: merge.To("HB-KGA"), TypeDesignator: merge.To("P28A"), Class: merge.To("SEP"),
		Manufacturer: merge.To("Piper"), Model: merge.To("PA-28-161"), Year: merge.To(1979)})
	mep := h.craft(fleet.Draft{Registration: merge.To("HB-LTC"), TypeDesignator: merge.To("DA42"), Class: merge.To("MEP")})
	device := h.craft(fleet.Draft{Registration: merge.To("FNPT-7"), Class: merge.To("FSTD"), DeviceType: merge.To("FNPT_II")})
	i64 := func(n int64) merge.Field[int64] { return merge.To(n) }

	d := opstest.Hobbs(opstest.Trip(sep, pilot, 0), 150670, 150760)
	d.Kind, d.TrainingType = merge.To("training"), merge.To("dual")
	d.Crew = merge.To([]flight.CrewDraft{{PersonID: instructor, Function: "instructor", InstructorMin: 60},
		{PersonID: pilot, Function: "student", DualMin: 60}, {Function: "passenger_name_withheld"}})
	d.Remarks = merge.To("=1+1 first lesson,\n\"stalls\" and more; très bien")
	h.Approve(d)

	d = opstest.Trip(sep, pilot, 1)
	d.Remarks, d.RemarksPublic = merge.To(`"quoted"`), merge.To(true)
	d.Legs = merge.To([]flight.LegDraft{{Departure: "LSZB", Arrival: "LSGC"}, {Departure: "LSGC", Arrival: "LSZG"}})
	d.Fuel = merge.To(flight.FuelDraft{Uplift: "62.5", Unit: "L", Type: "AVGAS_100LL", Place: "LSGC", PaidBy: "club"})
	d.PersonsOnBoard, d.GoArounds, d.FullStopDay = i64(3), i64(1), i64(1)
	d.Kind = merge.To("cost_shared")
	h.Approve(d)

	d = opstest.Trip(mep, pilot, 2) // over midnight, with seconds, by instruments
	d.OffBlockAt, d.TakeoffAt = merge.To(day(5, 23, 10)), merge.To(day(5, 23, 21)+30_000_000)
	d.LandingAt, d.OnBlockAt = merge.To(day(6, 1, 2)), merge.To(day(6, 1, 9))
	d.LoggedMin, d.NightMin, d.IFRMin = i64(119), i64(119), i64(100)
	d.InstrumentActualMin, d.InstrumentSimMin, d.CrossCountryMin = i64(20), i64(5), i64(119)
	d.FlightRules, d.LandingsDay, d.LandingsNight, d.TakeoffsDay, d.TakeoffsNight = merge.To("Y"), i64(0), i64(1), i64(0), i64(1)
	d.Crew = merge.To([]flight.CrewDraft{{PersonID: other, Function: "pic", PICMin: 119}, {PersonID: pilot, Function: "co_pilot", CopilotMin: 100, PICUSMin: 19}})
	d.Approaches = merge.To([]flight.ApproachDraft{{Type: "ILS", Runway: "14", Place: "LSZB"}, {Type: "ILS", Runway: "14", Place: "LSZB"}, {Type: "PAR;x", Place: "Field of @tom"}})
	h.Approve(d)

	d = opstest.Trip(sep, pilot, 7) // the day is all that is known of when it was… except that a submission wants block times
	d.TakeoffAt, d.LandingAt = merge.Field[clock.Time]{}, merge.Field[clock.Time]{}
	d.Departure, d.Arrival = merge.To(reference.Ident("=Wiese bei Ort")), merge.To(reference.Ident("lszb "))
	d.Crew = merge.To([]flight.CrewDraft{{PersonID: pilot, Function: "pic", PICMin: 30, SoloMin: 60, SPICMin: 30}})
	h.Approve(d)

	d = opstest.Trip(device, pilot, 8)
	d.Kind, d.Departure, d.Arrival = merge.To("fstd"), merge.Field[reference.Ident]{}, merge.Field[reference.Ident]{}
	h.Approve(d)
	d.OffBlockAt, d.OnBlockAt = merge.To(day(12, 9, 0)), merge.To(day(12, 10, 30))
	d.TakeoffAt, d.LandingAt = merge.Field[clock.Time]{}, merge.Field[clock.Time]{}
	d.AircraftID, d.FSTD = merge.Field[string]{}, merge.To(flight.FSTD{QualificationNo: "-CH 14", DeviceType: "FFS"})
	h.Approve(d)

	draft := opstest.Trip(sep, pilot, 20) // not in the logbook
	draft.Remarks = merge.To("only a draft")
	h.Draft(draft)
	reversed := h.Approve(opstest.Trip(sep, pilot, 21))
	_, err := h.Posting.Reverse(h.ctx, h.Owner, reversed, "entered twice", 0)
	h.OK(err)
}

// many enters plain flights of a pilot as history, by import.
func (h *house) many(pilot string, n int) {
	h.Helper()
	var b bytes.Buffer
	b.WriteString("Date,AircraftID,From,To,TimeOut,TimeIn,TotalTime,PIC,Night,AllLandings,PilotComments\n")
	start := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		at := start.Add(time.Duration(i) * 5 * time.Hour)
		fmt.Fprintf(&b, "%s,HB-K%02d,LSZB,LSZG,%s,%s,0:%02d,0:%02d,0:%02d,%d,circuits %d\n", at.Format(time.DateOnly), i%40,
			at.Format("15:04"), at.Add(45*time.Minute).Format("15:04"), 40+i%10, 40+i%10, i%3, 1+i%4, i)
	}
	h.enter(pilot, b.Bytes())
}
