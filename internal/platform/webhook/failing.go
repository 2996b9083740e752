package webhook

import (
	"slices"
	"strings"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// disableThose disables endpoints that answered 410 or have only failed for days, and notes since when the others have.
// It locks as the verbs do, organizations before endpoints, each in order, so that they do not wait for each other.
func (e *engine) disableThose(tx *db.Tx, batch []outcome, marks []mark) error {
	type end struct {
		lane   *lane
		reason string
	}
	var ends []end
	for _, o := range batch {
		if o.verdict == gone {
			ends = append(ends, end{o.lane, ReasonGone})
		}
	}
	for _, m := range marks {
		if m.since != 0 && tx.Now().Sub(m.since) >= failingFor {
			ends = append(ends, end{m.lane, ReasonFailing})
		}
	}
	slices.SortStableFunc(ends, func(a, b end) int { return strings.Compare(string(a.lane.org), string(b.lane.org)) })
	for _, x := range ends {
		if err := e.s.disableByItself(tx, x.lane, x.reason); err != nil {
			return err
		}
	}
	slices.SortFunc(marks, func(a, b mark) int { return strings.Compare(string(a.lane.id), string(b.lane.id)) })
	for _, m := range marks {
		if err := e.s.note(tx, m); err != nil {
			return err
		}
	}
	return nil
}

// note stores what has changed about how an endpoint does, and tells of it.
func (s *Service) note(tx *db.Tx, m mark) error {
	if m.changed {
		if _, err := tx.Exec(setFailingSince, m.lane.id, m.since); err != nil {
			return err
		}
	}
	if m.since != 0 && tx.Now().Sub(m.since) >= warnAfter {
		first, err := tx.ExecOne(setWarned, m.lane.id, tx.Now())
		if err == nil && first {
			err = s.tellOf(tx, m.lane, Notice{What: NoticeFailing, Since: m.since, Until: m.since.Add(failingFor)})
		}
		if err != nil {
			return err
		}
	}
	switch {
	case m.blocked != 0:
		first, err := tx.ExecOne(setBlocked, m.lane.id, m.blocked)
		if err == nil && first {
			err = s.tellOf(tx, m.lane, Notice{What: NoticeBlocked, Since: m.blocked})
		}
		return err
	case m.moves:
		_, err := tx.Exec(clearBlocked, m.lane.id)
		return err
	}
	return nil
}

// disableByItself disables an endpoint unless it is already, or did not fail that long after all.
func (s *Service) disableByItself(tx *db.Tx, l *lane, reason string) error {
	c, err := tx.Change(string(l.org))
	if err != nil {
		return err
	}
	who := scope.System(l.org)
	var ok bool
	if reason == ReasonFailing {
		ok, err = tx.ExecOne(disableFailing, l.id, l.org, reason, c.At, c.No, tx.Now().Add(-failingFor))
	} else {
		ok, err = tx.ExecOne(disableEndpoint, l.id, l.org, reason, c.At, c.No)
	}
	if err != nil || !ok {
		return err
	}
	tx.ChangeAuthority()
	endpoint, err := endpointOf(tx.Context(), tx, l.org, l.id)
	if err != nil {
		return err
	}
	tx.OnCommit(l.setInactive)
	if err := s.endRecoveries(tx, l.id, c); err != nil {
		return err
	}
	what := NoticeGone
	if reason == ReasonFailing {
		what = NoticeGaveUp
	}
	if err := s.tell(tx, Notice{What: what, Org: l.org, Endpoint: l.id, URL: endpoint.URL}); err != nil {
		return err
	}
	return auditEndpoint(tx, who, "disable", endpoint)
}

func (l *lane) setInactive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inactive, l.failing, l.blocked = true, 0, 0
	l.poke()
}

// mark is how a lane does after a batch.
type mark struct {
	lane    *lane
	since   clock.Time // since when it has only failed
	changed bool
	blocked clock.Time // since when its first delivery in order holds up the others, when that is to be noted
	moves   bool       // and when it no longer does
	before  standing   // how the lane did before the batch
	after   standing
}

// standing is what a lane knows of how it does.
type standing struct{ failing, blocked clock.Time }

// markFailing follows each lane through a batch.
func markFailing(batch []outcome) []mark {
	var marks []mark
	index := map[*lane]int{}
	for _, o := range batch {
		i, ok := index[o.lane]
		if !ok {
			i = len(marks)
			index[o.lane] = i
			o.lane.mu.Lock()
			marks = append(marks, mark{lane: o.lane, since: o.lane.failing})
			o.lane.mu.Unlock()
		}
		if o.verdict == succeeded {
			marks[i].since = 0
		} else if marks[i].since == 0 {
			marks[i].since = o.at
		}
		if o.due.ordered {
			marks[i].follow(o)
		}
	}
	for i := range marks {
		l := marks[i].lane
		l.mu.Lock()
		marks[i].before = standing{l.failing, l.blocked}
		marks[i].changed = marks[i].since != l.failing
		l.failing = marks[i].since
		marks[i].moves = marks[i].moves && l.blocked != 0
		if marks[i].moves {
			l.blocked = 0
		} else if marks[i].blocked != 0 {
			l.blocked = marks[i].blocked
		}
		marks[i].after = standing{l.failing, l.blocked}
		l.mu.Unlock()
	}
	return marks
}

// unmark takes back what was learned from a batch that the store refused, so that whoever records parts of it learns that
// anew: what a lane knows already is not stored again. A lane that has learned more meanwhile keeps that.
func unmark(marks []mark) {
	for _, m := range marks {
		m.lane.mu.Lock()
		if m.after == (standing{m.lane.failing, m.lane.blocked}) {
			m.lane.failing, m.lane.blocked = m.before.failing, m.before.blocked
		}
		m.lane.mu.Unlock()
	}
}

// follow learns from an attempt of the first delivery in order.
func (m *mark) follow(o outcome) {
	m.moves = o.verdict != retry
	m.blocked = 0
	if o.verdict == retry && o.due.attempts+1 >= blockedAfter {
		m.blocked = o.due.createdAt
	}
}
