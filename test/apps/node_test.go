package apps_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"airside/test/airside"
)

// nodeApp is examples/app-node at work.
type nodeApp struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan map[string]any
}

// startNodeApp runs the example as a stranger would, with nothing but what its first lines ask for.
func startNodeApp(t *testing.T, at airside.Client, secret, port string) *nodeApp {
	t.Helper()
	a := &nodeApp{t: t, cmd: exec.Command("node", "../../examples/app-node/app.mjs"), lines: make(chan map[string]any, 100)}
	a.cmd.Env = append(os.Environ(), "AIRSIDE="+at.URL, "APP_KEY="+at.Token, "ORGANIZATION="+at.Org, "SECRET="+secret, "PORT="+port)
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	a.cmd.Stderr = os.Stderr
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(a.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var line map[string]any
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				line = map[string]any{"garbage": lines.Text()}
			}
			a.lines <- line
		}
	}()
	t.Cleanup(func() {
		a.cmd.Process.Signal(syscall.SIGTERM)
		a.cmd.Wait()
	})
	return a
}

// say waits for the next line, which must have a member.
func (a *nodeApp) say(member string) map[string]any {
	a.t.Helper()
	select {
	case line := <-a.lines:
		if _, ok := line[member]; !ok {
			a.t.Fatalf("the app says %v, not %s", line, member)
		}
		return line
	case <-time.After(20 * time.Second):
		a.t.Fatalf("the app says nothing of %s", member)
		return nil
	}
}

// TestAppOfAStranger is an app from its first line to a replay: it reads the flights of a school that installed it, hears of
// a new one, verifies that, asks for it once more, and is shut out by the uninstallation.
func TestAppOfAStranger(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed; `make setup` does that")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(l.Addr().String(), ":")
	l.Close()
	s := airside.Serve(t, airside.Store{Data: t.TempDir()})
	m := open(t, s, "stranger", "http://127.0.0.1:"+port+"/", "public.flights:read", "public.events:read")
	install := m.install(t)
	_, at := m.mint(t)
	var revealed struct{ Secret string }
	m.builder.Manage.Call(t, 200, "POST", install+"/reveal-secret", nil).Data(t, &revealed)

	app := startNodeApp(t, at, revealed.Secret, port)
	app.say("listening")
	if got := fmt.Sprint(app.say("roster")["roster"]); got != "map[flights:0 people:0]" {
		t.Errorf("the roster of nothing: %s", got)
	}
	approveFlight(t, m.school.Manage)
	event := app.say("event")
	if event["event"] != "flight.approved" || event["again"] != false {
		t.Errorf("the event: %v", event)
	}
	if got := fmt.Sprint(app.say("roster")["roster"]); got != "map[flights:1 people:1]" {
		t.Errorf("the roster of a flight: %s", got)
	}
	app.cmd.Process.Signal(syscall.SIGHUP)
	for range 2 { // the delivery may overtake the answer to the request for it
		line := <-app.lines
		if again, ok := line["again"]; ok && (again != true || line["id"] != event["id"]) || !ok && line["replay"] != event["id"] {
			t.Errorf("asked for it again: %v", line)
		}
	}

	m.school.Manage.Call(t, 200, "POST", install+"/uninstall", nil)
	at.Call(t, 403, "GET", public+"/flights", nil)
	approveFlight(t, m.school.Manage)
	app.cmd.Process.Signal(syscall.SIGHUP)
	if got := app.say("error")["error"]; got != "org_not_accessible" {
		t.Errorf("uninstalled, it is told %v", got)
	}
}

// approveFlight makes a flight of an hour, submits and approves it.
func approveFlight(t *testing.T, c airside.Client) {
	t.Helper()
	number := time.Now().UnixNano()
	var aircraft, pilot, flight struct{ ID string }
	c.Call(t, 201, "POST", manage+"/aircraft", obj{"registration": fmt.Sprintf("HB-%X", number%0xffffff), "type_designator": "P28A", "class": "SEP"}).Data(t, &aircraft)
	c.Call(t, 201, "POST", manage+"/people", obj{"display_name": "Tara Rossi", "roles": []string{"pilot"}}).Data(t, &pilot)
	off := time.Now().UTC().AddDate(0, 0, -1).Truncate(time.Hour)
	c.Call(t, 201, "POST", manage+"/flights", obj{
		"aircraft_id": aircraft.ID, "departure": "LSZB", "arrival": "LSZG", "off_block_at": off, "on_block_at": off.Add(time.Hour),
		"logged_min": 60, "takeoffs_day": 1, "landings_day": 1, "crew": []obj{{"person_id": pilot.ID, "function": "pic", "pic_min": 60}},
	}).Data(t, &flight)
	c.Call(t, 200, "POST", manage+"/flights/"+flight.ID+"/submit", nil)
	c.Call(t, 200, "POST", manage+"/flights/"+flight.ID+"/approve", obj{"accept_warnings": true})
}
