package manageapi_test

import (
	"archive/zip"
	"bytes"
	"strconv"
	"strings"
	"testing"

	"airside/test/school"
)

func TestExports(t *testing.T) {
	each(t, func(t *testing.T, s *school.School) {
		flight := draft(s)
		s.Ask("PATCH", "/organization", object{"allow_sole_pic": true}).Want(t, 200, "")
		id := text(s.Ask("POST", "/flights", flight).Want(t, 201, "").Data()["id"])
		s.Ask("POST", "/flights/"+id+"/submit", nil).Want(t, 200, "")
		s.Ask("POST", "/flights/"+id+"/approve", object{"accept_warnings": true}).Want(t, 200, "")
		pilot := text(flight["crew"].([]object)[0]["person_id"])

		for format, want := range map[string][3]string{
			"":                       {"application/pdf", `attachment; filename="logbook-a-keller-`, "%PDF-"},
			"?format=easa-pdf":       {"application/pdf", `.pdf"`, "%PDF-"},
			"?format=easa-csv":       {"text/csv; charset=utf-8", `.csv"`, "Date,Departure Place"},
			"?format=foreflight-csv": {"text/csv; charset=utf-8", `-foreflight.csv"`, "ForeFlight Logbook Import"},
		} {
			a := s.Ask("GET", "/people/"+pilot+"/logbook"+format, nil).Want(t, 200, "")
			if a.Header.Get("Content-Type") != want[0] || !strings.Contains(a.Header.Get("Content-Disposition"), want[1]) || !strings.HasPrefix(string(a.Body), want[2]) {
				t.Errorf("%s: %v %.60s", format, a.Header, a.Body)
			}
			if a.Header.Get("Content-Length") != strconv.Itoa(len(a.Body)) || a.Header.Get("Cache-Control") != "private, no-store" || a.Header.Get("ETag") != "" {
				t.Errorf("%s: %v", format, a.Header)
			}
		}
		bad := s.Ask("GET", "/people/"+pilot+"/logbook?format=xlsx", nil).Want(t, 400, "invalid_parameters")
		if !strings.Contains(string(bad.Body), `"format"`) {
			t.Errorf("the parameter is not named: %s", bad.Body)
		}
		s.Ask("GET", "/people/0195b4c2-6d1e-7c3a-9f10-2b7e5a9c0d41/logbook", nil).Want(t, 404, "person_not_found")

		a := s.Ask("GET", "/organization/export", nil).Want(t, 200, "")
		z, err := zip.NewReader(bytes.NewReader(a.Body), int64(len(a.Body)))
		if err != nil || a.Header.Get("Content-Type") != "application/zip" || !strings.HasSuffix(a.Header.Get("Content-Disposition"), `.zip"`) {
			t.Fatalf("%v: %v", a.Header, err)
		}
		if len(z.File) < 20 || z.File[len(z.File)-1].Name != "manifest.json" {
			t.Errorf("%d files", len(z.File))
		}
		if rows := s.Ask("GET", "/audit-entries?verb=organization.export", nil).Want(t, 200, "").Rows(); len(rows) != 1 {
			t.Errorf("audit: %v", rows)
		}
	})
}
