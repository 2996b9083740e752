package apps_test

import (
	"fmt"
	"slices"
	"time"
)

// wantEvents compares what the endpoint of an installation subscribes to.
func (f *fair) wantEvents(when, endpoint string, want ...string) {
	f.Helper()
	var e struct {
		EventTypes []string `json:"event_types"`
	}
	f.school.Manage.Call(f, 200, "GET", manage+"/webhook-endpoints/"+endpoint, nil).Data(f, &e)
	if !slices.Equal(e.EventTypes, want) {
		f.Errorf("%s, the endpoint gets %v, want %v", when, e.EventTypes, want)
	}
}

// wantDelivered compares how many events of each type there are for the endpoint: a delivery is written down with its event.
func (f *fair) wantDelivered(when, endpoint string, want map[string]int) {
	f.Helper()
	var rows []struct {
		EventType string `json:"event_type"`
	}
	f.school.Manage.Call(f, 200, "GET", manage+"/webhook-deliveries?limit=200&endpoint_id="+endpoint, nil).Data(f, &rows)
	got := map[string]int{}
	for _, d := range rows {
		got[d.EventType]++
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		f.Errorf("%s, there were deliveries %v, want %v", when, got, want)
	}
}

// decide makes a flight, submits it, and approves or rejects it.
func (f *fair) decide(verb string) {
	f.Helper()
	if verb == "approve" {
		approveFlight(f.T, f.school.Manage)
		return
	}
	c := f.school.Manage
	var pilot, aircraft, flight struct{ ID string }
	number := time.Now().UnixNano()
	c.Call(f, 201, "POST", manage+"/aircraft", obj{"registration": fmt.Sprintf("HB-%X", number%0xffffff), "type_designator": "P28A", "class": "SEP"}).Data(f, &aircraft)
	c.Call(f, 201, "POST", manage+"/people", obj{"display_name": "Rita Nein", "roles": []string{"pilot"}}).Data(f, &pilot)
	off := time.Now().UTC().AddDate(0, 0, -1).Truncate(time.Hour)
	c.Call(f, 201, "POST", manage+"/flights", obj{"aircraft_id": aircraft.ID, "departure": "LSZB", "arrival": "LSZG", "off_block_at": off,
		"on_block_at": off.Add(time.Hour), "logged_min": 60, "takeoffs_day": 1, "landings_day": 1, "crew": []obj{{"person_id": pilot.ID, "function": "pic", "pic_min": 60}}}).Data(f, &flight)
	c.Call(f, 200, "POST", manage+"/flights/"+flight.ID+"/submit", nil)
	c.Call(f, 200, "POST", manage+"/flights/"+flight.ID+"/reject", obj{"code": "other", "note": "Not today"})
}
