package webhook

import (
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/secret"
)

// TestSecretsOutliveTheMasterKey: deliveries are signed with the same secrets after it was replaced, with the previous
// one of an endpoint too.
func TestSecretsOutliveTheMasterKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, loopback)
		r := newReceiver(t, nil)
		e := s.endpoint(r.URL)
		rotated, err := s.RotateSecret(t.Context(), s.who, e.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		gone := s.endpoint(r.URL)
		if err := s.Delete(t.Context(), s.who, gone.ID); err != nil {
			t.Fatal(err)
		}
		next := strings.Repeat("5a", 32)
		box, err := secret.Open(t.Context(), s.db, secret.Options{Key: next + "," + stationKey})
		if err != nil {
			t.Fatal(err)
		}
		counts, err := box.Reseal(t.Context(), s.db, Sealed())
		sum := 0
		for _, c := range counts {
			if sum += c.Resealed; c.Resealed != c.Texts {
				t.Errorf("%+v", c)
			}
		}
		if err != nil || sum != 2 {
			t.Fatalf("%+v, %v", counts, err)
		}
		if s.box, err = secret.Open(t.Context(), s.db, secret.Options{Key: next}); err != nil {
			t.Fatal(err)
		}
		s.start()
		s.emit(1)
		s.settled(1, Succeeded)
		verify(t, r.requests()[0], rotated.Secret, e.Secret)
	})
}
