package logbook

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"airside/internal/base/fault"
)

// A Mapping says how the columns of any CSV become a logbook: what a user chose in place of a format that is known.
// What is left empty is found out from the file.
type Mapping struct {
	HeaderRow   int            `json:"header_row,omitempty" minimum:"0" maximum:"20000" doc:"Line of the file that names the columns; 0: the first line that has all the names below, or none where all columns are given by number"`
	Signature   string         `json:"header_signature,omitempty" maxLength:"64" doc:"Mark of the header that the mapping was made for, to suggest it for other files with the same one; made by the program"`
	SkipRows    int            `json:"skip_rows,omitempty" minimum:"0" maximum:"1000" doc:"Rows after the header that are no entries, such as units"`
	Delimiter   string         `json:"delimiter,omitempty" enum:"comma,semicolon,tab,pipe" doc:"What stands between cells"`
	Encoding    string         `json:"encoding,omitempty" enum:"utf-8,utf-16,windows-1252,windows-1250,iso-8859-15,macintosh" doc:"How characters are written"`
	DateOrder   string         `json:"date_order,omitempty" enum:"dmy,mdy,ymd" doc:"Which of the numbers in 3/4/25 is the day"`
	DecimalSign string         `json:"decimal_sign,omitempty" enum:"point,comma"`
	TimeZone    string         `json:"time_zone,omitempty" maxLength:"64" doc:"Whose time of day the file has; UTC unless said otherwise" example:"Europe/Zurich"`
	Columns     []MappedColumn `json:"columns" maxItems:"200" nullable:"false" doc:"Columns that are read; all others are left out"`
}

// MappedColumn says what a column of a file holds.
type MappedColumn struct {
	Column string `json:"column" minLength:"1" maxLength:"200" doc:"Name in the header, or #3 for the third column" example:"Flugzeit"`
	Field  string `json:"field" enum:"date,registration,type,from,to,route,off_block,takeoff,landing,on_block,total,pic,sic,picus,dual_received,dual_given,solo,multi_pilot,night,ifr,cross_country,actual_instrument,simulated_instrument,simulator,takeoffs_day,takeoffs_night,landings_day,landings_night,landings_all,full_stops_day,full_stops_night,holds,approaches,hobbs_start,hobbs_end,tach_start,tach_end,pic_name,instructor_name,other_names,remarks,fstd_type,ignore" doc:"What it holds" example:"total"`
	Unit   string `json:"unit,omitempty" enum:"auto,hours,hh:mm,minutes,tenths" doc:"How durations, times and meters are written; left out: found out from the values"`
}

// FormatMapping is the format of an import that was read through a mapping.
const FormatMapping = "mapping"

// Values of a mapping's members.
var (
	Delimiters   = []string{"comma", "semicolon", "tab", "pipe"}
	Encodings    = []string{"utf-8", "utf-16", "windows-1252", "windows-1250", "iso-8859-15", "macintosh"}
	DateOrders   = []string{"dmy", "mdy", "ymd"}
	DecimalSigns = []string{"point", "comma"}
)

var delimiterBytes = map[string]byte{"comma": ',', "semicolon": ';', "tab": '\t', "pipe": '|'}

const maxMappedColumns = 200

// check names everything about a mapping that cannot be, whatever the file. Field names begin with at.
func (m *Mapping) check(c *fault.Check, at string) {
	m.checkWriting(c, at)
	if len(m.Columns) > maxMappedColumns {
		c.Bad(at+"columns", "too_many", "max", maxMappedColumns)
		return
	}
	m.checkColumns(c, at)
}

// checkWriting is check for what is not about single columns.
func (m *Mapping) checkWriting(c *fault.Check, at string) {
	oneOf := func(field, value string, values []string) {
		c.Require(value == "" || slices.Contains(values, value), at+field, "one_of", "values", strings.Join(values, ", "))
	}
	oneOf("delimiter", m.Delimiter, Delimiters)
	oneOf("encoding", m.Encoding, Encodings)
	oneOf("date_order", m.DateOrder, DateOrders)
	oneOf("decimal_sign", m.DecimalSign, DecimalSigns)
	c.Require(m.HeaderRow >= 0 && m.SkipRows >= 0, at+"header_row", "not_negative")
	c.Require(m.HeaderRow <= maxHeaderDepth, at+"header_row", "at_most", "max", maxHeaderDepth)
	c.Require(m.SkipRows <= 1000, at+"skip_rows", "at_most", "max", 1000)
	c.Require(len(m.Signature) <= 64, at+"header_signature", "too_long", "max", 64)
	if _, err := m.zone(); err != nil {
		c.Bad(at+"time_zone", "not_a_time_zone")
	}
}

func (m *Mapping) checkColumns(c *fault.Check, at string) {
	columnOf := map[string]string{} // by field
	fieldOf := map[string]string{}  // by column
	for i, mc := range m.Columns {
		here := at + "columns[" + itoa(i) + "]."
		if strings.TrimSpace(mc.Column) == "" {
			c.Bad(here+"column", "required")
			continue
		}
		c.Require(len([]rune(mc.Column)) <= 200, here+"column", "too_long", "max", 200)
		f, known := findMappingField(mc.Field)
		if !known {
			c.Bad(here+"field", "one_of", "values", strings.Join(mappingFieldNames(), ", "))
			continue
		}
		if f.Field == fieldIgnore {
			continue
		}
		if before, twice := fieldOf[mc.Column]; twice {
			c.Bad(here+"column", "mapping_column_twice", "column", shorten(mc.Column), "field", before)
		}
		fieldOf[mc.Column] = f.Field
		if before, twice := columnOf[f.Field]; twice && !f.Many {
			c.Bad(here+"field", "mapping_field_twice", "field", f.Field, "column", shorten(before))
		}
		columnOf[f.Field] = mc.Column
		if mc.Unit != "" && mc.Unit != unitAuto && !slices.Contains(f.Units, mc.Unit) {
			c.Bad(here+"unit", "mapping_unit", "unit", mc.Unit, "field", f.Field, "units", strings.Join(append([]string{unitAuto}, f.Units...), ", "))
		}
	}
	c.Require(columnOf["date"] != "", at+"columns", "mapping_date_missing")
	c.Require(columnOf["total"] != "" || columnOf["simulator"] != "" || m.blockTotal() != [2]string{}, at+"columns", "mapping_time_missing")
}

// blockTotal are the two fields that the total is computed from, where no column holds it.
func (m *Mapping) blockTotal() [2]string {
	mapped := map[string]bool{}
	for _, mc := range m.Columns {
		mapped[mc.Field] = true
	}
	switch {
	case mapped["total"]:
	case mapped["off_block"] && mapped["on_block"]:
		return [2]string{"off_block", "on_block"}
	case mapped["takeoff"] && mapped["landing"]:
		return [2]string{"takeoff", "landing"}
	}
	return [2]string{}
}

// zone is whose time of day the file has.
func (m *Mapping) zone() (*time.Location, error) {
	if m.TimeZone == "" || len(m.TimeZone) > 64 || m.TimeZone == "Local" {
		if m.TimeZone != "" {
			return nil, errTime
		}
		return time.UTC, nil
	}
	return time.LoadLocation(m.TimeZone)
}

// Check refuses a mapping that no file can be read with.
func (m *Mapping) Check() error {
	var c fault.Check
	m.check(&c, "mapping.")
	return c.Err()
}

// columnNumber reads #3.
func columnNumber(name string) (index int, ok bool) {
	rest, found := strings.CutPrefix(strings.TrimSpace(name), "#")
	n, err := strconv.Atoi(rest)
	return n - 1, found && err == nil && n >= 1 && n <= maxColumns
}

// indexOf finds a column: by number, by its very name, or by its name without regard to case, spaces and marks.
func indexOf(header []string, name string) int {
	name = strings.TrimSpace(name)
	if i := slices.IndexFunc(header, func(h string) bool { return strings.TrimSpace(h) == name }); i >= 0 {
		return i
	}
	if n, ok := columnNumber(name); ok {
		if n < len(header) {
			return n
		}
		return -1
	}
	key := headerKey(name)
	if key == "" {
		return -1
	}
	return slices.IndexFunc(header, func(h string) bool { return headerKey(h) == key })
}

// ColumnAt is what the mapping says of a column of a header.
func (m *Mapping) ColumnAt(header []string, i int) (MappedColumn, bool) {
	for _, mc := range m.Columns {
		if mc.Field != fieldIgnore && indexOf(header, mc.Column) == i {
			return mc, true
		}
	}
	return MappedColumn{}, false
}

// named are the columns that the mapping finds by a name in the header.
func (m *Mapping) named() []string {
	var names []string
	for _, mc := range m.Columns {
		if _, byNumber := columnNumber(mc.Column); !byNumber && mc.Field != fieldIgnore {
			names = append(names, mc.Column)
		}
	}
	return names
}

// fits tells whether a header has all the columns that the mapping names.
func (m *Mapping) fits(header []string) bool {
	for _, mc := range m.Columns {
		if mc.Field != fieldIgnore && indexOf(header, mc.Column) < 0 {
			return false
		}
	}
	return true
}
