package yaml

// flowValue reads a value that is written in a line or in brackets; flow tells whether it stands in brackets itself.
func (r *reader) flowValue(parent int, flow bool) *Node {
	switch r.peek(0) {
	case '[':
		return r.list(parent)
	case '{':
		return r.braces(parent)
	case '"', '\'':
		return r.quoted()
	case '*':
		return r.alias()
	}
	return r.plain(parent, flow)
}

// inner passes to the next content in brackets, and past anchors and tags.
func (r *reader) inner(open int) {
	for {
		if r.skip(); r.end() {
			r.fail(open, "yaml_bracket_open", "bracket", r.s[open:open+1])
		}
		if !r.property() {
			return
		}
	}
}

// comma passes over what stands between two values, and tells whether the closing bracket was reached.
func (r *reader) comma(open int, closing byte) (done bool) {
	r.inner(open)
	switch c := r.s[r.pos]; {
	case c == closing:
		return true
	case c == ':' && closing == ']':
		r.fail(r.pos, "yaml_pair_in_list")
	case c != ',':
		r.fail(r.pos, "yaml_comma_missing")
	}
	r.pos++
	r.inner(open)
	return r.s[r.pos] == closing
}

func (r *reader) list(parent int) *Node {
	open := r.pos
	r.deeper(open)
	n := r.node(Node{Kind: Sequence, Flow: true, Span: Span{Start: open}})
	r.pos++
	r.inner(open)
	for done := r.s[r.pos] == ']'; !done; done = r.comma(open, ']') {
		n.Items = append(n.Items, Item{-1, r.flowValue(parent, true)})
	}
	r.pos++
	n.End = r.pos
	r.depth--
	return n
}

func (r *reader) braces(parent int) *Node {
	open := r.pos
	r.deeper(open)
	n := r.node(Node{Kind: Mapping, Flow: true, Span: Span{Start: open}})
	var seen keys
	r.pos++
	r.inner(open)
	for done := r.s[r.pos] == '}'; !done; done = r.comma(open, '}') {
		p := r.pair(parent, open)
		r.checkKey(&seen, p.Key)
		n.Pairs = append(n.Pairs, p)
	}
	r.pos++
	n.End = r.pos
	r.depth--
	return n
}

// pair reads a key in braces, and its value.
func (r *reader) pair(parent, open int) Pair {
	p := Pair{Key: r.key(true), Colon: -1}
	end := r.pos
	r.blanks()
	if r.peek(0) != ':' || p.Key.Style == Plain && !isSpace(r.peek(1)) && !isFlow(r.peek(1)) {
		r.pos = end
		p.Value = r.node(Node{Span: Span{end, end}})
		return p
	}
	p.Colon = r.pos
	r.pos++
	end = r.pos
	r.inner(open)
	if c := r.s[r.pos]; c == ',' || c == '}' {
		p.Value = r.node(Node{Span: Span{end, end}})
		return p
	}
	p.Value = r.flowValue(parent, true)
	return p
}
