package licence_test

import (
	"bytes"
	"fmt"
	"testing"

	"airside/internal/base/db/dbtest"
	"airside/internal/licence"
)

// BenchmarkBatch issues 10,000 licences from a CSV, checked, durable, and with their keys ready for the download.
func BenchmarkBatch(b *testing.B) {
	var file bytes.Buffer
	file.WriteString("email,product,edition,max_activations,features,note\n")
	for i := range licence.MaxOrders {
		fmt.Fprintf(&file, "customer%d@example.com,Glasskit,Pro,3,charts;weather,order %d\n", i, i)
	}
	o := newOffice(b, dbtest.SQLite(b))
	for b.Loop() {
		made, err := o.Issue(b.Context(), o.shop, "x", file.Bytes(), false)
		if err != nil || made.Licences != licence.MaxOrders {
			b.Fatalf("%+v %v", made, err)
		}
	}
	b.ReportMetric(float64(licence.MaxOrders)*float64(b.N)/b.Elapsed().Seconds(), "licences/s")
}
