package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
	"airside/internal/ops/reference"
	"airside/internal/platform/scope"
)

// big is a school with as many flights as a large one makes in ten years: 60 aircraft, 400 people of whom 20 instruct,
// 300 flights that wait for approval and a few of each other status. It is made once and then opened again.
type big struct {
	*house
	flights            int
	aircraft, people   []string
	instructors        []string
	oneImport, another string // two imports, of a thousandth and of a twentieth of all flights
}

const (
	bigAircraft    = 60
	bigPeople      = 400
	bigInstructors = 20
	bigYears       = 10
	bigChunk       = 500
)

// openBig opens the server on a data folder or database, and fills it with so many flights if it is empty.
func openBig(ctx context.Context, dir, database string, flights int) (*big, error) {
	h, err := openAt(ctx, dir, database)
	if err != nil {
		return nil, err
	}
	h.clean = func() { h.Close() }
	g := &big{house: h, flights: flights, oneImport: "0195b4c2-0000-7000-8000-000000000001", another: "0195b4c2-0000-7000-8000-000000000002"}
	if h.org, err = db.One(ctx, h.DB, db.Scalar[scope.OrgID], orgCalled, "bench"); db.NoRows(err) {
		err = g.fill(ctx)
	}
	if err != nil {
		return nil, err
	}
	h.who = scope.Operator(h.org)
	if g.aircraft, err = db.All(ctx, h.DB, db.Scalar[string], bigCrafts, h.org); err != nil {
		return nil, err
	}
	if g.people, err = db.All(ctx, h.DB, db.Scalar[string], bigCrew, h.org); err != nil {
		return nil, err
	}
	g.instructors = g.people[:min(len(g.people), bigInstructors)]
	return g, h.credentials(ctx)
}

const (
	orgCalled = `SELECT id FROM organizations WHERE slug = $1`
	bigCrafts = `SELECT id FROM aircraft WHERE org_id = $1 AND NOT deleted ORDER BY id`
	bigCrew   = `SELECT id FROM people WHERE org_id = $1 AND NOT deleted ORDER BY id`
)

func (g *big) fill(ctx context.Context) (err error) {
	if g.org, err = g.school(ctx, "bench"); err != nil {
		return err
	}
	g.who = scope.Operator(g.org)
	for i := range bigAircraft {
		d, err := decode[fleet.Draft](map[string]any{"registration": fmt.Sprintf("HB-%c%c%c", 'K'+i/26, 'A'+i%26, 'A'+i*7%26), "class": "SEP"})
		if err != nil {
			return err
		}
		a, err := g.Fleet.Create(ctx, g.who, d)
		if err != nil {
			return err
		}
		g.aircraft = append(g.aircraft, a.ID)
	}
	for i := range bigPeople {
		d, err := decode[person.Draft](map[string]any{"display_name": fmt.Sprintf("%s %s %d", givenNames[i%len(givenNames)], familyNames[i/len(givenNames)%len(familyNames)], i),
			"roles": []string{"pilot"}})
		if err != nil {
			return err
		}
		p, err := g.People.Create(ctx, g.who, d)
		if err != nil {
			return err
		}
		g.people = append(g.people, p.ID)
	}
	return g.fly(ctx)
}

var (
	givenNames  = []string{"Anna", "Beat", "Claire", "David", "Elena", "Felix", "Greta", "Hans", "Irène", "Jonas"}
	familyNames = []string{"Keller", "Meier", "Favre", "Rossi", "Müller", "Schmid", "Dubois", "Bianchi", "Weber", "Huber"}
)

// fly makes the flights of the last year, from the oldest to the latest, and copies them into the years before.
func (g *big) fly(ctx context.Context) error {
	began, rng := time.Now(), rand.New(rand.NewPCG(1, 2))
	year := g.flights / bigYears
	for done := 0; done < year; done += bigChunk {
		posted := make([]*flight.Record, 0, bigChunk)
		var others []*flight.Record
		for i := done; i < min(done+bigChunk, year); i++ {
			r := g.flight(i, rng)
			if r.Status == flight.StatusApproved {
				posted = append(posted, r)
			} else {
				others = append(others, r)
			}
		}
		err := g.DB.Write(ctx, func(tx *db.Tx) error {
			c, err := tx.Change(string(g.org))
			if err != nil {
				return err
			}
			if err := flight.InsertMany(tx, g.who, c, others); err != nil {
				return err
			}
			return g.Posting.PostHistory(tx, g.who, posted)
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "%d flights after %.0f s\n", year, time.Since(began).Seconds())
	for k := 1; k < bigYears; k++ {
		for _, query := range []string{copyFlightsHead, copyCrewHead, copyAircraftHead, copyPilotsHead, copyMonthsHead} {
			for _, part := range [][2]string{{"0", "4"}, {"4", "8"}, {"8", "c"}, {"c", "g"}} {
				if query == copyMonthsHead && part[0] != "0" {
					continue
				}
				err := g.DB.Write(ctx, func(tx *db.Tx) error {
					text := strings.NewReplacer("{k}", fmt.Sprint(k), "{from}", part[0], "{to}", part[1]).Replace(query)
					_, err := tx.Exec(text, g.org)
					return err
				})
				if err != nil {
					return err
				}
			}
		}
		fmt.Fprintf(os.Stderr, "%d flights after %.0f s\n", (k+1)*year, time.Since(began).Seconds())
	}
	return nil
}

// The copies have ids that begin with the number of years that they are older; those of the first year begin with 0. Their
// documents are of the right length, but say what those of the first year say.
const (
	copyFlightsHead = `INSERT INTO flights (id, org_id, number, external_ref, status, kind, aircraft_id, off_block_at, facts, doc,
	reverses_id, reversed_by_id, import_id, created_by, deleted, created_at, updated_at, change_no)
	SELECT '{k}' || substr(id, 2), org_id, 'F-' || (CAST(substr(number, 3, 4) AS BIGINT) - {k}) || '-{k}' || substr(number, 8), external_ref,
	CASE status WHEN 'submitted' THEN 'approved' ELSE status END, kind, aircraft_id, off_block_at - {k} * 31536000000000, facts, doc,
	reverses_id, reversed_by_id, CASE WHEN {k} IN (2, 5) THEN import_id ELSE NULL END, created_by, deleted, created_at, updated_at, change_no
	FROM flights WHERE org_id = $1 AND id < '1' AND substr(id, 36, 1) >= '{from}' AND substr(id, 36, 1) < '{to}'`
	copyCrewHead = `INSERT INTO flight_crew (flight_id, position, org_id, person_id, function, flown_at, status, kind, aircraft_id)
	SELECT '{k}' || substr(flight_id, 2), position, org_id, person_id, function, flown_at - {k} * 31536000000000,
	CASE status WHEN 'submitted' THEN 'approved' ELSE status END, kind, aircraft_id
	FROM flight_crew WHERE org_id = $1 AND flight_id < '1' AND substr(flight_id, 36, 1) >= '{from}' AND substr(flight_id, 36, 1) < '{to}'`
	copyAircraftHead = `INSERT INTO aircraft_postings (flight_id, entry, org_id, aircraft_id, seconds, landings, cycles, hobbs_meter,
	tacho_meter, arrival, reversed, flown_at, posted_at, change_no)
	SELECT '{k}' || substr(flight_id, 2), entry, org_id, aircraft_id, seconds, landings, cycles, hobbs_meter, tacho_meter, arrival, reversed,
	flown_at - {k} * 31536000000000, posted_at, change_no
	FROM aircraft_postings WHERE org_id = $1 AND flight_id < '1' AND substr(flight_id, 36, 1) >= '{from}' AND substr(flight_id, 36, 1) < '{to}'`
	copyPilotsHead = `INSERT INTO pilot_postings (flight_id, person_id, entry, org_id, flight_s, pic_s, dual_s, night_s, ifr_s,
	takeoffs_day, takeoffs_night, landings_day, landings_night, flown_at, posted_at, change_no)
	SELECT '{k}' || substr(flight_id, 2), person_id, entry, org_id, flight_s, pic_s, dual_s, night_s, ifr_s,
	takeoffs_day, takeoffs_night, landings_day, landings_night, flown_at - {k} * 31536000000000, posted_at, change_no
	FROM pilot_postings WHERE org_id = $1 AND flight_id < '1' AND substr(flight_id, 36, 1) >= '{from}' AND substr(flight_id, 36, 1) < '{to}'`
	copyMonthsHead = `INSERT INTO flight_months (org_id, month, flights, seconds, landings)
	SELECT org_id, (CAST(substr(month, 1, 4) AS BIGINT) - {k}) || substr(month, 5), flights, seconds, landings FROM flight_months
	WHERE org_id = $1 AND month >= (SELECT substr(MAX(month), 1, 4) FROM flight_months) ON CONFLICT (org_id, month) DO NOTHING`
)

// flight is the i-th. Towing, ferrying and checks are rare, as they are.
func (g *big) flight(i int, rng *rand.Rand) *flight.Record {
	year := g.flights / bigYears
	off := clock.Of(time.Now().Truncate(time.Hour).Add(-time.Duration(year-i) * (365 * 24 * time.Hour / time.Duration(year))))
	logged := int64(1800 + rng.IntN(90)*60)
	from, to := reference.Raw(fields[rng.IntN(len(fields))]), reference.Raw(fields[rng.IntN(len(fields))])
	r := &flight.Record{Status: flight.StatusApproved, Kind: "private", AircraftID: g.aircraft[rng.IntN(len(g.aircraft))],
		Facts: flight.Facts{OffBlock: off, Takeoff: off.Add(6 * time.Minute), Landing: off.Add(time.Duration(logged)*time.Second - 5*time.Minute),
			OnBlock: off.Add(time.Duration(logged) * time.Second), Logged: &logged, Departure: &from, Arrival: &to,
			TakeoffsDay: 1, LandingsDay: 1 + int64(rng.IntN(4)), Remarks: fmt.Sprint("flight ", i), Source: flight.Source{Kind: "api"}}}
	pilot := g.people[bigInstructors+rng.IntN(len(g.people)-bigInstructors)]
	r.Facts.Crew = []flight.Crew{{PersonID: pilot, Function: flight.FunctionPIC, PIC: logged}}
	if rng.IntN(2) == 0 {
		r.Kind, r.Facts.TrainingType = "training", "dual"
		r.Facts.Crew = []flight.Crew{{PersonID: pilot, Function: flight.FunctionStudent, Dual: logged},
			{PersonID: g.people[rng.IntN(bigInstructors)], Function: flight.FunctionInstructor, Instructor: logged, PIC: logged}}
	}
	switch n := rng.IntN(10_000); {
	case n < 5:
		r.Kind = "ferry"
	case n < 100:
		r.Kind = "check"
	case n < 300:
		r.Kind, r.AircraftID = "tow", g.aircraft[0]
	}
	every := func(n int) bool { return i%max(1, year/n) == 7 }
	switch {
	case i >= year-300:
		r.Status = flight.StatusSubmitted
	case every(5):
		r.Status = flight.StatusRejected
	case every(20):
		r.Status = flight.StatusReversed
	case every(12):
		r.Status = flight.StatusDraft
		if i%2 == 0 {
			r.Facts.OffBlock, r.Facts.Takeoff, r.Facts.Landing, r.Facts.OnBlock = 0, 0, 0, 0
		}
	}
	switch part := i * 100 / year; {
	case part == 50:
		r.ImportID = g.oneImport
	case part < 25:
		r.ImportID = g.another
	}
	return r
}

var fields = []string{"LSZB", "LSZG", "LSGE", "LSGL", "LSZF", "LSZK", "LSPL", "LSZW", "EDTF", "LFGA"}
