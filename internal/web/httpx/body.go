package httpx

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"airside/internal/base/fault"
	"airside/internal/base/idempotency"
)

const (
	jsonType  = "application/json"
	mergeType = "application/merge-patch+json"
	formType  = "multipart/form-data"

	defaultBodyLimit = 1 << 20
	bodyTime         = 30 * time.Second
)

func (o *route) takesBody() bool {
	return o.Method == http.MethodPost || o.Method == http.MethodPatch || o.Method == http.MethodPut
}

// Empty is the body of a verb without arguments: nothing, or an empty object.
type Empty struct{}

// readBody reads the whole body before the verb begins, within its limits of size, time and type, and puts it
// back for huma.
func (o *route) readBody(w http.ResponseWriter, r *http.Request, lenient bool) ([]byte, error) {
	most := o.MaxBody
	tooLarge := fault.New(fault.TooLarge, "body_too_large", "max", most)
	if r.ContentLength > most {
		return nil, tooLarge
	}
	var body []byte
	err := ReadInTime(w, most, func() (err error) {
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, most))
		return err
	})
	var exceeded *http.MaxBytesError
	if errors.As(err, &exceeded) {
		return nil, tooLarge
	}
	if err != nil {
		return nil, fault.New(fault.BadRequest, "body_incomplete").Because(err)
	}
	if lenient {
		r.Header.Set("Content-Type", o.Types[0]) // whatever it said
	}
	if len(body) > 0 {
		if err := o.checkType(r.Header.Get("Content-Type")); err != nil {
			return nil, err
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// ReadInTime gives read, which reads the whole body of a request, as long as a body of that many bytes may take. Once
// all is read the deadline is taken away: left standing, it would end the connection under what takes longer. After an
// error it stays, because the server reads on before it answers.
func ReadInTime(w http.ResponseWriter, most int64, read func() error) error {
	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Now().Add(bodyTime + time.Duration(most>>20)*time.Second))
	err := read()
	if err == nil {
		control.SetReadDeadline(time.Time{})
	}
	return err
}

// checkType refuses a body of another type. One without a type is taken for the operation's first.
func (o *route) checkType(contentType string) error {
	if contentType == "" {
		return nil
	}
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil || !slices.Contains(o.Types, t) {
		return fault.New(fault.Media, "unsupported_media_type", "types", strings.Join(o.Types, ", "))
	}
	return nil
}

// claim binds the request to its Idempotency-Key, if it has one. Surfaces without envelopes do not honour it.
func (a *API) claim(x *exchange, r *http.Request, body []byte) (*http.Request, error) {
	keys := r.Header["Idempotency-Key"]
	if len(keys) == 0 || r.Method != http.MethodPost || a.o.Bare {
		return r, nil
	}
	if len(keys) > 1 || !idempotency.Valid(keys[0]) {
		return r, fault.New(fault.BadRequest, "idempotency_key_malformed")
	}
	h := hmac.New(sha256.New, a.o.Pepper)
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery} {
		io.WriteString(h, part)
		h.Write([]byte{0})
	}
	h.Write(body)
	ctx := idempotency.With(r.Context(), string(x.who.Org), x.who.ID, keys[0], h.Sum(nil))
	return r.WithContext(ctx), nil
}

// Upload is a file that came as the whole body or in the field 'file' of a form, with the form's other fields.
type Upload struct {
	Name   string
	Data   []byte
	Fields map[string]string
}

// ReadUpload reads the file out of the body of the request.
func ReadUpload(ctx context.Context) (Upload, error) {
	x := exchangeOf(ctx)
	body := x.body
	kind, params, err := mime.ParseMediaType(x.request.Header.Get("Content-Type"))
	if err != nil || kind != formType {
		return Upload{Data: body}, nil
	}
	u := Upload{Fields: map[string]string{}}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Upload{}, fault.InvalidFields(fault.Field{Where: "body", Code: "malformed"})
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return Upload{}, fault.InvalidFields(fault.Field{Name: part.FormName(), Where: "body", Code: "malformed"})
		}
		switch {
		case part.FormName() == "file":
			u.Name, u.Data = part.FileName(), data
		case part.FormName() != "":
			u.Fields[part.FormName()] = string(data)
		}
	}
	if u.Data == nil {
		return Upload{}, fault.InvalidFields(fault.Field{Name: "file", Where: "body", Code: "not_a_file"})
	}
	return u, nil
}
