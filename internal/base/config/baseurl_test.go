package config_test

import (
	"testing"

	"airside/internal/base/config"
)

// TestBaseURLIsAnOrigin: what is behind the host would be lost in some links and doubled in others.
func TestBaseURLIsAnOrigin(t *testing.T) {
	for address, good := range map[string]bool{
		"": true, "https://airside.example": true, "https://airside.example/": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"https://airside.example/club": false, "https://airside.example/?x": false, "https://airside.example?": false, "https://airside.example/#x": false,
		"https://airside.example#": false, "https://u:p@airside.example": false, "airside.example": false, "ftp://airside.example": false, "https://": false, "/club": false,
	} {
		if err := (config.HTTP{BaseURL: address}).Check(); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
}
