package account

import "airside/internal/base/secret"

// Sealed lists what this package has sealed in the database: second factors.
func Sealed() []secret.Sealed {
	return []secret.Sealed{{Table: "accounts", Column: "totp", Select: selectSealedTOTP, Update: resealTOTP}}
}
