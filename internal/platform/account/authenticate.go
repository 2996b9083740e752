package account

import (
	"context"

	"airside/internal/base/db"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// Authenticate returns the session of a token, or a fault of kind Unauthenticated: unknown, ended, or waiting for its
// second factor.
func (s *Service) Authenticate(ctx context.Context, token string) (Session, error) {
	hash, ok := hashToken(sessionPrefix, token)
	if !ok {
		return Session{}, signedOut()
	}
	now := s.now()
	sess, err := db.One(ctx, s.db, scanSession, selectSession, hash, now, now.Add(-idleEnd))
	if db.NoRows(err) {
		return Session{}, signedOut()
	}
	if err != nil {
		return Session{}, err
	}
	sess.Current = true
	if now.Sub(sess.SeenAt) >= seenEvery {
		s.touch(ctx, &sess)
	}
	return sess, nil
}

// touch moves the time of last use. A store that cannot be written lets its readers in all the same.
func (s *Service) touch(ctx context.Context, sess *Session) {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(touchSession, sess.ID, tx.Now(), tx.Now().Add(-seenEvery))
		return err
	})
	if err != nil {
		s.log.Warn("the last use of a session cannot be written", "error", err)
		return
	}
	sess.SeenAt = s.now()
}

// Membership returns who the session is in the organization with this slug, as it is now. Where the user is no member
// there is no such organization.
func (s *Service) Membership(ctx context.Context, sess Session, slug string) (scope.Principal, org.Organization, error) {
	o, m, err := s.orgs.PlaceOf(ctx, string(sess.User), slug)
	if err != nil {
		return scope.Principal{}, org.Organization{}, err
	}
	return scope.Principal{
		Kind: scope.KindSession, Org: o.ID, ID: sess.ID, Label: m.DisplayName, MemberID: string(m.ID), PersonID: m.PersonID,
		Role: m.Role, Rights: scope.Rights(m.Role),
	}, o, nil
}

// Membership is an organization that one may go to, and as what.
type Membership = org.Place

// Memberships lists where the user is a member, by name.
func (s *Service) Memberships(ctx context.Context, sess Session) ([]Membership, error) {
	return s.orgs.PlacesOf(ctx, string(sess.User))
}
