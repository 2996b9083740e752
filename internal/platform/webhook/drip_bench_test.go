package webhook

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"airside/internal/base/db"
	"airside/internal/base/db/dbtest"
)

// dripEnv makes this test binary a receiver that answers a byte a second, in a process of its own so that what it
// takes is not counted. Its value is the file with its certificate and key, or 'plain'.
const dripEnv = "AIRSIDE_TEST_DRIP"

func TestMain(m *testing.M) {
	if file := os.Getenv(dripEnv); file != "" {
		if err := dripForever(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// dripForever prints its port. It answers at once until it is told a line, then it drips on every request until its
// input ends.
func dripForever(file string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var drips atomic.Bool
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for drips.Load() && r.Context().Err() == nil {
			w.Write([]byte("x"))
			http.NewResponseController(w).Flush()
			time.Sleep(time.Second)
		}
	})}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	if file == "plain" {
		go srv.Serve(l)
	} else {
		srv.Protocols = new(http.Protocols)
		srv.Protocols.SetHTTP1(true)
		srv.Protocols.SetHTTP2(strings.HasSuffix(file, "http2"))
		go srv.ServeTLS(l, file, file)
	}
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadString('\n'); err == nil {
		drips.Store(true)
	}
	io.Copy(io.Discard, in)
	return nil
}

// dripper starts such a receiver, and gives its port and what makes it drip.
func dripper(b *testing.B, file string) (port string, begin func()) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), dripEnv+"="+file)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	port, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(port), func() { io.WriteString(in, "now\n") }
}

// BenchmarkDrip sends to 1,000 endpoints that answer a byte a second and have eight deliveries waiting each, and
// reports what that takes more, at its highest before the deadline of the first ones, than the same process takes at
// rest after as many deliveries to the same endpoints while they were well: what the store and the engine keep anyway is
// then no part of it. It also reports when all endpoints had let go of a request. Each has a name of its own, so that
// none shares a connection. An engine that has just started knows nothing of the endpoints; one that was there while
// they were well sends them more at once.
func BenchmarkDrip(b *testing.B) {
	for _, kind := range []string{"plain", "http1", "http2"} {
		b.Run(kind+"/unknown", func(b *testing.B) { benchmarkDrip(b, kind, false) })
		b.Run(kind+"/known", func(b *testing.B) { benchmarkDrip(b, kind, true) })
	}
}

func benchmarkDrip(b *testing.B, kind string, known bool) {
	const endpoints, each = 1000, 8
	p, file, scheme := loopback, "plain", "http"
	if kind != "plain" {
		scheme = "https"
		ca := newAuthority(b)
		p.Roots, _ = ReadRoots(ca.file)
		file = filepath.Join(b.TempDir(), kind)
		writePair(b, file, ca.issue(b, "*.drip.test", time.Now().Add(time.Hour)))
	}
	port, begin := dripper(b, file)
	s := newStation(b, dbtest.SQLite(b), p)
	hosts := map[string]func() string{}
	for i := range endpoints {
		name := fmt.Sprintf("e%d.drip.test", i)
		hosts[name] = func() string { return "127.0.0.1" }
		s.endpoint(fmt.Sprintf("%s://%s:%s/", scheme, name, port))
	}
	resolver := names(b, hosts)
	run := func(s *station) {
		s.guard.resolver = resolver
		s.transport = newTransport(s.guard, s.policy)
		s.start()
		s.await("leases", func() bool {
			s.engine.mu.RLock()
			defer s.engine.mu.RUnlock()
			return len(s.engine.lanes) == endpoints
		})
	}
	run(s)
	for range each {
		s.emit(1)
	}
	for deadline := time.Now().Add(time.Minute); countFinished(b, s) < endpoints*each; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("not delivered while all was well")
		}
	}
	rests(b, s, endpoints)
	if !known {
		s.stop()
		next := stationOn(b, s.db, p)
		next.who = s.who
		run(next)
		s = next
		rests(b, s, endpoints)
	}
	begin()
	debug.FreeOSMemory()
	rest, peak := sizeOfThis(b), size{}
	b.ResetTimer()
	started := time.Now()
	for range each {
		s.emit(1)
		time.Sleep(100 * time.Millisecond)
	}
	for time.Since(started) < s.policy.Timeout {
		peak = peak.max(sizeOfThis(b))
		time.Sleep(100 * time.Millisecond)
	}
	tried := 0
	for ; tried < endpoints && time.Since(started) < 2*s.policy.Timeout; time.Sleep(100 * time.Millisecond) {
		var err error
		tried, err = db.One(context.Background(), s.db, db.Scalar[int], `SELECT count(DISTINCT d.endpoint_id) FROM deliveries_due d WHERE d.attempts > 0`)
		if err != nil {
			b.Fatal(err)
		}
	}
	if tried < endpoints {
		b.Errorf("only %d endpoints let go", tried)
	}
	b.ReportMetric(time.Since(started).Seconds(), "all-let-go-s")
	b.ReportMetric(float64(peak.rss-rest.rss)/1e6, "extra-MB")
	b.ReportMetric(float64(peak.inUse-rest.inUse)/1e6, "extra-inuse-MB")
	b.ReportMetric(float64(peak.goroutines-rest.goroutines), "goroutines")
}

// rests waits until nothing is left of the requests: a lane for each endpoint, and little else.
func rests(b *testing.B, s *station, endpoints int) {
	for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > endpoints+endpoints/10; time.Sleep(200 * time.Millisecond) {
		if s.transport.CloseIdleConnections(); time.Now().After(deadline) {
			b.Fatalf("%d goroutines are at work", runtime.NumGoroutine())
		}
	}
	time.Sleep(2 * time.Second)
}

func writePair(b *testing.B, file string, c tls.Certificate) {
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		b.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
}

// size is how big this process is: in memory, and of that what Go uses.
type size struct {
	rss, inUse int64
	goroutines int
}

func (s size) max(o size) size {
	return size{max(s.rss, o.rss), max(s.inUse, o.inUse), max(s.goroutines, o.goroutines)}
}

func sizeOfThis(b *testing.B) size {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	var all, resident int64
	if _, err := fmt.Sscan(string(text), &all, &resident); err != nil {
		b.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return size{resident * int64(os.Getpagesize()), int64(m.HeapInuse + m.StackInuse), runtime.NumGoroutine()}
}
