package console_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"airside/internal/base/job"
	lists "airside/internal/base/page"
	"airside/internal/ops/flight"
	"airside/internal/ops/logbook"
	"airside/internal/ops/person"
	"airside/internal/platform/scope"
)

// clubSheet is a file that no format knows.
const clubSheet = "Tag;Maschine;Ab;An;Dauer;Doppel;Lehrer;Notiz\n01.05.2024;HB-KGA;LSZB;LSZG;1:00;1:00;Keller Anna;eins\n" +
	"02.05.2024;HB-KGA;LSZG;LSZB;0:45;0:45;B. Brun;\n03.05.2024;HB-KGB;LSZB;LSZB;1:15;1:15;Nobody Known;\nsumme;;;;3:00;;;\n"

const foreFlightSheet = "Date,AircraftID,From,To,TotalTime,PIC\n2024-06-01,HB-KGC,LSZB,LSZG,1.5,1.5\n2024-06-02,HB-KGC,LSZG,LSZB,x,1.5\n"

// sendFile sends a form with a file.
func (b *browser) sendFile(p, name string, data []byte, pairs ...string) page {
	b.h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		form.WriteField(pairs[i], pairs[i+1])
	}
	if name != "" {
		part, err := form.CreateFormFile("file", name)
		b.h.must(err)
		part.Write(data)
	}
	form.Close()
	r, err := http.NewRequest("POST", b.at(p), &body)
	b.h.must(err)
	r.Header.Set("Accept-Language", b.lang)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Origin", b.h.base)
	resp, err := b.http.Do(r)
	b.h.must(err)
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	b.h.must(err)
	return page{t: b.h.t, status: resp.StatusCode, url: resp.Request.URL, header: resp.Header, body: string(all)}
}

// work runs the queue of imports until the test ends.
func (h *house) work() {
	h.must(h.node.Join(context.Background()))
	q := job.New(h.db, h.node, nil)
	h.imports.RegisterJobs(q)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); q.Run(ctx) }()
	h.t.Cleanup(func() { cancel(); <-ended })
}

// settle waits until an import has this status.
func (h *house) settle(id string, want logbook.Status) logbook.Import {
	h.t.Helper()
	for range 6000 {
		i, err := h.imports.Get(context.Background(), h.operator(), logbook.ID(id))
		h.must(err)
		if i.Status == want {
			return i
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.t.Fatalf("the import is never %s", want)
	return logbook.Import{}
}

// TestImportKnownFile brings a file of a program that is known from the upload to the flights, and back.
func TestImportKnownFile(t *testing.T) {
	h := newHouse(t)
	h.work()
	b := h.owner
	pilot := h.person("Lina Brügger")
	b.get("imports").is(http.StatusOK).has("No logbook has been imported", "Import a logbook")
	b.sendFile("imports/new", "", nil).is(http.StatusUnprocessableEntity).has("Choose a file")
	b.sendFile("imports/new", "x.csv", nil).is(http.StatusUnprocessableEntity).has("Choose a file")
	b.sendFile("imports/new", "x.png", []byte("\x89PNG\x00")).is(http.StatusUnprocessableEntity).has("PNG")
	b.sendFile("imports/new", "x.csv", []byte("just words\nand more\n")).is(http.StatusUnprocessableEntity).has("no table")
	b.sendFile("imports/new", "x.csv", []byte(foreFlightSheet), "pilot_id", h.craft("HB-XXX")).is(http.StatusUnprocessableEntity)
	p := b.sendFile("imports/new", "my log.csv", []byte(foreFlightSheet), "pilot_id", pilot).is(http.StatusOK)
	p.has("my log.csv", "ForeFlight", "Lina Brügger", "HB-KGC", "1:30", "Rows that cannot be imported as they are: 1", "Correct the cell in the file", "Enter the flights…", "% sure")
	id := path.Base(p.url.Path)
	b.get("imports/"+id+"/findings").is(http.StatusOK).has("Error", "TotalTime")
	b.get("imports/" + id + "/findings?severity=info").is(http.StatusOK).hasNot("TotalTime: “x”")
	if csv := b.get("imports/" + id + "/findings?format=csv").is(http.StatusOK); csv.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Error(csv.header)
	}
	b.get("imports/"+id+"/columns").is(http.StatusOK).has("recognised as written by ForeFlight", "Total time", "decimal hours")
	b.get("imports/"+id+"/commit").is(http.StatusOK).has("Flights that are entered: 1.", "because of an error: 1.", "Drafts", "History")
	b.post("imports/"+id+"/commit", "as", "approved").is(http.StatusUnprocessableEntity)
	b.post("imports/"+id+"/commit", "as", "history").is(http.StatusOK)
	h.settle(id, logbook.StatusCommitted)
	b.get("imports/"+id).is(http.StatusOK).has("What has happened", "Flights of this import", "import="+id).hasNot("hx-trigger=\"every 1s\"")
	b.get("flights?import="+id).is(http.StatusOK).has("HB-KGC", "Lina Brügger")
	b.get("imports").is(http.StatusOK).has("my log.csv", "History").hasNot("No logbook")
	// The same file once more has nothing new.
	b.sendFile("imports/new", "my log.csv", []byte(foreFlightSheet), "pilot_id", pilot).is(http.StatusOK).has("in the records already").hasNot("Enter the flights…")
	b.get("imports/"+id+"/undo").is(http.StatusOK).has("Flights that are removed: 1.", "opposite sign")
	b.post("imports/" + id + "/undo").is(http.StatusOK)
	h.settle(id, logbook.StatusUndone)
	b.get("imports/" + id).is(http.StatusOK).has("What was taken back").hasNot("Take back…")
	flights, err := h.flights.List(context.Background(), h.operator(), flight.Filter{}, lists.Page{Limit: 10})
	h.must(err)
	if len(flights.Rows) != 0 {
		t.Errorf("%d flights", len(flights.Rows))
	}
}

// TestImportAnyTable says what the columns of an unknown file are, saves that, and names people.
func TestImportAnyTable(t *testing.T) {
	h := newHouse(t)
	h.work()
	b := h.owner
	anna, pilot := h.person("Anna Keller"), h.person("Pia Pilot")
	p := b.sendFile("imports/new", "club.csv", []byte(clubSheet), "pilot_id", pilot).is(http.StatusOK)
	if !strings.HasSuffix(p.url.Path, "/columns") {
		t.Fatalf("it leads to %s", p.url)
	}
	p.has("Maschine", "HB-KGA · HB-KGB", "01.05.2024", "What the columns hold")
	at := strings.TrimPrefix(p.url.Path, "/o/aero-club/")
	id := path.Base(path.Dir(p.url.Path))
	columns := func(more ...string) []string {
		all := []string{"change_no", h.changeNo(id), "date_order", "dmy", "decimal_sign", "", "time_zone", "", "delimiter", "semicolon", "encoding", "", "header_row", "0", "skip_rows", "0"}
		for n, field := range []string{"date", "registration", "from", "to", "total", "dual_received", "instructor_name", "remarks"} {
			all = append(all, "columns["+string(rune('0'+n))+"].field", field)
		}
		return append(all, more...)
	}
	without := func(n, field string) []string {
		sent := columns()
		for i := range sent {
			if sent[i] == "columns["+n+"].field" {
				sent[i+1] = field
			}
		}
		return sent
	}
	b.post(at, without("0", "ignore")...).is(http.StatusUnprocessableEntity).has("No column is chosen for the date")
	b.post(at, without("1", "total")...).is(http.StatusUnprocessableEntity).has("is chosen for total already")
	b.post(at, columns("columns[4].unit", "furlong")...).is(http.StatusUnprocessableEntity).has("does not fit total")
	b.post(at, append(columns("look", "yes"), "header_row", "77")...)
	if again := b.post(at, "change_no", h.changeNo(id), "delimiter", "comma", "look", "yes", "header_row", "1").is(http.StatusOK); strings.Contains(again.body, "columns[1].field") {
		t.Error("commas make one column of it")
	}
	b.post(at, "header_row", "99", "look", "yes").is(http.StatusUnprocessableEntity).has("begins on this line")
	p = b.post(at, columns("columns[4].unit", "hh:mm", "save_name", "Club sheet")...).is(http.StatusOK).has("Read again", "columns chosen by hand", "HB-KGB", "1:15", "eins", "Student")
	if p.url.Path != "/o/aero-club/imports/"+id {
		t.Errorf("it leads to %s", p.url)
	}
	b.post(at, "change_no", "1", "columns[0].field", "date").is(http.StatusPreconditionFailed)

	names := b.get("imports/"+id+"/names").is(http.StatusOK).has("Keller Anna", "B. Brun", "Nobody Known", "same name", "Leave out")
	sent := url.Values{"change_no": {h.changeNo(id)}, "pilot_id": {pilot}}
	for n, choice := range map[string]string{"Keller Anna": anna, "B. Brun": "text", "Nobody Known": "new"} {
		sent.Set(names.find(`name="(names\[\d+\].choice)" aria-label="Whom `+n+` means"`), choice)
	}
	b.do("POST", "imports/"+id+"/names", sent).is(http.StatusOK).has("These people are named", "1 matched, 1 new, 1 as text")
	sent.Set("change_no", h.changeNo(id))
	for name := range sent {
		if strings.HasPrefix(name, "names") {
			sent.Set(name, "not-a-person")
		}
	}
	b.do("POST", "imports/"+id+"/names", sent).is(http.StatusUnprocessableEntity).has("Must be the id of a person")
	b.post("imports/"+id+"/commit", "as", "draft").is(http.StatusOK)
	h.settle(id, logbook.StatusCommitted)
	people, err := h.people.List(context.Background(), h.operator(), person.Filter{}, lists.Page{Limit: 10})
	h.must(err)
	if len(people.Rows) != 3 {
		t.Errorf("%d people", len(people.Rows))
	}
	for _, page := range []string{"columns", "names"} {
		b.get("imports/" + id + "/" + page).is(http.StatusConflict)
	}
	// The next file of that sort is read at once.
	p = b.sendFile("imports/new", "club 2.csv", []byte(strings.ReplaceAll(clubSheet, "2024", "2025"))).is(http.StatusOK).has("columns chosen by hand", "1:15")
	if strings.HasSuffix(p.url.Path, "/columns") {
		t.Errorf("it leads to %s", p.url)
	}
	next := path.Base(p.url.Path)
	list := b.get("imports/mappings").is(http.StatusOK).has("Club sheet", "Tag, Maschine")
	mapping := list.find(`/imports/mappings/([0-9a-f-]{36})/rename`)
	b.post("imports/mappings/"+mapping+"/rename", "name", "").is(http.StatusUnprocessableEntity)
	b.post("imports/mappings/"+mapping+"/rename", "name", "The club’s").is(http.StatusOK).has("The club’s")
	b.post("imports/"+next+"/columns", "change_no", h.changeNo(next), "use", "yes", "saved", mapping).is(http.StatusOK).has("Read again")
	b.sendFile("imports/new", "x.csv", []byte("a;b\n1;2\n"), "how", mapping).is(http.StatusUnprocessableEntity).has("has no column")
	b.sendFile("imports/new", "x.csv", []byte(foreFlightSheet), "how", "columns").is(http.StatusOK).has("recognised as written by ForeFlight")
	b.get("imports/mappings/" + mapping + "/delete").is(http.StatusOK).has("stays")
	b.post("imports/mappings/" + mapping + "/delete").is(http.StatusOK)
	b.get("imports/mappings").is(http.StatusOK).has("No columns are saved")
}

func (h *house) changeNo(id string) string {
	h.t.Helper()
	p := h.owner.get("imports/" + id + "/columns").is(http.StatusOK)
	return p.find(`name="change_no" value="(\d+)"`)
}

// TestImportsOfOthers: nobody else sees an import, and who may not import sees none.
func TestImportsOfOthers(t *testing.T) {
	h := newHouse(t)
	p := h.owner.sendFile("imports/new", "club.csv", []byte(clubSheet)).is(http.StatusOK)
	id := path.Base(path.Dir(p.url.Path))
	saved, err := h.imports.SaveMapping(context.Background(), h.operator(), "Ours", logbook.Mapping{Columns: []logbook.MappedColumn{{Column: "Tag", Field: "date"}, {Column: "Dauer", Field: "total"}}})
	h.must(err)
	pages := []string{"imports/" + id, "imports/" + id + "/findings", "imports/" + id + "/columns", "imports/" + id + "/names", "imports/" + id + "/commit", "imports/" + id + "/undo",
		"imports/mappings/" + saved.ID + "/rename", "imports/mappings/" + saved.ID + "/delete"}
	s, member := h.stranger(), h.member(scope.Instructor, "Ines")
	for _, page := range pages {
		s.get(page).is(http.StatusNotFound)
		member.get(page).is(http.StatusForbidden)
	}
	for _, page := range pages[2:] {
		s.post(page, "as", "draft", "name", "x").is(http.StatusNotFound)
		member.post(page, "as", "draft", "name", "x").is(http.StatusForbidden)
	}
	member.get("imports").is(http.StatusForbidden)
	member.get("imports/new").is(http.StatusForbidden)
	member.sendFile("imports/new", "x.csv", []byte(foreFlightSheet)).is(http.StatusForbidden)
	s.get("imports").is(http.StatusOK).hasNot("club.csv")
	s.sendFile("imports/new", "x.csv", []byte(clubSheet), "how", saved.ID).is(http.StatusNotFound)
}

// TestImportPagesInBothLanguages walks every page with hostile names in the file.
func TestImportPagesInBothLanguages(t *testing.T) {
	h := newHouse(t)
	h.person(probe)
	for _, lang := range []string{"en", "fr"} {
		h.owner.lang = lang
		bad := strings.ReplaceAll(probe, `"`, "")
		sheet := "Tag;Maschine;Dauer;Doppel;Lehrer;" + bad + "\n01.05.2024;HB-KGA;1:00;1:00;" + bad + ";" + bad + "\n" + bad + ";HB-KGA;1:00;1:00;x;y\n"
		p := h.owner.sendFile("imports/new", bad+".csv", []byte(sheet)).is(http.StatusOK)
		id := strings.Split(p.url.Path, "/")[4] // the second time it is read at once
		h.owner.post("imports/"+id+"/columns", "change_no", h.changeNo(id), "save_name", bad+lang, "columns[0].field", "date", "columns[2].field", "total", "columns[1].field", "registration",
			"columns[3].field", "dual_received", "columns[4].field", "instructor_name", "columns[5].field", "remarks").is(http.StatusOK)
		for _, page := range []string{"imports", "imports?status=previewed", "imports/new", "imports/" + id, "imports/" + id + "/findings", "imports/" + id + "/columns", "imports/" + id + "/names",
			"imports/" + id + "/commit", "imports/mappings"} {
			got := h.owner.get(page).is(http.StatusOK)
			got.hasNot("<script>alert", "<img src=x", "%!", "<no value>", "{n}", "{name}", "imports.", "mapping_", "flight.function", "people.role")
			if lang == "fr" {
				got.hasNot("Whose logbook", "Columns</", "Names</", "Import a logbook", "Preview", "sure:")
			}
		}
	}
}
