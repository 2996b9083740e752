package logbook

import "airside/internal/base/clock"

// A Sample is a row of a file as the flight that it would become.
type Sample struct {
	Row           int        `json:"row" doc:"Line of the file"`
	Date          string     `json:"date" format:"date"`
	Kind          string     `json:"kind" example:"training"`
	Registration  string     `json:"registration"`
	Type          string     `json:"type" doc:"As written, or the ICAO designator it means"`
	From          string     `json:"from"`
	To            string     `json:"to"`
	OffBlockAt    clock.Time `json:"off_block_at" format:"date-time"`
	OnBlockAt     clock.Time `json:"on_block_at" format:"date-time"`
	TotalMin      int64      `json:"total_min"`
	Function      string     `json:"function" doc:"What the pilot whose logbook it is was on board"`
	PICMin        int64      `json:"pic_min"`
	CopilotMin    int64      `json:"copilot_min"`
	DualMin       int64      `json:"dual_min"`
	InstructorMin int64      `json:"instructor_min"`
	NightMin      int64      `json:"night_min"`
	IFRMin        int64      `json:"ifr_min"`
	LandingsDay   int64      `json:"landings_day"`
	LandingsNight int64      `json:"landings_night"`
	Remarks       string     `json:"remarks" doc:"The beginning of them"`
	Unchanged     bool       `json:"unchanged" doc:"The records hold this row already"`
}

// maxSampled bounds the flights of a preview that are shown.
const maxSampled = 20

// sample shows the first rows as the flights that they would become.
func (p *plan) sample(known func(*Entry) bool) []Sample {
	list := []Sample{}
	for _, e := range p.entries[:min(maxSampled, len(p.entries))] {
		r := p.record(e)
		f, me := &r.Facts, p.pilot(e, "")
		s := Sample{Row: e.Row, Date: f.Date, Kind: r.Kind, Registration: cut(e.Registration, 50), Type: cut(e.TypeCode, 50), From: cut(e.From, 50), To: cut(e.To, 50),
			OffBlockAt: f.OffBlock, OnBlockAt: f.OnBlock, TotalMin: roundedMinutes(e.total()), Function: me.Function,
			PICMin: roundedMinutes(me.PIC), CopilotMin: roundedMinutes(me.Copilot + me.PICUS), DualMin: roundedMinutes(me.Dual), InstructorMin: roundedMinutes(me.Instructor),
			NightMin: roundedMinutes(f.Night), IFRMin: roundedMinutes(f.IFR), LandingsDay: f.LandingsDay, LandingsNight: f.LandingsNight,
			Remarks: shorten(e.Remarks), Unchanged: known(e)}
		list = append(list, s)
	}
	return list
}
