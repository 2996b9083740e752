package console

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"sync"

	"airside/internal/base/fault"
	"airside/internal/base/idempotency"
	"airside/internal/base/text"
	"airside/internal/web/httpx"
)

//go:embed templates
var templateFiles embed.FS

// pages are the templates in each language.
type pages struct{ sets [2]*template.Template }

func loadPages(static *assets) (*pages, error) {
	p := &pages{}
	for _, lang := range []text.Lang{text.EN, text.FR} {
		set, err := template.New("").Funcs(template.FuncMap{
			"t":      func(key string, args ...any) string { return text.Get(lang, key, args...) },
			"static": static.address,
			"lang":   lang.String,
		}).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, err
		}
		p.sets[lang] = set
	}
	return p, nil
}

// view is what the layout is given.
type view struct {
	*visit
	Title   string
	Body    any
	Content template.HTML
	Nav     []navGroup
	Trail   []link // where this page stands, from the list it belongs to
	Refresh int    // seconds after which the page asks again, without JavaScript
}

// show answers with the page of a template. Pages that hold a secret are not compressed, so that its length tells
// nothing.
func (v *visit) show(status int, name, title string, body any) error {
	page := view{visit: v, Title: title, Body: body, Nav: v.nav()}
	if t, ok := body.(interface{ trail() []link }); ok {
		page.Trail = t.trail()
	}
	if r, ok := body.(interface{ refresh() int }); ok {
		page.Refresh = r.refresh()
	}
	out := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(out)
	out.Reset()
	set := v.c.pages.sets[v.Lang]
	if err := set.ExecuteTemplate(out, name, page); err != nil {
		return fault.Wrap(err, "page "+name)
	}
	page.Content = template.HTML(out.String()) // escaped by the template that wrote it
	out.Reset()
	layout := "layout"
	if v.r.Header.Get("HX-Request") == "true" {
		layout = "fragment"
	}
	if err := set.ExecuteTemplate(out, layout, page); err != nil {
		return fault.Wrap(err, "page "+name)
	}
	secret, _ := body.(interface{ secret() bool })
	v.send(status, out.Bytes(), secret == nil || !secret.secret())
	return nil
}

// part answers with a template alone, for what is put into a page that is there.
func (v *visit) part(name string, body any) error {
	var out bytes.Buffer
	if err := v.c.pages.sets[v.Lang].ExecuteTemplate(&out, name, body); err != nil {
		return fault.Wrap(err, "part "+name)
	}
	v.send(http.StatusOK, out.Bytes(), true)
	return nil
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
var zippers = sync.Pool{New: func() any { z, _ := gzip.NewWriterLevel(nil, 5); return z }}

func (v *visit) send(status int, body []byte, compress bool) {
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang.String())
	h.Set("Vary", "Accept-Encoding, Accept-Language, Cookie, HX-Request")
	if !compress || !acceptsGzip(v.r) {
		h.Set("Content-Length", strconv.Itoa(len(body)))
		v.w.WriteHeader(status)
		v.w.Write(body)
		return
	}
	h.Set("Content-Encoding", "gzip")
	v.w.WriteHeader(status)
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(v.w)
	z.Write(body)
	z.Close()
}

// errorPage is what a failed page says.
type errorPage struct{ Status, Text, RequestID, Retry string }

// fail answers with the page of an error.
func (v *visit) fail(err error) {
	if errors.Is(err, errSignIn) {
		v.toSignIn()
		return
	}
	if errors.Is(err, errAskForLink) {
		http.Redirect(v.w, v.r, "/licences/enter", http.StatusSeeOther)
		return
	}
	var done *idempotency.Replay
	if errors.As(err, &done) { // a form sent twice was carried out once
		err = fault.New(fault.Conflict, "form_sent_twice")
	}
	f := httpx.Report(v.ctx(), err)
	status := httpx.StatusOf(f)
	h := v.w.Header()
	p := errorPage{Status: strconv.Itoa(status), Text: v.explain(f), RequestID: httpx.RequestID(v.ctx())}
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds()+0.999)))
	}
	if shown := v.show(status, "error", v.T("title_"+p.Status), p); shown != nil {
		httpx.Report(v.ctx(), shown)
		http.Error(v.w, p.Text, status)
	}
}

// explain is the sentence of a fault, with the fields it names.
func (v *visit) explain(f *fault.Error) string {
	s := v.T(f.Code, f.Args...)
	for _, field := range f.Fields {
		s += " " + field.Name + ": " + v.T(field.Code, field.Args...)
	}
	return s
}
