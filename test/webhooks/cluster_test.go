package webhooks_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// cluster is a PostgreSQL of the test's own, to be killed, locked and filled up: the one that the other tests share has
// to go on. Its folder is called and locked as those of scripts/with-postgres.sh are, which sweeps up after a test that
// was killed.
type cluster struct {
	t      *testing.T
	bin    string
	folder string
	port   int
	as     *syscall.Credential // PostgreSQL refuses to run as root
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	if os.Getenv("AIRSIDE_TEST_POSTGRES") == "" { // as the other tests: only when PostgreSQL is asked for
		if os.Getenv("AIRSIDE_REQUIRE_ALL") != "" {
			t.Fatal("AIRSIDE_TEST_POSTGRES is not set; run the tests with `make test`")
		}
		t.Skip("no PostgreSQL: AIRSIDE_TEST_POSTGRES is not set (`make test` sets it)")
	}
	bin, err := exec.Command("../../scripts/postgres-bin.sh").Output()
	if err != nil {
		t.Fatal("no PostgreSQL programs:", err)
	}
	c := &cluster{t: t, bin: strings.TrimSpace(string(bin))}
	if c.folder, err = os.MkdirTemp("", "airside-pg."); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Create(filepath.Join(c.folder, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.run("pg_ctl", "-D", c.data(), "-m", "immediate", "-w", "stop")
		os.RemoveAll(c.folder)
		lock.Close()
	})
	c.own(c.folder, c.data())
	c.must("initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	c.configure()
	for range 10 { // somebody else may take a port between looking and starting
		c.port = freePort(t)
		if _, err = c.run("pg_ctl", c.startArgs()...); err == nil {
			return c
		}
	}
	t.Fatal("the cluster does not start:", err)
	return nil
}

func (c *cluster) data() string { return filepath.Join(c.folder, "data") }

// own makes the folder of the data, for the user that the server runs as.
func (c *cluster) own(folder, data string) {
	c.t.Helper()
	if err := os.MkdirAll(data, 0o700); err != nil {
		c.t.Fatal(err)
	}
	if os.Getuid() != 0 {
		return
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		c.t.Fatal("there is no user to run the server as: ", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chmod(folder, 0o711); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Chown(data, uid, gid); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) configure() {
	c.t.Helper()
	f, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprint(f, "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nshared_buffers = 256MB\nfsync = on\nsynchronous_commit = on\n")
}

func (c *cluster) startArgs() []string {
	return []string{"-D", c.data(), "-l", filepath.Join(c.data(), "server.log"), "-o", fmt.Sprintf("-p %d", c.port), "-w", "-t", "60", "start"}
}

// stop ends the cluster as a power cut would, and start begins it again.
func (c *cluster) stop() {
	c.t.Helper()
	c.must("pg_ctl", "-D", c.data(), "-m", "immediate", "-w", "stop")
}
func (c *cluster) start() { c.t.Helper(); c.must("pg_ctl", c.startArgs()...) }

func (c *cluster) must(program string, args ...string) {
	c.t.Helper()
	if out, err := c.run(program, args...); err != nil {
		c.t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

// run writes what a program prints to a file: the server that it leaves behind would keep a pipe open.
func (c *cluster) run(program string, args ...string) (string, error) {
	out, err := os.CreateTemp("", "airside-pg-out-")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.Command(filepath.Join(c.bin, program), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	err = cmd.Run()
	text, _ := os.ReadFile(out.Name())
	return string(text), err
}

// database makes a database and returns its address.
func (c *cluster) database(name string) string {
	c.t.Helper()
	c.exec("postgres", "CREATE DATABASE "+name)
	return c.url(name)
}

func (c *cluster) url(name string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", c.port, name)
}

// exec runs statements one after the other in a session of its own.
func (c *cluster) exec(database string, statements ...string) {
	c.t.Helper()
	pool, err := sql.Open("pgx", c.url(database))
	if err != nil {
		c.t.Fatal(err)
	}
	defer pool.Close()
	conn, err := pool.Conn(context.Background())
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	for _, s := range statements {
		if _, err := conn.ExecContext(context.Background(), s); err != nil {
			c.t.Fatalf("%s: %v", s, err)
		}
	}
}

// freePort is one below the range that the kernel hands out by itself, as scripts/with-postgres.sh takes them.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20000 + rand.IntN(12000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}
