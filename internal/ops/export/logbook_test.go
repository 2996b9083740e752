package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"airside/internal/base/db/dbtest"
	"airside/internal/base/id"
	"airside/internal/base/merge"
	"airside/internal/base/text"
	"airside/internal/ops/export"
	"airside/internal/ops/flight"
	"airside/internal/ops/logbook"
	"airside/internal/ops/opstest"
	"airside/internal/ops/person"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

func open(t testing.TB) *house { return with(opstest.Open(t, dbtest.SQLite(t)).Found("aero-club")) }

// pdfText reads a PDF as another program does; the lines keep their columns.
func pdfText(t *testing.T, pdf []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext (poppler-utils) is not installed; scripts/setup-tests.sh does it")
	}
	file := filepath.Join(t.TempDir(), "logbook.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// lineOf are the words of the line that begins with a label.
func lineOf(t *testing.T, pdf, label string, nth int) []string {
	t.Helper()
	for l := range strings.Lines(pdf) {
		if rest, found := strings.CutPrefix(strings.TrimSpace(l), label); found {
			if nth--; nth < 0 {
				return strings.Fields(rest)
			}
		}
	}
	t.Fatalf("no line %q in:\n%s", label, pdf)
	return nil
}

func TestPDF(t *testing.T) {
	each(t, func(h *house) {
		p, err := h.People.Create(h.ctx, h.Owner, person.Draft{GivenName: merge.To("Zoë"), FamilyName: merge.To("Łącka-Müller"),
			Opening: merge.To(person.Opening{FlightMin: 754, PICMin: 100, DualMin: 77, NightMin: 61, IFRMin: 59, LandingsDay: 33, LandingsNight: 2})})
		h.OK(err)
		h.season(p.ID)
		for lang, words := range map[text.Lang][]string{
			text.EN: {"Total this page", "Total from previous pages", "Total to date", "SELF", "I certify that the entries in this log are true.", "Page 1 of 2", "Departure"},
			text.FR: {"Total de la page", "Report des pages précédentes", "Total général", "Moi-même", "Je certifie que les inscriptions de ce carnet sont exactes.", "Page 1 sur 2", "Départ"},
		} {
			got := pdfText(t, h.logbook(p.ID, export.EASAPDF, lang))
			for _, w := range append(words, "Zoë Łącka-Müller", "Björn Łukasiewicz-Désirée", "aero-club", "2026-03-12", "FFS -CH 14", `=1+1 first lesson, "stalls" and more; très bien`) {
				if !strings.Contains(got, w) {
					t.Errorf("%v: %q is missing in\n%s", lang, w, got)
				}
			}
			for i, want := range []string{"3:00 0:00 1:59 4:59 6 0", "0:00 0:00 0:00 12:34 33 2", "3:00 0:00 1:59 17:33 39 2"} {
				if line := strings.Join(lineOf(t, got, words[i], 0), " "); line != want {
					t.Errorf("%v, %s: %s, want %s", lang, words[i], line, want)
				}
			}
			// The other half of the spread: night, IFR, PIC, co-pilot, dual, instructor, sessions.
			for _, want := range []string{"1:59 1:40 2:19 1:40 1:00 0:00 2:30", "1:01 0:59 1:40 0:00 1:17 0:00 0:00", "3:00 2:39 3:59 1:40 2:17 0:00 2:30"} {
				if !strings.Contains(strings.Join(strings.Fields(got), " "), want) {
					t.Errorf("%v: %s is missing in\n%s", lang, want, got)
				}
			}
			if strings.Contains(got, "only a draft") {
				t.Error("a draft is in the logbook")
			}
		}
		// What the logbook adds up to is what the records say of the person.
		now, err := h.People.Get(h.ctx, h.Owner, person.ID(p.ID))
		h.OK(err)
		if now.Totals.FlightMin != 17*60+33 || now.Totals.LandingsDay != 39 || now.Totals.NightMin != 180 {
			t.Errorf("%+v", now.Totals)
		}
	})
}

func TestPDFOfManyAndOfNone(t *testing.T) {
	h := open(t)
	pilot := h.Person(strings.Repeat("Maximilian-Ferdinand ", 4)[:80])
	h.many(pilot, 500)
	pdf := h.logbook(pilot, export.EASAPDF, text.EN)
	if !bytes.Equal(pdf, h.logbook(pilot, export.EASAPDF, text.EN)) {
		t.Error("the same logbook twice is two different files")
	}
	got := pdfText(t, pdf)
	var minutes, landings int
	for i := range 500 {
		minutes += 40 + i%10
		landings += 1 + i%4
	}
	want := fmt.Sprintf("0:00 0:00 0:00 %d:%02d %d 0", minutes/60, minutes%60, landings)
	if line := strings.Join(lineOf(t, got, "Total to date", 24), " "); line != want {
		t.Errorf("total %s, want %s", line, want)
	}
	if brought := lineOf(t, got, "Total from previous pages", 1); brought[3] != "14:50" {
		t.Errorf("brought forward to the second page: %v", brought)
	}
	if !strings.Contains(got, "Page 50 of 50") || !strings.Contains(got, "circuits 499") {
		t.Error("the last page is missing")
	}

	h.many(h.Person("B"), 100)
	none := pdfText(t, h.logbook(h.Person("日本 Nobody 🛩 e\u0301\u202f!"), export.EASAPDF, text.EN))
	if !strings.Contains(none, "□□ Nobody □ é !") || strings.Join(lineOf(t, none, "Total to date", 0), " ") != "0:00 0:00 0:00 0:00 0 0" {
		t.Errorf("of nobody:\n%s", none)
	}
}

func TestPDFIsSmall(t *testing.T) {
	h := open(t)
	pilot := h.Person("Zoë Keller")
	h.many(pilot, 100)
	if n := len(h.logbook(pilot, export.EASAPDF, text.FR)); n > 150_000 {
		t.Errorf("100 flights are %d bytes", n)
	}
}

// TestLongTextsStayInTheirBoxes measures where words stand on the page.
func TestLongTextsStayInTheirBoxes(t *testing.T) {
	h := open(t)
	pilot := h.Person("P")
	long := h.Person(strings.Repeat("WWWWWWWWW ", 10)[:99])
	d := opstest.Trip(h.Craft("HB-KGA", "block"), pilot, 0)
	d.Crew = merge.To([]flight.CrewDraft{{PersonID: long, Function: "pic", PICMin: 60}, {PersonID: pilot, Function: "student", DualMin: 60}})
	d.Remarks = merge.To(strings.Repeat("MMMM ", 500))
	h.Approve(d)
	got := pdfText(t, h.logbook(pilot, export.EASAPDF, text.EN))
	for _, word := range []string{"WWWWWWWWW", "MMMM"} {
		if !strings.Contains(got, word) || !strings.Contains(got, "…") {
			t.Errorf("%s is missing or not cut:\n%s", word, got)
		}
	}
	if strings.Count(got, "MMMM") > 60 || strings.Count(got, "WWWWWWWWW") > 6 {
		t.Errorf("nothing was cut:\n%s", got)
	}
}

func TestEASACSV(t *testing.T) {
	each(t, func(h *house) {
		pilot := h.Person("Zoë Keller")
		h.season(pilot)
		got := string(h.logbook(pilot, export.EASACSV, text.FR))
		const want = `Date,Departure Place,Departure Time,Arrival Place,Arrival Time,Aircraft Model,Aircraft Registration,Single Pilot SE,Single Pilot ME,Multi Pilot,Total Time of Flight,Name(s) PIC,Landings Day,Landings Night,Night,IFR,PIC,Co-Pilot,Dual,Instructor,FSTD Date,FSTD Type,FSTD Total Time,Remarks and Endorsements
2026-03-01,LSZB,09:00,LSZG,10:00,P28A,HB-KGA,1:00,,,1:00,Björn Łukasiewicz-Désirée,2,,,,,,1:00,,,,,"""=1+1 first lesson,
""stalls"" and more; très bien"""
2026-03-02,LSZB,09:00,LSZG,10:00,P28A,HB-KGA,1:00,,,1:00,SELF,2,,,,1:00,,,,,,,"""""quoted"""""
2026-03-05,LSZB,23:10,LSZG,01:09,DA42,HB-LTC,,,1:59,1:59,"O'Hara ""Ace""; née <Müller>",,,1:59,1:40,0:19,1:40,,,,,,
2026-03-08,"""=Wiese bei Ort""",09:00,lszb,10:00,P28A,HB-KGA,1:00,,,1:00,SELF,2,,,,1:00,,,,,,,
2026-03-09,,,,,,,,,,,,,,,,,,,,2026-03-09,FNPT_II FNPT-7,1:00,
2026-03-12,,,,,,,,,,,,,,,,,,,,2026-03-12,FFS -CH 14,1:30,
`
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// TestEASACSVIsReadAgain holds what our own importer makes of the file against the records.
func TestEASACSVIsReadAgain(t *testing.T) {
	h := open(t)
	pilot := h.Person("Zoë Keller")
	h.season(pilot)
	f, err := logbook.Parse("x.csv", h.logbook(pilot, export.EASACSV, text.EN))
	h.OK(err)
	if f.Format != "easa" || f.Rows != 6 || f.Importable() != 6 {
		t.Fatalf("%s, %d rows, %d good: %v", f.Format, f.Rows, f.Importable(), f.Findings)
	}
	want := []struct {
		remarks, from                         string
		total, pic, sic, dual, night, fstd, l int64
	}{
		{remarks: "=1+1 first lesson,\n\"stalls\" and more; très bien", from: "LSZB", total: 60, dual: 60, l: 2},
		{remarks: `"quoted"`, from: "LSZB", total: 60, pic: 60, l: 2}, {from: "LSZB", total: 119, pic: 19, sic: 100, night: 119},
		{from: "=Wiese bei Ort", total: 60, pic: 60, l: 2}, {fstd: 60}, {fstd: 90},
	}
	for i, e := range f.Entries {
		d, w := e.Durations, want[i]
		got := w
		got.remarks, got.from, got.total, got.pic, got.sic, got.dual, got.night = e.Remarks, e.From, d.Total/60, d.PIC/60, d.SIC/60, d.DualReceived/60, d.Night/60
		got.fstd, got.l = d.SimulatedFlight/60, int64(e.Counters.LandingsDay)
		if got != w {
			t.Errorf("row %d: %+v, want %+v", i, got, w)
		}
	}
}

func TestWhoMayExportALogbook(t *testing.T) {
	each(t, func(h *house) {
		mine, other := h.Person("Me"), h.Person("Other")
		stranger := h.found("other-club").Person("Stranger")
		try := func(who scope.Principal, pilot string) error {
			_, err := h.exports.Logbook(h.ctx, who, pilot, export.EASACSV, text.EN, io.Discard)
			return err
		}
		h.OK(try(h.As(scope.Member, mine), mine))
		h.Refused(try(h.As(scope.Member, mine), other), "person_not_found")
		h.Refused(try(h.As(scope.Member, ""), ""), "person_not_found")
		h.Refused(try(h.As(scope.Member, mine), stranger), "person_not_found")
		h.OK(try(h.As(scope.Accountant, mine), other))
		h.Refused(try(h.Owner, stranger), "person_not_found")
		h.Refused(try(h.Owner, id.New()), "person_not_found")
		public := scope.Principal{Kind: scope.KindOrganization, Org: h.Org, Rights: scope.AllPublic()}
		h.Refused(try(public, mine), "insufficient_scope")

		_, err := h.exports.Logbook(h.ctx, h.Owner, mine, "xlsx", text.EN, io.Discard)
		if f := h.Refused(err, "invalid_parameters"); f.Fields[0].Name != "format" {
			t.Errorf("%+v", f)
		}
		log := h.Count(`SELECT COUNT(*) FROM audit_entries WHERE org_id = $1 AND verb = 'logbook.export'`, h.Org)
		if log == 0 {
			t.Error("no export is in the audit log")
		}
		r, err := audit.New(h.DB).Verify(h.ctx, h.Owner)
		if err != nil || !r.OK {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestFileNames(t *testing.T) {
	h := open(t)
	for name, want := range map[string]string{"Zoë  Łącka-Müller": "logbook-zoe-acka-muller-2026-11-22.pdf", "日本": "logbook-pilot-2026-11-22.pdf", `../a"b;c`: "logbook-abc-2026-11-22.pdf"} {
		p, err := h.exports.Logbook(h.ctx, h.Owner, h.Person(name), export.EASAPDF, text.EN, io.Discard)
		if err != nil || p.FileName != want || p.MediaType != "application/pdf" {
			t.Errorf("%q: %+v, %v", name, p, err)
		}
	}
}

var errFull = errors.New("no space left on device")

// full takes so many bytes and no more.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestFullDisk: wherever writing fails, the export says so.
func TestFullDisk(t *testing.T) {
	h := open(t)
	pilot := h.Person("Zoë Keller")
	h.many(pilot, 300)
	for _, room := range []int{0, 1, 500, 5000, 12_000} {
		for _, f := range export.Formats {
			if _, err := h.exports.Logbook(h.ctx, h.Owner, pilot, export.Format(f), text.EN, &full{room}); !errors.Is(err, errFull) {
				t.Errorf("%s into %d bytes: %v", f, room, err)
			}
		}
		if _, err := h.exports.Organization(h.ctx, h.Owner, &full{room}); !errors.Is(err, errFull) {
			t.Errorf("organization into %d bytes: %v", room, err)
		}
	}
	// Nothing is left behind that keeps the next one waiting.
	ctx, cancel := context.WithTimeout(h.ctx, time.Minute)
	defer cancel()
	_, err := h.exports.Logbook(ctx, h.Owner, pilot, export.EASACSV, text.EN, io.Discard)
	h.OK(err)
	gone, stop := context.WithCancel(h.ctx)
	stop()
	if _, err := h.exports.Logbook(gone, h.Owner, pilot, export.EASACSV, text.EN, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
