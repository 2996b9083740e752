package account

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/base/fault"
)

const (
	totpDigits = 6
	totpPeriod = 30 * time.Second
	totpSkew   = 1 // steps that a phone's clock may be off, either way
)

// TOTPSecret is what an authenticator app takes up: the QR code holds the URL, true is black, no quiet zone.
type TOTPSecret struct {
	Secret, URL string
	QR          [][]bool
}

// BeginTOTP makes a second factor for the user. It counts once EnableTOTP has seen a code of it; until then each call
// replaces it.
func (s *Service) BeginTOTP(ctx context.Context, sess Session) (TOTPSecret, error) {
	made, err := newTOTP(sess.Email, nil)
	if err != nil {
		return made, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		begun, err := tx.ExecOne(beginTOTP, sess.User, s.box.Seal([]byte(made.Secret), "accounts", string(sess.User), "totp"), tx.Now())
		if err == nil && !begun {
			return fault.New(fault.Conflict, "totp_already_on")
		}
		return err
	})
	return made, err
}

// BegunTOTP is the second factor that BeginTOTP made and no code has been seen of, so that a page can show it again; ok is
// false where there is none.
func (s *Service) BegunTOTP(ctx context.Context, sess Session) (begun TOTPSecret, ok bool, err error) {
	a, err := db.One(ctx, s.db, scanAccount, selectAccount, sess.User)
	if err != nil || a.totp == nil || a.totpAt != 0 {
		return begun, false, err
	}
	key, err := s.openTOTP(a)
	if err != nil {
		return begun, false, err
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key)
	if err != nil {
		return begun, false, fault.Wrap(err, "read a second factor")
	}
	begun, err = newTOTP(sess.Email, raw)
	return begun, err == nil, err
}

// newTOTP is the second factor with these bytes, or with fresh ones.
func newTOTP(email string, raw []byte) (TOTPSecret, error) {
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: "Airside", AccountName: email, Period: uint(totpPeriod / time.Second), SecretSize: 20, Secret: raw,
		Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return TOTPSecret{}, fault.Wrap(err, "make a second factor")
	}
	picture, err := qrMatrix(key.URL())
	if err != nil {
		return TOTPSecret{}, fault.Wrap(err, "draw a second factor")
	}
	return TOTPSecret{Secret: key.Secret(), URL: key.URL(), QR: picture}, nil
}

func qrMatrix(content string) ([][]bool, error) {
	code, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		return nil, err
	}
	size := code.Bounds()
	rows := make([][]bool, size.Dy())
	for y := range rows {
		rows[y] = make([]bool, size.Dx())
		for x := range rows[y] {
			r, _, _, _ := code.At(x, y).RGBA()
			rows[y][x] = r == 0
		}
	}
	return rows, nil
}

// EnableTOTP turns the second factor on that BeginTOTP made, for who knows the password and a code of it: who only has the
// session must not lock its user out. The recovery codes are shown once.
func (s *Service) EnableTOTP(ctx context.Context, sess Session, password, code string, c Client) (recovery []string, err error) {
	confirmed, err := s.confirm(ctx, sess, theField, password)
	if err != nil {
		return nil, err
	}
	recovery, stored := s.newRecovery()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := s.still(tx, confirmed)
		if err != nil {
			return err
		}
		if a.totp == nil || a.totpAt != 0 {
			return fault.New(fault.Conflict, "totp_not_begun")
		}
		key, err := s.openTOTP(a)
		if err != nil {
			return err
		}
		step, ok := matchTOTP(key, tidyCode(code), tx.Now())
		if !ok {
			return fault.InvalidFields(fault.Field{Name: "code", Where: "body", Code: "code_wrong"})
		}
		on, err := tx.ExecOne(enableTOTP, a.user, a.totp, tx.Now(), step, stored)
		if err != nil {
			return err
		}
		if !on {
			return fault.New(fault.Conflict, "totp_not_begun")
		}
		if err := s.tell(tx, a.email, "totp_on", language(a.language, c.Lang)); err != nil {
			return err
		}
		return s.auditOwn(tx, sess, "member.enable_totp")
	})
	if err != nil {
		return nil, err
	}
	return recovery, nil
}

// DisableTOTP turns the second factor off, for who knows the password.
func (s *Service) DisableTOTP(ctx context.Context, sess Session, password string, c Client) error {
	confirmed, err := s.confirm(ctx, sess, theField, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := s.still(tx, confirmed)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(disableTOTP, a.user, tx.Now()); err != nil {
			return err
		}
		if err := s.tell(tx, a.email, "totp_off", language(a.language, c.Lang)); err != nil {
			return err
		}
		return s.auditOwn(tx, sess, "member.disable_totp")
	})
}

// still reads the account again whose password was confirmed; it stays that password until the end of the transaction.
func (s *Service) still(tx *db.Tx, confirmed account) (account, error) {
	held, err := tx.ExecOne(holdPassword, confirmed.user, confirmed.password)
	if err == nil && !held {
		err = wrongPassword(theField)
	}
	if err != nil {
		return account{}, err
	}
	return db.One(tx.Context(), tx, scanAccount, selectAccount, confirmed.user)
}

func (s *Service) openTOTP(a account) (string, error) {
	key, err := s.box.Open(a.totp, "accounts", string(a.user), "totp")
	return string(key), fault.Wrap(err, "open a second factor")
}

// matchTOTP returns the step whose code this is, among those that are accepted now.
func matchTOTP(key, code string, now clock.Time) (step int64, ok bool) {
	at := now.Std().Unix() / int64(totpPeriod/time.Second)
	for n := at - totpSkew; n <= at+totpSkew; n++ {
		want, err := hotp.GenerateCodeCustom(key, uint64(n), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = n, true
		}
	}
	return step, ok
}

// tidyCode takes a code as people type it.
func tidyCode(code string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\t' || r == '\u00a0' || r == '\u202f' {
			return -1
		}
		return r
	}, code))
}
