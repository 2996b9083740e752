package licence

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"net/netip"
	"time"

	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// A request file is an activation that is carried by hand, from a machine without network to one that has it; a licence file
// comes back. It holds the key in clear, so that it is the customer's own to keep. What it asks for is an activation like any
// other, which takes a place: who has a request twice gets the same device twice.
const requestType = "LICENCE REQUEST"

// maxRequest bounds a request file, in bytes.
const maxRequest = 16 << 10

// request is what a request file holds.
type request struct {
	Email      string `json:"email"`
	LicenseKey string `json:"license_key"`
	DeviceHash string `json:"device_hash"`
	DeviceName string `json:"device_name"`
	CreatedAt  string `json:"created_at,omitempty"`
}

// WriteRequest writes a request file.
func WriteRequest(a Activation, at time.Time) ([]byte, error) {
	body, err := json.Marshal(request{a.Email, a.LicenseKey, a.DeviceHash, a.DeviceName, at.UTC().Format(time.RFC3339)})
	return pem.EncodeToMemory(&pem.Block{Type: requestType, Bytes: body}), err
}

// ReadRequest reads a request file, or the JSON in it as a program wrote it. What is none is Invalid, as the field request.
func ReadRequest(text []byte) (Activation, error) {
	bad := fault.InvalidFields(fault.Field{Name: "request", Where: "body", Code: "not_a_request"})
	if len(text) > maxRequest {
		return Activation{}, bad
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\uFEFF")))
	if !bytes.HasPrefix(text, []byte("{")) {
		block, _ := pem.Decode(text)
		if block == nil || block.Type != requestType {
			return Activation{}, bad
		}
		text = block.Bytes
	}
	var r request
	if json.Unmarshal(text, &r) != nil {
		return Activation{}, bad
	}
	a := Activation{Email: r.Email, LicenseKey: r.LicenseKey, DeviceHash: r.DeviceHash, DeviceName: r.DeviceName, carried: true}
	_, _, err := a.check()
	return a, err
}

// ActivateFile activates the device of a request file, and returns a licence file for it, which lasts for the edition's
// file_days. The rules and faults are those of Activate. It needs LicencesManage.
func (s *Service) ActivateFile(ctx context.Context, who scope.Principal, text []byte, from netip.Addr) ([]byte, error) {
	if err := who.Need(scope.LicencesManage); err != nil {
		return nil, err
	}
	a, err := ReadRequest(text)
	if err != nil {
		return nil, err
	}
	done, err := s.Activate(ctx, who, a, from)
	return done.File, err
}
