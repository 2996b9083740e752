package console_test

import (
	"testing"
	"time"
)

// TestApps is an app by hand: a builder makes it, a reviewer approves and publishes, a school consents, looks at what was
// read, and uninstalls; then the builder revokes it.
func TestApps(t *testing.T) {
	browserAt(t)
	w := start(t, "--usage-interval", "1s") // so that the school soon sees what was read
	builder, school := w.school("works"), w.school("jura")
	w.market("authority")
	reviewer := w.member("owner@authority.example")
	newHangar(t, school, newSink(t)).flight("reverse")
	w.story(t, "apps", 8*time.Minute, obj{"builder": builder.owner.email, "school": school.owner.email, "reviewer": reviewer.email, "org": school.ID,
		"organization": "School jura", "receiver": newSink(t) + "/hooks"})
	w.silent(t)
}
