package webhook

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/event"
	"airside/internal/platform/scope"
)

// DeliveryFilter narrows a list of deliveries. From is inclusive, To is not, both on CreatedAt.
type DeliveryFilter struct {
	EndpointID EndpointID
	Status     Status
	EventType  event.Type
	EventID    event.ID
	From, To   clock.Time
}

// ListDeliveries returns a page of the organization's deliveries, newest first. Those due are read before the log: a
// delivery that ends meanwhile is then in both, and never in neither.
func (s *Service) ListDeliveries(ctx context.Context, who scope.Principal, f DeliveryFilter, p page.Page) (page.Of[Delivery], error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return page.Of[Delivery]{}, err
	}
	w, err := s.deliveriesWhere(ctx, who.Org, f, p)
	if err != nil {
		return page.Of[Delivery]{}, err
	}
	order := " ORDER BY change_no DESC, id DESC LIMIT " + w.Next()
	var due, ended []Delivery
	if f.Status == "" || !f.Status.ended() {
		due, err = db.All(ctx, s.db, scanDelivery, selectDueDeliveries+w.SQL()+dueWith[f.Status]+order, w.Args(p.Limit+1)...)
	}
	if err == nil && (f.Status == "" || f.Status.ended()) {
		ended, err = db.All(ctx, s.db, scanDelivery, selectEndedDeliveries+w.SQL()+endedWith[f.Status]+order, w.Args(p.Limit+1)...)
	}
	if err != nil {
		return page.Of[Delivery]{}, fault.Wrap(err, "list deliveries")
	}
	return page.Cut(interleave(due, ended), p.Limit), nil
}

// dueWith narrows those due to a status.
var dueWith = map[Status]string{Pending: " AND attempts = 0", Delivering: " AND attempts > 0"}

// endedWith narrows those that have ended. The status is part of the text, so that a partial index can serve it.
var endedWith = map[Status]string{Succeeded: " AND status = 'succeeded'", Failed: " AND status = 'failed'", Cancelled: " AND status = 'cancelled'",
	Filtered: " AND status = 'filtered'"}

func (s Status) ended() bool { return s != Pending && s != Delivering }

func (s *Service) deliveriesWhere(ctx context.Context, org scope.OrgID, f DeliveryFilter, p page.Page) (*db.Where, error) {
	w := &db.Where{}
	w.And("org_id = ?", org)
	if f.EventID != "" {
		e, err := event.Read(ctx, s.db, org, f.EventID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		w.And("event_id = ? AND (change_no = ? OR origin IN ('resend', 'replay', 'recovery'))", f.EventID, e.ChangeNo)
	}
	if f.EndpointID != "" {
		w.And("endpoint_id = ?", f.EndpointID)
	}
	if f.EventType != "" {
		w.And("event_type = ?", f.EventType)
	}
	// Times and numbers of changes grow together, so that the log of events tells where to begin and where to stop.
	if f.From != 0 {
		no, err := event.LastBefore(ctx, s.db, org, f.From)
		if err != nil {
			return nil, err
		}
		w.And("created_at >= ? AND change_no >= ?", f.From, no)
	}
	if f.To != 0 {
		no, err := event.FirstSince(ctx, s.db, org, f.To)
		if err != nil {
			return nil, err
		}
		w.And("created_at < ? AND change_no <= ?", f.To, no)
	}
	if !p.After.Zero() {
		w.And("(change_no, id) < (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	return w, nil
}

// interleave puts both lists in one, newest first. A delivery that is in both has ended.
func interleave(due, ended []Delivery) []Delivery {
	if len(due) == 0 {
		return ended
	}
	all := append(slices.Clone(ended), due...)
	slices.SortStableFunc(all, func(a, b Delivery) int {
		return cmp.Or(cmp.Compare(b.ChangeNo, a.ChangeNo), cmp.Compare(b.ID, a.ID))
	})
	return slices.CompactFunc(all, func(a, b Delivery) bool { return a.ID == b.ID })
}

// maxDeliveriesOf is how many deliveries of an event that were made by hand are listed.
const maxDeliveriesOf = 100

// DeliveriesOf returns the deliveries of an event, newest first.
func (s *Service) DeliveriesOf(ctx context.Context, who scope.Principal, id event.ID) ([]Delivery, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return nil, err
	}
	e, err := event.Read(ctx, s.db, who.Org, id)
	if err != nil {
		return nil, err
	}
	var lists [4][]Delivery
	for i, q := range []struct {
		query string
		args  []any
	}{
		{selectSoonOf, []any{who.Org, id, maxDeliveriesOf}}, {selectDueOf, []any{who.Org, e.ChangeNo, id}},
		{selectLaterOf, []any{who.Org, id, maxDeliveriesOf}}, {selectEndedOf, []any{who.Org, e.ChangeNo, id}},
	} {
		if lists[i], err = db.All(ctx, s.db, scanDelivery, q.query, q.args...); err != nil {
			return nil, fault.Wrap(err, "list the deliveries of an event")
		}
	}
	return interleave(append(lists[0], lists[1]...), append(lists[2], lists[3]...)), nil
}

// GetDelivery returns a delivery with all of its attempts.
func (s *Service) GetDelivery(ctx context.Context, who scope.Principal, id DeliveryID) (DeliveryDetail, error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return DeliveryDetail{}, err
	}
	d, err := s.delivery(ctx, who.Org, id)
	if err != nil {
		return DeliveryDetail{}, err
	}
	detail := DeliveryDetail{Delivery: d, Attempts: []Attempt{}}
	body, err := db.One(ctx, s.db, db.Scalar[string], selectEventBody, who.Org, d.EventID)
	switch {
	case err == nil:
		detail.RequestBody = &body
	case !db.NoRows(err):
		return DeliveryDetail{}, fault.Wrap(err, "read event of a delivery")
	}
	for _, query := range []string{selectAttempts, selectLastAttempt} {
		attempts, err := db.All(ctx, s.db, scanAttempt, query, id)
		if err != nil {
			return DeliveryDetail{}, fault.Wrap(err, "read attempts")
		}
		for _, a := range attempts {
			if len(detail.Attempts) == 0 || detail.Attempts[len(detail.Attempts)-1].N < a.n { // it may end between the two
				detail.Attempts = append(detail.Attempts, a.wire(id))
			}
		}
	}
	return detail, nil
}

// delivery looks among those due first: they move to the log, and never back.
func (s *Service) delivery(ctx context.Context, org scope.OrgID, id DeliveryID) (Delivery, error) {
	d, err := db.One(ctx, s.db, scanDelivery, selectDueByID, org, id)
	if db.NoRows(err) {
		d, err = db.One(ctx, s.db, scanDelivery, selectFinishedByID, org, id)
	}
	if db.NoRows(err) {
		return Delivery{}, fault.NotFoundFor("webhook_delivery")
	}
	return d, fault.Wrap(err, "read delivery")
}

func (a storedAttempt) wire(id DeliveryID) Attempt {
	w := Attempt{N: a.n, At: a.at, DurationMS: float64(a.durationUS) / 1000, ErrorCode: a.code, ErrorDetail: a.detail, Timing: unpackTiming(a.timing),
		Request: Request{Headers: unpackHeaders(a.requestHeaders, string(id), a.at.Std())}}
	if a.status != nil {
		w.Response = &Response{Status: *a.status, Headers: map[string]string{}}
		if a.responseHeaders != nil {
			json.Unmarshal([]byte(*a.responseHeaders), &w.Response.Headers)
		}
		w.Response.Body, w.Response.BodyEncoding = shownBody(a.body)
	}
	return w
}

// shownBody writes text as it is, without a last character that the cut went through, and anything else in base64.
func shownBody(b []byte) (body, encoding string) {
	for cut := 0; cut < utf8.UTFMax && cut <= len(b) && (cut == 0 || len(b) == maxBody); cut++ {
		if utf8.Valid(b[:len(b)-cut]) {
			return string(b[:len(b)-cut]), "text"
		}
	}
	return base64.StdEncoding.EncodeToString(b), "base64"
}
