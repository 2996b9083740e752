package tenantfile

import (
	"errors"
	"slices"
	"strings"

	"airside/internal/platform/tenantfile/yaml"
)

// Add writes a further key after the last, in the style of the others. The error is Problems without a place.
func (d *Document) Add(e Entry) (*Document, error) {
	if err := checkEntry(e); err != nil {
		return nil, err
	}
	if _, taken := d.index[e.Name]; taken {
		return nil, refused("security_name_taken", "name", e.Name)
	}
	for _, o := range d.entries {
		if o.Hash == e.Hash {
			return nil, refused("security_hash_repeated", "name", o.Name)
		}
	}
	e.Permissions = append([]string{}, e.Permissions...)
	e.Rights = rightsOf(e.Permissions)
	x := edit(d)
	x.add(e)
	return x.finish(e.Name, "", append(d.Entries(), e))
}

// Change changes whether a key works and, unless permissions is nil, what it may do. Permissions that stay keep their
// place, new ones come after them in the order given.
func (d *Document) Change(name string, enabled bool, permissions *[]string) (*Document, error) {
	i, ok := d.index[name]
	if !ok {
		return nil, refused("security_name_unknown")
	}
	if permissions != nil {
		if bad, code, args := checkPermissions(*permissions); bad >= 0 {
			return nil, refused(code, args...)
		}
	}
	want := d.Entries()
	want[i].Enabled = enabled
	x := edit(d)
	x.setEnabled(name, enabled)
	d, err := x.finish(name, "enabled", want)
	if err != nil || permissions == nil {
		return d, err
	}
	return d.permit(i, *permissions)
}

// permit changes the permissions of the key at i one by one: first what is new, so that it finds an example of how the others are written.
func (d *Document) permit(i int, permissions []string) (*Document, error) {
	var err error
	want := d.Entries()
	step := func(change func(x *editor)) {
		if err != nil {
			return
		}
		x := edit(d)
		change(x)
		want[i].Rights = rightsOf(want[i].Permissions)
		d, err = x.finish(want[i].Name, "permissions", want)
	}
	before := slices.Clone(want[i].Permissions)
	for _, p := range permissions {
		if !slices.Contains(before, p) {
			want[i].Permissions = append(want[i].Permissions, p)
			step(func(x *editor) { x.addPermission(want[i].Name, p) })
		}
	}
	for _, p := range before {
		if !slices.Contains(permissions, p) {
			at := slices.Index(want[i].Permissions, p)
			want[i].Permissions = slices.Delete(want[i].Permissions, at, at+1)
			step(func(x *editor) { x.removePermission(want[i].Name, at) })
		}
	}
	return d, err
}

// Remove takes out the lines of a key, from its name to its last value or comment below it that is indented more than the name. Comments
// above it stay, because they may be about more. Of two blank lines that would meet, one goes.
func (d *Document) Remove(name string) (*Document, error) {
	i, ok := d.index[name]
	if !ok {
		return nil, refused("security_name_unknown")
	}
	want := d.Entries()
	x := edit(d)
	x.remove(i)
	return x.finish(name, "", slices.Delete(want, i, i+1))
}

// cut replaces a range of the text.
type cut struct {
	yaml.Span
	text string
}

// editor gathers the cuts of one small change.
type editor struct {
	doc  *Document
	file *yaml.File
	cuts []cut
}

func edit(d *Document) *editor {
	file, _ := yaml.Read(string(d.text))
	return &editor{doc: d, file: file}
}

func (x *editor) replace(start, end int, text string) {
	x.cuts = append(x.cuts, cut{yaml.Span{Start: start, End: end}, text})
}

func (x *editor) insert(at int, text string) { x.replace(at, at, text) }

// finish cuts, reads the result, and holds it to what was wanted: these entries, and everything else as it was, to the byte. field of
// the key name, or all of it where field is empty, is what may differ.
func (x *editor) finish(name, field string, want []Entry) (*Document, error) {
	if len(x.cuts) == 0 {
		return x.doc, nil
	}
	slices.SortStableFunc(x.cuts, func(a, b cut) int { return a.Start - b.Start })
	var text strings.Builder
	at := 0
	for _, c := range x.cuts {
		if c.Start < at {
			return nil, refused("security_edit_by_hand")
		}
		text.WriteString(x.file.Text[at:c.Start])
		text.WriteString(c.text)
		at = c.End
	}
	text.WriteString(x.file.Text[at:])
	after, file, err := read(text.String())
	if err != nil {
		return nil, whyNot(err)
	}
	if !slices.EqualFunc(after.entries, want, sameEntry) || !slices.Equal(rest(x.file, name, field, x.cuts), rest(file, name, field, nil)) {
		return nil, refused("security_edit_by_hand")
	}
	return after, nil
}

// whyNot is the error of a change whose result could not be read.
func whyNot(err error) error {
	var problems Problems
	if errors.As(err, &problems) && slices.Contains([]string{"yaml_too_large", "yaml_too_much", "security_too_many_keys"}, problems[0].Code) {
		return refused("security_change_too_large")
	}
	return refused("security_edit_by_hand")
}

// sameEntry compares what two entries say, wherever they stand.
func sameEntry(a, b Entry) bool {
	return a.Name == b.Name && a.Hash == b.Hash && a.Enabled == b.Enabled && a.CreatedAt == b.CreatedAt && a.Rights == b.Rights &&
		slices.Equal(a.Permissions, b.Permissions)
}

// rest is everything in a file that a change of this field of this key must leave as it is: the bytes of all other values, and all
// comments but those that were cut out.
func rest(f *yaml.File, name, field string, cuts []cut) []string {
	var all []string
	raw := func(p yaml.Pair) { all = append(all, f.Text[p.Key.Start:p.End()]) }
	if f.Root != nil {
		for _, p := range f.Root.Pairs {
			if p.Key.Text != "apiKeys" {
				raw(p)
				continue
			}
			for _, k := range p.Value.Pairs {
				if k.Key.Text != name {
					raw(k)
					continue
				}
				for _, v := range k.Value.Pairs {
					if field != "" && v.Key.Text != field {
						raw(v)
					}
				}
			}
		}
	}
	for _, c := range f.Comments {
		for len(cuts) > 0 && cuts[0].End <= c.Start {
			cuts = cuts[1:]
		}
		if len(cuts) == 0 || c.Start < cuts[0].Start {
			all = append(all, f.Text[c.Start:c.End])
		}
	}
	return all
}
