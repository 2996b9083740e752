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
	x.finish(e.Name, "", append(d.Entries(), e))
	return x.result()
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
	x.finish(name, "enabled", want)
	if permissions != nil {
		x.permit(want, i, *permissions)
	}
	return x.result()
}

// permit changes the permissions of the key at i one by one: first what is new, so that it finds an example of how the others are written.
func (x *editor) permit(want []Entry, i int, permissions []string) {
	e := &want[i]
	before := slices.Clone(e.Permissions)
	for _, p := range permissions {
		if !slices.Contains(before, p) && x.err == nil {
			x.addPermission(e.Name, p)
			e.Permissions = append(e.Permissions, p)
			e.Rights = rightsOf(e.Permissions)
			x.finish(e.Name, "permissions", want)
		}
	}
	for _, p := range before {
		if !slices.Contains(permissions, p) && x.err == nil {
			at := slices.Index(e.Permissions, p)
			x.removePermission(e.Name, at)
			e.Permissions = slices.Delete(e.Permissions, at, at+1)
			e.Rights = rightsOf(e.Permissions)
			x.finish(e.Name, "permissions", want)
		}
	}
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
	x.finish(name, "", slices.Delete(want, i, i+1))
	return x.result()
}

// cut replaces a range of the text.
type cut struct {
	yaml.Span
	text string
}

// editor makes a change in small steps: each gathers cuts, and finish makes them. After an error nothing more is done.
type editor struct {
	doc  *Document
	file *yaml.File
	cuts []cut
	err  error
}

func edit(d *Document) *editor {
	file, _ := yaml.Read(string(d.text))
	return &editor{doc: d, file: file}
}

func (x *editor) result() (*Document, error) {
	if x.err != nil {
		return nil, x.err
	}
	return x.doc, nil
}

func (x *editor) replace(start, end int, text string) {
	x.cuts = append(x.cuts, cut{yaml.Span{Start: start, End: end}, text})
}

func (x *editor) insert(at int, text string) { x.replace(at, at, text) }

// finish cuts, reads the result, and holds it to what was wanted: these entries, and everything else as it was, to the byte. field of
// the key name, or all of it where field is empty, is what may differ.
func (x *editor) finish(name, field string, want []Entry) {
	if len(x.cuts) == 0 || x.err != nil {
		return
	}
	slices.SortStableFunc(x.cuts, func(a, b cut) int { return a.Start - b.Start })
	text, ok := x.cutText()
	if !ok {
		x.err = refused("security_edit_by_hand")
		return
	}
	after, file, err := read(text)
	if err != nil {
		x.err = whyNot(err)
		return
	}
	if !slices.EqualFunc(after.entries, want, sameEntry) || !slices.Equal(rest(x.file, name, field, x.cuts), rest(file, name, field, nil)) {
		x.err = refused("security_edit_by_hand")
		return
	}
	x.doc, x.file, x.cuts = after, file, nil
}

// cutText makes the cuts, which must not overlap.
func (x *editor) cutText() (text string, ok bool) {
	var b strings.Builder
	at := 0
	for _, c := range x.cuts {
		if c.Start < at {
			return "", false
		}
		b.WriteString(x.file.Text[at:c.Start])
		b.WriteString(c.text)
		at = c.End
	}
	b.WriteString(x.file.Text[at:])
	return b.String(), true
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
