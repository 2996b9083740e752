package webhook

import (
	"context"
	"encoding/base64"
	"encoding/json"
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
	From, To   clock.Time
}

// ListDeliveries returns a page of the organization's deliveries, newest first.
func (s *Service) ListDeliveries(ctx context.Context, who scope.Principal, f DeliveryFilter, p page.Page) (page.Of[Delivery], error) {
	if err := who.Need(scope.WebhooksManage); err != nil {
		return page.Of[Delivery]{}, err
	}
	query, args := deliveriesQuery(who.Org, f, p)
	rows, err := db.All(ctx, s.db, scanDelivery, query, args...)
	if err != nil {
		return page.Of[Delivery]{}, fault.Wrap(err, "list deliveries")
	}
	return page.Cut(rows, p.Limit), nil
}

// deliveriesQuery reads as far as the page goes from those due and from the log, and merges them in one statement,
// which sees a delivery that moves meanwhile exactly once.
func deliveriesQuery(org scope.OrgID, f DeliveryFilter, p page.Page) (string, []any) {
	var w db.Where
	w.And("org_id = ?", org)
	if f.EndpointID != "" {
		w.And("endpoint_id = ?", f.EndpointID)
	}
	if f.EventType != "" {
		w.And("event_type = ?", f.EventType)
	}
	if f.From != 0 {
		w.And("created_at >= ?", f.From)
	}
	if f.To != 0 {
		w.And("created_at < ?", f.To)
	}
	if !p.After.Zero() {
		w.And("(change_no, id) < (?, ?)", p.After.ChangeNo, p.After.ID)
	}
	order := " ORDER BY change_no DESC, id DESC LIMIT " + w.Next()
	due := dueColumns + w.SQL()
	finished := finishedColumns + w.SQL()
	switch f.Status {
	case Pending:
		return due + " AND attempts = 0" + order, w.Args(p.Limit + 1)
	case Delivering:
		return due + " AND attempts > 0" + order, w.Args(p.Limit + 1)
	case Succeeded, Failed, Cancelled:
		return finished + " AND status = '" + string(f.Status) + "'" + order, w.Args(p.Limit + 1)
	}
	return selectDeliveries + "(" + due + order + ") AS due UNION ALL " + selectDeliveries + "(" + finished + order + ") AS finished" + order, w.Args(p.Limit + 1)
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
	detail.RequestBody, err = db.One(ctx, s.db, db.Scalar[string], selectEventBody, who.Org, d.EventID)
	if err != nil && !db.NoRows(err) {
		return DeliveryDetail{}, fault.Wrap(err, "read event of a delivery")
	}
	attempts, err := db.All(ctx, s.db, scanAttempt, selectAttempts, id)
	if err != nil {
		return DeliveryDetail{}, fault.Wrap(err, "read attempts")
	}
	for _, a := range attempts {
		detail.Attempts = append(detail.Attempts, a.wire(id))
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
	w := Attempt{N: a.n, At: a.at, DurationMS: float64(a.durationUS) / 1000, ErrorCode: a.code, ErrorDetail: a.detail,
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
