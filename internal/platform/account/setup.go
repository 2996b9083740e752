package account

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"slices"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/org"
	"airside/internal/platform/scope"
)

// Unclaimed tells whether there is no organization yet, so that SetUp is open.
func (s *Service) Unclaimed(ctx context.Context) (bool, error) {
	if s.claimed.Load() {
		return false, nil
	}
	none, err := s.orgs.None(ctx)
	if err == nil && !none {
		s.claimed.Store(true)
	}
	return none, err
}

// SetupCode is what SetUp asks for, so that only who sees the terminal founds the first organization. It follows from what
// the master key seals, and is stored nowhere.
func (s *Service) SetupCode() string {
	code := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(s.box.Derive("setup code")[:15]))
	return strings.Join(slices.Collect(chunks(code, 6)), "-")
}

// chunks cuts a text into pieces of n bytes.
func chunks(s string, n int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for len(s) > 0 {
			cut := min(n, len(s))
			if !yield(s[:cut]) {
				return
			}
			s = s[cut:]
		}
	}
}

// SetUp founds the first organization with its owner, who is signed in. It is open while there is none.
func (s *Service) SetUp(ctx context.Context, code string, n org.NewOrganization, password string, c Client) (SignedIn, org.Organization, error) {
	attempt := perAddress.of(network(c.Address))
	if err := s.db.Write(ctx, func(tx *db.Tx) error { return count(tx, attempt) }); err != nil {
		return SignedIn{}, org.Organization{}, err
	}
	if subtle.ConstantTimeCompare([]byte(tidyCode(code)), []byte(tidyCode(s.SetupCode()))) == 0 {
		return SignedIn{}, org.Organization{}, fault.InvalidFields(fault.Field{Name: "code", Where: "body", Code: "setup_code_wrong"})
	}
	if err := s.checkSetUp(n, password); err != nil {
		return SignedIn{}, org.Organization{}, s.excuse(ctx, err, attempt)
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return SignedIn{}, org.Organization{}, s.excuse(ctx, err, attempt)
	}
	var in SignedIn
	n.OnlyFirst = true
	n.Also = func(tx *db.Tx, _ org.Organization, owner org.Member) error {
		if err := forgive(tx, attempt); err != nil {
			return err
		}
		var err error
		in, err = s.begin(tx, UserID(owner.UserID), hash, c)
		return err
	}
	o, _, err := s.orgs.Create(ctx, scope.Operator(""), n)
	if err != nil {
		return SignedIn{}, org.Organization{}, err
	}
	return in, o, nil
}

// checkSetUp names all that is wrong at once.
func (s *Service) checkSetUp(n org.NewOrganization, password string) error {
	var c fault.Check
	checkPassword(&c, password, known(n.OwnerEmail, n.OwnerName, n.Name, n.Slug, "airside"))
	err := n.Check()
	var a, b *fault.Error
	if errors.As(err, &a) && errors.As(c.Err(), &b) {
		return fault.InvalidFields(append(slices.Clone(a.Fields), b.Fields...)...)
	}
	return errors.Join(err, c.Err())
}
