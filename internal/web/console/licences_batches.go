package console

import (
	"errors"
	"io"
	"strings"
	"time"

	"airside/internal/base/fault"
	"airside/internal/licence"
	"airside/internal/platform/scope"
	"airside/internal/web/httpx"
)

func (v *visit) batchPath(id licence.BatchID, parts ...string) string {
	return v.licencePath(append([]string{"batches", string(id)}, parts...)...)
}

func (v *visit) batchesTrail() []link {
	return v.licencesTrail(link{Label: v.T("batches.title"), Href: v.licencePath("batches")})
}

// batches lists licences that were issued together.
func (v *visit) batches() error {
	l := list{Title: v.T("batches.title"), Intro: v.T("batches.intro"), Name: "licence-batches", Tabs: v.licenceTabs("batches"),
		Columns: []column{{Label: v.T("keys.name")}, {Label: v.T("licences.state")}, {Label: v.T("licences.issued"), Kind: "num"}, {Label: v.T("batches.keys")}, {Label: v.T("licences.created")}, {Label: v.T("licences.created_by")}},
		Empty:   empty{Title: v.T("batches.empty"), Text: v.T("batches.empty_text")}}
	if v.Can(scope.LicencesManage) {
		l.Actions = []action{{Label: v.T("batches.new"), Href: v.licencePath("batches", "new"), Primary: true}}
		l.Empty.Action = l.Actions[0]
	}
	l.Rows = func(at string, limit int) (rowsPage, error) {
		p, err := readPlace(at, limit)
		if err != nil {
			return rowsPage{}, err
		}
		found, err := v.c.Licences.ListBatches(v.ctx(), v.Who, p)
		if err != nil {
			return rowsPage{}, err
		}
		return rowsOf(found, licence.Batch.Position, func(b licence.Batch) row {
			return row{Href: v.batchPath(b.ID), Cells: []cell{txt(b.Name), v.batchState(b), txt(v.Number(int64(b.Licences))), txt(v.keysState(b)), txt(v.Time(b.CreatedAt)), txt(b.CreatedBy)}}
		}), nil
	}
	return v.list(l)
}

func (v *visit) batchState(b licence.Batch) cell {
	if b.Status == licence.Issuing {
		return badge(v.T("batches.is_issuing"), "warn")
	}
	return badge(v.T("batches.is_issued"), "good")
}

// keysState says whether the keys of a batch can still be downloaded.
func (v *visit) keysState(b licence.Batch) string {
	switch {
	case b.DownloadedAt != 0:
		return v.T("batches.downloaded", "time", v.Time(b.DownloadedAt))
	case v.keysWait(b):
		return v.T("batches.keys_until", "time", v.Time(b.KeysUntil))
	}
	return v.T("batches.keys_over")
}

func (v *visit) keysWait(b licence.Batch) bool {
	return b.DownloadedAt == 0 && b.KeysUntil != 0 && b.KeysUntil.Std().After(v.c.Clock.Now())
}

// newBatch reads a file of licences, says what is wrong with it, and issues them once somebody has seen that nothing is.
func (v *visit) newBatch() error {
	if err := v.Who.Need(scope.LicencesManage); err != nil {
		return err
	}
	f := form{Title: v.T("batches.new"), Submit: v.T("batches.check"), Cancel: v.licencePath("batches"), Back: v.batchesTrail(), File: true,
		Points: []string{v.T("batches.columns"), v.T("batches.optional_columns"), v.T("batches.nothing_yet", "max", v.Number(licence.MaxOrders))},
		Fields: []field{{Name: "name", Label: v.T("keys.name"), Hint: v.T("batches.name_hint"), Max: 100}, {Name: "file", Label: v.T("batches.file"), Kind: "file", Required: true}}}
	if !v.posted() {
		return v.form(f)
	}
	checked := strings.ReplaceAll(v.r.PostFormValue("checked"), "\r\n", "\n") // as browsers send every line break, which makes it longer
	if checked != "" {
		b, err := v.c.Licences.Issue(v.once(), v.Who, v.value("name"), []byte(checked), false)
		if err == nil {
			return v.redirect(v.batchPath(b.ID), "done.batch_issued")
		}
		if !fault.Is(err, "batch_invalid") {
			return v.refuse(f, err)
		}
		return v.showFindings(f, findingsOf(err)) // since it was checked
	}
	name, file, err := v.sentFile()
	if err != nil {
		return v.refuse(f, err)
	}
	title := v.value("name")
	if title == "" {
		title = strings.TrimSuffix(name, ".csv")
	}
	b, err := v.c.Licences.Issue(v.ctx(), v.Who, title, file, true)
	if err != nil {
		return v.refuse(f, err)
	}
	if len(b.Findings) > 0 && b.Findings[0].Severity == licence.Wrong {
		return v.showFindings(f, b.Findings)
	}
	f = form{Title: v.T("batches.issue_title", "n", v.Number(int64(b.Rows))), Submit: v.T("batches.issue", "n", v.Number(int64(b.Rows))), Cancel: v.licencePath("batches"), Back: v.batchesTrail(), File: true,
		Points: []string{v.T("batches.fits"), v.T("batches.events"), v.T("batches.once")},
		Hidden: []hidden{{"name", title}, {"checked", string(file)}}}
	if len(b.Findings) > 0 {
		f.Below = []section{v.findingsSection(b.Findings)}
	}
	return v.form(f)
}

// findingsOf are those that came with a refusal.
func findingsOf(err error) []licence.Finding {
	var e *fault.Error
	if !errors.As(err, &e) {
		return nil
	}
	found, _ := e.Extra["findings"].([]licence.Finding)
	return found
}

// showFindings asks for another file, below what is wrong with this one.
func (v *visit) showFindings(f form, all []licence.Finding) error {
	wrong := 0
	for _, one := range all {
		if one.Severity == licence.Wrong {
			wrong++
		}
	}
	f.bad = true
	f.Problems = []string{v.T("batches.wrong", "n", v.Number(int64(wrong)))}
	f.Below = []section{v.findingsSection(all)}
	return v.form(f)
}

func (v *visit) findingsSection(all []licence.Finding) section {
	t := &table{Caption: v.T("batches.findings"), Columns: []column{{Label: v.T("batches.row"), Kind: "num"}, {Label: v.T("batches.column")}, {Label: v.T("licences.state")}, {Label: v.T("batches.what")}}}
	for _, f := range all {
		state := badge(v.T("batches.error"), "bad")
		if f.Severity == licence.Strange {
			state = badge(v.T("batches.warning"), "warn")
		}
		line := "–"
		if f.Row > 0 {
			line = v.Number(int64(f.Row))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{txt(line), mono(f.Column), state, txt(v.T(f.Code, f.Args...))}})
	}
	return section{Title: v.T("batches.findings"), Table: t, Wide: true}
}

// batch is the page of one batch.
func (v *visit) batch() error {
	b, err := v.c.Licences.GetBatch(v.ctx(), v.Who, licence.BatchID(v.id()))
	if err != nil {
		return err
	}
	facts := []fact{is(v.T("licences.issued"), v.T("licences.places", "n", v.Number(int64(b.Licences)), "max", v.Number(int64(b.Rows)))), is(v.T("batches.keys"), v.keysState(b)),
		is(v.T("licences.created"), v.Time(b.CreatedAt)), is(v.T("licences.created_by"), b.CreatedBy)}
	d := detail{Title: b.Name, Badges: []cell{v.batchState(b)}, Back: v.batchesTrail(),
		Sections: []section{{Title: v.T("keys.about"), Facts: facts, Actions: []action{{Label: v.T("batches.look"), Href: v.licencePath("issued") + "?batch=" + string(b.ID)}}}}}
	switch {
	case b.Status == licence.Issuing:
		d.Poll = v.batchPath(b.ID)
		d.Sections[0].Progress = &progress{Done: int64(b.Licences), Total: int64(b.Rows), Text: v.T("licences.places", "n", v.Number(int64(b.Licences)), "max", v.Number(int64(b.Rows)))}
	case v.keysWait(b) && v.Can(scope.LicencesManage):
		d.Sections = append(d.Sections, section{Title: v.T("batches.keys"), Intro: v.T("batches.keys_intro", "time", v.Time(b.KeysUntil)),
			Form: &form{Action: v.batchPath(b.ID, "keys"), Submit: v.T("batches.download"), Download: true}})
	}
	return v.detail(d)
}

// batchKeys sends the keys of a batch, this once.
func (v *visit) batchKeys() error {
	text, err := v.c.Licences.BatchKeys(v.ctx(), v.Who, licence.BatchID(v.id()))
	if err != nil {
		return err
	}
	return httpx.SendFile(v.w, func(w io.Writer) (string, string, error) {
		_, err := w.Write(text)
		return v.Org.Slug + "-licence-keys-" + v.c.Clock.Now().UTC().Format(time.DateOnly) + ".csv", "text/csv", err
	})
}
