package httpx

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/validation"

	"airside/internal/base/fault"
)

// huma keeps its messages and the making of errors in package variables. Here they become codes of package text,
// so that a body that does not fit is answered like every other fault, in both languages.
func init() {
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
	huma.ErrorFormatter = func(format string, a ...any) string {
		if !strings.Contains(format, "%") {
			return format
		}
		return fmt.Sprintf(format, a...)
	}
	huma.NewError = func(status int, msg string, _ ...error) huma.StatusError {
		return &Problem{Status: status, Detail: msg}
	}
	huma.NewErrorWithContext = func(hc huma.Context, status int, msg string, errs ...error) huma.StatusError {
		r, w := humago.Unwrap(hc)
		x := exchangeOf(r.Context())
		f := x.faultOf(validationFault(status, msg, errs))
		setErrorHeaders(w.Header(), x.lang())
		return problemOf(x, f)
	}
	validation.MsgUnexpectedProperty = "!unknown_field"
	validation.MsgExpectedRFC3339DateTime = "!not_a_time"
	validation.MsgExpectedRFC1123DateTime = "!not_a_time"
	validation.MsgExpectedRFC3339Date = "!not_a_date"
	validation.MsgExpectedRFC3339Time = "!not_a_time"
	validation.MsgExpectedRFC5322Email = "!not_an_email"
	validation.MsgExpectedRFC5890Hostname = "!not_fitting"
	validation.MsgExpectedRFC2673IPv4 = "!not_an_ip"
	validation.MsgExpectedRFC2373IPv6 = "!not_an_ip"
	validation.MsgExpectedRFCIPAddr = "!not_an_ip"
	validation.MsgExpectedRFC3986URI = "!not_a_uri"
	validation.MsgExpectedRFC4122UUID = "!not_a_uuid"
	validation.MsgExpectedRFC6570URITemplate = "!not_a_uri"
	validation.MsgExpectedRFC6901JSONPointer = "!not_fitting"
	validation.MsgExpectedRFC6901RelativeJSONPointer = "!not_fitting"
	validation.MsgExpectedRegexp = "!not_fitting"
	validation.MsgExpectedMatchAtLeastOneSchema = "!not_fitting"
	validation.MsgExpectedMatchExactlyOneSchema = "!not_fitting"
	validation.MsgExpectedNotMatchSchema = "!not_fitting"
	validation.MsgExpectedPropertyNameInObject = "!not_fitting"
	validation.MsgExpectedBoolean = "!not_a_boolean"
	validation.MsgExpectedDuration = "!not_a_duration"
	validation.MsgExpectedNumber = "!not_a_number"
	validation.MsgExpectedInteger = "!not_an_integer"
	validation.MsgExpectedString = "!not_a_string"
	validation.MsgExpectedBase64String = "!not_base64"
	validation.MsgExpectedArray = "!not_an_array"
	validation.MsgExpectedObject = "!not_an_object"
	validation.MsgExpectedArrayItemsUnique = "!not_unique"
	validation.MsgExpectedOneOf = "!one_of values=%s"
	validation.MsgExpectedMinimumNumber = "!at_least min=%v"
	validation.MsgExpectedExclusiveMinimumNumber = "!more_than min=%v"
	validation.MsgExpectedMaximumNumber = "!at_most max=%v"
	validation.MsgExpectedExclusiveMaximumNumber = "!less_than max=%v"
	validation.MsgExpectedNumberBeMultipleOf = "!not_a_multiple of=%v"
	validation.MsgExpectedMinLength = "!too_short min=%d"
	validation.MsgExpectedMaxLength = "!too_long max=%d"
	validation.MsgExpectedBePattern = "!not_matching pattern=%s"
	validation.MsgExpectedMatchPattern = "!not_matching pattern=%s"
	validation.MsgExpectedMinItems = "!too_few min=%d"
	validation.MsgExpectedMaxItems = "!too_many max=%d"
	validation.MsgExpectedMinProperties = "!too_few min=%d"
	validation.MsgExpectedMaxProperties = "!too_many max=%d"
	validation.MsgExpectedRequiredProperty = "!required name=%s"
	validation.MsgExpectedDependentRequiredProperty = "!required name=%s %.0s"
}

// validationFault makes a fault of what huma found wrong with a request: 400 when it lies in the parameters, 422
// when it lies in the body.
func validationFault(status int, msg string, errs []error) error {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "body_too_large", "max", defaultBodyLimit)
	case http.StatusUnsupportedMediaType:
		return fault.New(fault.Media, "unsupported_media_type", "types", jsonType)
	}
	if status >= 500 {
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		return fmt.Errorf("huma: %s", msg)
	}
	if msg == "request body is required" {
		return fault.InvalidFields(fault.Field{Where: "body", Code: "required"})
	}
	var fields []fault.Field
	inParameters := false
	for _, err := range errs {
		d, ok := err.(huma.ErrorDetailer)
		if !ok {
			fields = append(fields, fault.Field{Where: "body", Code: "malformed"})
			continue
		}
		f := fieldOf(d.ErrorDetail())
		inParameters = inParameters || f.Where != "body"
		fields = append(fields, f)
	}
	if inParameters {
		return &fault.Error{Kind: fault.BadRequest, Code: "invalid_parameters", Fields: fields}
	}
	return fault.InvalidFields(fields...)
}

// fieldOf reads a huma detail: its place is 'body.crew[0].person_id', its message '!code name=value' where we set
// it, and huma's own English otherwise.
func fieldOf(d *huma.ErrorDetail) fault.Field {
	where, name, _ := strings.Cut(d.Location, ".")
	if i := strings.IndexByte(where, '['); i >= 0 { // body[0] of a body that is a list
		where, name = where[:i], d.Location[i:]
	}
	f := fault.Field{Name: name, Where: where}
	msg, ours := strings.CutPrefix(d.Message, "!")
	if !ours {
		f.Code = codeOf(d)
		return f
	}
	code, arg, _ := strings.Cut(msg, " ")
	f.Code = code
	key, value, found := strings.Cut(arg, "=")
	if !found {
		return f
	}
	if code == "required" { // its place is the object, its argument the member
		if f.Name != "" {
			f.Name += "."
		}
		f.Name += strings.TrimSpace(value)
		return f
	}
	f.Args = []any{key, value}
	return f
}

// codeOf maps the messages that huma has no variables for.
func codeOf(d *huma.ErrorDetail) string {
	m := d.Message
	switch {
	case strings.HasPrefix(m, "required "):
		return "required"
	case m == "invalid integer":
		return "not_an_integer"
	case m == "invalid float":
		return "not_a_number"
	case m == "invalid boolean":
		return "not_a_boolean"
	case strings.HasPrefix(m, "invalid date/time"):
		return "not_a_time"
	case strings.HasPrefix(m, "invalid value: !"):
		return strings.TrimPrefix(m, "invalid value: !")
	case m == "unknown query parameter":
		return "unknown_parameter"
	case strings.Contains(m, "at most one value"):
		return "given_twice"
	case d.Location == "body" && (strings.Contains(m, "invalid character") || strings.Contains(m, "unexpected end of JSON") || strings.Contains(m, "after top-level value")):
		return "not_json"
	}
	return "malformed"
}
