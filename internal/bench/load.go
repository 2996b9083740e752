package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// client is one keep-alive connection that writes prepared requests and reads answers, and does as little else as it
// can, because it shares the cores with the server.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(address string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn, bufio.NewReaderSize(conn, 64<<10)}, nil
}

var contentLength = []byte("Content-Length: ")

// do writes a request and reads the answer to its end; into, if not nil, gets the body.
func (c *client) do(request []byte, into *bytes.Buffer) (status int, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	length := -1
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if first {
			if len(line) < 12 {
				return 0, errors.New("not HTTP")
			}
			status, _ = strconv.Atoi(string(line[9:12]))
		} else if len(line) <= 2 {
			break
		} else if bytes.HasPrefix(line, contentLength) {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):])))
		}
	}
	if status == http.StatusNotModified || status == http.StatusNoContent {
		return status, nil
	}
	if length < 0 {
		return 0, errors.New("the answer has no Content-Length")
	}
	if into != nil {
		into.Reset()
		_, err = io.CopyN(into, c.in, int64(length))
	} else {
		_, err = c.in.Discard(length)
	}
	return status, err
}

// get prepares a GET request.
func get(address, path string, headers ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\n", path, address)
	for i := 0; i+1 < len(headers); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", headers[i], headers[i+1])
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// fire sends requests over n connections for a time and returns how many a second were answered with the status.
// next gives the i-th request; nil ends the fire.
func fire(address string, n int, long time.Duration, status int, next func(i int64) []byte) (perSecond float64, err error) {
	var count atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, n)
	began := time.Now()
	for range n {
		wg.Go(func() {
			c, err := dial(address)
			if err != nil {
				errs <- err
				return
			}
			defer c.conn.Close()
			for time.Since(began) < long {
				request := next(count.Add(1) - 1)
				if request == nil {
					count.Add(-1)
					return
				}
				got, err := c.do(request, nil)
				if err != nil || got != status {
					errs <- fmt.Errorf("answer %d, want %d: %w", got, status, err)
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	select {
	case err := <-errs:
		return 0, err
	default:
		return float64(count.Load()) / took.Seconds(), nil
	}
}

// serve serves a handler on a free port of the loopback.
func serve(h http.Handler) (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: h}
	go s.Serve(l)
	return l.Addr().String(), func() { s.Close() }, nil
}

// percentile returns the p-th of the durations, which it sorts.
func percentile(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(len(d)-1, int(float64(len(d))*p))]
}
