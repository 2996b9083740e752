package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	zxcvbn "github.com/ccojocar/zxcvbn-go"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"airside/internal/base/fault"
)

const (
	minPassword = 10
	maxPassword = 200
	judged      = 40 // characters of a password that its strength is judged by: their cube is what judging takes
	leastScore  = 3  // of 0 to 4: 'safely unguessable'
	atOnce      = 2  // hashes at once, 19 MiB each
	waiting     = 64 // who may wait for one: about a second
	busyRetry   = 2 * time.Second
	theField    = "password"
)

// params are OWASP's first choice. What is kept under others is hashed anew at the next sign-in.
var params = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// tidyPassword brings a password into the one form that is hashed; ok is false for what cannot be one.
func tidyPassword(password string) (string, bool) {
	if len(password) > 4*maxPassword || !utf8.ValidString(password) {
		return "", false
	}
	password = norm.NFC.String(password)
	return password, utf8.RuneCountInString(password) <= maxPassword
}

// checkPassword notes what is wrong with a new password; about is what is known of its user.
func checkPassword(c *fault.Check, password string, about []string) {
	tidy, ok := tidyPassword(password)
	switch {
	case !ok:
		c.Bad(theField, "too_long", "max", maxPassword)
	case utf8.RuneCountInString(tidy) < minPassword:
		c.Bad(theField, "too_short", "min", minPassword)
	case weak(tidy, about):
		c.Bad(theField, "password_weak")
	}
}

// weak tells whether a password is among leaked or common ones, or easily made from them or from what is known.
func weak(password string, about []string) bool {
	if r := []rune(password); len(r) > judged {
		password = string(r[:judged])
	}
	m := zxcvbn.PasswordStrength(password, about)
	return m.Score < leastScore || len(m.MatchSequence) == 1 && m.MatchSequence[0].Pattern == "dictionary"
}

// known gathers the words that a password should not be made of.
func known(texts ...string) []string {
	var words []string
	for _, t := range texts {
		t = strings.ToLower(norm.NFC.String(t))
		words = append(words, t)
		words = append(words, strings.FieldsFunc(t, func(r rune) bool { return strings.ContainsRune(" @.-_'’,", r) })...)
	}
	long := words[:0]
	for _, w := range words {
		if len(w) >= 3 && len(w) <= judged {
			long = append(long, w)
		}
	}
	return long
}

// hasher hashes so many passwords at once, lets so many wait, and turns the others away.
type hasher struct {
	slots chan struct{}
	queue chan struct{}
	runs  atomic.Int64 // of argon2, for tests
	dummy string       // a hash that no password has
}

func newHasher() *hasher {
	salt, key := make([]byte, params.SaltLength), make([]byte, params.KeyLength)
	rand.Read(salt)
	rand.Read(key)
	b64 := base64.RawStdEncoding
	return &hasher{
		slots: make(chan struct{}, atOnce), queue: make(chan struct{}, atOnce+waiting),
		dummy: fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, params.Memory, params.Iterations, params.Parallelism,
			b64.EncodeToString(salt), b64.EncodeToString(key)),
	}
}

// enter waits for a turn.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		f := fault.New(fault.Unavailable, "sign_in_busy")
		f.RetryAfter = busyRetry
		return nil, f
	}
	select {
	case h.slots <- struct{}{}:
		h.runs.Add(1)
		return func() { <-h.slots; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, ctx.Err()
	}
}

// hash returns what is stored of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	tidy, _ := tidyPassword(password)
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return argon2id.CreateHash(tidy, &params)
}

// check compares a password with what is stored of one; nothing stored takes the same work. stale says that it should
// be hashed anew.
func (h *hasher) check(ctx context.Context, password, stored string) (right, stale bool, err error) {
	tidy, ok := tidyPassword(password)
	if !ok || stored == "" {
		stored = h.dummy
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	right, p, err := argon2id.CheckHash(tidy, stored)
	if err != nil {
		return false, false, fault.Wrap(err, "read a stored password")
	}
	return right && stored != h.dummy, *p != params, nil
}
