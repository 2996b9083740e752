package webhook

import (
	"time"

	"airside/internal/base/clock"
	"airside/internal/base/db"
	"airside/internal/platform/scope"
)

// Notice is what those who look after an endpoint are told.
type Notice struct {
	What     NoticeKind
	Org      scope.OrgID
	Endpoint EndpointID
	URL      string
	By       string     // who disabled it, by hand
	Member   string     // that member, who need not be told
	Since    clock.Time // since when it fails or is held up
	Until    clock.Time // when it will be disabled unless something succeeds
}

// NoticeKind says what there is to tell.
type NoticeKind string

const (
	NoticeFailing  NoticeKind = "failing"          // it only fails, and will be disabled
	NoticeBlocked  NoticeKind = "blocked"          // the first delivery in order holds up the others
	NoticeDisabled NoticeKind = "disabled_user"    // somebody disabled it
	NoticeGaveUp   NoticeKind = "disabled_failing" // it was disabled after days of nothing but failure
	NoticeGone     NoticeKind = "disabled_gone"    // it was disabled because it answered 410
)

const (
	warnAfter    = 24 * time.Hour // of nothing but failure
	blockedAfter = 3              // attempts of the first delivery in order that failed
)

// tell passes a notice on in the transaction of what it tells of.
func (s *Service) tell(tx *db.Tx, n Notice) error {
	if s.onNotice == nil {
		return nil
	}
	return s.onNotice(tx, n)
}

// tellOf tells of an endpoint that stands in the store.
func (s *Service) tellOf(tx *db.Tx, l *lane, n Notice) error {
	e, err := endpointOf(tx.Context(), tx, l.org, l.id)
	if err != nil {
		return err
	}
	n.Org, n.Endpoint, n.URL = l.org, l.id, e.URL
	return s.tell(tx, n)
}
