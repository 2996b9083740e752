package app

import (
	"strings"
	"unicode"

	"airside/internal/base/fault"
)

const (
	// MinJustification and MaxJustification bound why an app needs a scope, in characters.
	MinJustification = 40
	MaxJustification = 1000

	minLetters = 8 // different ones
	maxRun     = 3 // as often the same character in a row counts
)

// checkJustification notes what is wrong with the reason for a scope: too short to say something, or filler.
func checkJustification(c *fault.Check, field, text string) {
	text = strings.TrimSpace(text)
	CheckText(c, field, text, MaxJustification)
	n := countVisible(text)
	if n < MinJustification {
		c.Bad(field, "justification_too_short", "min", MinJustification, "count", n)
		return
	}
	c.Require(!isFiller(text), field, "justification_filler")
}

// countVisible counts characters, without those that show nothing: a zero-width space makes no text longer.
func countVisible(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.Is(unicode.Cf, r) {
			n++
		}
	}
	return n
}

// isFiller tells whether a text only looks long: it is stretched by a repeated character, made of few letters, or says the
// same again and again.
func isFiller(text string) bool {
	var letters []rune
	solid, run := 0, 0
	different := map[rune]bool{}
	var last rune
	for _, r := range strings.ToLower(text) {
		if unicode.Is(unicode.Cf, r) {
			continue
		}
		if unicode.IsSpace(r) {
			r = ' '
		}
		if run++; r != last {
			last, run = r, 1
		}
		if run <= maxRun && (r != ' ' || run == 1) {
			solid++
		}
		if unicode.IsLetter(r) {
			different[r] = true
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters = append(letters, r)
		}
	}
	return solid < MinJustification || len(different) < minLetters || 2*len(letters) < solid || repeats(letters) || fewWords(text)
}

// repeats tells whether letters are the same part at least three times in a row, the last one perhaps cut off.
func repeats(letters []rune) bool {
	border := make([]int, len(letters)) // of each prefix, how long the beginning is that it also ends with
	for i, k := 1, 0; i < len(letters); i++ {
		for k > 0 && letters[i] != letters[k] {
			k = border[k-1]
		}
		if letters[i] == letters[k] {
			k++
		}
		border[i] = k
	}
	n := len(letters)
	return n > 0 && border[n-1] > 0 && 3*(n-border[n-1]) <= n
}

// fewWords tells whether a text of several words has hardly any different ones.
func fewWords(text string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’' })
	times, most := map[string]int{}, 0
	for _, w := range words {
		times[w]++
		most = max(most, times[w])
	}
	return len(words) >= 4 && (3*len(times) <= len(words) || 5*most > 2*len(words))
}

// sameReason tells whether two justifications say the same in the same words.
func sameReason(a, b string) bool {
	return strings.Join(strings.Fields(strings.ToLower(a)), " ") == strings.Join(strings.Fields(strings.ToLower(b)), " ")
}
