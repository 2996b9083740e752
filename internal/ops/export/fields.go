package export

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"airside/internal/base/clock"
)

// A field is a column of a table in an archive, and how its values are written.
type field struct {
	name string
	as   form
}

type form int

const (
	asText form = iota
	asNumber
	asTime // RFC 3339
	asFlag
	asJSON
	asHex
)

func titles(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// cell writes a value for a CSV file.
func (f field) cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case int64:
		switch f.as {
		case asTime:
			return clock.Time(v).String()
		case asFlag:
			return strconv.FormatBool(v != 0)
		}
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case []byte:
		if f.as == asHex {
			return hex.EncodeToString(v)
		}
	}
	return safe(textOf(v))
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// object writes a row as JSON, its members in the order of the columns.
func object(fields []field, values []any) ([]byte, error) {
	b := []byte{'{'}
	for i, f := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, f.name), ':')
		value, err := f.json(values[i])
		if err != nil {
			return nil, err
		}
		b = append(b, value...)
	}
	return append(b, '}'), nil
}

func (f field) json(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return []byte("null"), nil
	case int64:
		switch f.as {
		case asTime:
			return clock.Time(v).MarshalJSON()
		case asFlag:
			return strconv.AppendBool(nil, v != 0), nil
		}
		return strconv.AppendInt(nil, v, 10), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	case []byte:
		if f.as == asHex {
			return json.Marshal(hex.EncodeToString(v))
		}
	}
	if f.as == asJSON {
		return []byte(textOf(v)), nil
	}
	return unescaped(textOf(v))
}

// unescaped is JSON in which < and & stay what they are.
func unescaped(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), err
}

var (
	organizationFields = []field{{"id", asText}, {"slug", asText}, {"name", asText}, {"kind", asText}, {"authority", asText},
		{"time_zone", asText}, {"currency", asText}, {"lock_date", asText}, {"allow_sole_pic", asFlag},
		{"created_at", asTime}, {"updated_at", asTime}, {"change_no", asNumber}, {"audit_no", asNumber}, {"audit_head", asHex}}

	peopleFields = []field{{"id", asText}, {"external_ref", asText}, {"member_no", asText}, {"display_name", asText},
		{"given_name", asText}, {"family_name", asText}, {"roles", asJSON}, {"status", asText}, {"licences", asJSON},
		{"ratings", asJSON}, {"home_base", asJSON}, {"opening", asJSON}, {"flight_s", asNumber}, {"pic_s", asNumber},
		{"dual_s", asNumber}, {"night_s", asNumber}, {"ifr_s", asNumber}, {"landings_day", asNumber}, {"landings_night", asNumber},
		{"flights", asNumber}, {"import_id", asText}, {"created_at", asTime}, {"updated_at", asTime}, {"change_no", asNumber}}

	aircraftFields = []field{{"id", asText}, {"external_ref", asText}, {"registration", asText}, {"status", asText},
		{"facts", asJSON}, {"airframe_s", asNumber}, {"landings", asNumber}, {"cycles", asNumber}, {"flights", asNumber},
		{"unverified", asFlag}, {"import_id", asText}, {"created_at", asTime}, {"updated_at", asTime}, {"change_no", asNumber}}

	aircraftPostingsFields = []field{{"flight_id", asText}, {"entry", asText}, {"aircraft_id", asText}, {"seconds", asNumber},
		{"landings", asNumber}, {"cycles", asNumber}, {"hobbs_meter", asNumber}, {"hobbs_start", asNumber}, {"hobbs_end", asNumber},
		{"tacho_meter", asNumber}, {"tacho_start", asNumber}, {"tacho_end", asNumber}, {"reversed", asFlag},
		{"flown_at", asTime}, {"posted_at", asTime}, {"change_no", asNumber}}

	pilotPostingsFields = []field{{"flight_id", asText}, {"person_id", asText}, {"entry", asText}, {"flight_s", asNumber},
		{"pic_s", asNumber}, {"dual_s", asNumber}, {"night_s", asNumber}, {"ifr_s", asNumber}, {"takeoffs_day", asNumber},
		{"takeoffs_night", asNumber}, {"landings_day", asNumber}, {"landings_night", asNumber},
		{"flown_at", asTime}, {"posted_at", asTime}, {"change_no", asNumber}}

	importsFields = []field{{"id", asText}, {"file_name", asText}, {"format", asText}, {"status", asText}, {"mode", asText},
		{"pilot_id", asText}, {"match_people", asFlag}, {"choices", asJSON}, {"report", asJSON}, {"created", asNumber}, {"unchanged", asNumber},
		{"created_by", asText}, {"created_at", asTime}, {"updated_at", asTime}, {"change_no", asNumber}}

	mappingsFields = []field{{"id", asText}, {"name", asText}, {"mapping", asJSON}, {"created_by", asText}, {"created_at", asTime},
		{"updated_at", asTime}, {"change_no", asNumber}}

	membersFields = []field{{"id", asText}, {"email", asText}, {"display_name", asText}, {"role", asText}, {"person_id", asText},
		{"status", asText}, {"created_at", asTime}, {"updated_at", asTime}, {"change_no", asNumber}}

	keysFields = []field{{"id", asText}, {"kind", asText}, {"name", asText}, {"prefix", asText}, {"last_four", asText},
		{"scopes", asJSON}, {"allowed_ips", asJSON}, {"member_id", asText}, {"status", asText}, {"expires_at", asTime},
		{"rotated_from", asText}, {"created_by", asText}, {"created_at", asTime}, {"updated_at", asTime}, {"revoked_at", asTime},
		{"last_used_at", asTime}, {"calls", asNumber}, {"change_no", asNumber}}

	endpointsFields = []field{{"id", asText}, {"url", asText}, {"description", asText}, {"event_types", asJSON}, {"filter", asJSON},
		{"ordered", asFlag}, {"rate_limit", asNumber}, {"concurrency", asNumber}, {"ed25519", asFlag}, {"active", asFlag}, {"disabled_reason", asText},
		{"disabled_at", asTime}, {"created_by", asText}, {"created_at", asTime}, {"updated_at", asTime}, {"change_no", asNumber}}

	// In the audit log times stay microseconds, which the hashes are made of, and the detail is the text that was hashed.
	auditFields = []field{{"no", asNumber}, {"at_us", asNumber}, {"change_no", asNumber}, {"verb", asText}, {"subject_type", asText},
		{"subject_id", asText}, {"actor_kind", asText}, {"actor_id", asText}, {"detail", asText}, {"salt", asHex}, {"digest", asHex}, {"hash", asHex}}
)

// changeAt is where organizationFields has the number of the last change; the head of the audit chain follows.
const changeAt = 11
