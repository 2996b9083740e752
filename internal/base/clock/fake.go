package clock

import (
	"sync"
	"time"
)

// Fake is a clock that stands still until it is told to move.
type Fake struct {
	mu      sync.Mutex
	now     time.Time
	waiters map[chan time.Time]time.Time
}

// NewFake returns a clock that stands at t.
func NewFake(t time.Time) *Fake {
	return &Fake{now: t.UTC(), waiters: map[chan time.Time]time.Time{}}
}

// Now returns where the clock stands.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// After waits on this clock; a duration of zero or less fires at once.
func (f *Fake) After(d time.Duration) (<-chan time.Time, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := make(chan time.Time, 1)
	if d <= 0 {
		c <- f.now
		return c, func() {}
	}
	f.waiters[c] = f.now.Add(d)
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.waiters, c)
	}
}

// Advance moves the clock by d and wakes everyone whose time has come. A negative d is a clock set back.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
	for c, at := range f.waiters {
		if !at.After(f.now) {
			c <- f.now
			delete(f.waiters, c)
		}
	}
}

// Next tells how long until the first sleeper wakes, and whether there is one.
func (f *Fake) Next() (time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var first time.Duration
	found := false
	for _, at := range f.waiters {
		if d := at.Sub(f.now); !found || d < first {
			first, found = d, true
		}
	}
	return first, found
}
