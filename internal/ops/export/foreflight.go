package export

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"airside/internal/ops/fleet"
	"airside/internal/ops/flight"
	reading "airside/internal/ops/logbook"
)

// The ForeFlight file has the two tables of ForeFlight's official template, each under its row of data types, and
// Airside's own columns at the end: see airside.go in package logbook.

var aircraftColumns = [][2]string{
	{"AircraftID", "Text"}, {"equipType", "Text"}, {"TypeCode", "Text"}, {"Year", "YYYY"}, {"Make", "Text"}, {"Model", "Text"},
	{"GearType", "Text"}, {"EngineType", "Text"}, {"Category/Class", "Text"}, {"complexAircraft", "Boolean"},
	{"highPerformance", "Boolean"}, {"pressurized", "Boolean"}, {"taa", "Boolean"}, {"equipType (EASA)", "Text"},
	{"Category/Class (EASA)", "Text"}, {"complexAircraft (EASA)", "Boolean"}, {"multiPilot (EASA)", "Boolean"}, {"sphp (EASA)", "Boolean"},
}

const (
	duration = "Decimal or HH:MM"
	packed   = "Packed Detail"
)

var flightColumns = [][2]string{
	{"Date", "Date"}, {"AircraftID", "Text"}, {"From", "Text"}, {"To", "Text"}, {"Route", "Text"},
	{"TimeOut", "HH:MM"}, {"TimeOff", "HH:MM"}, {"TimeOn", "HH:MM"}, {"TimeIn", "HH:MM"}, {"OnDuty", "HH:MM"}, {"OffDuty", "HH:MM"},
	{"TotalTime", duration}, {"PIC", duration}, {"SIC", duration}, {"Night", duration}, {"Solo", duration}, {"CrossCountry", duration},
	{"PICUS", duration}, {"MultiPilot", duration}, {"IFR", duration}, {"Examiner", duration}, {"NVG", duration}, {"NVGOps", "Number"},
	{"Distance", "Decimal"}, {"Takeoff Day", "Number"}, {"Takeoff Night", "Number"},
	{"Landing Full-Stop Day", "Number"}, {"Landing Full-Stop Night", "Number"},
	{"Landing Touch-and-Go Day", "Number"}, {"Landing Touch-and-Go Night", "Number"},
	{"ActualInstrument", duration}, {"SimulatedInstrument", duration}, {"GroundTraining", duration}, {"GroundTrainingGiven", duration},
	{"HobbsStart", "Decimal"}, {"HobbsEnd", "Decimal"}, {"TachStart", "Decimal"}, {"TachEnd", "Decimal"}, {"Holds", "Number"},
	{"Approach1", packed}, {"Approach2", packed}, {"Approach3", packed}, {"Approach4", packed}, {"Approach5", packed}, {"Approach6", packed},
	{"DualGiven", duration}, {"DualReceived", duration}, {"SimulatedFlight", duration}, {"InstructorName", "Text"}, {"InstructorComments", "Text"},
	{"Person1", packed}, {"Person2", packed}, {"Person3", packed}, {"Person4", packed}, {"Person5", packed}, {"Person6", packed},
	{"PilotComments", "Text"}, {"Flight Review", "Boolean"}, {"IPC", "Boolean"}, {"Checkride", "Boolean"}, {"FAA 61.58", "Boolean"},
	{"NVG Proficiency", "Boolean"}, {"Takeoff Day Towered", "Number"}, {"Takeoff Night Towered", "Number"},
	{"Landing Full-Stop Day Towered", "Number"}, {"Landing Touch-and-Go Day Towered", "Number"},
	{"Landing Full-Stop Night Towered", "Number"}, {"Landing Touch-and-Go Night Towered", "Number"},
	{"Initial Check (EASA)", "Boolean"}, {"Proficiency Check (EASA)", "Boolean"}, {"IR Proficiency Check (EASA)", "Boolean"},
	{"Refresher Training (EASA)", "Boolean"},
	{reading.ColumnFlight, "Text"}, {reading.ColumnRecord, "Text"},
}

// ownColumns are those that ForeFlight's template has.
var ownColumns = flightColumns[:len(flightColumns)-2]

func head(columns [][2]string, which int) []string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c[which]
	}
	return cells
}

// sheet writes rows that are all equally wide.
type sheet struct{ *csv.Writer }

func (s sheet) row(cells ...string) error {
	return s.Write(append(slices.Clip(cells), make([]string, len(flightColumns)-len(cells))...))
}

func writeForeFlight(b *logbook, w io.Writer) error {
	s := sheet{csv.NewWriter(w)}
	s.UseCRLF = true
	if err := s.preamble(b); err != nil {
		return err
	}
	err := b.each(func(records []*flight.Record) error {
		rows := make([][]string, len(records))
		for i, r := range records {
			rows[i] = b.foreFlightRow(r)
		}
		own, err := b.carry(rows, records)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := s.Write(append(rows[i], own[i][0], own[i][1])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Flush()
	return s.Error()
}

// carry fills Airside's own columns, by reading the rows as an import will.
func (b *logbook) carry(rows [][]string, records []*flight.Record) ([][2]string, error) {
	var file bytes.Buffer
	out := csv.NewWriter(&file)
	out.UseCRLF = true
	out.Write(head(ownColumns, 0))
	out.WriteAll(rows)
	written := make([]reading.Written, len(records))
	for i, r := range records {
		written[i] = reading.Written{Record: r, Pilot: b.pilot, Names: b.names}
	}
	return reading.Carry(file.Bytes(), written, b.resolve)
}

func (s sheet) preamble(b *logbook) error {
	aircraft, err := b.flown()
	if err != nil {
		return err
	}
	rows := [][]string{
		{"ForeFlight Logbook Import", "This row is required for importing into ForeFlight. Do not delete or modify."}, {},
		{"Aircraft Table"}, head(aircraftColumns, 1), head(aircraftColumns, 0),
	}
	rows = append(rows, aircraft...)
	rows = append(rows, []string{}, []string{"Flights Table"}, head(flightColumns, 1), head(flightColumns, 0))
	for _, r := range rows {
		if err := s.row(r...); err != nil {
			return err
		}
	}
	return nil
}

// flown lists the aircraft of the logbook in the order in which they come, and then the training devices that are not
// called as one of them.
func (b *logbook) flown() ([][]string, error) {
	var crafts, devices [][]string
	listed, later := map[string]bool{}, map[string][]string{}
	err := b.each(func(records []*flight.Record) error {
		for _, r := range records {
			a, device := b.craftOf(r)
			key := reading.NormaliseRegistration(a.Registration)
			switch {
			case key == "":
			case r.Facts.FSTD != nil:
				if later[key] == nil {
					later[key] = a.row(device)
					devices = append(devices, later[key])
				}
			case !listed[key]:
				listed[key] = true
				crafts = append(crafts, a.row(device))
			}
		}
		return nil
	})
	for key, row := range later {
		if listed[key] {
			devices = slices.DeleteFunc(devices, func(d []string) bool { return &d[0] == &row[0] })
		}
	}
	return append(crafts, devices...), err
}

// craftOf is what was flown; device is the kind of a training device.
func (b *logbook) craftOf(r *flight.Record) (a craft, device string) {
	if s := r.Facts.FSTD; s != nil {
		return craft{Registration: s.QualificationNo, Class: "FSTD"}, s.DeviceType
	}
	a = b.fleet[r.AircraftID]
	if a.Class == "FSTD" {
		device = a.DeviceType
		if device == "" {
			device = "FTD"
		}
	}
	return a, device
}

// classes are ForeFlight's words for what we call class: engine, and category and class by the FAA and by EASA.
var classes = map[string][3]string{
	"SEP": {"Piston", "airplane_single_engine_land", "SEP (land)"},
	"MEP": {"Piston", "airplane_multi_engine_land", "MEP (land)"},
	"SET": {"Turboprop", "airplane_single_engine_land", "SET (land)"},
	"TMG": {"Piston", "airplane_single_engine_land", "TMG"},
	"HEL": {"", "rotorcraft_helicopter", "helicopter"},
	"GLD": {"Non-Powered", "glider", "sailplane"},
	"UL":  {"Piston", "", "ultralight"},
}

// devices are the FAA's words for the training devices, next to EASA's.
var devices = map[string]string{"FFS": "ffs", "FTD": "ftd", "FNPT_I": "aatd", "FNPT_II": "aatd", "BITD": "batd"}

func (a craft) row(device string) []string {
	class, equipment, year := classes[a.Class], "aircraft", ""
	if device != "" {
		equipment = devices[device]
	}
	if a.Year > 0 {
		year = strconv.Itoa(a.Year)
	}
	return []string{safe(a.Registration), equipment, safe(a.TypeDesignator), year, safe(a.Manufacturer), safe(a.Model), "",
		class[0], class[1], "", "", "", "", device, class[2], "", "", ""}
}

// hours writes a duration as ForeFlight takes one; what has seconds becomes decimal hours that are exact to the second.
func hours(seconds int64) string {
	if seconds%60 != 0 {
		return strconv.FormatFloat(float64(seconds)/3600, 'f', 4, 64)
	}
	return hoursMinutes(seconds)
}

func meter(hundredths *int64) string {
	if hundredths == nil {
		return ""
	}
	return fleet.FormatHours(*hundredths)
}

func (b *logbook) foreFlightRow(r *flight.Record) []string {
	f, me := &r.Facts, b.mine(r)
	a, _ := b.craftOf(r)
	total, simulated, multi, examined := f.Total(), int64(0), int64(0), int64(0)
	if multiPilot(f) {
		multi = total
	}
	if me.Function == flight.FunctionExaminer {
		examined = total
	}
	if r.Kind == flight.KindFSTD {
		total, simulated, multi = 0, total, 0
	}
	day := f.FlownAt().Date()
	cells := map[string]string{
		"Date": day, "AircraftID": safe(a.Registration), "From": safe(known(f.Departure)), "To": safe(known(f.Arrival)),
		"TimeOut": hhmm(f.OffBlock), "TimeOff": hhmm(f.Takeoff), "TimeOn": hhmm(f.Landing), "TimeIn": hhmm(f.OnBlock),
		"TotalTime": hours(total), "PIC": hours(me.PIC), "SIC": hours(me.Copilot), "Night": hours(f.Night), "Solo": hours(me.Solo),
		"CrossCountry": hours(f.CrossCountry), "PICUS": hours(me.PICUS), "MultiPilot": hours(multi), "IFR": hours(f.IFR),
		"Examiner": hours(examined), "Takeoff Day": number(f.TakeoffsDay), "Takeoff Night": number(f.TakeoffsNight),
		"Landing Full-Stop Day": number(f.FullStopDay), "Landing Full-Stop Night": number(f.FullStopNight),
		"Landing Touch-and-Go Day":   number(max(0, f.LandingsDay-f.FullStopDay)),
		"Landing Touch-and-Go Night": number(max(0, f.LandingsNight-f.FullStopNight)),
		"ActualInstrument":           hours(f.InstrumentActual), "SimulatedInstrument": hours(f.InstrumentSimulated),
		"HobbsStart": meter(f.HobbsStart), "HobbsEnd": meter(f.HobbsEnd), "TachStart": meter(f.TachoStart), "TachEnd": meter(f.TachoEnd),
		"DualGiven": hours(me.Instructor), "DualReceived": hours(me.Dual), "SimulatedFlight": hours(simulated),
		"PilotComments": comment(f.Remarks),
	}
	for i, approach := range approaches(f) {
		cells["Approach"+strconv.Itoa(i+1)] = approach
	}
	b.others(f, cells)
	row := make([]string, len(ownColumns))
	for i, c := range ownColumns {
		row[i] = cells[c[0]]
	}
	return row
}

// comment is in a second pair of quotation marks, as ForeFlight writes it.
func comment(s string) string {
	if s == "" {
		return ""
	}
	return `"` + s + `"`
}

// approaches packs the first six kinds of approaches: equal ones that follow one another are one cell.
func approaches(f *flight.Facts) []string {
	var cells []string
	tidy := strings.NewReplacer(";", ",", "\n", " ")
	count, last := 0, ""
	flush := func() {
		if count > 0 && len(cells) < 6 {
			cells = append(cells, fmt.Sprintf("%d;%s;;", count, last))
		}
	}
	for _, a := range f.Approaches {
		runway := ""
		if a.Runway != nil {
			runway = *a.Runway
		}
		this := tidy.Replace(a.Type) + ";" + tidy.Replace(runway) + ";" + tidy.Replace(known(a.Place))
		if this != last {
			flush()
			count, last = 0, this
		}
		count++
	}
	flush()
	return cells
}

// roles are ForeFlight's words for what somebody does on board.
var roles = map[string]string{flight.FunctionPIC: "PIC", flight.FunctionCopilot: "SIC", flight.FunctionStudent: "Student",
	flight.FunctionInstructor: "Instructor", flight.FunctionExaminer: "Examiner", flight.FunctionSafety: "Safety Pilot"}

// others names who else was on the crew, as far as ForeFlight has room.
func (b *logbook) others(f *flight.Facts, cells map[string]string) {
	n := 0
	tidy := strings.NewReplacer(";", ",", "\n", " ")
	for _, c := range f.Crew {
		name := tidy.Replace(b.names[c.PersonID])
		if c.PersonID == "" || c.PersonID == b.pilot || name == "" {
			continue
		}
		if c.Function == flight.FunctionInstructor && cells["InstructorName"] == "" {
			cells["InstructorName"] = safe(name)
		}
		if n++; n <= 6 {
			cells["Person"+strconv.Itoa(n)] = safe(name + ";" + roles[c.Function] + ";;")
		}
	}
}
