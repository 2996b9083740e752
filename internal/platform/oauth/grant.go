package oauth

import (
	"context"
	"errors"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/base/page"
	"airside/internal/platform/audit"
	"airside/internal/platform/key"
	"airside/internal/platform/scope"
)

// Grant is what a member allowed a client, as it is shown.
type Grant struct {
	ID         string     `json:"id" format:"uuid"`
	ClientID   ID         `json:"oauth_client_id" format:"uuid" doc:"The record of the client"`
	ClientName string     `json:"oauth_client_name"`
	OrgName    string     `json:"-"`
	Kind       GrantType  `json:"grant_type" enum:"authorization_code,implicit"`
	MemberID   string     `json:"member_id" format:"uuid"`
	MemberName string     `json:"member_name"`
	Scopes     []string   `json:"scopes" doc:"What was consented to; the present rights of the member and of the client bound it"`
	CreatedAt  clock.Time `json:"created_at"`
	LastUsedAt clock.Time `json:"last_used_at" doc:"When a token was last given out by it"`
	ExpiresAt  clock.Time `json:"expires_at" doc:"When it ends unless it is used again"`
	RevokedAt  clock.Time `json:"revoked_at"`
	RevokedFor string     `json:"revoked_for,omitempty" doc:"Why: admin, person, client, code_replayed, refresh_replayed, leaked, or refused where a code was redeemed wrongly"`
}

// Why a grant ended.
const (
	ForAdmin        = "admin"            // somebody who manages clients
	ForPerson       = "person"           // whose it was
	ForClient       = "client"           // itself, or its end
	ForCodeReplayed = "code_replayed"    // the code came twice
	ForReplayed     = "refresh_replayed" // a refresh token that had been used
	ForRefusal      = "refused"          // the code came with something wrong
	ForLeak         = "leaked"           // its refresh token was found in public
)

// touchEvery is how exact last_used_at of a client is.
const touchEvery = time.Minute

// NewGrant is what Open keeps. Code is the text of the code, for that grant type.
type NewGrant struct {
	ID     string
	Client Client
	Kind   GrantType
	Member string // of people
	Scopes []string
	Data   string
	Code   string
}

// Open keeps a new grant. One of a code lasts as long as the code until that is redeemed.
func (s *Service) Open(ctx context.Context, n NewGrant) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if n.Member != "" { // it is a record of the organization's, which lists show
			if _, err := tx.Change(string(n.Client.Org)); err != nil {
				return err
			}
		}
		now := tx.Now()
		var code []byte
		var codeEnds clock.Time
		ends := now.Add(TokenLife)
		if n.Code != "" {
			h := hashOf(n.Code)
			code, codeEnds, ends = h[:], now.Add(CodeLife), now.Add(CodeLife)
		}
		if _, err := tx.Exec(insertGrant, n.ID, n.Client.ID, n.Client.Org, n.Kind, db.Null(n.Member), db.AsJSON(orNone(n.Scopes)), n.Data,
			code, codeEnds, now, ends); err != nil {
			return err
		}
		if n.Code != "" {
			return nil
		}
		_, err := tx.Exec(touchClient, n.Client.ID, now, now.Add(-touchEvery))
		return err
	})
}

// Authority is what a grant allows now: by what was consented to, by the client and by the role of its member.
type Authority struct {
	GrantID   string
	Org       scope.OrgID
	Kind      GrantType
	ClientID  string // in the protocol
	MemberID  string // of people
	Scopes    []string
	Data      string
	CreatedAt clock.Time
	ExpiresAt clock.Time

	CodeExpiresAt, CodeUsedAt clock.Time

	client     ID
	clientName string
	rights     scope.Set
	refreshes  bool
	role       scope.Role
	person     string
	memberName string
}

// Refreshes tells whether the client may have refresh tokens.
func (a *Authority) Refreshes() bool { return a.refreshes && a.Kind == Code }

// noGrant answers for a code, token or id that stands for nothing any more, whatever the reason.
func noGrant() error { return fault.NotFoundFor("oauth_grant") }

// ErrReplayed says that a code or refresh token had been used before: its grant has ended.
var ErrReplayed = errors.New("oauth: a code or refresh token was used twice")

// Authority returns what a grant allows now; one that has ended, or allows nothing any more, is oauth_grant_not_found.
func (s *Service) Authority(ctx context.Context, grantID string) (*Authority, error) {
	return s.authority(ctx, selectAuthority, grantID)
}

// ByCode is Authority for who comes with an authorization code, used or not.
func (s *Service) ByCode(ctx context.Context, code string) (*Authority, error) {
	h := hashOf(code)
	return s.authority(ctx, selectByCode, h[:])
}

func (s *Service) authority(ctx context.Context, query string, arg any) (*Authority, error) {
	a, err := db.One(ctx, s.db, scanAuthority, query, arg)
	if db.NoRows(err) || err == nil && (a == nil || a.rights == 0 || len(a.Scopes) == 0) {
		return nil, noGrant()
	}
	return a, err
}

type refreshToken struct {
	grant          string
	used, expireAt clock.Time
}

func scanRefresh(s db.Scanner) (r refreshToken, err error) {
	err = s.Scan(&r.grant, &r.used, &r.expireAt)
	return r, err
}

// ByRefresh finds the grant of a refresh token, whatever that allows now: who ends it asks for nothing. used tells that it was
// used before; to whom it matters, that is a sign that somebody else has it.
func (s *Service) ByRefresh(ctx context.Context, token string) (grantID string, used bool, err error) {
	if p, ok := key.Check(token); !ok || p != key.RefreshTokenPrefix {
		return "", false, noGrant()
	}
	h := hashOf(token)
	r, err := db.One(ctx, s.db, scanRefresh, selectRefresh, h[:])
	if db.NoRows(err) || err == nil && r.expireAt <= s.Now() {
		return "", false, noGrant()
	}
	return r.grant, r.used != 0, err
}

// ClientOf returns what the client of a grant calls itself, for who is to end it. What the grant allows now is not asked: one
// that allows nothing as long as a role is narrowed would be whole again afterwards. One that has ended is
// oauth_grant_not_found.
func (s *Service) ClientOf(ctx context.Context, grantID string) (string, error) {
	clientID, err := db.One(ctx, s.db, db.Scalar[string], selectClientOfGrant, grantID)
	if db.NoRows(err) {
		return "", noGrant()
	}
	return clientID, err
}

// EndReplayed ends the grant of a code that was used before, whatever it allows now. A code that was not, or that stands for
// nothing, is passed over.
func (s *Service) EndReplayed(ctx context.Context, code string) error {
	h := hashOf(code)
	grantID, err := db.One(ctx, s.db, db.Scalar[string], selectUsedCode, h[:])
	if db.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.End(ctx, grantID, ForCodeReplayed)
}

// NewRefreshToken makes the text of a refresh token.
func NewRefreshToken() string { return key.NewToken(key.RefreshTokenPrefix) }

// Redeem takes the code of a grant, once, and keeps the refresh token that goes out for it, if one does. Of several who come
// with the same code one gets through; the others end the grant, and so does who comes later, because one of them is not
// the client (RFC 9700, 4.5; RFC 6749, 4.1.2). They get ErrReplayed.
func (s *Service) Redeem(ctx context.Context, a *Authority, refresh string) error {
	return s.use(ctx, a, refresh, ForCodeReplayed, func(tx *db.Tx, ends clock.Time) (bool, error) {
		return tx.ExecOne(useCode, a.GrantID, tx.Now(), ends)
	})
}

// Refresh takes a refresh token, once, and keeps its successor. One that was used before ends the grant (RFC 9700,
// 4.14.2): ErrReplayed.
func (s *Service) Refresh(ctx context.Context, a *Authority, presented, next string) error {
	h := hashOf(presented)
	return s.use(ctx, a, next, ForReplayed, func(tx *db.Tx, ends clock.Time) (bool, error) {
		ok, err := tx.ExecOne(useRefresh, h[:], tx.Now())
		if err != nil || !ok {
			return false, err
		}
		return tx.ExecOne(touchGrant, a.GrantID, tx.Now(), ends)
	})
}

// use runs take, which is a compare-and-set: where it fails, the grant ends.
func (s *Service) use(ctx context.Context, a *Authority, refresh, otherwise string, take func(tx *db.Tx, ends clock.Time) (bool, error)) error {
	replayed := false
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		// First, as everywhere: who waited for a row holds it on PostgreSQL even where there is nothing left to change, and
		// two who come with one code would wait for one another.
		if _, err := tx.Change(string(a.Org)); err != nil {
			return err
		}
		now := tx.Now()
		life := TokenLife
		if refresh != "" {
			life = RefreshLife
		}
		ok, err := take(tx, now.Add(life))
		if err != nil {
			return err
		}
		if replayed = !ok; replayed {
			return end(tx, scope.System(a.Org), a.GrantID, otherwise)
		}
		if refresh != "" {
			h := hashOf(refresh)
			if _, err := tx.Exec(insertRefresh, h[:], a.GrantID, now, now.Add(RefreshLife)); err != nil {
				return err
			}
		}
		_, err = tx.Exec(touchClient, a.client, now, now.Add(-touchEvery))
		return err
	})
	if err == nil && replayed {
		return ErrReplayed
	}
	return err
}

// End ends a grant with every token that came of it, for the endpoints of the protocol: the next request with one of them
// is refused. One that has ended, or that there is not, stays so.
func (s *Service) End(ctx context.Context, grantID, reason string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		org, err := db.One(tx.Context(), tx, db.Scalar[scope.OrgID], selectOrgOfGrant, grantID)
		if db.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return end(tx, scope.System(org), grantID, reason)
	})
}

// end revokes a grant and says who did it and why, if it has not ended before.
func end(tx *db.Tx, who scope.Principal, grantID, reason string) error {
	if _, err := tx.Change(string(who.Org)); err != nil {
		return err
	}
	ok, err := tx.ExecOne(revokeGrant, grantID, tx.Now(), reason)
	if err != nil || !ok {
		return err
	}
	tx.ChangeAuthority()
	return audit.Append(tx, who, "oauth_grant.revoke", "oauth_grant", grantID, map[string]any{"reason": reason})
}

// Grants lists what members allowed a client, the oldest first, or the newest. It needs KeysManage.
func (s *Service) Grants(ctx context.Context, who scope.Principal, client ID, newest bool, p page.Page) (page.Of[Grant], error) {
	if _, err := s.Get(ctx, who, client); err != nil {
		return page.Of[Grant]{}, err
	}
	var w db.Where
	w.And("g.client_id = ?", client)
	w.And("(g.code_hash IS NULL OR g.code_used_at IS NOT NULL)")
	order := grantsInOrder
	if newest {
		order = grantsNewest
	}
	switch {
	case p.After.ID == "":
	case newest:
		w.And("g.id < ?", p.After.ID)
	default:
		w.And("g.id > ?", p.After.ID)
	}
	rows, err := db.All(ctx, s.db, scanGrant, selectGrants+w.SQL()+order+w.Next(), w.Args(p.Limit+1)...)
	return page.Cut(rows, p.Limit), err
}

// Position is where a grant stands in lists.
func (g Grant) Position() page.Position { return page.Position{ID: g.ID} }

// EndGrant ends what a member allowed a client. It needs KeysManage.
func (s *Service) EndGrant(ctx context.Context, who scope.Principal, grantID string) (g Grant, err error) {
	if err := who.Need(scope.KeysManage); err != nil {
		return Grant{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		g, err = db.One(tx.Context(), tx, scanGrant, selectGrant, who.Org, grantID)
		if db.NoRows(err) {
			return noGrant()
		}
		if err != nil {
			return err
		}
		if g.RevokedAt != 0 {
			return fault.New(fault.Conflict, "state_conflict", "state", Revoked).With("state", Revoked)
		}
		g.RevokedAt, g.RevokedFor = tx.Now(), ForAdmin
		return end(tx, who, grantID, ForAdmin)
	})
	return g, err
}

// GrantsOf lists what a user allows programs now, in every organization, the latest first.
func (s *Service) GrantsOf(ctx context.Context, user string) ([]Grant, error) {
	return db.All(ctx, s.db, scanGrant, selectGrantsOfUser, user, s.Now())
}

// EndOwn ends what a user allowed, for that user. One of somebody else is oauth_grant_not_found.
func (s *Service) EndOwn(ctx context.Context, user, grantID string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		g, err := db.One(tx.Context(), tx, scanGrant, selectOwnGrant, user, grantID)
		if db.NoRows(err) {
			return noGrant()
		}
		if err != nil {
			return err
		}
		org, err := db.One(tx.Context(), tx, db.Scalar[scope.OrgID], selectOrgOfGrant, grantID)
		if err != nil {
			return err
		}
		return end(tx, scope.Principal{Kind: scope.KindSession, Org: org, ID: g.MemberID, MemberID: g.MemberID, Label: g.MemberName}, grantID, ForPerson)
	})
}

// Present leaves of the scopes of a token those that it still has.
func (a *Authority) Present(names []string) []string {
	in, _ := within(names, a.rights)
	return in
}
