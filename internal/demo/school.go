package demo

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"airside/internal/ops/reference"
	"airside/internal/server"
)

//go:embed example_foreflight.csv
var example []byte

const exampleName = "example_foreflight.csv"

// fields are the aerodromes that the school flies to, and those of the example logbook.
var fields = []reference.Aerodrome{
	{Code: "LSZB", Name: "Bern-Belp"}, {Code: "LSZG", Name: "Grenchen"}, {Code: "LSGN", Name: "Neuchâtel"},
	{Code: "LSZK", Name: "Speck-Fehraltorf"}, {Code: "LSPN", Name: "Triengen"}, {Code: "LSGE", Name: "Ecuvillens"},
	{Code: "LSZW", Name: "Thun"}, {Code: "LSGK", Name: "Saanen"}, {Code: "LSZJ", Name: "Courtelary"}, {Code: "LSPL", Name: "Langenthal"},
}

func loadAerodromes(ctx context.Context, s *server.Server) error {
	rows := make([]reference.Aerodrome, len(fields))
	for i, f := range fields {
		rows[i] = reference.Aerodrome{Scheme: reference.ICAO, Code: f.Code, ICAO: f.Code, Ident: f.Code, Name: f.Name}
	}
	return s.Reference.ImportAerodromes(ctx, rows)
}

// summary counts what was made. Events is how many deliveries that causes.
type summary struct {
	Imported, Findings, Entered, Approved, Rejected, Waiting, Events int
}

type obj = map[string]any

// furnishSchool makes people, aircraft and a year of flights, in the order in which a school would.
func furnishSchool(ctx context.Context, c client) (*summary, error) {
	people, err := makePeople(ctx, c)
	if err != nil {
		return nil, err
	}
	made := &summary{}
	if err := linkOwner(ctx, c, people["Claire Aubry"]); err != nil {
		return nil, err
	}
	if err := importExample(ctx, c, people["Ruth Sägesser"], made); err != nil {
		return nil, err
	}
	fleet := []aircraft{
		{registration: "HB-KFM", typ: "C172", maker: "Cessna", model: "172 S", tacho: 312_450, hobbs: 389_120, rest: 0.81},
		{registration: "HB-PQX", typ: "P28A", maker: "Piper", model: "PA-28-161", tacho: 841_020, hobbs: 0, rest: 0.78},
		{registration: "HB-SVW", typ: "DV20", maker: "Diamond", model: "DV 20", tacho: 198_760, hobbs: 0, rest: 0.80},
		{registration: "HB-2488", typ: "SF25", maker: "Scheibe", model: "SF 25 C", class: "TMG", tacho: 455_010, hobbs: 0, rest: 0.85},
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	errs := make([]error, len(fleet))
	for i := range fleet {
		wg.Go(func() { // one after the other on an aircraft, because its meters run on
			year := flightsOf(uint64(i+1), fleet[i], people)
			part, err := enter(ctx, c, fleet[i], year)
			mu.Lock()
			defer mu.Unlock()
			errs[i] = err
			made.Entered += part.Entered
			made.Approved += part.Approved
			made.Rejected += part.Rejected
			made.Waiting += part.Waiting
			made.Events += part.Events
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}

func makePeople(ctx context.Context, c client) (map[string]string, error) {
	sep := obj{"code": "SEP_LAND", "valid_until": time.Now().AddDate(1, 2, 0).Format(time.DateOnly)}
	ppl := []obj{{"kind": "PPL", "category": "A", "authority": "CH.FCL", "valid_until": nil}}
	cpl := []obj{{"kind": "CPL", "category": "A", "authority": "CH.FCL", "valid_until": nil}}
	list := []obj{
		{"member_no": "M-0001", "given_name": "Claire", "family_name": "Aubry", "roles": []string{"pilot", "staff"}, "licences": ppl, "ratings": []obj{sep}},
		{"member_no": "M-0007", "given_name": "Anton", "family_name": "Keller", "roles": []string{"instructor", "pilot"}, "licences": cpl, "ratings": []obj{sep, {"code": "FI_A", "valid_until": time.Now().AddDate(0, 1, 12).Format(time.DateOnly)}}},
		{"member_no": "M-0012", "given_name": "Zoë", "family_name": "Müller", "roles": []string{"instructor", "examiner"}, "licences": cpl, "ratings": []obj{sep, {"code": "FI_A"}, {"code": "FE_A"}}},
		{"member_no": "M-0031", "given_name": "Noé", "family_name": "Perret", "roles": []string{"student"}},
		{"member_no": "M-0032", "given_name": "Lina", "family_name": "Brügger", "roles": []string{"student"}},
		{"member_no": "M-0035", "given_name": "Marc", "family_name": "Jaquet", "roles": []string{"student"}},
		{"member_no": "M-0042", "given_name": "Ruth", "family_name": "Sägesser", "roles": []string{"pilot"}, "licences": ppl, "ratings": []obj{sep}},
		{"member_no": "M-0051", "given_name": "Paolo", "family_name": "Ferrari", "roles": []string{"pilot"}, "licences": ppl, "ratings": []obj{sep}},
		{"member_no": "M-0060", "given_name": "Heidi", "family_name": "Zbinden", "roles": []string{"mechanic", "camo"}},
	}
	ids := map[string]string{}
	for _, p := range list {
		name := fmt.Sprint(p["given_name"], " ", p["family_name"])
		p["display_name"], p["home_base"] = name, "LSZB"
		id, err := c.create(ctx, "people", p)
		if err != nil {
			return nil, err
		}
		ids[name] = id
	}
	return ids, nil
}

// linkOwner links the owner's membership to their record among the people: nobody approves a flight of their own.
func linkOwner(ctx context.Context, c client, person string) error {
	var members []struct{ ID string }
	if err := c.call(ctx, http.MethodGet, "/members?role=owner", nil, &members); err != nil {
		return err
	}
	for _, m := range members {
		if err := c.call(ctx, http.MethodPatch, "/members/"+m.ID, obj{"person_id": person}, nil); err != nil {
			return err
		}
	}
	return nil
}

// importExample brings a member's own logbook in as submitted flights, and approves them.
func importExample(ctx context.Context, c client, pilot string, made *summary) error {
	var im struct {
		ID       string
		Flights  int
		Findings []any
	}
	file := upload{name: exampleName + "&pilot_id=" + pilot, content: example}
	if err := c.call(ctx, http.MethodPost, "/imports", file, &im); err != nil {
		return err
	}
	if err := c.call(ctx, http.MethodPost, "/imports/"+im.ID+"/commit", obj{"as": "submitted"}, nil); err != nil {
		return err
	}
	made.Imported, made.Findings = im.Flights, len(im.Findings)
	made.Events += im.Flights // each is submitted
	var waiting []struct{ ID string }
	if err := c.call(ctx, http.MethodGet, "/flights?status=submitted&limit=200", nil, &waiting); err != nil {
		return err
	}
	for _, f := range waiting {
		if err := c.call(ctx, http.MethodPost, "/flights/"+f.ID+"/approve", obj{"accept_warnings": true}, nil); err != nil {
			return err
		}
		made.Approved++
		made.Events++
	}
	return nil
}

// aircraft is one of the fleet. Meters are in hundredths of an hour; a hobbs of zero is none. rest is how much slower
// the tacho runs than the clock.
type aircraft struct {
	registration, typ, maker, model, class string
	tacho, hobbs                           int64
	rest                                   float64
}

// enter makes an aircraft and takes its year of flights through their life.
func enter(ctx context.Context, c client, a aircraft, year []obj) (made summary, err error) {
	class := a.class
	if class == "" {
		class = "SEP"
	}
	body := obj{"registration": a.registration, "type_designator": a.typ, "manufacturer": a.maker, "model": a.model, "class": class, "category": "A",
		"seats": 4, "home_base": "LSZB", "status": "in_service", "maintenance_basis": "tacho", "billing_basis": "block",
		"arc_valid_until":       time.Now().AddDate(0, 7, 0).Format(time.DateOnly),
		"insurance_valid_until": time.Now().AddDate(0, 4, 0).Format(time.DateOnly),
		"opening":               obj{"airframe_hours": hundredths(a.tacho)}}
	id, err := c.create(ctx, "aircraft", body)
	if err != nil {
		return made, err
	}
	for i, f := range year {
		f["aircraft_id"] = id
		flight, err := c.create(ctx, "flights", f)
		if err != nil {
			return made, err
		}
		made.Entered++
		left := len(year) - i
		if left == 1 && a.registration == "HB-SVW" {
			continue // a draft
		}
		if err := c.call(ctx, http.MethodPost, "/flights/"+flight+"/submit", nil, nil); err != nil {
			return made, err
		}
		made.Events++
		switch {
		case left <= 2:
			made.Waiting++
			continue
		case left == 3 && a.registration == "HB-KFM":
			err = c.call(ctx, http.MethodPost, "/flights/"+flight+"/reject", obj{"code": "incomplete", "note": "Please add the landings at Grenchen."}, nil)
			made.Rejected++
		default:
			err = c.call(ctx, http.MethodPost, "/flights/"+flight+"/approve", obj{"accept_warnings": true}, nil)
			made.Approved++
		}
		if err != nil {
			return made, err
		}
		made.Events++
	}
	return made, nil
}

func hundredths(h int64) string { return fmt.Sprintf("%d.%02d", h/100, h%100) }

// flightsOf draws up a plausible year on one aircraft: students with an instructor, solo circuits, members on trips.
// The same seed draws the same year.
func flightsOf(seed uint64, a aircraft, people map[string]string) []obj {
	rnd := rand.New(rand.NewPCG(seed, 1903))
	students := []string{people["Noé Perret"], people["Lina Brügger"], people["Marc Jaquet"]}
	instructors := []string{people["Anton Keller"], people["Zoë Müller"]}
	members := []string{people["Ruth Sägesser"], people["Paolo Ferrari"]}
	var year []obj
	tacho, hobbs := a.tacho, a.hobbs
	day := time.Now().UTC().Truncate(24*time.Hour).AddDate(-1, 0, 0)
	for ; day.Before(time.Now().AddDate(0, 0, -1)); day = day.AddDate(0, 0, 1+rnd.IntN(9)) {
		off := day.Add(time.Duration(8*60+rnd.IntN(420)) * time.Minute)
		block := 25 + 5*rnd.IntN(20)
		f := obj{
			"departure": "LSZB", "arrival": "LSZB", "flight_rules": "VFR",
			"off_block_at": off, "takeoff_at": off.Add(8 * time.Minute),
			"landing_at": off.Add(time.Duration(block-5) * time.Minute), "on_block_at": off.Add(time.Duration(block) * time.Minute),
			"logged_min": block, "takeoffs_day": 1, "landings_day": 1, "full_stop_day": 1,
		}
		switch rnd.IntN(3) {
		case 0:
			f["kind"], f["training_type"] = "training", "dual"
			f["crew"] = []obj{{"person_id": students[rnd.IntN(3)], "function": "student", "dual_min": block},
				{"person_id": instructors[rnd.IntN(2)], "function": "instructor", "instructor_min": block, "pic_min": block}}
			landings := 1 + rnd.IntN(8)
			f["takeoffs_day"], f["landings_day"] = landings, landings
		case 1:
			f["kind"], f["training_type"] = "training", "solo"
			f["crew"] = []obj{{"person_id": students[rnd.IntN(3)], "function": "pic", "pic_min": block, "solo_min": block}}
		default:
			f["kind"] = "private"
			f["crew"] = []obj{{"person_id": members[rnd.IntN(len(members))], "function": "pic", "pic_min": block}}
			f["arrival"] = fields[rnd.IntN(len(fields))].Code
			f["persons_on_board"] = 1 + rnd.IntN(3)
		}
		meters := obj{"tacho_start": hundredths(tacho)}
		tacho += int64(float64(block) / 60 * 100 * a.rest)
		meters["tacho_end"] = hundredths(tacho)
		if hobbs > 0 {
			meters["hobbs_start"] = hundredths(hobbs)
			hobbs += int64(block) * 100 / 60
			meters["hobbs_end"] = hundredths(hobbs)
		}
		f["meters"] = meters
		year = append(year, f)
	}
	return year
}
