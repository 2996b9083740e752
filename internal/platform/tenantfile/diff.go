package tenantfile

import (
	"slices"
	"strings"
)

// DiffOp says where a line of a diff stands.
type DiffOp byte

const (
	Same DiffOp = ' ' // in both texts
	Gone DiffOp = '-' // in the text before only
	Came DiffOp = '+' // in the text after only
	Gap  DiffOp = '@' // lines are left out here; Text is empty
)

// DiffLine is a line of a diff, with its number in either text, 0 where it does not stand in that one. What opens a door is
// masked in Text; the end of the line is left out.
type DiffLine struct {
	Op            DiffOp
	Before, After int
	Text          string
}

const (
	diffContext = 3       // lines that are shown around a change
	diffMost    = 2_000   // lines of a diff; a Gap stands for the rest
	diffCells   = 1 << 21 // of all tables of a diff; where they are used up, all is taken to be changed
	diffDepth   = 50      // of lines that are unique between lines that are unique …
)

// Diff compares two texts, readable as documents or not, line by line. Nothing comes of equal texts.
func Diff(before, after []byte) []DiffLine {
	if slices.Equal(before, after) {
		return nil
	}
	d := differ{a: diffLines(before), b: diffLines(after), cells: diffCells, most: diffMost}
	d.compare(0, len(d.a), 0, len(d.b), diffDepth)
	return d.shorten(veilText(before), veilText(after))
}

// diffLines are the lines of a text with their ends, as a change of the end is one.
func diffLines(text []byte) []string {
	if len(text) == 0 {
		return nil
	}
	return strings.SplitAfter(strings.TrimSuffix(strings.ToValidUTF8(string(text), "�"), "\n"), "\n")
}

type differ struct {
	a, b  []string
	all   []DiffLine
	cells int
	most  int // changed lines; nothing is kept of what comes after them. 0: any number
	found int
}

func (d *differ) full() bool { return d.most > 0 && d.found > d.most }

func (d *differ) put(op DiffOp, i, j int) {
	if d.full() {
		return
	}
	if op != Same {
		d.found++
	}
	l := DiffLine{Op: op}
	if op != Came {
		l.Before, l.Text = i+1, d.a[i]
	}
	if op != Gone {
		l.After, l.Text = j+1, d.b[j]
	}
	d.all = append(d.all, l)
}

// compare compares a[i:ie] with b[j:je]: what is equal at both ends, then between lines that each text holds once.
func (d *differ) compare(i, ie, j, je, depth int) {
	for i < ie && j < je && d.a[i] == d.b[j] {
		d.put(Same, i, j)
		i, j = i+1, j+1
	}
	tail := 0
	for i < ie-tail && j < je-tail && d.a[ie-tail-1] == d.b[je-tail-1] {
		tail++
	}
	ie, je = ie-tail, je-tail
	if anchors := d.anchors(i, ie, j, je); len(anchors) > 0 && depth > 0 {
		for _, at := range anchors {
			if d.full() {
				return
			}
			d.compare(i, at[0], j, at[1], depth-1)
			d.put(Same, at[0], at[1])
			i, j = at[0]+1, at[1]+1
		}
		d.compare(i, ie, j, je, depth-1)
	} else {
		d.table(i, ie, j, je)
	}
	for k := range tail {
		d.put(Same, ie+k, je+k)
	}
}

// anchors are the lines that each side holds once, as many as stand in the same order in both.
func (d *differ) anchors(i, ie, j, je int) [][2]int {
	type place struct{ a, b, inA, inB int }
	places := map[string]*place{}
	for k := i; k < ie; k++ {
		if p := places[d.a[k]]; p != nil {
			p.inA++
		} else {
			places[d.a[k]] = &place{a: k, inA: 1}
		}
	}
	for k := j; k < je; k++ {
		if p := places[d.b[k]]; p != nil {
			p.b = k
			p.inB++
		}
	}
	var pairs [][2]int
	for k := i; k < ie; k++ {
		if p := places[d.a[k]]; p.inA == 1 && p.inB == 1 {
			pairs = append(pairs, [2]int{p.a, p.b})
		}
	}
	return longest(pairs)
}

// longest is the longest part of pairs, which rise in the first number, that rises in the second too.
func longest(pairs [][2]int) [][2]int {
	var piles []int // the index of the pair at the end of the best row of each length
	back := make([]int, len(pairs))
	for i, p := range pairs {
		n, _ := slices.BinarySearchFunc(piles, p[1], func(k, b int) int { return pairs[k][1] - b })
		if back[i] = -1; n > 0 {
			back[i] = piles[n-1]
		}
		if n == len(piles) {
			piles = append(piles, i)
		} else {
			piles[n] = i
		}
	}
	rising := make([][2]int, len(piles))
	if len(piles) == 0 {
		return rising
	}
	for n, i := len(piles)-1, piles[len(piles)-1]; i >= 0; n, i = n-1, back[i] {
		rising[n] = pairs[i]
	}
	return rising
}

// table finds the longest common part the plain way.
func (d *differ) table(i, ie, j, je int) {
	n, m := ie-i, je-j
	if n > 0 && m > 0 && n <= d.cells/m {
		d.cells -= n * m
		common := make([][]int32, n+1)
		for k := range common {
			common[k] = make([]int32, m+1)
		}
		for x := n - 1; x >= 0; x-- {
			for y := m - 1; y >= 0; y-- {
				if d.a[i+x] == d.b[j+y] {
					common[x][y] = common[x+1][y+1] + 1
				} else {
					common[x][y] = max(common[x+1][y], common[x][y+1])
				}
			}
		}
		for x, y := 0, 0; x < n && y < m; {
			switch {
			case d.a[i] == d.b[j]:
				d.put(Same, i, j)
				x, y, i, j = x+1, y+1, i+1, j+1
			case common[x+1][y] >= common[x][y+1]:
				d.put(Gone, i, j)
				x, i = x+1, i+1
			default:
				d.put(Came, i, j)
				y, j = y+1, j+1
			}
		}
	}
	for ; i < ie; i++ {
		d.put(Gone, i, j)
	}
	for ; j < je; j++ {
		d.put(Came, i, j)
	}
}

// shorten leaves out what is far from every change, and shows the rest as it is masked in before and after.
func (d *differ) shorten(before, after veiled) []DiffLine {
	near := make([]bool, len(d.all))
	for i, l := range d.all {
		if l.Op == Same {
			continue
		}
		for k := max(0, i-diffContext); k <= min(len(near)-1, i+diffContext); k++ {
			near[k] = true
		}
	}
	short := []DiffLine{}
	for i, l := range d.all {
		switch {
		case near[i] && len(short) == diffMost:
			return append(short, DiffLine{Op: Gap})
		case near[i]:
			l.Text = l.shown(before, after)
			short = append(short, l)
		case len(short) == 0 || short[len(short)-1].Op != Gap:
			short = append(short, DiffLine{Op: Gap})
		}
	}
	return short
}

// shown is a line as it is masked. One that stands in both texts may be part of a secret in one of them only.
func (l DiffLine) shown(before, after veiled) string {
	switch l.Op {
	case Came:
		return after.line(l.After)
	case Gone:
		return before.line(l.Before)
	}
	was, is := before.line(l.Before), after.line(l.After)
	if was != is {
		return indentOf(was) + hidden
	}
	return is
}
