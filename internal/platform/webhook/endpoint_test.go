package webhook

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
	"airside/internal/base/fault"
	"airside/internal/base/merge"
	"airside/internal/base/page"
	"airside/internal/platform/scope"
)

func TestEndpointLife(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, Policy{})
		ctx := t.Context()
		e, err := s.Create(ctx, s.who, NewEndpoint{URL: "https://partner.example/hook", Description: "Partner",
			EventTypes: []string{"webhook.test", "flight.approved", "flight.approved"}})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(e.Secret, "whsec_") || !e.Active || e.DisabledReason != nil || !slices.Equal(e.EventTypes, []string{"flight.approved", "webhook.test"}) {
			t.Errorf("created %+v", e)
		}
		got, err := s.Get(ctx, s.who, e.ID)
		if err != nil || got.Secret != "" || got.URL != e.URL || got.ChangeNo != e.ChangeNo || got.CreatedAt != e.CreatedAt {
			t.Errorf("got %+v, %v", got, err)
		}
		if _, err := s.Update(ctx, s.who, e.ID, Patch{Description: new("x")}, e.ChangeNo+1); fault.KindOf(err) != fault.Precondition {
			t.Errorf("changed unseen: %v", err)
		}
		got, err = s.Update(ctx, s.who, e.ID, Patch{URL: new("https://new.example/"), EventTypes: &[]string{}, Active: new(false)}, e.ChangeNo)
		if err != nil || got.URL != "https://new.example/" || len(got.EventTypes) != 0 || got.Description != "Partner" || got.Active || *got.DisabledReason != ReasonUser {
			t.Errorf("changed %+v, %v", got, err)
		}
		if _, err = s.Update(ctx, s.who, e.ID, Patch{URL: new("ftp://new.example/")}, 0); fault.KindOf(err) != fault.Invalid {
			t.Errorf("changed to ftp: %v", err)
		}
		if err := s.Delete(ctx, s.who, e.ID); err != nil {
			t.Fatal(err)
		}
		for name, call := range map[string]func() error{
			"get":     func() error { _, err := s.Get(ctx, s.who, e.ID); return err },
			"delete":  func() error { return s.Delete(ctx, s.who, e.ID) },
			"enable":  func() error { _, err := s.Enable(ctx, s.who, e.ID); return err },
			"rotate":  func() error { _, err := s.RotateSecret(ctx, s.who, e.ID, nil); return err },
			"ping":    func() error { _, err := s.Ping(ctx, s.who, e.ID); return err },
			"update":  func() error { _, err := s.Update(ctx, s.who, e.ID, Patch{}, 0); return err },
			"resend":  func() error { _, err := s.Recover(ctx, s.who, e.ID, RecoverFailed, 0); return err },
			"disable": func() error { _, err := s.Disable(ctx, s.who, e.ID); return err },
		} {
			if err := call(); !fault.Is(err, "webhook_endpoint_not_found") {
				t.Errorf("%s a deleted endpoint: %v", name, err)
			}
		}
	})
}

func TestEndpointFieldsAreChecked(t *testing.T) {
	s := newStation(t, dbtest.SQLite(t), Policy{})
	e := s.endpoint("https://partner.example/")
	for url, code := range map[string]string{
		"": "required", "partner.example": "not_a_url", "/hook": "not_a_url", "https://": "not_a_url", "https:///x": "not_a_url",
		"https://:443/": "not_a_url", "mailto:a@b.example": "not_a_url", "https://a b.example/": "not_a_url", "https://exa\nmple.com": "not_a_url",
		"http://partner.example/": "url_scheme", "ftp://partner.example/": "url_scheme", "https://user@partner.example/": "url_user_info",
		"https://user:pw@partner.example/": "url_user_info", "https://partner.example/#x": "url_fragment",
		"https://partner.example/" + strings.Repeat("x", 3000): "too_long", "https://partner.example:0/": "not_a_url", "https://partner.example:000": "not_a_url",
		"https://partner.example:65536/": "not_a_url", "https://[2606:4700::1111]:99999/": "not_a_url", "https://partner.example:18446744073709551617/": "not_a_url",
	} {
		_, err := s.Create(context.Background(), s.who, NewEndpoint{URL: url})
		var f *fault.Error
		if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Code != code {
			t.Errorf("%.40q: %v, not %s", url, err, code)
		}
		_, err = s.Update(context.Background(), s.who, e.ID, Patch{URL: &url}, 0)
		if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Name != "url" || f.Fields[0].Code != code {
			t.Errorf("changed to %.40q: %v, not %s", url, err, code)
		}
	}
	s.endpoint("https://partner.example:65535/")
	s.endpoint("https://partner.example:1/")
	s.endpoint("https://partner.example:/")
	_, err := s.Create(context.Background(), s.who, NewEndpoint{URL: "https://a.example", Description: strings.Repeat("x", 501), EventTypes: []string{"webhook.test", "flight.landed"}})
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) != 2 || f.Fields[1].Name != "event_types[1]" {
		t.Errorf("several bad fields: %v", err)
	}
	open := newStation(t, dbtest.SQLite(t), loopback)
	open.endpoint("http://partner.example/")
	open.endpoint("http://localhost:1/")
}

// TestLimitsOfAPatch: null takes one away, and 0 does not.
func TestLimitsOfAPatch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, Policy{})
		e, err := s.Create(t.Context(), s.who, NewEndpoint{URL: "https://a.example/", RateLimit: new(5), Concurrency: new(2)})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{-1, 0, maxRateLimit + 1} {
			_, err := s.Update(t.Context(), s.who, e.ID, Patch{RateLimit: merge.To(n), Concurrency: merge.To(n)}, 0)
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 2 || f.Fields[0].Name != "rate_limit" || f.Fields[0].Code != "out_of_range" ||
				f.Fields[1].Name != "concurrency" || f.Fields[1].Code != "out_of_range" {
				t.Errorf("%d: %v", n, err)
			}
		}
		if e, err = s.Update(t.Context(), s.who, e.ID, Patch{RateLimit: merge.Clear[int]()}, 0); err != nil || e.RateLimit != nil || *e.Concurrency != 2 {
			t.Errorf("%+v, %v", e, err)
		}
		if e, err = s.Update(t.Context(), s.who, e.ID, Patch{RateLimit: merge.To(7), Concurrency: merge.Clear[int]()}, 0); err != nil || *e.RateLimit != 7 || e.Concurrency != nil {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

func TestEndpointsAreTheirOrganizations(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, Policy{})
		e := s.endpoint("https://a.example/")
		for range 4 {
			s.endpoint("https://a.example/")
		}
		stranger := scope.System(newOrg(t, s.db))
		if _, err := s.Get(t.Context(), stranger, e.ID); !fault.Is(err, "webhook_endpoint_not_found") {
			t.Errorf("another's endpoint: %v", err)
		}
		if l, err := s.List(t.Context(), stranger, Filter{}, page.Page{Limit: 10}); err != nil || len(l.Rows) != 0 {
			t.Errorf("another's list: %+v, %v", l, err)
		}
		var seen []EndpointID
		p := page.Page{Limit: 2}
		for {
			l, err := s.List(t.Context(), s.who, Filter{Active: new(true)}, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range l.Rows {
				seen = append(seen, e.ID)
			}
			if !l.More {
				break
			}
			p.After = l.Rows[len(l.Rows)-1].Position()
		}
		if len(seen) != 5 || seen[0] != e.ID {
			t.Errorf("listed %v", seen)
		}
		nobody := scope.Principal{Org: s.who.Org}
		if _, err := s.Create(t.Context(), nobody, NewEndpoint{}); !fault.Is(err, "insufficient_scope") {
			t.Errorf("created without the right: %v", err)
		}
	})
}

func TestDeliveriesAreListedNewestFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o db.Options) {
		s := newStation(t, o, Policy{})
		s.endpoint("https://a.example/")
		b := s.endpoint("https://b.example/", "flight.approved")
		s.emit(3, "flight.submitted", "flight.approved")
		s.emit(4, "flight.approved", "flight.rejected")
		cut := s.deliveries(DeliveryFilter{})[0].CreatedAt
		if _, err := s.Disable(t.Context(), s.who, b.ID); err != nil { // moves some to the log
			t.Fatal(err)
		}
		s.emit(2)
		all := s.deliveries(DeliveryFilter{})
		if len(all) != 3+1+4+2+2 {
			t.Fatalf("%d deliveries", len(all))
		}
		if !slices.IsSortedFunc(all, func(x, y Delivery) int { return int(y.ChangeNo - x.ChangeNo) }) {
			t.Error("not newest first")
		}
		p := page.Page{Limit: 5}
		var paged []Delivery
		for {
			l, err := s.ListDeliveries(t.Context(), s.who, DeliveryFilter{}, p)
			if err != nil {
				t.Fatal(err)
			}
			paged = append(paged, l.Rows...)
			if !l.More {
				break
			}
			p.After = paged[len(paged)-1].Position()
		}
		if !slices.Equal(paged, all) {
			t.Errorf("by pages %+v\nat once %+v", paged, all)
		}
		for name, c := range map[string]struct {
			f    DeliveryFilter
			want int
		}{
			"endpoint":  {DeliveryFilter{EndpointID: b.ID}, 3},
			"pending":   {DeliveryFilter{Status: Pending}, 9},
			"cancelled": {DeliveryFilter{Status: Cancelled}, 3},
			"failed":    {DeliveryFilter{Status: Failed}, 0},
			"type":      {DeliveryFilter{EventType: "flight.rejected"}, 2},
			"both":      {DeliveryFilter{EventType: "flight.approved", EndpointID: b.ID, Status: Cancelled}, 3},
			"until":     {DeliveryFilter{To: cut}, 4},
			"from":      {DeliveryFilter{From: cut + 1}, 2},
		} {
			if got := s.deliveries(c.f); len(got) != c.want {
				t.Errorf("%s: %d, not %d", name, len(got), c.want)
			}
		}
	})
}
