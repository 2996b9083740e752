package posting

import (
	"database/sql"

	"airside/internal/base/clock"
	"airside/internal/base/db"
)

const (
	insertAircraftPosting = `INSERT INTO aircraft_postings (flight_id, entry, org_id, aircraft_id, seconds, landings, cycles,
	hobbs_meter, hobbs_start, hobbs_end, tacho_meter, tacho_start, tacho_end, arrival, reversed, flown_at, posted_at, change_no) VALUES`

	insertPilotPosting = `INSERT INTO pilot_postings (flight_id, person_id, entry, org_id, flight_s, pic_s, dual_s, night_s, ifr_s,
	takeoffs_day, takeoffs_night, landings_day, landings_night, flown_at, posted_at, change_no) VALUES`

	// The stored totals are the sums of the ledgers.
	addAircraftTotals = `INSERT INTO aircraft_totals (aircraft_id, org_id, airframe_s, landings, cycles, flights, posted_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (aircraft_id) DO UPDATE SET
	airframe_s = aircraft_totals.airframe_s + excluded.airframe_s, landings = aircraft_totals.landings + excluded.landings,
	cycles = aircraft_totals.cycles + excluded.cycles, flights = aircraft_totals.flights + excluded.flights,
	posted_at = excluded.posted_at RETURNING airframe_s, landings`

	addPersonTotals = `INSERT INTO person_totals (person_id, org_id, flight_s, pic_s, dual_s, night_s, ifr_s, landings_day,
	landings_night, flights, posted_at) VALUES`
	addPersonTotalsTail = `ON CONFLICT (person_id) DO UPDATE SET
	flight_s = person_totals.flight_s + excluded.flight_s, pic_s = person_totals.pic_s + excluded.pic_s,
	dual_s = person_totals.dual_s + excluded.dual_s, night_s = person_totals.night_s + excluded.night_s,
	ifr_s = person_totals.ifr_s + excluded.ifr_s, landings_day = person_totals.landings_day + excluded.landings_day,
	landings_night = person_totals.landings_night + excluded.landings_night,
	flights = person_totals.flights + excluded.flights, posted_at = excluded.posted_at`

	// The sums of the months are of the same ledger as those of the aircraft, without sessions in training devices.
	addMonths     = `INSERT INTO flight_months (org_id, month, flights, seconds, landings) VALUES`
	addMonthsTail = `ON CONFLICT (org_id, month) DO UPDATE SET flights = flight_months.flights + excluded.flights,
	seconds = flight_months.seconds + excluded.seconds, landings = flight_months.landings + excluded.landings`
	postedFlightsHead = `SELECT p.flown_at, p.seconds, p.landings FROM aircraft_postings p
	JOIN flights f ON f.id = p.flight_id AND f.kind <> 'fstd'`

	// Whose totals change is shown differently, so it moves to the end of the lists.
	touchAircraft = `UPDATE aircraft SET updated_at = $1, change_no = $2`
	touchPeople   = `UPDATE people SET updated_at = $1, change_no = $2`

	// The flight that overlaps, and the neighbours before and after, on one generation of a meter.
	hobbsNeighbours = `SELECT 0, o.flight_id, o.hobbs_end, o.hobbs_start FROM (SELECT flight_id, hobbs_end, hobbs_start FROM aircraft_postings
		WHERE aircraft_id = $1 AND hobbs_meter = $2 AND hobbs_start IS NOT NULL AND NOT reversed
		AND hobbs_start < $4 AND hobbs_start > $5 AND hobbs_end > $3 ORDER BY hobbs_start LIMIT 1) o
	UNION ALL SELECT 1, b.flight_id, b.hobbs_end, b.hobbs_start FROM (SELECT flight_id, hobbs_end, hobbs_start FROM aircraft_postings
		WHERE aircraft_id = $1 AND hobbs_meter = $2 AND hobbs_start IS NOT NULL AND NOT reversed
		AND hobbs_start <= $3 ORDER BY hobbs_start DESC, hobbs_end DESC LIMIT 1) b
	UNION ALL SELECT 2, a.flight_id, a.hobbs_start, a.hobbs_start FROM (SELECT flight_id, hobbs_start FROM aircraft_postings
		WHERE aircraft_id = $1 AND hobbs_meter = $2 AND hobbs_start IS NOT NULL AND NOT reversed
		AND hobbs_start >= $4 ORDER BY hobbs_start LIMIT 1) a`

	tachoNeighbours = `SELECT 0, o.flight_id, o.tacho_end, o.tacho_start FROM (SELECT flight_id, tacho_end, tacho_start FROM aircraft_postings
		WHERE aircraft_id = $1 AND tacho_meter = $2 AND tacho_start IS NOT NULL AND NOT reversed
		AND tacho_start < $4 AND tacho_start > $5 AND tacho_end > $3 ORDER BY tacho_start LIMIT 1) o
	UNION ALL SELECT 1, b.flight_id, b.tacho_end, b.tacho_start FROM (SELECT flight_id, tacho_end, tacho_start FROM aircraft_postings
		WHERE aircraft_id = $1 AND tacho_meter = $2 AND tacho_start IS NOT NULL AND NOT reversed
		AND tacho_start <= $3 ORDER BY tacho_start DESC, tacho_end DESC LIMIT 1) b
	UNION ALL SELECT 2, a.flight_id, a.tacho_start, a.tacho_start FROM (SELECT flight_id, tacho_start FROM aircraft_postings
		WHERE aircraft_id = $1 AND tacho_meter = $2 AND tacho_start IS NOT NULL AND NOT reversed
		AND tacho_start >= $4 ORDER BY tacho_start LIMIT 1) a`

	// The last flights of the aircraft and of the pilots that began before this one ended, within a day. The empty
	// texts keep the engines to the index on the time.
	timeNeighboursHead = `SELECT a.facts FROM (SELECT facts FROM flights
		WHERE org_id = $1 AND off_block_at > $2 AND off_block_at < $3 AND id <> $4 AND aircraft_id || '' = $5
		AND status || '' IN ('submitted', 'approved') AND NOT deleted ORDER BY off_block_at DESC LIMIT 2) a
	UNION ALL SELECT p.facts FROM (SELECT facts FROM flights f
		WHERE org_id = $1 AND off_block_at > $2 AND off_block_at < $3 AND id <> $4
		AND status || '' IN ('submitted', 'approved') AND NOT deleted
		AND EXISTS (SELECT 1 FROM flight_crew c WHERE c.flight_id = f.id AND c.function <> 'passenger_name_withheld'
			AND c.person_id IN (`
	timeNeighboursTail = `)) ORDER BY off_block_at DESC LIMIT 2) p`

	numberOf = `SELECT number FROM flights WHERE id = $1`

	// Reversing adds the negatives of what was posted. The meters of the flight no longer count.
	reverseAircraft = `INSERT INTO aircraft_postings (flight_id, entry, org_id, aircraft_id, seconds, landings, cycles,
	hobbs_meter, tacho_meter, reversed, flown_at, posted_at, change_no)
	SELECT flight_id, 'reverse', org_id, aircraft_id, -seconds, -landings, -cycles, hobbs_meter, tacho_meter, TRUE, flown_at,
	CAST($1 AS BIGINT), CAST($2 AS BIGINT) FROM aircraft_postings`
	reversePilots = `INSERT INTO pilot_postings (flight_id, person_id, entry, org_id, flight_s, pic_s, dual_s, night_s, ifr_s,
	takeoffs_day, takeoffs_night, landings_day, landings_night, flown_at, posted_at, change_no)
	SELECT flight_id, person_id, 'reverse', org_id, -flight_s, -pic_s, -dual_s, -night_s, -ifr_s,
	-takeoffs_day, -takeoffs_night, -landings_day, -landings_night, flown_at, CAST($1 AS BIGINT), CAST($2 AS BIGINT) FROM pilot_postings`
	markReversed = `UPDATE aircraft_postings SET reversed = TRUE`

	aircraftSumsHead = `SELECT aircraft_id, CAST(SUM(seconds) AS BIGINT), CAST(SUM(landings) AS BIGINT), CAST(SUM(cycles) AS BIGINT),
	CAST(SUM(CASE entry WHEN 'post' THEN 1 ELSE -1 END) AS BIGINT) FROM aircraft_postings`
	byAircraft = ` GROUP BY aircraft_id ORDER BY aircraft_id`

	personSumsHead = `SELECT person_id, CAST(SUM(flight_s) AS BIGINT), CAST(SUM(pic_s) AS BIGINT), CAST(SUM(dual_s) AS BIGINT),
	CAST(SUM(night_s) AS BIGINT), CAST(SUM(ifr_s) AS BIGINT), CAST(SUM(landings_day) AS BIGINT), CAST(SUM(landings_night) AS BIGINT),
	CAST(SUM(CASE entry WHEN 'post' THEN 1 ELSE -1 END) AS BIGINT) FROM pilot_postings`
	byPerson = ` GROUP BY person_id ORDER BY person_id`

	// For Recompute.
	storedAircraft = `SELECT aircraft_id, airframe_s, landings, cycles, flights FROM aircraft_totals WHERE org_id = $1 ORDER BY aircraft_id`
	storedPeople   = `SELECT person_id, flight_s, pic_s, dual_s, night_s, ifr_s, landings_day, landings_night, flights
	FROM person_totals WHERE org_id = $1 ORDER BY person_id`
	storedMonths     = `SELECT month, flights, seconds, landings FROM flight_months WHERE org_id = $1 ORDER BY month`
	flightsAfter     = `SELECT id, status, kind, aircraft_id, facts FROM flights WHERE org_id = $1 AND id > $2 ORDER BY id LIMIT $3`
	ledgerOfAircraft = `SELECT flight_id, entry, aircraft_id, seconds, landings, cycles, reversed, flown_at FROM aircraft_postings
	WHERE org_id = $1 AND flight_id > $2 AND flight_id <= $3 ORDER BY flight_id, entry`
	ledgerOfPilots = `SELECT flight_id, entry, person_id, flight_s, pic_s, dual_s, night_s, ifr_s, takeoffs_day, takeoffs_night,
	landings_day, landings_night FROM pilot_postings
	WHERE org_id = $1 AND flight_id > $2 AND flight_id <= $3 ORDER BY flight_id, entry, person_id`
)

// neighbour is a row of hobbsNeighbours: what it is, whose it is, the reading that faces us, and the one it begins with.
type neighbour struct {
	what           int
	flight         string
	reading, start int64
}

func scanNeighbour(s db.Scanner) (n neighbour, err error) {
	return n, s.Scan(&n.what, &n.flight, &n.reading, &n.start)
}

// span is when a flight was between the blocks; zero where that is not known.
type span struct {
	From clock.Time `json:"off_block_at"`
	To   clock.Time `json:"on_block_at"`
}

func scanSpan(s db.Scanner) (span, error) {
	var j db.JSON[span]
	err := s.Scan(&j)
	return j.V, err
}

// aircraftSum is what an aircraft's totals are, or change by.
type aircraftSum struct {
	ID      string
	Flown   flown
	Flights int64
}

func scanAircraftSum(s db.Scanner) (a aircraftSum, err error) {
	return a, s.Scan(&a.ID, &a.Flown.Seconds, &a.Flown.Landings, &a.Flown.Cycles, &a.Flights)
}

// personSum is what a person's totals are, or change by. Take-offs are not kept as totals.
type personSum struct {
	ID      string
	Logged  logged
	Flights int64
}

func scanPersonSum(s db.Scanner) (p personSum, err error) {
	l := &p.Logged
	return p, s.Scan(&p.ID, &l.Flight, &l.PIC, &l.Dual, &l.Night, &l.IFR, &l.LandingsDay, &l.LandingsNight, &p.Flights)
}

// monthSum is what the flights of a month add up to.
type monthSum struct {
	Month                      string
	Flights, Seconds, Landings int64
}

func scanMonthSum(s db.Scanner) (m monthSum, err error) {
	return m, s.Scan(&m.Month, &m.Flights, &m.Seconds, &m.Landings)
}

// postedFlight is what a flight added to its aircraft, and when it was flown.
type postedFlight struct {
	at                clock.Time
	Seconds, Landings int64
}

func scanFlight(s db.Scanner) (f postedFlight, err error) {
	return f, s.Scan(&f.at, &f.Seconds, &f.Landings)
}

type after struct{ airframe, landings int64 }

func scanAfter(s db.Scanner) (a after, err error) { return a, s.Scan(&a.airframe, &a.landings) }

// nullable binds NULL for nil.
func nullable(n *int64) any {
	if n == nil {
		return sql.NullInt64{}
	}
	return *n
}
