package logbook

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"airside/internal/base/fault"
	"airside/internal/base/text"
)

// mapped is a mapping of name:field or name:field:unit.
func mappedAs(columns ...string) Mapping {
	m := Mapping{}
	for _, c := range columns {
		parts := strings.Split(c, "=")
		mc := MappedColumn{Column: parts[0], Field: parts[1]}
		if len(parts) > 2 {
			mc.Unit = parts[2]
		}
		m.Columns = append(m.Columns, mc)
	}
	return m
}

func parseMapped(t *testing.T, data string, m Mapping) *File {
	t.Helper()
	f, err := ParseMapped("log.csv", []byte(data), m)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return f
}

// TestEveryUnit: the same hour and a half in every writing, to the minute.
func TestEveryUnit(t *testing.T) {
	for _, c := range []struct {
		unit   string
		cells  string // of 1:30, 0:45, 12:06
		sign   string
		broken bool
	}{
		{"hours", "1.5|0.75|12.1", "", false}, {"hours", "1,5|0,75|12,1", "comma", false}, {"hours", "1.5 h|0.75h|12.1 hrs", "point", false},
		{"hours", "1:30|0:45|12:06", "", false}, {"hh:mm", "1:30|0:45|12:06", "", false}, {"hh:mm", "1.30|0.45|12.06", "", false},
		{"hh:mm", "1,30|0,45|12,06", "comma", false}, {"hh:mm", "1h30|0h45|12h06", "", false}, {"hh:mm", "0130|045|1206", "", false},
		{"hh:mm", "1:30:00|0:45:00|12:06:00", "", false}, {"minutes", "90|45|726", "", false}, {"minutes", "90 min|45 min|726 min", "", false},
		{"tenths", "15|7|121", "", true}, {"auto", "1.5|0.75|12.1", "", false}, {"auto", "1:30|0:45|12:06", "", false}, {"", "90|45|726", "", false},
		{"auto", "1,5|0,75|12,1", "", false}, {"auto", "1:30|0.75|12:06", "", false},
	} {
		cells := strings.Split(c.cells, "|")
		data := "Tag;Lfz;Von;Nach;Zeit\n"
		for i, cell := range cells {
			data += fmt.Sprintf("0%d.05.2024;HB-KGA;LSZB;LSZG;%s\n", i+1, cell)
		}
		m := mappedAs("Tag=date", "Lfz=registration", "Von=from", "Nach=to", "Zeit=total="+c.unit)
		m.DecimalSign = c.sign
		f := parseMapped(t, data, m)
		want := []int64{90, 45, 726}
		if c.broken { // tenths cannot say 0:45
			want[1] = 42
		}
		for i, e := range f.Entries {
			if e.Durations.Total != want[i]*60 || e.Bad {
				t.Errorf("%s %s: %d s, want %d min: %+v", c.unit, cells[i], e.Durations.Total, want[i], f.Findings)
			}
		}
		if f.Totals["Zeit"] != want[0]+want[1]+want[2] || f.Format != FormatMapping {
			t.Errorf("%s %s: totals %v", c.unit, c.cells, f.Totals)
		}
	}
	for _, c := range [][2]string{{"hh:mm", "1.5"}, {"hh:mm", "45"}, {"minutes", "1:30"}, {"minutes", "1.5"}, {"tenths", "1.5"}, {"hours", "abc"}, {"hh:mm", "1:75"}} {
		f := parseMapped(t, "D,R,T\n2024-05-01,HB-KGA,"+c[1]+"\n", mappedAs("D=date", "R=registration", "T=total="+c[0]))
		if !f.Entries[0].Bad || countCode(f, "bad_number") != 1 {
			t.Errorf("%v was read as %d s", c, f.Entries[0].Durations.Total)
		}
	}
}

func TestEveryDateOrder(t *testing.T) {
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		order, cell string
		want        time.Time
	}{
		{"dmy", "03/04/2025", day(2025, 4, 3)}, {"mdy", "03/04/2025", day(2025, 3, 4)}, {"ymd", "2025/03/04", day(2025, 3, 4)},
		{"dmy", "3.4.25", day(2025, 4, 3)}, {"mdy", "3-4-25", day(2025, 3, 4)}, {"ymd", "25-03-04", day(2025, 3, 4)}, {"dmy", "1.2.71", day(1971, 2, 1)},
		{"dmy", "2025-03-04", day(2025, 3, 4)}, {"mdy", "2025-03-04T10:15:00Z", day(2025, 3, 4)}, {"dmy", "04.03.2025 10:15", day(2025, 3, 4)},
		{"dmy", "4 Mar 2025", day(2025, 3, 4)}, {"mdy", "Mar 4, 2025", day(2025, 3, 4)}, {"dmy", "4. März 2025", day(2025, 3, 4)},
		{"dmy", "4 août 2025", day(2025, 8, 4)}, {"dmy", "14-juil.-25", day(2025, 7, 14)}, {"dmy", "Tue 4 Mar 2025", day(2025, 3, 4)}, {"ymd", "20250304", day(2025, 3, 4)},
		{"dmy", "20250304", day(2025, 3, 4)}, {"dmy", "04032025", day(2025, 3, 4)}, {"dmy", "31.12.1999", day(1999, 12, 31)}, {"", "25/12/2024", day(2024, 12, 25)}, {"", "12/25/2024", day(2024, 12, 25)},
	} {
		m := mappedAs("D=date", "R=registration", "T=total")
		m.DateOrder, m.Delimiter = c.order, "semicolon"
		f := parseMapped(t, "D;R;T\n"+c.cell+";HB-KGA;1.0\n", m)
		if e := f.Entries[0]; !e.Date.Equal(c.want) || e.Bad {
			t.Errorf("%s %q: %v, %v", c.order, c.cell, e.Date, f.Findings)
		}
	}
	for _, c := range [][2]string{{"dmy", "31/02/2025"}, {"mdy", "13/13/2025"}, {"ymd", "5"}, {"dmy", "soon"}, {"dmy", "1/2"}} {
		m := mappedAs("D=date", "R=registration", "T=total")
		m.DateOrder = c[0]
		if f := parseMapped(t, "D,R,T\n"+c[1]+",HB-KGA,1.0\n", m); !f.Entries[0].Bad || countCode(f, "bad_date") != 1 {
			t.Errorf("%v: %v", c, f.Entries[0].Date)
		}
	}
	f := parseMapped(t, "D,R,T\n03/04/2025,HB-KGA,1.0\n", mappedAs("D=date", "R=registration", "T=total"))
	if countCode(f, "date_order_assumed") != 1 {
		t.Errorf("nobody was told of the order: %v", f.Findings)
	}
}

func TestTimesOfAZone(t *testing.T) {
	m := mappedAs("D=date", "R=registration", "Out=off_block", "In=on_block")
	m.TimeZone = "Europe/Zurich"
	f := parseMapped(t, "D,R,Out,In\n2024-07-02,HB-KGA,00:30,01:45\n2024-01-15,HB-KGA,23:30,00:15\n2024-07-02,HB-KGA,10:00,11:00\n", m)
	for i, want := range []string{"2024-07-01 2024-07-01 22:30 2024-07-01 23:45", "2024-01-15 2024-01-15 22:30 2024-01-15 23:15", "2024-07-02 2024-07-02 08:00 2024-07-02 09:00"} {
		e := f.Entries[i]
		if got := e.Date.Format(time.DateOnly) + e.OffBlock.Format(" 2006-01-02 15:04") + e.OnBlock.Format(" 2006-01-02 15:04"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if f.Entries[0].Durations.Total != 75*60 || f.Totals["Out – In"] != 75+45+60 || countCode(f, "total_from_times") != 1 {
		t.Errorf("totals %v, %v", f.Totals, f.Findings)
	}
	for _, c := range [][2]string{{"8:05", "485"}, {"0805", "485"}, {"8.05", "485"}, {"8h05", "485"}, {"8:05 PM", "1205"}, {"12:10 a.m.", "10"}, {"2024-05-01T08:05:00Z", "485"}, {"01.05.2024 08:05", "485"}, {"08:05 Uhr", "485"}} {
		n, err := readClock(c[0], "")
		if itoa(n) != c[1] || err != nil {
			t.Errorf("%q: %d, %v", c[0], n, err)
		}
	}
	if n, err := readClock("485", unitMinutes); n != 485 || err != nil {
		t.Error(n, err)
	}
	for _, bad := range []string{"25:00", "x", "1440", "13:00 pm", ""} {
		if n, err := readClock(bad, map[bool]string{true: unitMinutes}[bad == "1440"]); err == nil {
			t.Errorf("%q is %d", bad, n)
		}
	}
}

func TestMappingRefusals(t *testing.T) {
	good := []string{"D=date", "R=registration", "T=total"}
	for name, c := range map[string]struct {
		m    Mapping
		want string
	}{
		"no date":         {mappedAs("T=total"), "mapping.columns mapping_date_missing"},
		"no time":         {mappedAs("D=date", "A=off_block"), "mapping.columns mapping_time_missing"},
		"nothing":         {Mapping{}, "mapping.columns mapping_date_missing, mapping.columns mapping_time_missing"},
		"a field twice":   {mappedAs(append(good, "P=pic", "Q=pic")...), "mapping.columns[4].field mapping_field_twice"},
		"a column twice":  {mappedAs(append(good, "T=pic")...), "mapping.columns[3].column mapping_column_twice"},
		"unknown field":   {mappedAs(append(good, "X=speed")...), "mapping.columns[3].field one_of"},
		"unit of a count": {mappedAs(append(good, "L=landings_day=minutes")...), "mapping.columns[3].unit mapping_unit"},
		"tenths of time":  {mappedAs(append(good, "O=off_block=tenths")...), "mapping.columns[3].unit mapping_unit"},
		"no name":         {mappedAs(append(good, "=pic")...), "mapping.columns[3].column required"},
		"odd settings": {Mapping{Delimiter: "dot", Encoding: "ebcdic", DateOrder: "dym", DecimalSign: "dash", TimeZone: "Mars/Olympus", HeaderRow: -1, SkipRows: 5000, Columns: mappedAs(good...).Columns},
			"mapping.delimiter one_of, mapping.encoding one_of, mapping.date_order one_of, mapping.decimal_sign one_of, mapping.header_row not_negative, mapping.skip_rows at_most, mapping.time_zone not_a_time_zone"},
		"local":           {Mapping{TimeZone: "Local", Columns: mappedAs(good...).Columns}, "mapping.time_zone not_a_time_zone"},
		"not in the file": {mappedAs("D=date", "Reg=registration", "T=total"), "mapping.columns[1].column mapping_column_unknown"},
		"no such number":  {mappedAs("D=date", "#9=registration", "T=total"), "mapping.columns[1].column mapping_column_unknown"},
		"no such row":     {Mapping{HeaderRow: 7, Columns: mappedAs(good...).Columns}, "mapping.header_row mapping_no_such_row"},
		"another row":     {Mapping{HeaderRow: 2, Columns: mappedAs(good...).Columns}, "mapping.columns[0].column mapping_column_unknown, mapping.columns[1].column mapping_column_unknown, mapping.columns[2].column mapping_column_unknown"},
	} {
		_, err := ParseMapped("a.csv", []byte("D,R,T\n2024-05-01,HB-KGA,1.0\n"), c.m)
		if got := fieldCodes(err); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func fieldCodes(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return fmt.Sprint(err)
	}
	var all []string
	for _, field := range f.Fields {
		all = append(all, field.Name+" "+field.Code)
		if !text.Has(field.Code) {
			all = append(all, field.Code+" has no sentence")
		}
	}
	return strings.Join(all, ", ")
}

// TestMappedLikeNative: a row that is read through a mapping is the row that its format reads.
func TestMappedLikeNative(t *testing.T) {
	data := "Date,AircraftID,From,To,Route,TimeOut,TimeOff,TimeOn,TimeIn,TotalTime,PIC,SIC,Night,Solo,CrossCountry,IFR,ActualInstrument,SimulatedInstrument,DualGiven,DualReceived,SimulatedFlight,DayTakeoffs,NightTakeoffs,DayLandingsFullStop,AllLandings,Holds,HobbsStart,HobbsEnd,TachStart,TachEnd,InstructorName,PilotComments\n" +
		"2024-05-01,HB-KGA,LSZB,LSZG,WIL,08:00,08:10,08:50,09:00,1.0,,,0.2,,0.5,0.3,0.1,0.2,,1.0,,1,,1,3,1,100.5,101.5,90.1,90.9,Olga Ott,\"fine, really\"\n" +
		"2024-05-02,HB-KGB,LSZB,LSZB,,22:50,23:00,00:10,00:20,1.5,1.5,,1.5,1.5,,,,,,,,,1,,1,,,,,,,\n" +
		"2024-05-03,HB-KGB,LSZB,LSZB,,,,,,0.7,,0.7,,,,,,,,,,1,,1,1,,,,,,,\n"
	m := mappedAs("Date=date", "AircraftID=registration", "From=from", "To=to", "Route=route", "TimeOut=off_block", "TimeOff=takeoff", "TimeOn=landing", "TimeIn=on_block",
		"TotalTime=total=hours", "PIC=pic", "SIC=sic", "Night=night", "Solo=solo", "CrossCountry=cross_country", "IFR=ifr", "ActualInstrument=actual_instrument",
		"SimulatedInstrument=simulated_instrument", "DualGiven=dual_given", "DualReceived=dual_received", "SimulatedFlight=simulator", "DayTakeoffs=takeoffs_day", "NightTakeoffs=takeoffs_night",
		"DayLandingsFullStop=full_stops_day", "AllLandings=landings_all", "Holds=holds", "HobbsStart=hobbs_start", "HobbsEnd=hobbs_end", "TachStart=tach_start", "TachEnd=tach_end",
		"InstructorName=instructor_name", "PilotComments=remarks")
	native, through := parseFile(t, "native", []byte(data)), parseMapped(t, data, m)
	if native.Format != "foreflight" || len(native.Entries) != 3 {
		t.Fatalf("%s, %d entries", native.Format, len(native.Entries))
	}
	for i := range native.Entries {
		a, b := native.Entries[i], through.Entries[i]
		if a.Fingerprint != b.Fingerprint || !reflect.DeepEqual(a, b) {
			t.Errorf("native %+v\nmapped %+v", a, b)
		}
	}
	if !reflect.DeepEqual(native.Totals, through.Totals) {
		t.Errorf("totals %v and %v", native.Totals, through.Totals)
	}
	// Other writings of the same row are the same row.
	for name, other := range map[string]string{
		"decimal comma": "Tag;Lfz;Von;Nach;Zeit\n2.6.2024;hbkga;lszb;LSZG;1,5\n", "minutes": "Zeit\tTag\tLfz\tVon\tNach\n90\t02.06.24\tHB-KGA\tLSZB\tLSZG\n",
		"tenths": "x|y|z\nTag|Lfz|Von|Nach|Zeit\nunits||||\n2/6/2024|HB-KGA|LSZB|LSZG|15\n",
	} {
		unit := map[string]string{"minutes": "minutes", "tenths": "tenths"}[name]
		m := mappedAs("Tag=date", "Lfz=registration", "Von=from", "Nach=to", "Zeit=total="+unit)
		m.DateOrder = "dmy"
		if name == "tenths" {
			m.SkipRows = 1
		}
		native := parseFile(t, "native", []byte("Date,AircraftID,From,To,TotalTime\n2024-06-02,HB-KGA,LSZB,LSZG,1.5\n"))
		if f := parseMapped(t, other, m); len(f.Entries) != 1 || f.Entries[0].Fingerprint != native.Entries[0].Fingerprint {
			t.Errorf("%s: %+v", name, f.Entries)
		}
	}
}

func TestMappedRows(t *testing.T) {
	data := "Mein Flugbuch;;;;;;\n\nDatum;Kennz.;Muster;FSTD;Zeit;PIC;Lehrer;Namen;Bem1;Bem2;Datum\n" +
		"01.05.2024;HB-KGA;P28A;;1:00;;SELF;;erste;zweite;x\n" + // 1
		"02.05.2024;HB-KGA;P28A;;1:00;0:30;;A. Keller; ;zweite;x\n" + // 2: with the pilot in command
		"03.05.2024;;;FNPT II;1:30;;Olga Ott;;;;\n" + // 3: a session
		"Datum;Kennz.;Muster;FSTD;Zeit;PIC;Lehrer;Namen;Bem1;Bem2;Datum\n" +
		"Total;;;;3:30;;;;;;\n"
	m := mappedAs("Datum=date", "kennz=registration", "Muster=type", "FSTD=fstd_type", "Zeit=total", "PIC=dual_given", "Lehrer=instructor_name", "Namen=other_names", "Bem1=remarks", "Bem2=remarks")
	f := parseMapped(t, data, m)
	if f.Rows != 3 || f.Importable() != 3 || countCode(f, "repeated_header") != 1 || countCode(f, "totals_row") != 1 || countCode(f, "columns_left_out") != 1 {
		t.Fatalf("%d rows, %d importable: %v", f.Rows, f.Importable(), codes(f))
	}
	one, two, sim := f.Entries[0], f.Entries[1], f.Entries[2]
	if one.Instructor != "" || one.Remarks != "erste\nzweite" || one.TypeCode != "P28A" || two.Remarks != "zweite" {
		t.Errorf("%+v\n%+v", one, two)
	}
	if len(two.Persons) != 1 || two.Persons[0] != (Person{"A. Keller", "student"}) {
		t.Errorf("persons %v", two.Persons)
	}
	if sim.Kind != KindFSTD || sim.Durations.SimulatedFlight != 90*60 || sim.Durations.Total != 0 || f.Aircraft[1].DeviceType != "FNPT_II" || f.Aircraft[1].Class != "FSTD" || countCode(f, "aircraft_not_listed") != 0 {
		t.Errorf("session %+v, aircraft %+v", sim, f.Aircraft)
	}
	// Without a header, by numbers.
	f = parseMapped(t, "2024-05-01,HB-KGA,60\n2024-05-02,HB-KGA,45\n", mappedAs("#1=date", "#2=registration", "#3=total=minutes"))
	if f.Rows != 2 || f.Totals["#3"] != 105 {
		t.Errorf("%d rows, %v", f.Rows, f.Totals)
	}
	// The header on a line that is given, which is not the first with these names.
	m = mappedAs("D=date", "R=registration", "T=total")
	m.HeaderRow = 3
	if f = parseMapped(t, "D,R,T\n2024-05-01,HB-KGA,1\nD,R,T\n2024-05-02,HB-KGA,2.5\n", m); f.Rows != 1 || f.Totals["T"] != 150 {
		t.Errorf("%d rows, %v", f.Rows, f.Totals)
	}
	// Characters that nobody can guess.
	m = mappedAs("Dátum=date", "R=registration", "T=total")
	m.Encoding = "windows-1250"
	if f = parseMapped(t, "D\xe1tum,R,T\n2024-05-01,HB-KGA,1.0\n", m); f.Rows != 1 {
		t.Errorf("%d rows", f.Rows)
	}
}

func TestNamesInACell(t *testing.T) {
	for cell, want := range map[string][]Person{
		"Keller, Anna": {{"Keller, Anna", ""}}, "A. Keller; B. Brun": {{"A. Keller", ""}, {"B. Brun", ""}}, "A. Keller/B. Brun & SELF": {{"A. Keller", ""}, {"B. Brun", ""}},
		"A B;Student;a@example.invalid;+41 44": {{"A B", "student"}}, "Pia Pax; Passagier": {{"Pia Pax", "passenger"}}, "moi-même": nil, ";;": nil,
	} {
		if got := namesIn(cell); !slices.Equal(got, want) {
			t.Errorf("%q: %v", cell, got)
		}
	}
}

// TestFields: every field can be read, is named in both languages, and has synonyms that lead to it.
func TestFields(t *testing.T) {
	for _, f := range MappingFields() {
		if en, fr := f.Label(text.EN), f.Label(text.FR); en == "mapping_"+f.Field || en == fr {
			t.Errorf("%s is called %q and %q", f.Field, en, fr)
		}
		for _, u := range append([]string{unitAuto}, f.Units...) {
			if !text.Has("mapping_unit_" + u) {
				t.Errorf("unit %s has no name", u)
			}
		}
		if f.Field == fieldIgnore {
			continue
		}
		if f.read == nil || len(synonyms[f.Field]) == 0 {
			t.Errorf("%s cannot be read or found", f.Field)
		}
		for _, s := range synonyms[f.Field] {
			if folded(s) != s {
				t.Errorf("%s: %q is not folded", f.Field, s)
			}
		}
	}
	column, _ := reflect.TypeFor[MappedColumn]().FieldByName("Field")
	if declared := column.Tag.Get("enum"); declared != strings.Join(mappingFieldNames(), ",") {
		t.Errorf("the API declares %s", declared)
	}
	for name := range synonyms {
		if _, known := findMappingField(name); !known {
			t.Errorf("synonyms of %s, which is no field", name)
		}
	}
}

// TestDamagedMappings: whatever stands in the JSON of a mapping, the answer is an error that names it, or a file.
func TestDamagedMappings(t *testing.T) {
	for _, body := range []string{
		`{"columns":[{"column":"#999999999999999999999","field":"date"},{"column":"T","field":"total"}]}`, `{"columns":[{"column":"#0","field":"date"},{"column":"T","field":"total"}]}`,
		`{"columns":[{"column":"\u0000","field":"date"}]}`, `{"columns":null}`, `{"header_row":99999999,"columns":[]}`, `{"columns":[{"column":"D","field":""}]}`,
		`{"skip_rows":999,"columns":[{"column":"D","field":"date"},{"column":"T","field":"total"}]}`, `{"time_zone":"../../etc/passwd","columns":[{"column":"D","field":"date"},{"column":"T","field":"total"}]}`,
		`{"delimiter":"tab","columns":[{"column":"D","field":"date"},{"column":"T","field":"total"}]}`, `{"encoding":"utf-16","columns":[{"column":"#1","field":"date"},{"column":"#2","field":"total"}]}`,
		`{"columns":[` + strings.Repeat(`{"column":"D","field":"ignore"},`, 300) + `{"column":"T","field":"total"}]}`,
	} {
		var m Mapping
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			t.Fatal(err)
		}
		f, err := ParseMapped("a.csv", []byte("D,R,T\n2024-05-01,HB-KGA,1.0\n"), m)
		if (f == nil) == (err == nil) {
			t.Errorf("%.80s: %v, %v", body, f, err)
		}
	}
}

func FuzzMapped(f *testing.F) {
	f.Add("Tag;Lfz;Zeit\n1.5.24;HB-KGA;1,5\n", "Tag", "Zeit", "auto", "dmy")
	f.Add("2024-05-01,90\n", "#1", "#2", "minutes", "")
	f.Add("D,T\n5/6/2024,1.30\n", "D", "T", "hh:mm", "mdy")
	f.Fuzz(func(t *testing.T, data, date, total, unit, order string) {
		m := Mapping{DateOrder: order, TimeZone: "Europe/Zurich", Columns: []MappedColumn{{date, "date", ""}, {total, "total", unit}}}
		file, err := ParseMapped("f", []byte(data), m)
		if err == nil {
			file.checkRecords()
		}
		inspect("f", []byte(data), Mapping{})
	})
}
