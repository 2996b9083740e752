package licence

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"airside/internal/platform/scope"
)

// Export writes the licences that a filter leaves as CSV, as they are at one moment. It needs LicencesRead.
func (s *Service) Export(ctx context.Context, who scope.Principal, f Filter, out io.Writer) error {
	w := csv.NewWriter(out)
	w.Write([]string{"license_ref", "license_key_hash", "email", "product", "edition", "features", "enabled", "trial", "active_devices_count", "max_activations",
		"expires_at", "note", "created_at"})
	err := s.Each(ctx, who, f, func(some []Licence) error {
		for _, l := range some {
			expires := ""
			if l.ExpiresAt != 0 {
				expires = l.ExpiresAt.String()
			}
			w.Write([]string{l.LicenseRef, l.LicenseKeyHash, harmless(l.Email), harmless(l.Product), harmless(l.Edition), harmless(strings.Join(l.Features, ";")),
				strconv.FormatBool(l.Enabled), strconv.FormatBool(l.Trial), strconv.Itoa(l.ActiveDevices), strconv.Itoa(l.MaxActivations), expires, harmless(l.Note), l.CreatedAt.String()})
		}
		return w.Error()
	})
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	return err
}
