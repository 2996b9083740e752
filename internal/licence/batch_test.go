package licence_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"airside/internal/base/page"
	"airside/internal/licence"
)

func codes(all []licence.Finding) string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%d %s %s\n", f.Row, f.Column, f.Code)
	}
	return b.String()
}

// TestBatchFindings: everything that is wrong with a file is named by row and column, and nothing is issued of it.
func TestBatchFindings(t *testing.T) {
	eachOffice(t, func(o *office) {
		t := o.t
		shop, _ := o.vendor()
		if _, err := o.CreateProduct(t.Context(), shop, licence.NewProduct{Code: "Taken"}); err != nil {
			t.Fatal(err)
		}
		for file, want := range map[string]string{
			"":                                 "0  file_empty\n",
			"\xff\xfe":                         "0  file_not_utf8\n",
			"email;edition;colour\na@b.ch;x;y": "1 colour unknown_column\n1 product column_missing\n",
			"email,product,edition,mail\n":     "1 mail column_repeated\n",
			"E-Mail,Product,EDITION,max activations,expires at,features\nnobody,P,Pro,0,tomorrow,a;b!\na@b.ch,,Pro,x,,\na@b.ch,P,Pro,,,,,\n": "2 expires_at not_a_time\n2 email not_an_email\n2 max_activations out_of_range\n2 features[1] not_a_code\n" +
				"3 max_activations not_an_integer\n3 product not_a_code\n4  too_many_cells\n",
			"email,product,edition\na@b.ch,Taken,Pro\n":                             "2  product_taken\n",
			"email,product,edition\na@b.ch,P,Pro\n\"a@b.ch,P,Pro\n":                 "3  file_not_csv\n",
			"\ufeffemail\tproduct\tedition\r\na@b.ch\tP\tPro\r\na@b.ch\tP\tPro\r\n": "3  order_repeated\n",
		} {
			b, err := o.Issue(t.Context(), o.shop, "x", []byte(file), true)
			if err != nil || codes(b.Findings) != want || b.Status != "checked" {
				t.Errorf("%q: %v\n%swant\n%s", file, err, codes(b.Findings), want)
			}
			if strings.Contains(want, "repeated\n") && !strings.HasPrefix(want, "1") {
				continue // a warning
			}
			if _, err := o.Issue(t.Context(), o.shop, "x", []byte(file), false); codeOf(t, err) != "batch_invalid" {
				t.Errorf("%q: %v", file, err)
			}
		}
		if of, err := o.List(t.Context(), o.shop, licence.Filter{}, page.Page{Limit: 10}, false); len(of.Rows) != 0 || err != nil {
			t.Error(of, err)
		}
		if of, err := o.ListProducts(t.Context(), o.shop, page.Page{Limit: 10}); len(of.Rows) != 0 || err != nil {
			t.Error("a check claimed a product", of, err)
		}
	})
}

// TestBatch: a batch is issued wholly, its keys are there once, and each activates its licence.
func TestBatch(t *testing.T) {
	eachOffice(t, func(o *office) {
		t := o.t
		var file bytes.Buffer
		file.WriteString("email,product,edition,max_activations,note\n")
		const n = 250
		for i := range n {
			fmt.Fprintf(&file, "c%d@example.com,Glasskit,Pro,%d,=order %d\n", i, i%3+1, i)
		}
		b, err := o.Issue(t.Context(), o.shop, "November", file.Bytes(), false)
		if err != nil || b.Status != licence.AllIssued || b.Licences != n {
			t.Fatalf("%+v %v", b, err)
		}
		text, err := o.BatchKeys(t.Context(), o.shop, b.ID)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(rows) != n+1 || rows[1][5] != "'=order 0" {
			t.Fatal(len(rows), rows[1], err)
		}
		for _, i := range []int{1, 137, n} {
			if got := o.try(rows[i][0], rows[i][2], "d", home); got != "" {
				t.Error(rows[i], got)
			}
		}
		if _, err := o.BatchKeys(t.Context(), o.shop, b.ID); codeOf(t, err) != "batch_keys_gone" {
			t.Error(err)
		}
		of, err := o.List(t.Context(), o.shop, licence.Filter{BatchID: b.ID}, page.Page{Limit: 500}, false)
		if err != nil || len(of.Rows) != n {
			t.Error(len(of.Rows), err)
		}
		other, _ := o.vendor()
		if _, err := o.GetBatch(t.Context(), other, b.ID); codeOf(t, err) != "licence_batch_not_found" {
			t.Error(err)
		}
	})
}

// TestBatchKeysEnd: keys that nobody downloads are there for a day.
func TestBatchKeysEnd(t *testing.T) {
	eachOffice(t, func(o *office) {
		t := o.t
		b, err := o.Issue(t.Context(), o.shop, "x", []byte("email,product,edition\na@b.ch,P,Pro\n"), false)
		if err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(day + 1000)
		for _, purge := range []bool{false, true} {
			if purge {
				if err := o.Purge(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := o.BatchKeys(t.Context(), o.shop, b.ID); codeOf(t, err) != "batch_keys_gone" {
				t.Error(purge, err)
			}
		}
	})
}
