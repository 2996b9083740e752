package logbook

import (
	"crypto/sha256"
	"fmt"
	"testing"
)

// Rows imported so far are known by their fingerprints: none of these may ever change, or the next import of the same
// file enters everything again.

// knownFiles are digests over the identities of all rows, in their order.
var knownFiles = map[string]string{
	"foreflight_2019.csv":                  "8fbfac422e15d4aaca2a5a6572d178dae87ede460db176909c2e178c45a238a1",
	"foreflight_german.csv":                "6c9c8e1120d64ca2c2db34069d22a03c469d9cb39649fc108db5940683fda548",
	"foreflight_template.csv":              "8970687d1c812f3346ed22d881e6699c214dbb84cdcfe107927188292e09afc0",
	"home1982.csv":                         "c6abe10624c084ecdfc5fdb055773052ce05e14a6f2d19dc8698690f93973877",
	"../../../demo/example_foreflight.csv": "9b8e7aeb717d2dae1166ce41502a12fb4801e39d90a427b7303eb901620017f5",
}

var knownRealFiles = map[string][4]string{
	"foreflight_2025_sep_us_tailwheel.csv": {
		"94fa454b7effdc4638ef0b380d5afa0d427658d979d7b2f714837bae052157b6",
		"dc207b17626068ca45a6682b5002390f51ee0c9572357abab2beba53e5dc6ac7",
		"93eb0dd0d07f2c7535f158e6a67673088fbd93d44fcf3f09bc279765a4ede946",
		"8f8f57a18012c6754f73b824c9de43c2a75c52651ec9798b59f64652c73d6ad8",
	},
	"pyflightlog_1982_2011_us_instructor.csv": {
		"9f5bf2d1d26e92a52eac498d966a16eee098af598f47b4cf9d2e1cc21f8c94b2",
		"fc28860d47163273dd658d759b5a67d3cc7767fec86dc30e871678d0bcf60ac8",
		"0595c674bc319c50d12825b8750284670ea1e1537b52234483bde1396eacf202",
		"dc3e43cf0b94132df6fbc96f985372e31515593e4eccdcc873908f383a82202a",
	},
}

func identityDigest(f *File) string {
	h := sha256.New()
	for _, e := range f.Entries {
		fmt.Fprintf(h, "%s/%d\n", e.Fingerprint, e.Occurrence)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestKnownFingerprints(t *testing.T) {
	for name, want := range knownFiles {
		if got := identityDigest(parseFile(t, name, fixture(t, name))); got != want {
			t.Errorf("%s: the rows are known by other fingerprints: %s", name, got)
		}
	}
}

func TestKnownRealFingerprints(t *testing.T) {
	for name, want := range knownRealFiles {
		f := parseFile(t, name, sharedFile(t, name))
		got := [4]string{identityDigest(f), f.Entries[0].Fingerprint, f.Entries[100].Fingerprint, f.Entries[len(f.Entries)-1].Fingerprint}
		if got != want {
			t.Errorf("%s: the rows are known by other fingerprints: %q", name, got)
		}
	}
}
