package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// codeOf names what went wrong on the way.
func codeOf(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, errNotAllowed):
		return codeNotAllowed
	case errors.As(err, &dns):
		return codeDNS
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return codeTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return codeRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		strings.Contains(err.Error(), "server closed idle connection"):
		return codeReset
	case isTLS(err):
		return codeTLS
	case strings.Contains(err.Error(), "server response headers exceeded"):
		return codeTooLarge
	}
	return codeOther
}

// explain says what went wrong, for the owner of the endpoint. It keeps to itself where a name inside the operator's
// network points, and which server was asked for it.
func explain(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, errNotAllowed):
		return "the address is not on the public internet"
	case errors.As(err, &dns):
		return clean("lookup " + dns.Name + ": " + dns.Err)
	}
	return clean(err.Error())
}

func isTLS(err error) bool {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &verify) || errors.As(err, &authority) ||
		errors.As(err, &name) || errors.As(err, &invalid) || strings.Contains(err.Error(), "tls: ") ||
		strings.Contains(err.Error(), "HTTP response to HTTPS client")
}
