package webhook

import (
	"net/http"
	"time"
)

// What a program needs that sends to a receiver as the engine would: the tools for who develops one.

// NewSecret makes a secret as an endpoint gets one.
func NewSecret() string { return newSecret() }

// Headers are all headers of an attempt, signatures included; see Sign.
func Headers(secrets []string, id string, at time.Time, body []byte) http.Header {
	return unsigned(Sign(secrets, id, at, body))
}
