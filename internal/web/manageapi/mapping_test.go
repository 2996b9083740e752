package manageapi_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"airside/test/school"
)

const clubSheet = "Tag;Maschine;Ab;An;Dauer;Doppel;Lehrer\n01.05.2024;HB-KGA;LSZB;LSZG;1:00;1:00;Keller Anna\n02.05.2024;HB-KGA;LSZG;LSZB;0:45;0:45;B. Brun\n"

// TestImportThroughAMapping: look at a file, correct what was guessed, save it, upload with it, say who is meant, commit.
func TestImportThroughAMapping(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		csv := []string{"Content-Type", "text/csv"}
		s.Ask("POST", "/imports?file_name=club.csv", clubSheet, csv...).Want(t, 422, "invalid_body")
		seen := s.Ask("POST", "/import-inspections?file_name=club.csv", clubSheet, csv...).Want(t, 200, "").Data()
		if seen["format"] != nil || seen["rows"] != 2.0 || len(seen["columns"].([]any)) != 7 || seen["file_name"] != "club.csv" {
			t.Errorf("inspected %v", seen)
		}
		s.Ask("POST", "/import-inspections", "", csv...).Want(t, 422, "invalid_body")
		mapping := object{"date_order": "dmy", "delimiter": "semicolon", "columns": []object{
			{"column": "Tag", "field": "date"}, {"column": "Maschine", "field": "registration"}, {"column": "Ab", "field": "from"}, {"column": "An", "field": "to"},
			{"column": "Dauer", "field": "total", "unit": "hh:mm"}, {"column": "Doppel", "field": "dual_received"}, {"column": "Lehrer", "field": "instructor_name"}}}
		saved := s.Ask("POST", "/import-mappings", object{"name": "Club sheet", "mapping": mapping}).Want(t, 201, "")
		at := "/import-mappings/" + text(saved.Data()["id"])
		if saved.Header.Get("Location") != "/api/v1/manage"+at {
			t.Errorf("location %q", saved.Header.Get("Location"))
		}
		s.Ask("POST", "/import-mappings", object{"name": "Bad", "mapping": object{"columns": []object{{"column": "x", "field": "speed"}}}}).Want(t, 422, "invalid_body")
		s.Ask("POST", "/import-mappings", object{"name": "Bad", "mapping": object{"columns": []object{}}}).Want(t, 422, "invalid_body")
		s.Ask("PATCH", at, object{"name": "Club"}, "If-Match", `"1"`).Want(t, 412, "precondition_failed")
		s.Ask("PATCH", at, object{"name": "Club"}, "If-Match", saved.Header.Get("ETag")).Want(t, 200, "")
		if got := s.Ask("GET", at, nil).Want(t, 200, "").Data(); got["name"] != "Club" {
			t.Errorf("renamed %v", got)
		}
		if seen := s.Ask("POST", "/import-inspections", clubSheet, csv...).Want(t, 200, "").Data(); len(seen["saved"].([]any)) != 1 {
			t.Errorf("suggested %v", seen["saved"])
		}
		asText, _ := json.Marshal(mapping)
		for _, bad := range []string{"{", `{"colums":[]}`, `[]`, string(asText) + "{}"} {
			s.Ask("POST", "/imports?mapping="+url.QueryEscape(bad), clubSheet, csv...).Want(t, 422, "invalid_body")
		}
		form := "--b\r\nContent-Disposition: form-data; name=\"mapping\"\r\n\r\n" + string(asText) + "\r\n--b\r\nContent-Disposition: form-data; name=\"people\"\r\n\r\n{\"B. Brun\":\"\"}\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"club.csv\"\r\n\r\n" + clubSheet + "\r\n--b--\r\n"
		up := s.Ask("POST", "/imports", form, "Content-Type", "multipart/form-data; boundary=b").Want(t, 201, "")
		if d := up.Data(); d["format"] != "mapping" || d["created"] != 2.0 || len(d["sample"].([]any)) != 2 || d["people"].(map[string]any)["B. Brun"] != "" {
			t.Errorf("uploaded %v", d)
		}
		one := "/imports/" + text(up.Data()["id"])
		anna := s.Ask("POST", "/people", object{"display_name": "Anna Keller"}).Want(t, 201, "").Data()
		names := s.Ask("GET", one+"/names", nil).Want(t, 200, "").JSON["data"].([]any)
		if len(names) != 2 || names[1].(map[string]any)["candidates"].([]any)[0].(map[string]any)["person_id"] != anna["id"] {
			t.Errorf("names %v", names)
		}
		if again := s.Ask("GET", one+"/inspection?delimiter=comma&header_row=1", nil).Want(t, 200, "").Data(); len(again["headers"].([]any)) != 1 || again["file_name"] != "club.csv" {
			t.Errorf("inspected again %v", again)
		}
		s.Ask("GET", one+"/inspection?header_row=99", nil).Want(t, 400, "invalid_parameters")
		s.Ask("PATCH", one, object{"people": object{"Keller Anna": "somebody"}}).Want(t, 422, "invalid_body")
		chosen := s.Ask("PATCH", one, object{"pilot_id": nil, "people": object{"Keller Anna": anna["id"], "B. Brun": nil}}, "If-Match", up.Header.Get("ETag")).Want(t, 200, "")
		if p := chosen.Data()["people"].(map[string]any); len(p) != 1 || p["Keller Anna"] != anna["id"] {
			t.Errorf("chosen %v", p)
		}
		s.Ask("PATCH", one, object{"match_people": false}, "If-Match", up.Header.Get("ETag")).Want(t, 412, "precondition_failed")
		if begun := s.Ask("POST", one+"/commit", object{"as": "history", "background": true}).Want(t, 200, "").Data(); begun["status"] != "committing" && begun["status"] != "committed" {
			t.Errorf("begun %v", begun["status"])
		}
		s.Ask("POST", one+"/commit", object{"as": "history"}).Want(t, 200, "")
		s.Ask("GET", one+"/names", nil).Want(t, 409, "state_conflict")
		s.Ask("PATCH", one, object{"match_people": true}).Want(t, 409, "state_conflict")
		s.Ask("POST", one+"/undo", object{"background": true}).Want(t, 200, "")
		s.Ask("DELETE", at, nil).Want(t, 204, "")
		s.Ask("GET", at, nil).Want(t, 404, "import_mapping_not_found")
		if rows := s.Ask("GET", "/import-mappings", nil).Want(t, 200, "").Rows(); len(rows) != 0 {
			t.Errorf("listed %v", rows)
		}
	})
}
