package manageapi

import (
	"context"
	"encoding/base64"
	"io"
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/text"
	"airside/internal/licence"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

// licenceTokens are the credentials at the licence server, batches of licences, and the keys that it signs with.
func (s surface) licenceTokens(a *httpx.API) {
	read, manage := scope.LicencesRead, scope.LicencesManage
	a.Resource("licence-tokens", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		t, err := s.Licences.GetToken(ctx, who, licence.TokenID(id))
		return VendorTokenWithText{VendorToken: t}, err
	})
	a.Resource("licence-batches", func(ctx context.Context, who scope.Principal, id string) (any, error) {
		return s.Licences.GetBatch(ctx, who, licence.BatchID(id))
	})
	token := licence.VendorToken{}
	tokens := listing(op("listLicenceTokens", "GET licence-tokens", "licence_token", "Tokens at the licence server, revoked ones too", read), token)
	tokens.NoTag = true // their use is no change that is numbered
	httpx.Handle(a, tokens, s.listLicenceTokens)
	mint := conflicts(answering(op("createLicenceToken", "POST licence-tokens", "licence_token", "Make a client or an admin token; only this answer has it", manage), statusCreated, VendorTokenWithText{}), "Two of the role are live (`too_many_live_tokens`).")
	mint.Text = "Two tokens of each role may be live at once. To rotate: make the second, give it to everybody who has the first, and revoke that."
	httpx.Handle(a, mint, s.createLicenceToken)
	httpx.Handle(a, answering(op("getLicenceToken", "GET licence-tokens/{id}", "licence_token", "One token", read), 200, token), s.getLicenceToken)
	httpx.Handle(a, conflicts(answering(op("revokeLicenceToken", "POST licence-tokens/{id}/revoke", "licence_token", "End a token for good, at once", manage), 200, token), "It is revoked: `state_conflict`."), s.revokeLicenceToken)

	batch := licence.Batch{}
	batches := listing(op("listLicenceBatches", "GET licence-batches", "licence_batch", "Licences that were issued together", read), batch)
	httpx.Handle(a, batches, s.listLicenceBatches)
	issue := answering(op("createLicenceBatch", "POST licence-batches", "licence_batch", "Issue up to 10,000 licences from a CSV", manage), statusCreated, batch)
	issue.Text = "The head names the columns, in any order: `email`, `product`, `edition`, and perhaps `max_activations`, `features` (separated by `;`), `expires_at` and `note`. " +
		"All of a file is issued or nothing: `batch_invalid` has the `findings` by row and column; `POST licence-batch-checks` says before what would be found."
	issue.MaxBody = 8 << 20
	httpx.Handle(a, issue, s.createLicenceBatch)
	check := answering(op("checkLicenceBatch", "POST licence-batch-checks", "", "What issuing a CSV would find; nothing is kept", manage), 200, batch)
	check.MaxBody = 8 << 20
	httpx.Handle(a, check, s.checkLicenceBatch)
	httpx.Handle(a, answering(op("getLicenceBatch", "GET licence-batches/{id}", "licence_batch", "One batch, and how far it has come", read), 200, batch), s.getLicenceBatch)
	keys := conflicts(op("downloadLicenceKeys", "POST licence-batches/{id}/download-keys", "licence_batch", "The keys of a batch as CSV, once, within a day", manage), "The batch is being issued: `state_conflict`.")
	keys.Files, keys.Faults[410] = []string{"text/csv"}, "They were downloaded, or a day has passed (`batch_keys_gone`)."
	httpx.Handle(a, keys, s.downloadLicenceKeys)

	signing := answering(op("getLicenceSigningKeys", "GET licence-signing-keys", "", "The keys that tokens are signed with, the newest first; they are the deployment's", read), 200, []LicenceSigningKey{})
	signing.NoTag = true // one becomes active by the clock
	httpx.Handle(a, signing, s.listLicenceSigningKeys)
	rotate := conflicts(answering(op("createLicenceSigningKey", "POST licence-signing-keys", "", "Make the next key, in the platform's own organization", manage), statusCreated, LicenceSigningKey{}), "The next key has yet to sign (`next_key_waits`).")
	httpx.Handle(a, rotate, s.createLicenceSigningKey)
}

// VendorTokenWithText is a token with what is shown once.
type VendorTokenWithText struct {
	licence.VendorToken
	Token string `json:"token,omitempty" doc:"Here and never again; absent in the answer to a repeated request" example:"gaf_lc_…"`
}

type licenceTokensQuery struct {
	httpx.ListQuery
	Status string `query:"status" enum:"active,revoked" doc:"In this status"`
}

func (s surface) listLicenceTokens(ctx context.Context, who scope.Principal, in *licenceTokensQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Licences.ListTokens(ctx, who, licence.TokenFilter{Status: in.Status}, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, in.ListQuery, p, of, licence.VendorToken.Position, httpx.AsJSON)
}

type licenceTokenDraft struct{ Body licence.NewVendorToken }

func (s surface) createLicenceToken(ctx context.Context, who scope.Principal, in *licenceTokenDraft) (httpx.Answer, error) {
	t, token, err := s.Licences.MintToken(ctx, who, in.Body)
	return httpx.Created(VendorTokenWithText{t, token}, string(t.ID)), err
}

func (s surface) getLicenceToken(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	t, err := s.Licences.GetToken(ctx, who, licence.TokenID(in.ID))
	return httpx.One(t).TaggedIn(t.ChangeNo, t.LastUsedAt.String()), err
}

func (s surface) revokeLicenceToken(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	t, err := s.Licences.RevokeToken(ctx, who, licence.TokenID(in.ID))
	return httpx.One(t).TaggedIn(t.ChangeNo, t.LastUsedAt.String()), err
}

func (s surface) listLicenceBatches(ctx context.Context, who scope.Principal, in *httpx.ListQuery) (httpx.Answer, error) {
	p, err := in.Page(ctx)
	if err != nil {
		return httpx.Answer{}, err
	}
	of, err := s.Licences.ListBatches(ctx, who, p)
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.Rows(ctx, *in, p, of, licence.Batch.Position, httpx.AsJSON)
}

type licenceBatchDraft struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100" example:"Shop, November"`
		CSV  string `json:"csv" doc:"The file, at most 4 MiB" example:"email,product,edition\npilot@example.com,XP-FlightDeck,Pro"`
	}
}

func (s surface) createLicenceBatch(ctx context.Context, who scope.Principal, in *licenceBatchDraft) (httpx.Answer, error) {
	b, err := s.Licences.Issue(ctx, who, in.Body.Name, []byte(in.Body.CSV), false)
	inWords(ctx, b) // those of a refusal are the same ones
	return httpx.Created(b, string(b.ID)), err
}

func (s surface) checkLicenceBatch(ctx context.Context, who scope.Principal, in *licenceBatchDraft) (httpx.Answer, error) {
	b, err := s.Licences.Issue(ctx, who, in.Body.Name, []byte(in.Body.CSV), true)
	inWords(ctx, b)
	return httpx.One(b), err
}

// inWords says what was found in the reader's language.
func inWords(ctx context.Context, b licence.Batch) {
	lang := text.Negotiate(httpx.Language(ctx))
	for i, f := range b.Findings {
		b.Findings[i].Detail = text.Get(lang, f.Code, f.Args...)
	}
}

func (s surface) getLicenceBatch(ctx context.Context, who scope.Principal, in *ByID) (httpx.Answer, error) {
	b, err := s.Licences.GetBatch(ctx, who, licence.BatchID(in.ID))
	return httpx.One(b).TaggedIn(b.ChangeNo, b.KeysUntil.String()), err
}

func (s surface) downloadLicenceKeys(ctx context.Context, who scope.Principal, in *VerbOn) (httpx.Answer, error) {
	keys, err := s.Licences.BatchKeys(ctx, who, licence.BatchID(in.ID))
	if err != nil {
		return httpx.Answer{}, err
	}
	return httpx.File(func(w io.Writer) (string, string, error) {
		_, err := w.Write(keys)
		return "licence-keys-" + s.today() + ".csv", "text/csv", err
	}), nil
}

// LicenceSigningKey is a key that tokens and licence files are signed with.
type LicenceSigningKey struct {
	KID       string            `json:"kid" example:"1f0c7d7d2d6e5a41"`
	Version   int               `json:"version" doc:"Counts them, from 1"`
	Key       string            `json:"ed25519_public_key_b64" doc:"Raw, 32 bytes, in standard base64"`
	Status    licence.KeyStatus `json:"status" enum:"next,active,retired"`
	SignsFrom clock.Time        `json:"signs_from"`
	CreatedAt clock.Time        `json:"created_at"`
	CreatedBy string            `json:"created_by"`
}

func signingKeyOf(k licence.SigningKey) LicenceSigningKey {
	return LicenceSigningKey{k.KID, k.Version, base64.StdEncoding.EncodeToString(k.Public), k.Status, k.SignsFrom, k.CreatedAt, k.CreatedBy}
}

func (s surface) listLicenceSigningKeys(ctx context.Context, _ scope.Principal, _ *struct{}) (httpx.Answer, error) {
	keys, err := s.Licences.SigningKeys(ctx)
	all := []LicenceSigningKey{}
	for _, k := range keys {
		all = append(all, signingKeyOf(k))
	}
	return httpx.One(all), err
}

type licenceKeyDraft struct {
	Body *struct {
		LeadDays int `json:"lead_days,omitempty" minimum:"0" maximum:"90" doc:"For how many days it is published before it signs; 0: it signs at once"`
	}
}

func (s surface) createLicenceSigningKey(ctx context.Context, who scope.Principal, in *licenceKeyDraft) (httpx.Answer, error) {
	lead := 0
	if in.Body != nil {
		lead = in.Body.LeadDays
	}
	k, err := s.Licences.RotateKey(ctx, who, time.Duration(lead)*24*time.Hour)
	return httpx.One(signingKeyOf(k)), err
}
