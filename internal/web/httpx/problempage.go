package httpx

import (
	"fmt"
	"net/http"

	"airside/internal/base/fault"
	"airside/internal/base/text"
)

// ProblemPage serves GET /problems/{code}, the address that a problem document's type names: what it means, in the
// reader's language. Arguments of a particular case stand in braces.
func ProblemPage(w http.ResponseWriter, r *http.Request) {
	code := r.PathValue("code")
	if !text.Has(code) {
		Fail(w, r, fault.New(fault.NotFound, "not_found"))
		return
	}
	lang := text.Negotiate(r.Header.Get("Accept-Language"))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Language", lang.String())
	w.Header().Add("Vary", "Accept-Language")
	fmt.Fprintf(w, "%s\n\n%s\n", code, text.Get(lang, code))
}
