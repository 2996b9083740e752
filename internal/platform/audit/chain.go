package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"

	"airside/internal/platform/scope"
)

// saltLen is 128 bits: an erased detail cannot be found again by trying likely ones.
const saltLen = 16

// Genesis is the head of a chain that has no entry yet.
func Genesis() []byte { return make([]byte, sha256.Size) }

func digestOf(salt []byte, detail string) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(detail))
	return h.Sum(nil)
}

// hashOf chains an entry to the one before. Numbers have eight bytes and texts their length in front, so that no
// two different entries are the same bytes.
func hashOf(prev []byte, org scope.OrgID, r row) []byte {
	b := bytes.NewBuffer(make([]byte, 0, 512))
	b.Write(prev)
	number := func(n int64) { b.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	for _, n := range []int64{r.no, int64(r.at), r.changeNo} {
		number(n)
	}
	for _, s := range []string{string(org), r.verb, r.subjectType, r.subject, r.actorKind, r.actor} {
		number(int64(len(s)))
		b.WriteString(s)
	}
	b.Write(r.digest)
	sum := sha256.Sum256(b.Bytes())
	return sum[:]
}

// sound tells whether a stored entry follows prev: its hash is right and, unless it was erased, so is its digest, and it
// is found under the member that its detail names.
func (r row) sound(prev []byte, org scope.OrgID) bool {
	if r.detail != nil && !bytes.Equal(digestOf(r.salt, *r.detail), r.digest) {
		return false
	}
	if !r.found() {
		return false
	}
	return bytes.Equal(hashOf(prev, org, r), r.hash)
}

func (r row) found() bool {
	if r.detail == nil {
		return !r.member.Valid
	}
	var what record
	return json.Unmarshal([]byte(*r.detail), &what) == nil && what.MemberID == r.member.String
}
