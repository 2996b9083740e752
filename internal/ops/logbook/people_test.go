package logbook

import (
	"slices"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/ops/flight"
	"airside/internal/ops/person"
)

func dbSQLite(t testing.TB) db.Options { return dbtest.SQLite(t) }

const crewHead = "Date,AircraftID,From,To,TotalTime,PIC,SIC,Solo,PICUS,Examiner,DualGiven,DualReceived,SimulatedFlight,InstructorName,Person1,Person2,Checkride\n"

// Each row says what its pilot was, and who else; 'Owner' is the pilot.
var crewRows = []struct{ row, kind, training, crew string }{
	{"2024-05-01,HBKGA,LSZB,LSZB,1.0,,,,,,,1.0,,Olga Ott,Pia Pax;Passenger,,", "training", "dual", "student:Owner:dual=60 instructor:Olga Ott:instr=60 passenger_name_withheld:"},
	{"2024-05-02,HBKGA,LSZB,LSZB,1.0,1.0,,1.0,,,,,,,Olga Ott;Instructor,,", "training", "solo", "student:Owner:pic=60,solo=60"},
	{"2024-05-03,HBKGA,LSZB,LSZB,1.0,1.0,,,,,,,,,Cora Chek;Examiner,,TRUE", "check", "none", "pic:Owner:pic=60 examiner:Cora Chek:"},
	{"2024-05-04,HBKGA,LSZB,LSZB,1.0,1.0,,1.0,,,,,,,,,", "private", "none", "pic:Owner:pic=60,solo=60"},
	{"2024-05-05,HBKGA,LSZB,LSZB,1.0,1.0,,,,,1.0,,,,Stu Dent;Student,,", "training", "dual", "instructor:Owner:pic=60,instr=60 student:Stu Dent:dual=60"},
	{"2024-05-06,HBKGA,LSZB,LSZB,1.0,,1.0,,,,,,,,Cap Tain;PIC,,", "private", "none", "co_pilot:Owner:copilot=60 pic:Cap Tain:pic=60"},
	{"2024-05-07,HBKGA,LSZB,LSZB,1.0,,,,1.0,,,,,,,,", "private", "picus", "co_pilot:Owner:picus=60"},
	{"2024-05-08,HBKGA,LSZB,LSZB,1.0,1.0,,,,1.0,,,,,,,", "private", "none", "examiner:Owner:pic=60"},
	{"2024-05-09,HBKGA,LSZB,LSZB,1.0,,,,,,,,,,Twin Name;PIC,Owner;SIC,", "private", "none", "pic:Owner:"},
	{"2024-05-10,ALSIM,LSZB,LSZB,,,,,,,,1.0,1.5,Olga Ott,,,", "fstd", "dual", "student:Owner:dual=60 instructor:Olga Ott:instr=60"},
}

func TestCrews(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		owner := d.Person("Owner")
		d.Person("Twin Name")
		d.Person("Twin Name")
		data := crewHead
		for _, r := range crewRows {
			data += r.row + "\n"
		}
		i := d.upload("crew.csv", []byte(data), UploadOptions{PilotID: owner, MatchPeople: true})
		if countIn(i, "person_ambiguous") != 1 {
			t.Errorf("findings %+v", i.Findings)
		}
		d.commit(i, AsHistory)
		for n, f := range d.imported(i) {
			want := crewRows[n]
			if got := crewText(f.Crew); f.Kind != want.kind || f.TrainingType != want.training || got != want.crew {
				t.Errorf("%s\n got %s, %s, %s\nwant %s, %s, %s", want.row, f.Kind, f.TrainingType, got, want.kind, want.training, want.crew)
			}
			if f.Kind == "fstd" && (f.Aircraft != nil || f.FSTD == nil || f.FSTD.QualificationNo != "ALSIM" || *f.LoggedMin != 90) {
				t.Errorf("session %+v", f)
			}
		}
		if total := d.totalsOf(owner); total.FlightMin != 9*60 || total.DualMin != 60 || total.PICMin != 5*60 {
			t.Errorf("totals %+v", total)
		}
		d.Clean()

		// The names of the others are gone again with the import; the two whose name it did not understand are not.
		d.undo(i)
		if n := d.Count(`SELECT COUNT(*) FROM people WHERE NOT deleted`); n != 3 {
			t.Errorf("%d people", n)
		}
		// Without consent nobody is named.
		i = d.commit(d.upload("crew.csv", []byte(data), UploadOptions{PilotID: owner}), AsHistory)
		if n := d.Count(`SELECT COUNT(*) FROM people WHERE NOT deleted`); n != 3 {
			t.Errorf("%d people", n)
		}
		d.Clean()
	})
}

// imported are the flights of an import in the order in which they were flown.
func (d *desk) imported(i Import) []flight.Managed {
	d.Helper()
	ids, err := db.All(ctx, d.DB, db.Scalar[flight.ID], `SELECT id FROM flights WHERE import_id = $1 ORDER BY off_block_at, id`, i.ID)
	d.OK(err)
	var all []flight.Managed
	for _, id := range ids {
		f, err := d.Flights.Get(ctx, d.Owner, id)
		d.OK(err)
		all = append(all, f)
	}
	return all
}

func crewText(crew []flight.CrewMember) string {
	var all []string
	for _, c := range crew {
		var times []string
		for _, m := range []struct {
			name string
			min  int64
		}{{"pic", c.PICMin}, {"dual", c.DualMin}, {"instr", c.InstructorMin}, {"copilot", c.CopilotMin}, {"solo", c.SoloMin}, {"picus", c.PICUSMin}} {
			if m.min > 0 {
				times = append(times, m.name+"="+itoa(int(m.min)))
			}
		}
		name := ""
		if c.Person != nil {
			name = c.Person.DisplayName + ":"
		}
		all = append(all, c.Function+":"+name+strings.Join(times, ","))
	}
	return strings.Join(all, " ")
}

// TestNameOfMany: a name that an import adds is one person, in however many writes and imports it comes.
func TestNameOfMany(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		var b strings.Builder
		b.WriteString(crewHead)
		for range 200 {
			b.WriteString("2024-05-01,HBKGA,LSZB,LSZB,1.0,,,,,,,1.0,,Olga Ott,,,\n")
		}
		d.commit(d.upload("a.csv", []byte(b.String()), UploadOptions{MatchPeople: true}), AsDraft)
		b.WriteString("2024-05-02,HBKGA,LSZB,LSZB,1.0,,,,,,,1.0,,Olga Ott,,,\n")
		d.commit(d.upload("a.csv", []byte(b.String()), UploadOptions{MatchPeople: true}), AsDraft)
		names, err := db.All(ctx, d.DB, db.Scalar[string], `SELECT display_name FROM people ORDER BY display_name`)
		d.OK(err)
		if !slices.Equal(names, []string{"Logbook owner", "Olga Ott"}) {
			t.Error(names)
		}
	})
}

// TestUndoKeepsMembers: whoever has become a member since stays.
func TestUndoKeepsMembers(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		i := d.take("a.csv", many(2), AsHistory)
		d.OK(d.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE members SET person_id = $1 WHERE org_id = $2`, *i.PilotID, d.Org)
			return err
		}))
		d.undo(i)
		if got := d.ownerTotals(); got != (person.Totals{}) {
			t.Errorf("totals %+v", got)
		}
	})
}
