package httpx

import (
	"context"

	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// Report finds the fault in err for a page to show, and logs what must not be shown.
func Report(ctx context.Context, err error) *fault.Error { return exchangeOf(ctx).faultOf(err) }

// Identify says who the request turned out to come from, for the request log.
func Identify(ctx context.Context, who scope.Principal) { exchangeOf(ctx).who = who }
