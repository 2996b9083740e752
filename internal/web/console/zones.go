package console

// zones are offered where a time zone is chosen; any other IANA name may be typed.
var zones = []string{"UTC", "Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Brussels", "Europe/Copenhagen", "Europe/Dublin",
	"Europe/Helsinki", "Europe/Lisbon", "Europe/London", "Europe/Luxembourg", "Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague",
	"Europe/Rome", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich", "America/Chicago", "America/Denver",
	"America/Los_Angeles", "America/Montreal", "America/New_York", "America/Santiago", "Africa/Casablanca", "Africa/Johannesburg",
	"Asia/Dubai", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Indian/Reunion", "Pacific/Auckland"}

// zoneField chooses a time zone; value is offered even if it is none of the usual ones.
func zoneField(v *visit, value string, required bool) field {
	f := field{Name: "time_zone", Label: v.T("organization.time_zone"), Kind: "select", Required: required, Value: value}
	known := value == ""
	if !required {
		f.Options = append(f.Options, option{Value: "", Label: v.T("profile.zone_of_organization")})
	}
	for _, z := range zones {
		known = known || z == value
		f.Options = append(f.Options, option{Value: z, Label: z})
	}
	if !known {
		f.Options = append(f.Options, option{Value: value, Label: value})
	}
	return f
}
