package logbook

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// inspected are files of no known program, and what their columns are.
var inspected = []struct {
	name, data string
	columns    string // fields of the columns in order, units behind a slash
	settings   string // delimiter, encoding, date order, decimal sign
	header     int
}{
	{"German spreadsheet", "Datum;Lfz;Muster;Von;Nach;Startzeit;Landezeit;Flugzeit;Landungen;Fluglehrer;Bemerkungen\n" +
		"13.05.2024;HB-KGA;P28A;LSZB;LSZG;08:10;09:02;0:52;1;Olga Ott;Platzrunde\n14.05.2024;HB-KGA;P28A;LSZG;LSZB;10:00;10:45;0:45;2;;\n",
		"date registration type from to takeoff landing total/hh:mm landings_all instructor_name remarks", "semicolon utf-8 dmy comma", 1},
	{"French club", "Carnet de vol\n\nDate;Immatriculation;Type;Départ;Arrivée;Heure de départ;Heure d’arrivée;Temps de vol;CdB;Double commande;Nuit;Atterrissages;Observations\n" +
		"03/04/2024;F-GKQA;DR40;LFGA;LFSB;0805;0910;1,1;1,1;;;1;beau temps\n04/04/2024;F-GKQA;DR40;LFSB;LFGA;1005;1110;1,1;;1,1;0,5;2;\n",
		"date registration type from to off_block on_block total/hours pic/hours dual_received/hours night/hours landings_all remarks", "semicolon utf-8 dmy comma", 3},
	{"English, minutes", "Day,Tail,Dep,Arr,Out,In,Block (min),Instruction given,Student\n" +
		"12/25/2024,N198JJ,KPAO,KSQL,08:00,09:05,65,65,A. Keller\n12/26/2024,N198JJ,KSQL,KPAO,10:00,10:50,50,50,B. Brun\n",
		"date registration from to off_block on_block total/minutes dual_given/minutes other_names", "comma utf-8 mdy point", 1},
	{"Spanish tabs", "Fecha\tMatrícula\tTipo\tSalida\tLlegada\tTiempo de vuelo\tPiloto al mando\tObservaciones\n" +
		"2024-05-13\tEC-KGA\tC172\tLEMD\tLEBL\t1:20\t1:20\tprueba\n2024-05-14\tEC-KGA\tC172\tLEBL\tLEMD\t1:10\t1:10\t\n",
		"date registration type from to total/hh:mm pic/hh:mm remarks", "tab utf-8 ymd point", 1},
	{"Italian, tenths", "Data|Marche|Tipo|Partenza|Arrivo|Ore di volo|Fuori blocco|In\n" +
		"13/05/2024|I-ABCD|P92|LIML|LIMC|12|08:00|09:12\n14/05/2024|I-ABCD|P92|LIMC|LIML|9|10:00|10:54\n",
		"date registration type from to total/tenths off_block on_block", "pipe utf-8 dmy point", 1},
	{"no header", "2024-05-13,HB-KGA,LSZB,LSZG,1.5\n2024-05-14,HB-KGA,LSZG,LSZB,0.5\n2024-05-15,HB-KGB,LSZG,LSZB,0.5\n",
		"date registration from to ignore", "comma utf-8 ymd point", 0},
	{"the same name twice", "Date,Reg,From,Time,To,Time,Total,\n2024-05-13,HB-KGA,LSZB,08:00,LSZG,09:00,1.0,x\n2024-05-14,HB-KGA,LSZB,08:00,LSZG,09:00,1.0,x\n",
		"date registration from ignore to ignore total/hours ignore", "comma utf-8 ymd point", 1},
	{"what the words say but not the values", "Date,Aircraft,Departure,Arrival,PIC,Dual,Landing\n2024-05-13,HB-KGA,07:30,08:45,A. Keller,1.2,07:35\n2024-05-14,HB-KGA,07:30,08:45,A. Keller,1.2,07:35\n",
		"date registration off_block on_block pic_name dual_received/hours landing", "comma utf-8 ymd point", 1},
	{"Latin-1", "Datum;Kennz.;Flugzeit;Strecke\n13.5.2024;D-E\xdcBX;1,5;\xdcber\n14.5.2024;D-E\xdcBX;1,5;\xdcber\n",
		"date ignore total/hours route", "semicolon windows-1252 dmy comma", 1},
}

func TestInspect(t *testing.T) {
	for _, c := range inspected {
		in, err := inspect("x.csv", []byte(c.data), Mapping{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for i, col := range in.Columns {
			s := col.Field
			if col.Unit != "" {
				s += "/" + col.Unit
			}
			got = append(got, s)
			if (col.Field == fieldIgnore) != (col.Certainty == 0) || col.Certainty > 100 || (col.Why == "none") != (col.Certainty == 0) {
				t.Errorf("%s: column %d %+v", c.name, i, col)
			}
		}
		if s := strings.Join(got, " "); s != c.columns {
			t.Errorf("%s\n got %s\nwant %s", c.name, s, c.columns)
		}
		settings := strings.Join([]string{in.Delimiter.Value, in.Encoding.Value, in.DateOrder.Value, in.DecimalSign.Value}, " ")
		if settings != c.settings || in.HeaderRow != c.header || in.Format != nil {
			t.Errorf("%s: %s, header in line %d; want %s, %d", c.name, settings, in.HeaderRow, c.settings, c.header)
		}
		again, _ := inspect("x.csv", []byte(c.data), Mapping{})
		if !reflect.DeepEqual(in, again) {
			t.Errorf("%s: twice differently", c.name)
		}
		// What was guessed can be used as it is, if there is a date and a time in it.
		if err := in.Mapping.Check(); err == nil {
			if f, err := ParseMapped("x.csv", []byte(c.data), in.Mapping); err != nil || int64(f.Rows) != in.Rows-int64(countCode(f, "totals_row")) {
				t.Errorf("%s: %v, %v", c.name, f, err)
			}
		} else if !slices.Contains([]string{"no header"}, c.name) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestInspectBounds(t *testing.T) {
	long := "Datum;Zeit;Bemerkung\n" + strings.Repeat("01.05.2024;1:00;"+strings.Repeat("lang ", 200)+"\n", 60)
	in, err := inspect("x.csv", []byte(long), Mapping{})
	if err != nil || in.Rows != 60 || len(in.Samples) != 20 || len(in.Samples[0][2]) > 200 {
		t.Errorf("%v, %d rows, %d samples", err, in.Rows, len(in.Samples))
	}
	for name, data := range map[string]string{"empty": "", "picture": "\x89PNG\x00\x01"} {
		if in, err := inspect("x.csv", []byte(data), Mapping{}); err == nil {
			t.Errorf("%s: %+v", name, in)
		}
	}
	for name, data := range map[string]string{"one column": "a\nb\nc\n", "one word": "x", "blank lines": "\n\n\n ,\n", "quotes": "\"\"\"\n"} {
		if _, err := inspect("x.csv", []byte(data), Mapping{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInspectKnown: a file that a format knows can be looked at too, and its guessed mapping reads the same totals.
func TestInspectKnown(t *testing.T) {
	data := fixture(t, "../../../demo/example_foreflight.csv")
	in, err := inspect("x.csv", data, Mapping{})
	if err != nil || in.Format == nil || *in.Format != "foreflight" {
		t.Fatalf("%v, %+v", err, in)
	}
	native := parseFile(t, "native", data)
	f, err := ParseMapped("x.csv", data, in.Mapping)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"TotalTime", "PIC", "DualReceived", "Night", "CrossCountry", "AllLandings"} {
		if f.Totals[name] != native.Totals[name] || native.Totals[name] == 0 {
			t.Errorf("%s: %d, natively %d", name, f.Totals[name], native.Totals[name])
		}
	}
}
