package apps_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"airside/test/airside"
)

// openStore opens the database of a store whose server has stopped.
func openStore(t testing.TB, store airside.Store) *sql.DB {
	t.Helper()
	driver, address := "sqlite", "file:"+store.Data+"/airside.db"
	if store.URL != "" {
		driver, address = "pgx", store.URL
	}
	pool, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// halves are what must not be there after a revocation, or after anything else.
var halves = map[string]string{
	"live keys of revoked apps":          `SELECT count(*) FROM api_keys k JOIN apps a ON a.id = k.app_id WHERE a.status = 'revoked' AND k.status <> 'revoked'`,
	"live installations of revoked apps": `SELECT count(*) FROM app_installations i JOIN apps a ON a.id = i.app_id WHERE a.status = 'revoked' AND i.status <> 'uninstalled'`,
	"listings of revoked apps":           `SELECT count(*) FROM addon_listings l JOIN apps a ON a.id = l.app_id WHERE a.status = 'revoked' AND l.status <> 'deprecated'`,
	"endpoints that are on though their installation is not": `SELECT count(*) FROM webhook_endpoints e JOIN app_installations i ON i.id = e.installation_id
		WHERE e.active AND i.status <> 'active'`,
	"endpoints without their installation, or it without them": `SELECT count(*) FROM webhook_endpoints e WHERE e.installation_id IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM app_installations i WHERE i.id = e.installation_id AND i.endpoint_id = e.id AND i.org_id = e.org_id)`,
	"deliveries due to endpoints that are off": `SELECT count(*) FROM deliveries_due d JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE NOT e.active`,
	"installations that did not end as their app did": `SELECT count(*) FROM app_installations i JOIN apps a ON a.id = i.app_id
		WHERE i.ended_reason = 'app_revoked' AND (i.ended_at IS NULL OR i.builder_change_no <> a.change_no)`,
	"ended installations whose end the school's audit log has not once": `SELECT count(*) FROM app_installations i WHERE i.status = 'uninstalled'
		AND 1 <> (SELECT count(*) FROM audit_entries e WHERE e.org_id = i.org_id AND e.subject_id = i.id AND e.verb = 'installation.uninstall')`,
	"installations whose beginning the school's audit log has not once": `SELECT count(*) FROM app_installations i
		WHERE 1 <> (SELECT count(*) FROM audit_entries e WHERE e.org_id = i.org_id AND e.subject_id = i.id AND e.verb = 'installation.install')`,
	"revoked apps that the audit log has not once": `SELECT count(*) FROM apps a WHERE a.status = 'revoked'
		AND 1 <> (SELECT count(*) FROM audit_entries e WHERE e.org_id = a.org_id AND e.subject_id = a.id AND e.verb = 'app.revoke')`,
	"ends of installations of which the builder did not hear once": `SELECT count(*) FROM app_installations i WHERE i.status = 'uninstalled'
		AND 1 <> (SELECT count(*) FROM events e WHERE e.org_id = i.builder_id AND e.type = 'installation.uninstalled' AND e.body LIKE '%' || i.id || '%')`,
}

// lookInside looks into the tables of a store whose server has stopped, and holds what the revocations said against them.
func lookInside(t testing.TB, store airside.Store, ended []revoked) {
	t.Helper()
	pool := openStore(t, store)
	defer pool.Close()
	for what, query := range halves {
		var n int
		if err := pool.QueryRow(query).Scan(&n); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	for _, r := range ended {
		for _, of := range []struct {
			what, query string
			want        counted
		}{
			{"keys", `SELECT k.id FROM api_keys k JOIN apps a ON a.id = k.app_id WHERE a.id = $1 AND k.change_no = a.change_no`, r.ended.Keys},
			{"listings", `SELECT l.id FROM addon_listings l JOIN apps a ON a.id = l.app_id WHERE a.id = $1 AND l.change_no = a.change_no`, r.ended.Listings},
			{"installations", `SELECT id FROM app_installations WHERE app_id = $1 AND ended_reason = 'app_revoked'`, r.ended.Installations},
			{"endpoints", `SELECT endpoint_id AS id FROM app_installations WHERE app_id = $1 AND ended_reason = 'app_revoked' AND endpoint_id IS NOT NULL`, r.ended.Endpoints},
		} {
			if got := count(t, pool, of.query, r.app); got != of.want {
				t.Errorf("%s that ended with app %s: %+v, and it was said %+v", of.what, r.app, got, of.want)
			}
		}
		var detail string
		if err := pool.QueryRow(`SELECT detail FROM audit_entries WHERE verb = 'app.revoke' AND subject_id = $1`, r.app).Scan(&detail); err != nil {
			t.Fatal(err)
		}
		var told struct{ Detail proof }
		if err := json.Unmarshal([]byte(detail), &told); err != nil || told.Detail != r.ended {
			t.Errorf("the audit log has %s %v, and the answer was %+v", detail, err, r.ended)
		}
	}
}

// count is the number and the digest of ids, as a revocation tells them.
func count(t testing.TB, pool *sql.DB, query string, args ...any) counted {
	t.Helper()
	rows, err := pool.Query("SELECT id FROM ("+query+") ids ORDER BY id", args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	c, h := counted{}, sha256.New()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		c.Count++
		io.WriteString(h, id+"\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	c.SHA256 = hex.EncodeToString(h.Sum(nil))
	return c
}

// errorsIn is the last few lines of a log that tell of errors.
func errorsIn(log string) string {
	var lines []string
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, `"level":"WARN"`) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-20):], "")
}
