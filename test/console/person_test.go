package console_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// person is a browser without a window: it keeps cookies, and says where its requests come from as browsers do.
type person struct {
	t       testing.TB
	base    string
	email   string
	cookies map[string]string
	header  http.Header // sent with every request
}

// page is an answer.
type page struct {
	Status int
	Header http.Header
	Body   string
}

func (w *world) stranger() *person {
	return &person{t: w.t, base: w.URL, cookies: map[string]string{}, header: http.Header{}}
}

// other is the same person with the same cookies; what changes in one does not change the other.
func (p *person) other() *person {
	q := *p
	q.cookies, q.header = map[string]string{}, p.header.Clone()
	for k, v := range p.cookies {
		q.cookies[k] = v
	}
	return &q
}

// with is the person with other headers; an empty value takes one out.
func (p *person) with(headers ...string) *person {
	q := p.other()
	for i := 0; i+1 < len(headers); i += 2 {
		q.header.Set(headers[i], headers[i+1])
	}
	return q
}

var transport = &http.Transport{MaxIdleConnsPerHost: 8, DisableCompression: true}

// send makes a request; redirects are answers.
func (p *person) send(method, path, mediaType string, body io.Reader) page {
	p.t.Helper()
	r, err := http.NewRequest(method, p.base+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method != "GET" {
		r.Header.Set("Origin", p.base)
	}
	for name, v := range p.header {
		if v[0] == "" {
			r.Header.Del(name)
		} else {
			r.Header[name] = v
		}
	}
	for name, v := range p.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: v})
	}
	res, err := (&http.Client{Transport: transport, Timeout: 60 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	for _, k := range res.Cookies() {
		if k.MaxAge < 0 {
			delete(p.cookies, k.Name)
		} else {
			p.cookies[k.Name] = k.Value
		}
	}
	return page{res.StatusCode, res.Header, string(b)}
}

func (p *person) get(path string) page { p.t.Helper(); return p.send("GET", path, "", nil) }

// post sends a form: name, value, name, value.
func (p *person) post(path string, fields ...string) page {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return p.send("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// upload sends a form with a file in the field 'file'.
func (p *person) upload(path, name, content string, fields ...string) page {
	p.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		m.WriteField(fields[i], fields[i+1])
	}
	part, _ := m.CreateFormFile("file", name)
	io.WriteString(part, content)
	m.Close()
	return p.send("POST", path, m.FormDataContentType(), &b)
}

// useLink chooses the password by a link.
func (p *person) useLink(link string) {
	p.t.Helper()
	u, err := url.Parse(link)
	if err != nil || u.Path == "" {
		p.t.Fatalf("%q is no link", link)
	}
	if a := p.post(u.Path, "password", password, "password_again", password); a.Status != 303 {
		p.t.Fatalf("the link answers %d\n%s", a.Status, a.Body)
	}
	if p.session() == "" {
		p.t.Fatal("a link signs in")
	}
}

// signIn is the first step.
func (p *person) signIn(email, pass string, fields ...string) page {
	p.t.Helper()
	return p.post("/signin", append([]string{"email", email, "password", pass}, fields...)...)
}

// session is the token of the session's cookie.
func (p *person) session() string {
	for name, v := range p.cookies {
		if strings.HasSuffix(name, "airside_session") {
			return v
		}
	}
	return ""
}
