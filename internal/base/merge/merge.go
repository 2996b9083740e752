// Package merge reads JSON merge patches (RFC 7396) into typed structs: a member that is absent changes nothing, null
// clears, anything else sets.
package merge

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Field is one member of a patch. Tag it `json:"name,omitzero"`, so that an absent one is not written either.
type Field[T any] struct {
	V    T
	Set  bool // the member was there
	Null bool // and it was null; V is zero then
}

// To is a member that sets v.
func To[T any](v T) Field[T] { return Field[T]{V: v, Set: true} }

// Clear is a member that is null.
func Clear[T any]() Field[T] { return Field[T]{Set: true, Null: true} }

// IsZero tells whether the member was absent.
func (f Field[T]) IsZero() bool { return !f.Set }

// UnmarshalJSON is called for members that are there.
func (f *Field[T]) UnmarshalJSON(b []byte) error {
	f.Set = true
	if f.Null = bytes.Equal(b, []byte("null")); f.Null {
		return nil
	}
	return json.Unmarshal(b, &f.V)
}

// MarshalJSON writes the value or null.
func (f Field[T]) MarshalJSON() ([]byte, error) {
	if f.Null || !f.Set {
		return []byte("null"), nil
	}
	return json.Marshal(f.V)
}

// Into applies the member to a plain target; null makes it zero.
func (f Field[T]) Into(target *T) {
	if f.Set {
		*target = f.V
	}
}

// IntoPtr applies the member to an optional target; null makes it nil.
func (f Field[T]) IntoPtr(target **T) {
	if !f.Set {
		return
	}
	if f.Null {
		*target = nil
		return
	}
	v := f.V
	*target = &v
}

// Schema describes the member: T, or null. A member is never required, and huma lets null pass for those; so a
// struct stays the plain reference that its members are checked by, and a mark tells the document of null.
func (f Field[T]) Schema(r huma.Registry) *huma.Schema {
	s := r.Schema(reflect.TypeFor[T](), true, "")
	nullable := *s
	if s.Ref != "" || s.Type == "" {
		nullable.Extensions = map[string]any{NullableMark: true}
	} else {
		nullable.Nullable = true
	}
	return &nullable
}

// NullableMark is the member of a schema that says 'or null' until web/httpx writes it as JSON Schema has it.
const NullableMark = "x-nullable"
