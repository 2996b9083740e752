package webhook

import (
	"airside/internal/base/clock"
	"airside/internal/base/page"
	"airside/internal/platform/event"
)

// DeliveryID is a delivery's id: the same over all of its attempts, and what receivers dedupe on.
type DeliveryID string

// Status of a delivery. Pending is waiting for its first attempt; delivering has had attempts that failed, and more
// will follow.
type Status string

const (
	Pending    Status = "pending"
	Delivering Status = "delivering"
	Succeeded  Status = "succeeded"
	Failed     Status = "failed"
	Cancelled  Status = "cancelled"
	Filtered   Status = "filtered" // the endpoint's filter held the event back
)

// Origin says why a delivery was made.
type Origin string

const (
	OriginEvent    Origin = "event"    // the event happened
	OriginResend   Origin = "resend"   // somebody sent an earlier delivery again
	OriginReplay   Origin = "replay"   // somebody sent the event again
	OriginRecovery Origin = "recovery" // the endpoint had missed it
	OriginPing     Origin = "ping"     // somebody tested the endpoint
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID            DeliveryID `json:"id" doc:"Also the webhook-id header"`
	EndpointID    EndpointID `json:"endpoint_id"`
	EventID       event.ID   `json:"event_id"`
	EventType     event.Type `json:"event_type"`
	Status        Status     `json:"status" enum:"pending,delivering,succeeded,failed,cancelled,filtered" doc:"pending waits for its first attempt; delivering has failed so far and is tried again; filtered was held back by the endpoint's filter"`
	Origin        Origin     `json:"origin" enum:"event,resend,replay,recovery,ping"`
	AttemptCount  int        `json:"attempt_count"`
	NextAttemptAt clock.Time `json:"next_attempt_at" doc:"When the next attempt is due, null once it has ended"`
	CreatedAt     clock.Time `json:"created_at"`
	FinishedAt    clock.Time `json:"finished_at" doc:"null until it has ended"`
	ChangeNo      int64      `json:"-"`
}

// Position is the delivery's place in a list.
func (d Delivery) Position() page.Position {
	return page.Position{ChangeNo: d.ChangeNo, ID: string(d.ID)}
}

// DeliveryDetail is a delivery with all of its attempts and what was sent.
type DeliveryDetail struct {
	Delivery
	RequestBody *string   `json:"request_body" doc:"The body that every attempt sends, byte for byte; null when its event is no longer kept"`
	Attempts    []Attempt `json:"attempts" nullable:"false"`
}

// Attempt is one request and what came of it.
type Attempt struct {
	N           int        `json:"n" doc:"From 1"`
	At          clock.Time `json:"at"`
	DurationMS  float64    `json:"duration_ms"`
	Timing      *Timing    `json:"timing,omitempty" doc:"Where the time went; left out when an open connection was used and the answer came at once"`
	Request     Request    `json:"request"`
	Response    *Response  `json:"response,omitempty" doc:"Left out when no answer came"`
	ErrorCode   *string    `json:"error_code" enum:"http_status,timeout,connection_refused,connection_reset,dns,tls,too_large,redirect,destination_not_allowed,other" doc:"null when the attempt succeeded"`
	ErrorDetail *string    `json:"error_detail"`
}

// Timing is where the time of an attempt went, in milliseconds. A step that was not needed took none.
type Timing struct {
	DNS     float64 `json:"dns_ms" doc:"Finding the address of the name"`
	Connect float64 `json:"connect_ms" doc:"Connecting to it"`
	TLS     float64 `json:"tls_ms" doc:"Agreeing on TLS"`
	Wait    float64 `json:"wait_ms" doc:"From the request's last byte to the answer's first"`
}

// Request is what an attempt sent, besides the body.
type Request struct {
	Headers map[string]string `json:"headers"`
}

// Response is what the endpoint answered.
type Response struct {
	Status       int               `json:"status"`
	Headers      map[string]string `json:"headers"`
	Body         string            `json:"body" doc:"The first 16 KiB"`
	BodyEncoding string            `json:"body_encoding" enum:"text,base64"`
}

// Codes of a failed attempt.
const (
	codeHTTPStatus = "http_status"
	codeTimeout    = "timeout"
	codeRefused    = "connection_refused"
	codeReset      = "connection_reset"
	codeDNS        = "dns"
	codeTLS        = "tls"
	codeTooLarge   = "too_large"
	codeRedirect   = "redirect"
	codeNotAllowed = "destination_not_allowed"
	codeOther      = "other"
)
