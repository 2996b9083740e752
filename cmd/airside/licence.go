package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"airside/internal/licence"
	"airside/internal/server"
)

// licenceCmd is for vendors, their customers, and the operator of the licence server.
type licenceCmd struct {
	Verify    licenceVerifyCmd  `cmd:"" help:"Check a licence file, a token or an answer to /activate, without a server."`
	Request   licenceRequestCmd `cmd:"" help:"Write an activation request for a machine without network, to be carried to one that has it. It holds the key."`
	Keys      licenceKeysCmd    `cmd:"" help:"List the keys that licences are signed with."`
	RotateKey licenceRotateCmd  `cmd:"" help:"Make the next signing key. What was signed before stays valid."`
	Token     licenceTokenCmd   `cmd:"" help:"Make a vendor's client or admin token; it is shown once."`
}

type licenceVerifyCmd struct {
	File   string    `arg:"" help:"The file; - is standard input." placeholder:"FILE"`
	Key    string    `help:"The public key: base64, or a file with it or with the answer of /public-key." required:"" placeholder:"KEY"`
	Follow string    `help:"The answer of /public-keys in a file: follow its sets from --key, the one that was built in." type:"existingfile" placeholder:"FILE"`
	Device string    `help:"Hash of the device that it has to be for." placeholder:"HASH"`
	At     time.Time `help:"The time to check at; now if left out." placeholder:"TIME"`
	JSON   bool      `name:"json" help:"Print what it says as one JSON object."`
}

func (c *licenceVerifyCmd) Run() error {
	keys, err := c.trusted()
	if err != nil {
		return err
	}
	text, err := readInput(c.File)
	if err != nil {
		return err
	}
	if c.At.IsZero() {
		c.At = time.Now()
	}
	for i := len(keys) - 1; i >= 0; i-- { // the newest first
		says, err := licence.Check(text, keys[i], c.At)
		if errors.Is(err, licence.ErrNotSigned) && i > 0 {
			continue
		}
		if err == nil && c.Device != "" && !strings.EqualFold(says.Device.Hash, c.Device) {
			err = errors.New("it is for another device: " + says.Device.Hash)
		}
		if err != nil {
			return fmt.Errorf("not valid: %w", err)
		}
		if c.JSON {
			return json.NewEncoder(os.Stdout).Encode(says)
		}
		fmt.Printf("valid until %s: %s %s for %s, on %s (%s)\n", says.ValidUntil.UTC().Format(time.RFC3339), says.Product, says.Edition, says.Email, says.Device.Name, says.Device.Hash)
		return nil
	}
	return fmt.Errorf("not valid: %w", licence.ErrNotSigned)
}

// trusted are the keys that may have signed, the oldest first.
func (c *licenceVerifyCmd) trusted() ([]ed25519.PublicKey, error) {
	key, err := readPublicKey(c.Key)
	if err != nil || c.Follow == "" {
		return []ed25519.PublicKey{key}, err
	}
	b, err := os.ReadFile(c.Follow)
	if err != nil {
		return nil, err
	}
	sets, err := licence.ReadKeySets(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Follow, err)
	}
	return licence.Follow(key, sets)
}

// readPublicKey reads a key as it is written, or from a file with it.
func readPublicKey(text string) (ed25519.PublicKey, error) {
	if b, err := os.ReadFile(text); err == nil {
		text = string(b)
		var answer struct {
			Key string `json:"ed25519_public_key_b64"`
		}
		if json.Unmarshal(b, &answer) == nil && answer.Key != "" {
			text = answer.Key
		}
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, errors.New("--key: neither a file nor a key of 32 bytes in base64")
	}
	return b, nil
}

func readInput(file string) ([]byte, error) {
	if file != "-" {
		return os.ReadFile(file)
	}
	var b bytes.Buffer
	_, err := b.ReadFrom(os.Stdin)
	return b.Bytes(), err
}

type licenceRequestCmd struct {
	Email      string `help:"That the licence was issued to." required:""`
	Key        string `help:"The licence key." required:""`
	DeviceHash string `help:"What the program knows this machine by." required:"" placeholder:"HASH"`
	DeviceName string `help:"What its owner knows it by; the machine's name if left out." placeholder:"NAME"`
	Out        string `help:"The file to write; standard output if left out." placeholder:"FILE"`
}

func (c *licenceRequestCmd) Run() error {
	if c.DeviceName == "" {
		c.DeviceName, _ = os.Hostname()
	}
	text, err := licence.WriteRequest(licence.Activation{Email: c.Email, LicenseKey: c.Key, DeviceHash: c.DeviceHash, DeviceName: c.DeviceName}, time.Now())
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err = os.Stdout.Write(text)
		return err
	}
	return os.WriteFile(c.Out, text, 0o600)
}

type licenceKeysCmd struct{ operator }

func (c *licenceKeysCmd) Run(ctx context.Context) error {
	keys, err := server.LicenceKeys.Do(ctx, c.target(), struct{}{})
	if err != nil {
		return err
	}
	return c.show(keys, func(w *tabwriter.Writer) { printLicenceKeys(w, keys) })
}

func printLicenceKeys(w *tabwriter.Writer, keys []server.LicenceKey) {
	fmt.Fprintln(w, "VERSION\tKID\tSTATUS\tSIGNS FROM\tPUBLIC KEY")
	for _, k := range keys {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", k.Version, k.KID, k.Status, k.SignsFrom, k.Public)
	}
}

type licenceRotateCmd struct {
	operator
	LeadDays int `help:"For how many days it is published before it signs; 0: it signs at once." placeholder:"DAYS"`
}

func (c *licenceRotateCmd) Run(ctx context.Context) error {
	keys, err := server.RotateLicenceKey.Do(ctx, c.target(), server.LicenceRotation{LeadDays: c.LeadDays})
	if err != nil {
		return err
	}
	return c.show(keys, func(w *tabwriter.Writer) { printLicenceKeys(w, keys) })
}

type licenceTokenCmd struct {
	operator
	Organization string `help:"The vendor: slug or id." required:"" placeholder:"SLUG"`
	Role         string `help:"${enum}." enum:"client,admin" required:""`
	Name         string `help:"To know it by." default:"command line"`
}

func (c *licenceTokenCmd) Run(ctx context.Context) error {
	t, err := server.MintLicenceToken.Do(ctx, c.target(), server.NewLicenceToken{Organization: c.Organization, Role: c.Role, Name: c.Name})
	if err != nil {
		return err
	}
	return c.show(t, func(w *tabwriter.Writer) { fmt.Fprintln(w, t.Token) })
}
