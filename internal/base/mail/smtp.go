package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"airside/internal/base/clock"
)

// Config is the mail server. TLS is "starttls" (the default: required), "tls" from the first byte, or "none"; Port 0 is
// the usual one of that. From is an address, with a name or without.
type Config struct {
	Host     string
	Port     int
	User     string
	Password string
	From     string
	TLS      string
}

// Check returns what is wrong with the configuration, naming the flag, or nil.
func (c Config) Check() error {
	if c.Host == "" {
		return nil
	}
	if _, err := mail.ParseAddress(c.From); err != nil || strings.ContainsFunc(c.From, isControl) {
		return errors.New("--smtp-from must be the e-mail address that mails come from, such as 'Airside <airside@example.org>'")
	}
	if _, err := c.client(); err != nil {
		return fmt.Errorf("--smtp-…: %w", err)
	}
	if c.TLS == "none" && c.User != "" && !isLoopback(c.Host) {
		return errors.New("--smtp-tls none would send --smtp-password readable over the network: use starttls or tls")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// timeout bounds the sending of one mail.
const timeout = 30 * time.Second

func (c Config) client() (*gomail.Client, error) {
	o := []gomail.Option{gomail.WithTimeout(timeout)}
	switch c.TLS {
	case "", "starttls":
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(orPort(c.Port, 587)))
	case "tls":
		o = append(o, gomail.WithSSL(), gomail.WithPort(orPort(c.Port, 465)))
	case "none":
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithPort(orPort(c.Port, 25)))
	default:
		return nil, errors.New("--smtp-tls is starttls, tls or none")
	}
	if c.User != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if c.TLS == "none" {
			auth = gomail.SMTPAuthPlain // which is only sent to this machine itself
		}
		o = append(o, gomail.WithSMTPAuth(auth), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	return gomail.NewClient(c.Host, o...)
}

func orPort(port, usual int) int {
	if port != 0 {
		return port
	}
	return usual
}

// send gives the mail to the server. Its Message-ID stays the same when it is tried again, so that a mail which was taken
// twice can be known as one.
func (c Config) send(ctx context.Context, id string, at clock.Time, m Message) error {
	if err := m.check(); err != nil {
		return permanent{err}
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP))
	if err := errors.Join(msg.From(c.From), msg.To(m.To)); err != nil {
		return permanent{errors.New("the sender or the recipient is no address")}
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(id + "@" + domainOf(c.From))
	msg.SetDateWithValue(at.Std())
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday notices
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	client, err := c.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return explain(client.DialAndSendWithContext(ctx, msg))
}

func domainOf(from string) string {
	a, err := mail.ParseAddress(from)
	if err != nil {
		return "airside.invalid"
	}
	_, domain, _ := strings.Cut(a.Address, "@")
	return domain
}

// permanent is a failure that trying again does not mend.
type permanent struct{ error }

func isPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

// explain keeps of a failure what an operator needs, and whether the server said that it is for good. The recipient's
// address, which go-mail adds, stays out.
func explain(err error) error {
	if err == nil {
		return nil
	}
	var sent *gomail.SendError
	if errors.As(err, &sent) {
		err = fmt.Errorf("the mail server refused: %s %s %s", sent.Reason, codeText(sent.ErrorCode()), sent.EnhancedStatusCode())
		if sent.ErrorCode() >= 500 {
			return permanent{err}
		}
		return err
	}
	var proto *textproto.Error
	if errors.As(err, &proto) {
		return fmt.Errorf("the mail server answered %d", proto.Code)
	}
	return err
}

func codeText(code int) string {
	if code == 0 {
		return ""
	}
	return strconv.Itoa(code)
}
