// Package webhooks_test proves from outside that no event gets lost on its way to a partner: many endpoints of which some
// are dead, a server and a database that are killed, a store that fails. It drives the real binary, on both databases.
//
// `make test` runs small sizes; AIRSIDE_TORTURE, which `make torture` sets, the full ones.
package webhooks_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"airside/test/airside"
)

type obj = map[string]any

const manage, public = "/api/v1/manage", "/api/v1/public"

// rounds is what AIRSIDE_TORTURE says, 0 when the small sizes are asked for.
func rounds() int {
	n, _ := strconv.Atoi(os.Getenv("AIRSIDE_TORTURE"))
	return max(0, n)
}

// dice prints its seed, and takes it from AIRSIDE_SEED.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("AIRSIDE_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("AIRSIDE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 2))
}

// resumeWithin is how soon after a crash or a failure work has to go on: the requirement itself, not a guess.
const resumeWithin = 5 * time.Second

// eventually waits for a condition, and fails the test when it does not come true in time.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > within {
			t.Fatalf("not within %s: %s", within, what)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(began)
}

// checked holds every stored sum and audit chain against what they are made of.
func checked(t *testing.T, store airside.Store) {
	t.Helper()
	airside.Run(t, store, "check")
}
