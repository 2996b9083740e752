package tenantfile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// inForce is what of a document requests are held against. It keeps no more than that, because a deployment may have
// ten thousand tenants.
type inForce struct {
	keys  []grant // the enabled ones, in the order of their hashes
	epoch uint64  // of authority, where the database has the document
	no    int64   // its version there
	stamp stamp   // of the file
	again bool    // the file was so young that a second write might not show in its stamp
}

// grant is what a key stands for.
type grant struct {
	hash   [sha256.Size]byte
	id     string // see grantID
	rights scope.Set
}

// enforce makes of a document what requests are held against.
func enforce(org scope.OrgID, d *Document) *inForce {
	f := &inForce{}
	var ids strings.Builder // one text for all of them
	var ends []int
	for _, e := range d.Entries() {
		if e.Enabled {
			f.keys = append(f.keys, grant{hash: e.Hash, rights: e.Rights})
			ids.WriteString(grantID(org, e))
			ends = append(ends, ids.Len())
		}
	}
	for i, from := 0, 0; i < len(ends); i++ {
		f.keys[i].id, from = ids.String()[from:ends[i]], ends[i]
	}
	slices.SortFunc(f.keys, func(a, b grant) int { return cmp.Compare(head(a.hash), head(b.hash)) })
	return f
}

// grantID is <organization>/<name>#<mark>: the mark tells a key from another one of the same name, and nothing of its hash.
func grantID(org scope.OrgID, e Entry) string {
	sum := sha256.Sum256(e.Hash[:])
	return string(org) + "/" + e.Name + "#" + hex.EncodeToString(sum[:4])
}

// nameOf is the name in a grant's id.
func nameOf(id string) string {
	return id[len("0195b4c0-0f3e-7a51-8c11-52d7f0a1b2c3/") : len(id)-len("#00000000")]
}

func head(h [sha256.Size]byte) uint64 { return binary.BigEndian.Uint64(h[:]) }

// find returns the key with a hash. What it can be timed by is the hash's beginning, which nobody can choose; the whole
// is compared in constant time.
func (f *inForce) find(h [sha256.Size]byte) *grant {
	i, _ := slices.BinarySearchFunc(f.keys, head(h), func(g grant, want uint64) int { return cmp.Compare(head(g.hash), want) })
	for ; i < len(f.keys) && head(f.keys[i].hash) == head(h); i++ {
		if subtle.ConstantTimeCompare(f.keys[i].hash[:], h[:]) == 1 {
			return &f.keys[i]
		}
	}
	return nil
}

// principal is who the key stands for.
func (g *grant) principal(t *tenant) scope.Principal {
	return scope.Principal{Kind: scope.KindTenant, Org: t.org, ID: g.id, Label: nameOf(g.id), Rights: g.rights}
}

// Verify returns who a key stands for. A token of ours names its tenant; any other is looked for in the document of the
// organization that the request names. The key must be in the document in force and enabled: otherwise it is
// Unauthenticated, and nothing tells why. An error of kind Unavailable says that it could not be found out.
func (s *Service) Verify(ctx context.Context, token string, _ netip.Addr, org scope.OrgID) (scope.Principal, error) {
	if token == "" {
		return scope.Principal{}, fault.New(fault.Unauthenticated, "credential_required")
	}
	id, ok, mistyped := tenantOf(token)
	if !ok && !mistyped {
		id, ok = parseUUID(org)
	}
	if !ok || len(token) > maxToken {
		return scope.Principal{}, invalid()
	}
	t, err := s.tenant(ctx, id)
	if err != nil {
		return scope.Principal{}, err
	}
	if t == nil {
		return scope.Principal{}, invalid()
	}
	f, err := s.current(ctx, t)
	if err != nil {
		return scope.Principal{}, err
	}
	if g := f.find(hashOf(token)); g != nil {
		return g.principal(t), nil
	}
	return scope.Principal{}, invalid()
}

func invalid() error { return fault.New(fault.Unauthenticated, "invalid_token") }

// lookEvery is for how long a file is taken to be as it was.
const lookEvery = 25 * time.Millisecond

// current returns what is in force of a tenant now.
func (s *Service) current(ctx context.Context, t *tenant) (*inForce, error) {
	if s.files == nil {
		return s.fromDatabase(ctx, t)
	}
	f := t.now.Load()
	if f != nil && time.Since(s.began)-time.Duration(t.looked.Load()) < lookEvery {
		return f, nil
	}
	if !t.mu.TryLock() {
		if f != nil {
			return f, nil // somebody is looking, or writing what they have not answered yet
		}
		t.mu.Lock()
	}
	defer t.mu.Unlock()
	if f = t.now.Load(); f != nil && !f.again {
		if st, err := s.files.stamp(t.org); err == nil && st == f.stamp {
			t.looked.Store(int64(time.Since(s.began)))
			return f, nil
		}
	}
	if _, err := s.load(ctx, t, false); err != nil && f == nil {
		return nil, err
	}
	return t.now.Load(), nil // where it cannot be looked at, what was in force stays
}

// fromDatabase returns what is in force where the database has the documents: what was read under the present epoch of
// authority, which each change of a document moves on, on every node.
func (s *Service) fromDatabase(ctx context.Context, t *tenant) (*inForce, error) {
	epoch, steady, err := s.db.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	if f := t.now.Load(); f != nil && steady && f.epoch == epoch {
		return f, nil
	}
	t.mu.Lock() // one reads for all
	defer t.mu.Unlock()
	f := t.now.Load()
	if f != nil && steady && f.epoch == epoch {
		return f, nil
	}
	if f != nil { // most changes of authority are of something else
		no, err := db.One(ctx, s.db, db.Scalar[int64], selectVersion, t.org)
		if err != nil && !db.NoRows(err) {
			return nil, err
		}
		if no == f.no {
			f = &inForce{keys: f.keys, no: no}
			return s.since(t, f, epoch, steady), nil
		}
	}
	known, err := s.known(ctx, s.db, t.org)
	if err != nil {
		return nil, err
	}
	doc, mistakes := known.parsed()
	s.warn(t, mistakes)
	f = enforce(t.org, doc)
	f.no = known.Version
	return s.since(t, f, epoch, steady), nil
}

// since keeps what was read under an epoch, if that is still the one.
func (s *Service) since(t *tenant, f *inForce, epoch uint64, steady bool) *inForce {
	if steady && s.db.SameEpoch(epoch) {
		f.epoch = epoch
		t.now.Store(f)
	}
	return f
}
