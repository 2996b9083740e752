package httpx

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/casing"
	"github.com/danielgtaylor/huma/v2/yaml"
)

// ServeDocument registers the document of all operations handled so far, at path.json and path.yaml, for everybody.
func (a *API) ServeDocument(path string) error {
	doc, err := a.Document()
	if err != nil {
		return err
	}
	var y bytes.Buffer
	if err := yaml.Convert(&y, bytes.NewReader(doc)); err != nil {
		return fmt.Errorf("write the OpenAPI document as YAML: %w", err)
	}
	a.serveFile(path+".json", "application/json", doc)
	a.serveFile(path+".yaml", "application/yaml", y.Bytes())
	return nil
}

func (a *API) serveFile(path, contentType string, body []byte) {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	a.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		if _, err := (parameters{}).read(r.URL.RawQuery); err != nil {
			Fail(w, r, err)
			return
		}
		h := w.Header()
		h.Set("ETag", tag)
		h.Set("Cache-Control", "public, no-cache")
		if noneMatch(r.Header, tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", contentType)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	})
}

// Document is the OpenAPI 3.1 document of all operations handled so far, as JSON that is the same each time.
func (a *API) Document() ([]byte, error) {
	doc := a.huma.OpenAPI()
	a.addComponents(doc)
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	var parts map[string]any
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, err
	}
	components := parts["components"].(map[string]any)
	schemas := components["schemas"].(map[string]any)
	nullable(parts, schemas, func(name string) reflect.Type {
		return doc.Components.Schemas.TypeFromRef("#/components/schemas/" + name)
	})
	dropUnused(parts, components)
	var b bytes.Buffer
	b.WriteByte('{')
	for _, name := range []string{"openapi", "info", "servers", "tags", "paths", "webhooks", "components"} {
		part, ok := parts[name]
		if !ok {
			continue
		}
		text, err := marshal(part)
		if err != nil {
			return nil, err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", name, text)
	}
	b.WriteByte('}')
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, b.Bytes(), "", "  "); err != nil {
		return nil, err
	}
	pretty.WriteByte('\n')
	return pretty.Bytes(), nil
}

// dropUnused takes out what nothing refers to: schemas of huma's own error handling, answers that no operation has.
func dropUnused(parts, components map[string]any) {
	for dropped := true; dropped; {
		dropped = false
		used := map[string]bool{}
		collectRefs(parts, used)
		for kind, named := range components {
			if kind == "securitySchemes" { // named by operations, without a reference
				continue
			}
			all := named.(map[string]any)
			for name := range all {
				if !used["#/components/"+kind+"/"+name] {
					delete(all, name)
					dropped = true
				}
			}
		}
	}
}

func collectRefs(node any, refs map[string]bool) {
	switch n := node.(type) {
	case map[string]any:
		if ref, ok := n["$ref"].(string); ok {
			refs[ref] = true
		}
		for _, v := range n {
			collectRefs(v, refs)
		}
	case []any:
		for _, v := range n {
			collectRefs(v, refs)
		}
	}
}

// Webhook is a request that we send, for the document.
type Webhook struct {
	Name    string // the type of the event
	Summary string
	Text    string
	Body    *huma.Schema
	Example any
}

// Schema returns the schema of a Go type in this document.
func (a *API) Schema(v any) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
}

// Webhook adds a request that we send to the document.
func (a *API) Webhook(hook Webhook, headers []*huma.Param) {
	doc := a.huma.OpenAPI()
	if doc.Webhooks == nil {
		doc.Webhooks = map[string]*huma.PathItem{}
	}
	doc.Webhooks[hook.Name] = &huma.PathItem{Post: &huma.Operation{
		OperationID: "on" + casing.Camel(hook.Name), Summary: hook.Summary, Description: hook.Text, Tags: []string{"webhooks"}, Parameters: headers,
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			jsonType: {Schema: hook.Body, Example: hook.Example}}},
		Responses: map[string]*huma.Response{
			"2XX":     {Description: "Received. Anything else, and no answer within 15 seconds, is tried again."},
			"410":     {Description: "The endpoint is gone for good: it is disabled."},
			"default": {Description: "Not received: tried again after 1, 5, 25, 125 and 625 seconds."},
		},
		Security: []map[string][]string{},
	}}
}
