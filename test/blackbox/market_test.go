package blackbox_test

import (
	"encoding/json"
	"testing"

	"airside/test/airside"
)

// platform makes the platform's own organization and returns a member of it, who reviews.
func platform(t *testing.T, s *airside.Server) *airside.Client {
	t.Helper()
	airside.Run(t, s.Store, "organization", "create", "the-crew", "--kind", "platform", "--name", "The crew", "--owner-email", "rita@crew.example", "--owner-name", "Rita")
	return &airside.Client{URL: s.URL, Token: airside.Run(t, s.Store, "token", "mint", "--organization", "the-crew", "--member", "rita@crew.example")}
}

// market makes a published listing that everybody may see, an installation of it at the school, or, for those who are not
// to see it, a listing that is a draft still.
func (r *records) market(noun string) string {
	r.t.Helper()
	c := r.school.Manage
	call := func(c airside.Client, status int, method, path string, body any) (made struct{ ID string }) {
		r.t.Helper()
		c.Call(r.t, status, method, manage+path, body).Data(r.t, &made)
		return made
	}
	if noun == "marketplace" && r.hides {
		return r.make("listings")
	}
	app := call(c, 201, "POST", "/apps", obj{"name": "Offered", "webhook_url": r.sink, "event_types": []string{"flight.approved"}}).ID
	var state struct {
		ReviewID string `json:"review_id"`
	}
	justification := obj{"justification": "Shows the day's approved flights on the board in the hangar."}
	c.Call(r.t, 200, "PUT", manage+"/apps/"+app+"/scopes/"+someScope, justification).Data(r.t, &state)
	call(*r.judge, 200, "POST", "/scope-reviews/"+state.ReviewID+"/approve", nil)
	call(c, 200, "POST", "/apps/"+app+"/activate", nil)
	listing := call(c, 201, "POST", "/listings", obj{"app_id": app}).ID
	call(c, 200, "POST", "/listings/"+listing+"/submit", nil)
	var waiting struct{ Data []struct{ ID string } }
	if err := json.Unmarshal(r.judge.Call(r.t, 200, "GET", manage+"/listing-reviews?status=pending&listing_id="+listing, nil).Body, &waiting); err != nil || len(waiting.Data) != 1 {
		r.t.Fatalf("%v: %+v", err, waiting)
	}
	call(*r.judge, 200, "POST", "/listing-reviews/"+waiting.Data[0].ID+"/approve", nil)
	if noun == "marketplace" {
		return listing
	}
	var read struct {
		PublishedAt string `json:"published_at"`
	}
	c.Call(r.t, 200, "GET", manage+"/marketplace/"+listing, nil).Data(r.t, &read)
	return call(c, 201, "POST", "/installations", obj{"listing_id": listing, "scopes": []string{someScope}, "published_at": read.PublishedAt}).ID
}
