package httpx

import (
	"net/http"
	"strconv"

	"github.com/maypok86/otter/v2"
)

// pageKey is what the bytes of a list depend on, beside the number of the organization's last change. The query is
// taken as it was written: one that says the same in another order is kept again.
type pageKey struct {
	org, route, query string
	period            int64 // of answers that depend on the time: the number of the quarter of an hour
}

type keptPage struct {
	no   int64
	body []byte
	link string
	rows int
}

// cachePlace is where the answer of a request will be kept.
type cachePlace struct {
	key pageKey
	no  int64
	on  bool
}

const maxKeptQuery = 1024

func newPages(bytes uint64) *otter.Cache[pageKey, keptPage] {
	return otter.Must(&otter.Options[pageKey, keptPage]{
		MaximumWeight: bytes,
		Weigher: func(k pageKey, p keptPage) uint32 {
			return uint32(len(p.body) + len(p.link) + len(k.query) + 256)
		},
	})
}

// Headers that lists share; see setSecurityHeaders.
var (
	jsonTypes    = []string{jsonType}
	revalidate   = []string{"private, no-cache"}
	noStore      = []string{"no-store"}
	varyByCaller = []string{"Authorization, X-Api-Key, X-Org-Id"}
)

// fromPages answers a list whose organization has not changed since: with 304 when the client has it, or with the
// kept page. The number is read before the records are, so that a page can only be newer than its number.
func (a *API) fromPages(x *exchange, w http.ResponseWriter, r *http.Request, o *route) (done bool, err error) {
	org := string(x.who.Org)
	no, err := a.o.ChangeNo(r.Context(), org)
	if err != nil {
		return false, err
	}
	key := pageKey{org: org, route: o.Path, query: r.URL.RawQuery}
	period := ""
	if o.Fresh > 0 {
		key.period = a.o.Clock.Now().Unix() / int64(o.Fresh.Seconds())
		period = strconv.FormatInt(key.period, 36)
	}
	tag := tagOf(no, org, o.Path, key.query, period, a.o.Version)
	h := w.Header()
	h["Etag"] = []string{tag}
	h["Cache-Control"] = revalidate
	h["Vary"] = varyByCaller
	if namesTag(r.Header, tag) {
		w.WriteHeader(http.StatusNotModified)
		return true, nil
	}
	if len(key.query) > maxKeptQuery {
		return false, nil
	}
	if kept, ok := a.pages.GetIfPresent(key); ok && kept.no == no {
		x.records = kept.rows
		writePage(w, r, http.StatusOK, kept.body, kept.link)
		return true, nil
	}
	x.fresh = cachePlace{key: key, no: no, on: true}
	return false, nil
}

// writePage writes a list that could be read, unless the client has any answer at all: If-None-Match: *.
func writePage(w http.ResponseWriter, r *http.Request, status int, body []byte, link string) {
	if namesTag(r.Header, "*") {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeJSON(w, status, body, link)
}

func writeJSON(w http.ResponseWriter, status int, body []byte, link string) {
	h := w.Header()
	h["Content-Type"] = jsonTypes
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if link != "" {
		h["Link"] = []string{link}
	}
	w.WriteHeader(status)
	w.Write(body)
}
