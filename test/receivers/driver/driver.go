// Command driver holds the requests that it reads as JSON from standard input against examples/verify, and prints a
// verdict for each. driver.ts and driver.py do the same in their languages.
package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"reflect"
	"time"

	airsidewebhook "airside/examples/verify"
)

type request struct {
	GA        bool // by the X-GA-Webhook headers
	Keys      []string
	Headers   [][2]string
	Body      []byte
	Now       int64
	Tolerance int // seconds; 0: as it comes
	Guard     bool
	Forget    bool // the receiver's own work failed
}

type verdict struct {
	Reason     string          `json:"reason"` // empty: accepted
	Delivery   string          `json:"delivery"`
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Timestamp  string          `json:"timestamp"`
	OrgID      string          `json:"org_id"`
	APIVersion string          `json:"api_version"`
	Data       json.RawMessage `json:"data"`
	Repeat     bool            `json:"repeat"` // the guard has seen it
}

func main() {
	log.SetFlags(0)
	var requests []request
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		log.Fatal(err)
	}
	seen := airsidewebhook.NewSeen(3)
	verdicts := make([]verdict, len(requests))
	for i, r := range requests {
		asSent, canonical := http.Header{}, http.Header{}
		for _, h := range r.Headers {
			asSent[h[0]] = append(asSent[h[0]], h[1])
			canonical.Add(h[0], h[1])
		}
		v := judge(r, asSent)
		if other := judge(r, canonical); !reflect.DeepEqual(v, other) {
			log.Fatalf("request %d: %+v as sent, %+v in Go's spelling", i, v, other)
		}
		if r.Guard && v.Reason == "" {
			v.Repeat = !seen.First(v.Delivery)
			if r.Forget {
				seen.Forget(v.Delivery)
			}
		}
		verdicts[i] = v
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		log.Fatal(err)
	}
}

func judge(r request, header http.Header) verdict {
	verify := airsidewebhook.Verify
	if r.GA {
		verify = airsidewebhook.VerifyGA
	}
	o := airsidewebhook.Options{Now: time.Unix(r.Now, 0), Tolerance: time.Duration(r.Tolerance) * time.Second}
	e, err := verify(r.Keys, header, r.Body, o)
	if err == nil {
		return verdict{Delivery: e.Delivery, ID: e.ID, Type: e.Type, Timestamp: e.Timestamp.Format(time.RFC3339Nano),
			OrgID: e.OrgID, APIVersion: e.APIVersion, Data: e.Data}
	}
	var reason airsidewebhook.Reason
	if !errors.As(err, &reason) {
		log.Fatalf("an error without a reason: %v", err)
	}
	return verdict{Reason: string(reason)}
}
