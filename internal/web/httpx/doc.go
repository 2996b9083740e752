// Package httpx is what all web surfaces share: the front that every request passes (request id, client address,
// panics, request log), problem documents made of faults, bearer authentication with scopes and rate limits, lists
// with cursors, entity tags, idempotent repeats, and OpenAPI documents generated from the operations that serve.
//
// A surface makes an API, registers its operations with Handle, and says what each needs in the operation itself;
// the same declaration is checked at the door and printed in the document.
package httpx
