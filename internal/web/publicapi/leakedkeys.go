package publicapi

import (
	"encoding/json"
	"net/http"

	"airside/internal/base/fault"
	"airside/internal/base/limit"
	"airside/internal/web/httpx"
)

// reportsAnHour is how many reports one address may make.
const reportsAnHour = 60

// maxReport bounds the body of a report: as many tokens as it may name, and where each was found.
const maxReport = 1 << 20

// leakReport is what a finder of tokens sends: the tokens, and where they were.
type leakReport struct {
	Tokens []string `json:"tokens"`
	Source string   `json:"source"`
}

// found is one token in the form that the secret scanning of code hosts sends, in an array.
type found struct {
	Token string `json:"token"`
	URL   string `json:"url"`
}

// leakedKeys takes reports of tokens that anybody can read, from anybody: without a credential, and always answered alike, so
// that nobody learns which of them were good.
func (s surface) leakedKeys(limiter *limit.Limiter) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := limiter.Take(httpx.Address(r.Context()).String(), 0).Err(); err != nil {
			httpx.Fail(w, r, err)
			return
		}
		var raw json.RawMessage
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxReport)).Decode(&raw); err != nil {
			httpx.Fail(w, r, fault.New(fault.BadRequest, "not_json"))
			return
		}
		var report leakReport
		var list []found
		if err := json.Unmarshal(raw, &report); err != nil && json.Unmarshal(raw, &list) != nil {
			httpx.Fail(w, r, fault.New(fault.BadRequest, "not_json"))
			return
		}
		for _, f := range list {
			report.Tokens = append(report.Tokens, f.Token)
			report.Source = f.URL
		}
		if err := s.Leaked(r.Context(), report.Tokens, report.Source); err != nil {
			httpx.Fail(w, r, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}
}
