package demo

import (
	"context"
	"time"
)

// hook is an endpoint at a path of the receiver, other than the first.
type hook struct {
	Path   string `json:"path"`
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

// connect points the school's endpoints at the receiver, which has a new address at each start.
func connect(ctx context.Context, c client, st *state, r *receiver) error {
	if st.EndpointID == "" {
		var e struct{ ID, Secret string }
		err := c.call(ctx, "POST", "/webhook-endpoints", obj{"url": r.url + firstPath, "description": "The demo's own receiver"}, &e)
		if err != nil {
			return err
		}
		st.EndpointID, st.EndpointSecret = e.ID, e.Secret
		r.trust(firstPath, e.Secret)
		return nil
	}
	for _, h := range append([]hook{{firstPath, st.EndpointID, st.EndpointSecret}}, st.Partners...) {
		r.trust(h.Path, h.Secret)
		if err := c.call(ctx, "PATCH", "/webhook-endpoints/"+h.ID, obj{"url": r.url + h.Path}, nil); err != nil {
			return err
		}
	}
	return nil
}

// partner is an endpoint that shows what endpoints can be told.
type partner struct {
	path string
	body obj
}

// maintenance is a partner who looks after one aircraft.
func maintenance() partner {
	return partner{"/maintenance", obj{"description": "Workshop: approved flights of HB-KFM", "event_types": []string{"flight.approved"},
		"filter": obj{"data.aircraft.registration": "HB-KFM"}, "rate_limit": 100}}
}

// billing is one who needs events in their order.
func billing() partner {
	return partner{"/billing", obj{"description": "Billing of the motor glider, in order", "event_types": []string{"flight.approved"},
		"filter": obj{"data.aircraft.registration": []string{"HB-2488"}}, "ordered": true, "ed25519": true}}
}

func addPartner(ctx context.Context, c client, st *state, r *receiver, p partner) error {
	p.body["url"] = r.url + p.path
	h := hook{Path: p.path}
	var e struct{ ID, Secret string }
	if err := c.call(ctx, "POST", "/webhook-endpoints", p.body, &e); err != nil {
		return err
	}
	h.ID, h.Secret = e.ID, e.Secret
	r.trust(h.Path, h.Secret)
	st.Partners = append(st.Partners, h)
	return nil
}

// addLatePartner adds a partner when everything has happened, and has sent what they missed.
func addLatePartner(ctx context.Context, c client, st *state, r *receiver, since time.Time) error {
	if err := addPartner(ctx, c, st, r, billing()); err != nil {
		return err
	}
	late := st.Partners[len(st.Partners)-1]
	return c.call(ctx, "POST", "/webhook-endpoints/"+late.ID+"/recover", obj{"since": since.UTC()}, nil)
}
