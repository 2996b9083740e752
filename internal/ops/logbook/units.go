package logbook

import (
	"slices"
	"strings"
)

// units are the units of the mapping's columns, found out where they are not said, and how sure that is.
func (mr *mappedReader) units() (units []string, certain []int) {
	units, certain = make([]string, len(mr.m.Columns)), make([]int, len(mr.m.Columns))
	samples := make([]unitSample, len(mr.m.Columns))
	open := false
	for i, mc := range mr.m.Columns {
		units[i] = mc.Unit
		if f, _ := findMappingField(mc.Field); f.Kind == DurationField && (mc.Unit == "" || mc.Unit == unitAuto) {
			samples[i].open, open = true, true
		}
	}
	if !open {
		return units, certain
	}
	var whole *unitSample
	at := make([]int, len(units))
	for i, mc := range mr.m.Columns {
		at[i] = indexOf(mr.header, mc.Column)
		if mc.Field == "total" && samples[i].open {
			whole = &samples[i]
		}
	}
	block := mr.blockReader()
	mr.ahead(func(rec record) {
		for i := range samples {
			if samples[i].open {
				samples[i].add(rec.cell(at[i]))
			}
		}
		if whole != nil {
			whole.compare(block(rec))
		}
	})
	guess, sure := wholeNumbers(whole, samples)
	for i := range samples {
		if samples[i].open {
			if units[i], certain[i] = samples[i].unit(); units[i] == "" {
				units[i], certain[i] = guess, sure
			}
		}
	}
	return units, certain
}

// blockReader reads the block time of a row in minutes; 0 where the file has no times.
func (mr *mappedReader) blockReader() func(record) int {
	at := map[string]MappedColumn{}
	for _, mc := range mr.m.Columns {
		at[mc.Field] = mc
	}
	out, in := at["off_block"], at["on_block"]
	if out.Column == "" || in.Column == "" {
		out, in = at["takeoff"], at["landing"]
	}
	from, to := indexOf(mr.header, out.Column), indexOf(mr.header, in.Column)
	return func(rec record) int {
		if from < 0 || to < 0 {
			return 0
		}
		off, err := readClock(rec.cell(from), out.Unit)
		on, err2 := readClock(rec.cell(to), in.Unit)
		if err != nil || err2 != nil {
			return 0
		}
		return (on - off + dayMinutes) % dayMinutes
	}
}

// unitSample gathers what a column of durations looks like.
type unitSample struct {
	open                   bool
	clocks, decimals, rest int
	whole                  []int64 // whole numbers above zero
	last                   int64   // the last of them, if this row has one
	agree                  [3]int  // rows whose block time agrees with the number in minutes, tenths, hours
}

func (u *unitSample) add(value string) {
	value = groupingSigns.Replace(strings.TrimSpace(value))
	u.last = 0
	decimal := strings.ContainsAny(value, ".,")
	switch value = withoutUnit(value); {
	case value == "":
	case !decimal && strings.IndexAny(value, ":+hH") > 0:
		u.clocks++
	case decimal:
		if strings.Trim(value, "0.,") != "" {
			u.decimals++
		}
	default:
		n, ok := digits(value, 7)
		if !ok {
			u.rest++
		} else if n > 0 {
			u.whole, u.last = append(u.whole, n), n
		}
	}
}

// compare holds the number of a row against its block time. Pilots also log Hobbs time, so near is good enough.
func (u *unitSample) compare(block int) {
	if u.last == 0 || block == 0 {
		return
	}
	for i, minutes := range []int64{u.last, u.last * 6, u.last * 60} {
		if d := minutes - int64(block); d >= -12 && d <= 12 {
			u.agree[i]++
		}
	}
}

// unit is what the writing settles; empty for whole numbers, which could be anything.
func (u *unitSample) unit() (unit string, certainty int) {
	switch {
	case u.clocks > 0 && u.decimals == 0 && len(u.whole) == 0:
		return unitClock, 100
	case u.clocks > 0:
		return unitHours, 80 // which reads both
	case u.decimals > 0:
		return unitHours, 95
	case len(u.whole) == 0:
		return unitHours, 50
	}
	return "", 0
}

// wholeNumbers guesses what whole numbers count: by the block times if there are some, else by their size.
func wholeNumbers(total *unitSample, all []unitSample) (unit string, certainty int) {
	names := []string{unitMinutes, unitTenths, unitHours}
	if total != nil {
		best := 0
		for i, n := range total.agree {
			if n > total.agree[best] {
				best = i
			}
		}
		if n := total.agree[best]; n > 0 && n*2 > len(total.whole) {
			return names[best], 97
		}
	}
	var numbers []int64
	if total != nil {
		numbers = slices.Clone(total.whole)
	}
	if len(numbers) == 0 {
		for _, u := range all {
			numbers = append(numbers, u.whole...)
		}
	}
	if len(numbers) == 0 {
		return unitHours, 50
	}
	slices.Sort(numbers)
	switch middle := numbers[len(numbers)/2]; {
	case middle > 30:
		return unitMinutes, 80
	case middle > 5:
		return unitTenths, 55
	}
	return unitHours, 55
}
