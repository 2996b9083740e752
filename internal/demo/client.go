package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// client calls the management API.
type client struct{ base, token string }

// call makes a request and reads the member "data" of the answer into out.
func (c client) call(ctx context.Context, method, path string, body, out any) error {
	var r io.Reader
	contentType := "application/json"
	switch b := body.(type) {
	case nil:
	case upload:
		r, contentType = bytes.NewReader(b.content), "text/csv"
		path += "?file_name=" + b.name
	default:
		j, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1/manage"+path, r)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if r != nil {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, b)
	}
	if out == nil {
		return nil
	}
	var envelope struct{ Data json.RawMessage }
	if err := json.Unmarshal(b, &envelope); err != nil {
		return err
	}
	return json.Unmarshal(envelope.Data, out)
}

// upload is a logbook file as a request's body.
type upload struct {
	name    string
	content []byte
}

// create posts an object and returns its id.
func (c client) create(ctx context.Context, noun string, body any) (string, error) {
	var made struct{ ID string }
	err := c.call(ctx, http.MethodPost, "/"+noun, body, &made)
	return made.ID, err
}
