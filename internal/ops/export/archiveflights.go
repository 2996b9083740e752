package export

import (
	"encoding/csv"
	"strconv"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/flight"
)

// names reads what flights show of people and aircraft: a few thousand, where flights may be a million.
func (a *archive) names() error {
	people, err := db.All(a.ctx, a.read, scanPair, namesOf, a.org)
	if err != nil {
		return err
	}
	crafts, err := db.All(a.ctx, a.read, scanCraft, fleetOf, a.org)
	if err != nil {
		return err
	}
	a.people, a.crafts = make(map[string]string, len(people)), make(map[string]flight.Aircraft, len(crafts))
	for _, p := range people {
		a.people[p.id] = p.name
	}
	for _, c := range crafts {
		shown := flight.Aircraft{ID: c.ID, Registration: c.Registration}
		if c.TypeDesignator != "" {
			shown.TypeDesignator = &c.TypeDesignator
		}
		a.crafts[c.ID] = shown
	}
	return nil
}

// flightsJSON writes the flights as the management API shows them.
func (a *archive) flightsJSON() error {
	return a.file("flights.jsonl", func(e *entry) error {
		return flight.Each(a.ctx, a.read, a.org, func(r *flight.Record) error {
			b, err := unescaped(r.Managed(flight.Names{People: a.people, Aircraft: a.crafts}))
			if err != nil {
				return err
			}
			e.rows++
			_, err = e.Write(append(b, '\n'))
			return err
		})
	})
}

var flightTitles = []string{
	"id", "number", "external_ref", "status", "kind", "flight_rules", "training_type", "date", "aircraft_id", "registration",
	"fstd_qualification_no", "fstd_device_type", "departure", "arrival", "off_block_at", "takeoff_at", "landing_at", "on_block_at",
	"logged_s", "night_s", "ifr_s", "cross_country_s", "instrument_actual_s", "instrument_simulated_s",
	"takeoffs_day", "takeoffs_night", "landings_day", "landings_night", "full_stop_day", "full_stop_night", "go_arounds",
	"hobbs_start", "hobbs_end", "tacho_start", "tacho_end", "persons_on_board", "remarks", "defect_reported", "warnings",
	"submitted_at", "approved_at", "reverses_id", "reversed_by_id", "source", "import_id", "created_by", "created_at", "updated_at", "change_no",
}

// flightsCSV writes the facts of the flights: durations in seconds, meters in hours.
func (a *archive) flightsCSV() error {
	return a.file("flights.csv", func(e *entry) error {
		out := csv.NewWriter(e)
		if err := out.Write(flightTitles); err != nil {
			return err
		}
		err := flight.Each(a.ctx, a.read, a.org, func(r *flight.Record) error {
			e.rows++
			return out.Write(a.flightRow(r))
		})
		out.Flush()
		if err == nil {
			err = out.Error()
		}
		return err
	})
}

func (a *archive) flightRow(r *flight.Record) []string {
	f := &r.Facts
	device := flight.FSTD{}
	if f.FSTD != nil {
		device = *f.FSTD
	}
	return []string{
		string(r.ID), r.Number, safe(given(r.ExternalRef)), string(r.Status), r.Kind, f.FlightRules, f.TrainingType, f.Date,
		r.AircraftID, safe(a.crafts[r.AircraftID].Registration), safe(device.QualificationNo), device.DeviceType,
		safe(known(f.Departure)), safe(known(f.Arrival)), at(f.OffBlock), at(f.Takeoff), at(f.Landing), at(f.OnBlock),
		given64(f.Logged), plain64(f.Night), plain64(f.IFR), plain64(f.CrossCountry), plain64(f.InstrumentActual), plain64(f.InstrumentSimulated),
		plain64(f.TakeoffsDay), plain64(f.TakeoffsNight), plain64(f.LandingsDay), plain64(f.LandingsNight),
		plain64(f.FullStopDay), plain64(f.FullStopNight), plain64(f.GoArounds),
		meter(f.HobbsStart), meter(f.HobbsEnd), meter(f.TachoStart), meter(f.TachoEnd), given64(f.PersonsOnBoard),
		safe(f.Remarks), strconv.FormatBool(f.DefectReported), strings.Join(f.Warnings, " "),
		at(f.SubmittedAt), at(f.ApprovedAt), r.ReversesID, r.ReversedByID, f.Source.Kind, r.ImportID, r.CreatedBy,
		at(r.CreatedAt), at(r.UpdatedAt), plain64(r.ChangeNo),
	}
}

var crewTitles = []string{"flight_id", "flight_number", "position", "person_id", "display_name", "function",
	"pic_s", "dual_s", "instructor_s", "copilot_s", "solo_s", "spic_s", "picus_s"}

// crew writes a row for everybody on a flight; passengers have no name.
func (a *archive) crew() error {
	return a.file("crew.csv", func(e *entry) error {
		out := csv.NewWriter(e)
		if err := out.Write(crewTitles); err != nil {
			return err
		}
		err := flight.Each(a.ctx, a.read, a.org, func(r *flight.Record) error {
			for i, c := range r.Facts.Crew {
				e.rows++
				row := []string{string(r.ID), r.Number, strconv.Itoa(i), c.PersonID, safe(a.people[c.PersonID]), c.Function}
				for _, s := range []int64{c.PIC, c.Dual, c.Instructor, c.Copilot, c.Solo, c.SPIC, c.PICUS} {
					row = append(row, plain64(s))
				}
				if err := out.Write(row); err != nil {
					return err
				}
			}
			return nil
		})
		out.Flush()
		if err == nil {
			err = out.Error()
		}
		return err
	})
}

func at(t clock.Time) string { return t.String() }

func plain64(n int64) string { return strconv.FormatInt(n, 10) }

func given64(n *int64) string {
	if n == nil {
		return ""
	}
	return plain64(*n)
}

func given(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
