package oauth

import (
	"context"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Request is an authorization request that somebody is asked to consent to.
type Request struct {
	ID          string
	Client      Client
	RedirectURI string
	Scopes      []string // asked for
	Data        string   // of package web/oauth
	DecidedAt   clock.Time
	MemberID    string   // who consented; empty where it was refused
	Granted     []string // what was consented to
}

// Begin keeps a request until somebody decides about it, in the browser that has the cookie browser.
func (s *Service) Begin(ctx context.Context, r Request, browser string) error {
	h := hashOf(browser)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertRequest, r.ID, r.Client.ID, h[:], r.RedirectURI, db.AsJSON(orNone(r.Scopes)), r.Data, tx.Now().Add(RequestLife))
		return err
	})
}

// Asked returns the request that was begun in this browser. One that was begun in another, is over or decided and carried
// out, or whose client is revoked or has its address no more, is oauth_request_not_found: nothing tells which.
func (s *Service) Asked(ctx context.Context, id, browser string) (Request, error) {
	return s.asked(ctx, s.db, id, browser, s.Now())
}

func (s *Service) asked(ctx context.Context, q db.Q, id, browser string, now clock.Time) (Request, error) {
	h := hashOf(browser)
	r, err := db.One(ctx, q, scanRequest, selectRequest, id, h[:], now)
	if db.NoRows(err) || err == nil && browser == "" {
		return Request{}, fault.NotFoundFor("oauth_request")
	}
	if err != nil {
		return Request{}, err
	}
	if r.Client, err = db.One(ctx, q, scanClient, selectByClientID, r.Client.ClientID); err != nil {
		return Request{}, err
	}
	if !r.Client.Redirects(r.RedirectURI) { // the address was taken from the client meanwhile
		return Request{}, fault.NotFoundFor("oauth_request")
	}
	return r, nil
}

// Offer says what of the request somebody with these rights can give, and what they cannot.
func (r Request) Offer(rights scope.Set) (given, withheld []string) {
	return within(r.Client.Named(r.Scopes), rights)
}

// Decide notes what somebody decided about a request that was begun in their browser, once. who must be signed in to the
// console as a member of the client's organization. Who approves gives of the scopes that they were shown what their role
// has; if that is nothing, or they are a member elsewhere, it is a refusal.
func (s *Service) Decide(ctx context.Context, who scope.Principal, id, browser string, approve bool, shown []string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		r, err := s.asked(tx.Context(), tx, id, browser, tx.Now())
		if err != nil {
			return err
		}
		given, _ := r.Offer(who.Rights & known(shown))
		if !approve || who.Kind != scope.KindSession || who.Org != r.Client.Org || who.MemberID == "" || len(given) == 0 {
			return decide(tx, r, "", nil)
		}
		if err := decide(tx, r, who.MemberID, given); err != nil {
			return err
		}
		return audit.Append(tx, who, "oauth_client.approve", "oauth_client", string(r.Client.ID),
			map[string]any{"client": r.Client.Name, "scopes": given, "redirect_uri": r.RedirectURI})
	})
}

func decide(tx *db.Tx, r Request, member string, granted []string) error {
	ok, err := tx.ExecOne(decideRequest, r.ID, db.Null(member), db.AsJSON(orNone(granted)), tx.Now())
	if err == nil && !ok {
		return fault.NotFoundFor("oauth_request")
	}
	return err
}

// Finish takes a request away that was carried out or failed, and tells whether it was there: of two who carry the same one
// out, one does.
func (s *Service) Finish(ctx context.Context, id string) (was bool, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		was, err = tx.ExecOne(deleteRequest, id)
		return err
	})
	return was, err
}
