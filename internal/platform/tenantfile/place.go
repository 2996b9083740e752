package tenantfile

import (
	"strings"

	"airside/internal/platform/tenantfile/yaml"
)

// This file knows how values stand in a text: in lines, or in brackets.

// lineBreak is how the line that ends at end is parted from the next; of the last line, how the first is.
func (x *editor) lineBreak(end int) string {
	text := x.file.Text
	if end == len(text) {
		end = x.file.LineEnd(0)
	}
	if strings.HasPrefix(text[end:], "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// insertLines writes lines below the one that ends at end. If that is the last and lacks its line break, the new last one lacks it.
func (x *editor) insertLines(end int, lines []string) {
	nl := x.lineBreak(end)
	x.insert(end, nl+strings.Join(lines, nl))
}

// removeLines takes out the lines from the one that begins at start to the one that ends at end.
func (x *editor) removeLines(start, end int) {
	next := x.file.NextLine(end)
	if next == end && start > 0 { // without a line break: that of the line above goes
		start = x.file.LineEnd(start - 1)
	}
	x.replace(start, next, "")
}

// extent is the end of the last line that belongs to what ends at end and is indented by indent: its own, and those of comments
// below that are indented more.
func (x *editor) extent(end, indent int) int {
	last := x.file.LineEnd(end)
	for at := x.file.NextLine(last); at < len(x.file.Text); at = x.file.NextLine(at) {
		line := x.file.Text[at:x.file.LineEnd(at)]
		content := strings.TrimLeft(line, " \t")
		switch {
		case content == "":
		case content[0] == '#' && len(line)-len(content) > indent:
			last = at + len(line)
		default:
			return last
		}
	}
	return last
}

// spans are the ranges of what a collection in brackets holds.
func spans(n *yaml.Node) []yaml.Span {
	var all []yaml.Span
	for _, p := range n.Pairs {
		all = append(all, yaml.Span{Start: p.Key.Start, End: p.End()})
	}
	for _, i := range n.Items {
		all = append(all, i.Value.Span)
	}
	return all
}

// comma is where the comma after a value in brackets stands; -1 if none follows.
func (x *editor) comma(from int) int {
	text := x.file.Text
	for ; from < len(text); from++ {
		switch text[from] {
		case ',':
			return from
		case '#':
			from = x.file.LineEnd(from)
		case ' ', '\t', '\r', '\n':
		default:
			return -1
		}
	}
	return -1
}

func (x *editor) oneLine(start, end int) bool {
	return !strings.Contains(x.file.Text[start:end], "\n")
}

// begins tells whether a line begins with what stands at start.
func (x *editor) begins(start int) bool {
	return strings.Trim(x.file.Text[x.file.LineStart(start):start], " ") == ""
}

// ends tells whether nothing but a comment follows in the line.
func (x *editor) ends(end int) bool {
	after := strings.TrimLeft(x.file.Text[end:x.file.LineEnd(end)], " \t")
	return after == "" || after[0] == '#'
}

// insertInBrackets writes a value after the one at i of a collection in brackets: in a line of its own if that has one.
func (x *editor) insertInBrackets(n *yaml.Node, i int, value string) {
	all := spans(n)
	if len(all) == 0 {
		x.insert(n.Start+1, value)
		return
	}
	end, comma := all[i].End, x.comma(all[i].End)
	last := end
	if comma >= 0 {
		last = comma + 1
	}
	switch line := "\n" + x.file.Text[x.file.LineStart(all[i].Start):all[i].Start] + value; {
	case !x.begins(all[i].Start) || !x.oneLine(end, last) || comma >= 0 && !x.ends(last):
		x.insert(end, ", "+value)
	case comma >= 0:
		x.insert(x.file.LineEnd(last), x.ofLines(last, line)+",")
	case x.ends(end):
		x.insert(end, ",")
		x.insert(x.file.LineEnd(end), x.ofLines(end, line))
	default:
		x.insert(end, ","+x.ofLines(end, line))
	}
}

func (x *editor) ofLines(at int, line string) string {
	return strings.Replace(line, "\n", x.lineBreak(x.file.LineEnd(at)), 1)
}

// removeInBrackets takes out the value at i of a collection in brackets, with the comma and the blanks that become needless, and with its
// line if it has one.
func (x *editor) removeInBrackets(n *yaml.Node, i int) {
	all := spans(n)
	at, comma := all[i], x.comma(all[i].End)
	last := at.End
	if comma >= 0 {
		last = comma + 1
	}
	hasPrevious := i > 0
	switch {
	case i+1 < len(all) && x.oneLine(at.End, all[i+1].Start):
		x.replace(at.Start, all[i+1].Start, "")
		return
	case hasPrevious && x.oneLine(all[i-1].End, at.Start):
		x.replace(all[i-1].End, at.End, "")
		return
	case x.begins(at.Start) && x.oneLine(at.End, last) && x.ends(last):
		x.removeLines(x.file.LineStart(at.Start), x.file.LineEnd(last))
	default:
		x.replace(at.Start, at.End, "")
		if comma >= 0 {
			x.replace(comma, comma+1, "")
		}
	}
	if comma < 0 && hasPrevious {
		before := x.comma(all[i-1].End)
		x.replace(before, before+1, "")
	}
}
