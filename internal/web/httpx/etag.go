package httpx

import (
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"

	"airside/internal/base/fault"
)

// tagOf names the state of an address: the number of the organization's last change, and what else the answer was
// made from. It is weak, and known before the answer is.
func tagOf(changeNo int64, parts ...string) string {
	b := append(make([]byte, 0, 40), `W/"`...)
	b = strconv.AppendInt(b, changeNo, 36)
	b = append(b, '-')
	b = strconv.AppendUint(b, sumOf(parts), 36)
	return string(append(b, '"'))
}

func sumOf(parts []string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// noneMatch tells whether If-None-Match names the tag, or any, by the weak comparison of RFC 9110.
func noneMatch(h http.Header, tag string) bool { return namesTag(h, tag) || namesTag(h, "*") }

// namesTag tells whether If-None-Match names the tag itself. A tag of a list is only known to who was answered with
// it; the name for any, *, stands for no answer before there is one.
func namesTag(h http.Header, tag string) bool {
	lines := h["If-None-Match"]
	if len(lines) == 0 {
		return false
	}
	if len(lines) == 1 && lines[0] == tag {
		return true
	}
	want := strings.TrimPrefix(tag, "W/")
	for _, line := range lines {
		for t := range strings.SplitSeq(line, ",") {
			t = strings.TrimSpace(t)
			if strings.TrimPrefix(t, "W/") == want {
				return true
			}
		}
	}
	return false
}

// IfMatch is the optional header of changes: the tag of the state that the change was made for.
type IfMatch struct {
	IfMatch string `header:"If-Match" maxLength:"100" doc:"Change only the state with this ETag; 412 when it has changed since" example:"\"417\""`
}

// ChangeNo reads the header: the number of the record's last change, or 0 for any state.
func (m IfMatch) ChangeNo() (int64, error) {
	s := strings.TrimSpace(m.IfMatch)
	if s == "" || s == "*" {
		return 0, nil
	}
	s, _, _ = strings.Cut(strings.Trim(strings.TrimPrefix(s, "W/"), `"`), "-") // what follows is no matter of the record: see variantTag
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.New(fault.Precondition, "precondition_failed") // it is not a tag of ours, so no state has it
	}
	return n, nil
}

// recordTag is the ETag of a single record.
func recordTag(changeNo int64) string { return `"` + strconv.FormatInt(changeNo, 10) + `"` }

// variantTag is the ETag of one answer about a record: "417-1qk8m2".
func variantTag(changeNo int64, more []string) string {
	return `"` + strconv.FormatInt(changeNo, 10) + "-" + strconv.FormatUint(sumOf(more), 36) + `"`
}
