package export_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/ops/export"
	"airside/internal/ops/opstest"
	"airside/internal/platform/scope"
)

// archive unpacks the export of an organization.
func (h *house) archive() map[string][]byte {
	h.Helper()
	var b bytes.Buffer
	p, err := h.exports.Organization(h.ctx, h.Owner, &b)
	h.OK(err)
	if p.MediaType != "application/zip" || !strings.HasSuffix(p.FileName, "-2026-11-22.zip") {
		h.Errorf("%+v", p)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	h.OK(err)
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		h.OK(err)
		files[f.Name], err = io.ReadAll(r)
		h.OK(err)
	}
	return files
}

func objects(t *testing.T, file []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	d := json.NewDecoder(bytes.NewReader(file))
	d.UseNumber()
	for d.More() {
		var one map[string]any
		if err := d.Decode(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

func TestOrganization(t *testing.T) {
	each(t, func(h *house) {
		pilot := h.Person("Zoë Keller")
		h.season(pilot)
		h.many(pilot, 30)
		other := h.found("other-club")
		other.season(other.Person("Not ours"))
		h.seedSecrets()

		files := h.archive()
		var m struct {
			ChangeNo int64 `json:"change_no"`
			Audit    struct {
				No   int64
				Hash string
			}
			Files []struct {
				Name, SHA256 string
				Bytes, Rows  int64
			}
		}
		h.OK(json.Unmarshal(files["manifest.json"], &m))
		if len(m.Files) != len(files)-1 {
			t.Errorf("%d files in the manifest, %d in the archive", len(m.Files), len(files))
		}
		for _, f := range m.Files {
			sum := sha256.Sum256(files[f.Name])
			if hex.EncodeToString(sum[:]) != f.SHA256 || int64(len(files[f.Name])) != f.Bytes {
				t.Errorf("%s is not what the manifest says", f.Name)
			}
			rows := 0
			switch {
			case strings.HasSuffix(f.Name, ".csv"):
				all, err := csv.NewReader(bytes.NewReader(files[f.Name])).ReadAll()
				h.OK(err)
				rows = len(all) - 1
			case strings.HasPrefix(f.Name, "README"):
			default:
				rows = len(objects(t, files[f.Name]))
			}
			if int64(rows) != f.Rows {
				t.Errorf("%s has %d rows, its manifest says %d", f.Name, rows, f.Rows)
			}
			if rows == 0 && !strings.HasPrefix(f.Name, "README") {
				t.Errorf("%s is empty: the test shows nothing", f.Name)
			}
		}
		if n := len(objects(t, files["flights.jsonl"])); n != 6+3+30 {
			t.Errorf("%d flights", n)
		}
		if m := objects(t, files["import_mappings.jsonl"]); len(m) != 1 || m[0]["name"] != "Club sheet" || m[0]["mapping"] == nil {
			t.Errorf("mappings: %v", m)
		}
		if m := objects(t, files["imports.jsonl"]); len(m) != 2 || m[0]["choices"] == nil {
			t.Errorf("imports: %v", m)
		}
		crew, _ := csv.NewReader(bytes.NewReader(files["crew.csv"])).ReadAll()
		if !slices.ContainsFunc(crew, func(r []string) bool { return r[4] == "Zoë Keller" && r[5] == "student" && r[7] == "3600" }) {
			t.Error("the crew is not complete")
		}
		for name, b := range files {
			if bytes.Contains(b, []byte("Not ours")) || bytes.Contains(b, []byte(other.Org)) {
				t.Errorf("%s knows of the other organization", name)
			}
		}
		if !strings.Contains(string(files["README.txt"]), "all records") || !strings.Contains(string(files["README.txt"]), "toutes les données") {
			t.Error("README.txt does not speak both languages")
		}
		if !strings.Contains(string(files["README.txt"]), "Not in it: deliveries") || !strings.Contains(string(files["README.txt"]), "N’y figurent pas") {
			t.Error("README.txt does not say what is left out")
		}
		h.checkChain(t, files["audit.jsonl"], m.Audit.No, m.Audit.Hash)
		no, err := h.DB.ChangeNo(h.ctx, string(h.Org))
		if err != nil || no != m.ChangeNo {
			t.Errorf("the archive is of change %d, the store at %d, %v", m.ChangeNo, no, err)
		}
	})
}

// checkChain recomputes the audit chain from the archive alone, as README.txt says.
func (h *house) checkChain(t *testing.T, file []byte, last int64, head string) {
	prev := make([]byte, 32)
	unhex := func(v any) []byte {
		b, err := hex.DecodeString(v.(string))
		h.OK(err)
		return b
	}
	entries := objects(t, file)
	for i, e := range entries {
		var b bytes.Buffer
		number := func(v any) {
			n, err := v.(json.Number).Int64()
			h.OK(err)
			b.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
		}
		b.Write(prev)
		number(e["no"])
		number(e["at_us"])
		number(e["change_no"])
		for _, s := range []string{string(h.Org), e["verb"].(string), e["subject_type"].(string), e["subject_id"].(string), e["actor_kind"].(string), e["actor_id"].(string)} {
			b.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s))))
			b.WriteString(s)
		}
		b.Write(unhex(e["digest"]))
		digest := sha256.Sum256(append(unhex(e["salt"]), e["detail"].(string)...))
		sum := sha256.Sum256(b.Bytes())
		if !bytes.Equal(sum[:], unhex(e["hash"])) || !bytes.Equal(digest[:], unhex(e["digest"])) {
			t.Fatalf("entry %d does not fit", i+1)
		}
		prev = sum[:]
	}
	if hex.EncodeToString(prev) != head || int64(len(entries)) != last || entries[len(entries)-1]["verb"] != "organization.export" {
		t.Errorf("the chain ends at %d %x, the manifest says %d %s", len(entries), prev, last, head)
	}
}

// What must not leave: the stored form of a key, the sealed secrets of an endpoint. (What an import found may quote its file.)
var secrets = map[string][]byte{"key": []byte("hash-of-a-key-0123456789abcdef"), "endpoint": []byte("sealed-secret-of-an-endpoint"), "previous": []byte("sealed-previous-secret")}

// seedSecrets puts a key and an endpoint into the store, with stored forms that can be found again.
func (h *house) seedSecrets() {
	h.Helper()
	h.OK(h.DB.Write(h.ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO api_keys (id, org_id, kind, name, hash, prefix, last_four, scopes, allowed_ips, status, created_by, created_at, updated_at, change_no)
			VALUES ('key-1', $1, 'organization', 'partner', $2, 'gaf_pk_', 'abcd', '[]', '[]', 'active', 'x', 1, 1, 1)`, h.Org, secrets["key"]); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO webhook_endpoints (id, org_id, url, description, event_types, active, deleted, created_by, created_at, updated_at, change_no)
			VALUES ('endpoint-1', $1, 'https://example.org/hook', '', '[]', TRUE, FALSE, 'x', 1, 1, 1)`, h.Org); err != nil {
			return err
		}
		for i, name := range []string{"endpoint", "previous"} {
			if _, err := tx.Exec(`INSERT INTO webhook_secrets (id, endpoint_id, scheme, sealed, created_at) VALUES ($1, 'endpoint-1', 'v1', $2, $3)`,
				name, secrets[name], i); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO import_mappings (id, org_id, name, mapping, created_by, created_at, updated_at, change_no)
			VALUES ('mapping-1', $1, 'Club sheet', '{"columns":[1]}', 'x', 1, 1, 1)`, h.Org)
		return err
	}))
	h.upload(h.Person("Importer"), []byte("Date,AircraftID,From,To,TotalTime,PilotComments\n2026-03-01,HB-X,A,B,1.0,\n"))
}

func TestNoSecretsInTheArchive(t *testing.T) {
	each(t, func(h *house) {
		h.seedSecrets()
		files := h.archive()
		if !bytes.Contains(files["api_keys.csv"], []byte("partner")) || !bytes.Contains(files["webhook_endpoints.jsonl"], []byte("https://example.org/hook")) {
			t.Fatal("the key or the endpoint is missing: the test shows nothing")
		}
		for name, b := range files {
			for what, secret := range secrets {
				for form, s := range map[string][]byte{"plain": secret, "hex": []byte(hex.EncodeToString(secret)), "base64": []byte(b64(secret))} {
					if bytes.Contains(bytes.ToLower(b), bytes.ToLower(s)) {
						t.Errorf("%s holds the %s, %s", name, what, form)
					}
				}
			}
			for _, column := range []string{"password", "totp", "recovery", `"secret`, "previous_secret", "whsec_", "gaf_mt_"} {
				if bytes.Contains(b, []byte(column)) {
					t.Errorf("%s holds %s", name, column)
				}
			}
		}
	})
}

func b64(b []byte) string {
	j, _ := json.Marshal(b)
	return strings.TrimRight(strings.Trim(string(j), `"`), "=")
}

func TestWhoMayExportAnOrganization(t *testing.T) {
	h := open(t)
	for _, role := range scope.Roles {
		_, err := h.exports.Organization(h.ctx, h.As(role, ""), io.Discard)
		if role == scope.Owner || role == scope.Admin {
			h.OK(err)
		} else {
			h.Refused(err, "insufficient_scope")
		}
	}
	narrow := h.Owner
	narrow.Rights = scope.Of(scope.OrganizationWrite, scope.OrganizationRead)
	_, err := h.exports.Organization(h.ctx, narrow, io.Discard)
	h.Refused(err, "insufficient_scope")
}

// TestOneState: what is written while an archive is read is not in it.
func TestOneState(t *testing.T) {
	each(t, func(h *house) {
		pilot, aircraft := h.Person("Zoë Keller"), h.Craft("HB-KGA", "block")
		h.Approve(opstest.Trip(aircraft, pilot, 0))
		var b bytes.Buffer
		day := 0
		busy := writer(func(p []byte) (int, error) {
			if day < 5 {
				day++
				h.Approve(opstest.Trip(aircraft, pilot, day))
			}
			return b.Write(p)
		})
		_, err := h.exports.Organization(h.ctx, h.Owner, busy)
		h.OK(err)
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		h.OK(err)
		rows := map[string]int{}
		for _, f := range z.File {
			r, err := f.Open()
			h.OK(err)
			all, err := io.ReadAll(r)
			h.OK(err)
			rows[f.Name] = bytes.Count(all, []byte("\n"))
		}
		if day == 0 || rows["flights.jsonl"] != 1 || rows["flights.csv"] != 2 || rows["pilot_postings.csv"] != 2 {
			t.Errorf("%d flights came meanwhile: %v", day, rows)
		}
	})
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// BenchmarkOrganization tells what a flight costs; the memory that is alive at once does not grow with their number.
func BenchmarkOrganization(b *testing.B) {
	h := with(opstest.Open(b, dbtest.SQLite(b)).Found("aero-club"))
	const flights = 5000
	h.many(h.Person("Zoë Keller"), flights)
	b.ReportAllocs()
	for b.Loop() {
		_, err := h.exports.Organization(h.ctx, h.Owner, io.Discard)
		h.OK(err)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/flights, "µs/flight")
}

func BenchmarkLogbook(b *testing.B) {
	h := with(opstest.Open(b, dbtest.SQLite(b)).Found("aero-club"))
	const flights = 5000
	pilot := h.Person("Zoë Keller")
	h.many(pilot, flights)
	for _, f := range export.Formats {
		b.Run(f, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := h.exports.Logbook(h.ctx, h.Owner, pilot, export.Format(f), 0, io.Discard)
				h.OK(err)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/flights, "µs/flight")
		})
	}
}
