package console

import "strconv"

// lock makes a form carry the number of the last change of what it is about, and returns that number as the one who
// sends the form saw it: what a verb compares as ifMatch. A form that is shown again, with what is wrong or with more
// rows, keeps the number that it was opened with, so that nothing is saved, or decided, over a change nobody has seen.
func (v *visit) lock(f *form, changeNo int64) (seen int64) {
	seen = changeNo
	if v.posted() {
		seen = readSeen(v.value("change_no"))
	}
	f.Hidden = append(f.Hidden, hidden{"change_no", writeSeen(seen)})
	return seen
}

func writeSeen(changeNo int64) string { return strconv.FormatInt(changeNo, 10) }

// readSeen reads a change number that a form carried: 0, any state, where it carried none, and one that no record has
// where it cannot be read.
func readSeen(s string) int64 {
	n, there, err := number(s)
	if there && (err != nil || n <= 0) {
		return -1
	}
	return n
}
