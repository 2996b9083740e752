package httpx

import (
	"context"
	"io"
	"net/http"
	"strings"
)

// Answer is what an operation answers: make it with One, Created, Nothing, Rows or File.
type Answer struct {
	data     any
	body     []byte
	link     string
	location string
	tag      string
	header   []string
	file     Produce
	stream   bool // the file is JSON, answered like any other
}

// One answers a single object.
func One(data any) Answer { return Answer{data: data} }

// Created answers an object that is now at <collection>/<id>.
func Created(data any, id string) Answer { return Answer{data: data, location: id} }

// Ready answers a single object that is JSON already.
func Ready(body []byte) Answer { return Answer{body: body} }

// Next adds the Link to the page that follows, for a list that is answered as an array.
func (a Answer) Next(ctx context.Context, cursor string) Answer {
	a.link = nextLink(exchangeOf(ctx).request, cursor)
	return a
}

// Nothing answers that it is done.
func Nothing() Answer { return Answer{} }

// Stream answers JSON that is too long to be held in memory. As a file, it is put together before any of it is sent.
func Stream(write func(w io.Writer) error) Answer {
	return Answer{stream: true, file: func(w io.Writer) (string, string, error) { return "", jsonType, write(w) }}
}

// Tagged adds the ETag of a record by the number of its last change.
func (a Answer) Tagged(changeNo int64) Answer {
	if changeNo > 0 {
		a.tag = recordTag(changeNo)
	}
	return a
}

// TaggedIn adds the ETag of a record whose answer depends on more than its last change: on the language, or on what
// is no change of it. If-Match looks at the change alone.
func (a Answer) TaggedIn(changeNo int64, more ...string) Answer {
	if changeNo > 0 {
		a.tag = variantTag(changeNo, more)
	}
	return a
}

// With adds a header.
func (a Answer) With(name, value string) Answer {
	a.header = append(a.header, name, value)
	return a
}

// enveloped is the data of an answer as the surface sends it.
func (a *API) enveloped(data any) any {
	if a.o.Bare {
		return data
	}
	return struct {
		Data any `json:"data"`
	}{data}
}

// keeping says who may keep the answer to a method. What a change answers may have a secret in it, and nobody has a use for
// keeping it; a read never shows one.
func keeping(method string) []string {
	if method == http.MethodGet || method == http.MethodHead {
		return revalidate
	}
	return noStore
}

func (a *API) write(x *exchange, w http.ResponseWriter, r *http.Request, o *route, answer Answer) {
	h := w.Header()
	for i := 0; i+1 < len(answer.header); i += 2 {
		h.Set(answer.header[i], answer.header[i+1])
	}
	if answer.file != nil {
		writeFile(w, r, answer)
		return
	}
	if answer.location != "" {
		if !strings.HasPrefix(answer.location, "/") {
			answer.location = strings.TrimSuffix(r.URL.EscapedPath(), "/") + "/" + answer.location
		}
		h.Set("Location", answer.location)
	}
	if !x.fresh.on && h.Get("Cache-Control") == "" {
		h["Cache-Control"] = keeping(r.Method)
	}
	if answer.tag != "" {
		h["Etag"] = []string{answer.tag}
		if r.Method == http.MethodGet && noneMatch(r.Header, answer.tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if answer.body == nil && (o.Data == nil || answer.data == nil) {
		if o.Status == http.StatusOK {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.WriteHeader(o.Status)
		return
	}
	if answer.body == nil {
		x.records = 1
		body, err := marshal(a.enveloped(answer.data))
		if err != nil {
			Fail(w, r, err)
			return
		}
		answer.body = body
	}
	if x.fresh.on {
		a.pages.Set(x.fresh.key, keptPage{no: x.fresh.no, body: answer.body, link: answer.link, rows: x.records})
	}
	if o.Cached {
		writePage(w, r, o.Status, answer.body, answer.link)
		return
	}
	writeJSON(w, o.Status, answer.body, answer.link)
}
