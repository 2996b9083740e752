package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"slices"
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
	case says(err, "server response headers exceeded", "response header list larger than advertised limit", "header line too long", "long trailer"):
		return codeTooLarge
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		says(err, "server closed idle connection", "http2: server sent GOAWAY", "http2: client connection lost", "stream error: "):
		return codeReset
	case isTLS(err):
		return codeTLS
	}
	return codeOther
}

// says tells whether the text of an error has one of these in it: net/http keeps the types of some to itself.
func says(err error, texts ...string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(err.Error(), t) })
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
		errors.As(err, &name) || errors.As(err, &invalid) || says(err, "tls: ", "HTTP response to HTTPS client")
}
