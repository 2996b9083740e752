package event

import "slices"

// Type names a kind of event.
type Type string

const (
	FlightSubmitted Type = "flight.submitted"
	FlightApproved  Type = "flight.approved"
	FlightRejected  Type = "flight.rejected"
	WebhookTest     Type = "webhook.test"
)

// Stability says how far a payload may still change.
type Stability string

const (
	Stable Stability = "stable"
	Beta   Stability = "beta"
)

// Row is one line of the catalogue. Data is a zero value of the payload's Go type, from which its JSON Schema is
// made; Example is a filled one. When has its French under the type's name in package text.
type Row struct {
	Type      Type
	Stability Stability
	When      string
	Data      any
	Example   any
}

// catalogue is the one table of event types: a new type is a row here and its payload struct.
var catalogue = []Row{
	{FlightSubmitted, Stable, "A flight is submitted for approval.", FlightSubmittedData{}, exampleSubmitted()},
	{FlightApproved, Stable, "A flight is approved and posted.", FlightApprovedData{}, exampleApproved()},
	{FlightRejected, Beta, "A flight submission is rejected.", FlightRejectedData{}, exampleRejected()},
	{WebhookTest, Stable, "Ping is clicked on an endpoint.", WebhookTestData{}, exampleTest()},
}

// Catalogue lists every event type in its fixed order.
func Catalogue() []Row { return slices.Clone(catalogue) }

// Find returns the catalogue's row of a type.
func Find(t Type) (Row, bool) {
	for _, r := range catalogue {
		if r.Type == t {
			return r, true
		}
	}
	return Row{}, false
}

// Types lists the names of the catalogue in its order.
func Types() []string {
	names := make([]string, len(catalogue))
	for i, r := range catalogue {
		names[i] = string(r.Type)
	}
	return names
}
