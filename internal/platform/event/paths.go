package event

import (
	"reflect"
	"slices"
	"strings"

	"airside/internal/base/clock"
)

// Paths lists the members of a type's payload that hold a single value or a list of them, from the envelope on:
// 'data.aircraft.registration'.
func Paths(r Row) []string { return pathsOf("data", reflect.TypeOf(r.Data)) }

// HasPath tells whether Paths has it.
func HasPath(r Row, path string) bool { return slices.Contains(Paths(r), path) }

func pathsOf(path string, t reflect.Type) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[clock.Time]() {
		return []string{path}
	}
	var all []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			all = append(all, pathsOf(path, f.Type)...)
		case name != "" && name != "-":
			all = append(all, pathsOf(path+"."+name, f.Type)...)
		}
	}
	return all
}
