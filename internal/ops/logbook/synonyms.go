package logbook

import (
	"slices"
	"strings"
	"sync"
)

// synonyms are what programs and people call the columns, in English, French, German, Spanish and Italian; folded, and
// the surest first.
var synonyms = map[string][]string{
	"date": {"date", "datum", "fecha", "data", "flightdate", "dateofflight", "datevol", "datedevol", "dateduvol", "flugdatum", "fechadevuelo",
		"datavolo", "day", "jour", "tag", "dia", "giorno", "depdate", "departuredate", "startdatum", "datutc", "dateutc"},
	"registration": {"registration", "aircraftregistration", "reg", "acreg", "acftreg", "immatriculation", "immat", "immatr", "kennzeichen",
		"kennung", "matricula", "marche", "marchedimmatricolazione", "tailnumber", "tail", "tailno", "nnumber", "aircraftid", "aircraftident", "acident", "ident",
		"callsign", "lfz", "luftfahrzeug", "flugzeug", "aircraft", "avion", "aeronef", "aeronave", "aereo", "velivolo", "plane", "flugzeugkennzeichen", "acft", "maschine", "apparat", "appareil", "machine"},
	"type": {"type", "aircrafttype", "actype", "acftype", "acfttype", "model", "aircraftmodel", "acmodel", "makemodel", "typecode", "typedavion", "typeavion",
		"typeaeronef", "modele", "muster", "flugzeugmuster", "flugzeugtyp", "typ", "lfztyp", "baumuster", "tipo", "tipodeaeronave", "modelo", "modello", "tipoaeromobile", "icaotype"},
	"from": {"from", "departure", "dep", "departureplace", "depplace", "departureairport", "departureaerodrome", "origin", "afdep", "depart", "lieudedepart", "lieudepart",
		"addepart", "addep", "de", "von", "startort", "start", "abflugort", "startplatz", "startflugplatz", "abflug", "salida", "origen", "lugardesalida", "desde",
		"partenza", "luogodipartenza", "da", "takeoffplace", "startplace", "adep", "ab"},
	"to": {"to", "arrival", "arr", "arrivalplace", "arrplace", "arrivalairport", "arrivalaerodrome", "destination", "dest", "des", "afarr", "arrivee", "lieudarrivee", "lieuarrivee",
		"adarrivee", "adarr", "a", "vers", "nach", "zielort", "landeort", "ziel", "landung", "landeplatz", "zielflugplatz", "ankunft", "llegada", "destino",
		"lugardellegada", "hasta", "arrivo", "luogodiarrivo", "destinazione", "landingplace", "ades", "an"},
	"route": {"route", "routing", "via", "itineraire", "strecke", "flugweg", "ruta", "rotta", "legs", "flightroute"},
	"off_block": {"offblock", "offblocks", "offblocktime", "blockoff", "blocoff", "out", "timeout", "outtime", "departuretime", "deptime", "timedep", "heurededepart", "heuredepart",
		"hdep", "departblock", "departbloc", "heurebloc", "abblock", "blockab", "offblockzeit", "startzeit", "abflugzeit", "abfahrt", "horadesalida", "horasalida", "fuoriblocco",
		"oradipartenza", "orapartenza", "chocksoff", "std", "begin", "starttime", "departure", "dep", "depart", "start", "abflug", "partenza", "salida", "from", "von", "de", "ab"},
	"takeoff": {"takeoff", "takeofftime", "off", "timeoff", "offtime", "wheelsoff", "decollage", "heurededecollage", "heuredecollage", "despegue", "horadedespegue", "decollo", "oradecollo", "oradidecollo", "airborne", "abhebezeit"},
	"landing": {"landingtime", "landing", "on", "timeon", "ontime", "wheelson", "touchdown", "atterrissage", "heuredatterrissage", "heureatterrissage", "landezeit", "aterrizaje",
		"horadeaterrizaje", "atterraggio", "oraatterraggio", "oradiatterraggio"},
	"on_block": {"onblock", "onblocks", "onblocktime", "blockon", "blocon", "in", "timein", "intime", "arrivaltime", "arrtime", "timearr", "heuredarrivee", "heurearrivee", "harr", "arriveeblock",
		"arriveebloc", "anblock", "blockan", "onblockzeit", "ankunftszeit", "ankunftzeit", "horadellegada", "horallegada", "inblocco", "oradiarrivo", "oraarrivo", "chockson", "sta", "end", "endtime", "arrival", "arr", "arrivee", "landung", "ankunft", "arrivo", "llegada", "to", "bis", "a", "landezeit", "an"},
	"total": {"total", "totaltime", "totaltimeofflight", "totalflighttime", "flighttime", "totaltimeflight", "timetotal", "duration", "blocktime", "block", "totalblock", "hours", "totalhours", "hobbs", "tempstotal",
		"tempsdevol", "tempsvol", "dureetotale", "duree", "dureeduvol", "heures", "heuresdevol", "tempsbloc", "gesamt", "gesamtzeit", "gesamtflugzeit", "flugzeit", "flugdauer", "blockzeit", "dauer", "stunden", "tiempototal",
		"tiempodevuelo", "duracion", "horas", "horasdevuelo", "tempototale", "tempodivolo", "durata", "orevolo", "oredivolo", "oretotali"},
	"pic":   {"pic", "pictime", "timepic", "p1", "pilotincommand", "captain", "commandantdebord", "cdb", "tempscdb", "pilotecommandant", "verantwortlicherpilot", "picstunden", "piczeit", "kommandant", "pilotoalmando", "pilotoalmandohoras", "comandante", "pilotacomandante", "hourspic"},
	"sic":   {"sic", "sictime", "timesic", "p2", "copilot", "copilottime", "secondincommand", "coplt", "copilote", "kopilot", "copiloto", "copilota", "firstofficer"},
	"picus": {"picus", "timepicus", "p1us", "p1s", "picundersupervision"},
	"dual_received": {"dual", "dualreceived", "dualtime", "timedual", "pu", "put", "doublecommande", "dc", "dualrecu", "instructionrecue", "doppelsteuer", "dualrx", "schulung", "schulflug", "doblemando",
		"doblemandorecibido", "doppiocomando", "dc1", "instructionreceived", "trainingreceived", "dualreceivedtime"},
	"dual_given": {"dualgiven", "instructor", "instructortime", "timeinstr", "instruction", "cfi", "cfitime", "fi", "fitime", "fife", "instructiondonnee", "instructeur", "instructorhours", "lehrer", "fluglehrerzeit",
		"fluglehrer", "instruccion", "istruttore", "istruzione", "asflightinstructor", "instructiongiven"},
	"solo":                 {"solo", "solotime", "alleinflug", "soloflug", "tempssolo", "solozeit"},
	"multi_pilot":          {"multipilot", "multipilottime", "mp", "mpt", "multipilote", "mehrpiloten", "multipiloto", "multipilota", "timemp", "mcc"},
	"night":                {"night", "nighttime", "timenight", "nightflight", "nuit", "voldenuit", "tempsdenuit", "nacht", "nachtflug", "nachtflugzeit", "nachtzeit", "noche", "nocturno", "notte", "notturno", "nighthours"},
	"ifr":                  {"ifr", "ifrtime", "timeifr", "instrumentflight", "instrument", "instruments", "instrumentenflug", "ifrzeit", "tempsifr", "ifrhours"},
	"cross_country":        {"crosscountry", "xcountry", "xc", "xctime", "xcountrytime", "crosscountrytime", "voyage", "navigation", "navegacion", "navigazione", "uberland", "uberlandflug", "travesia", "timexc"},
	"actual_instrument":    {"actualinstrument", "actualinst", "imc", "actual", "instrumentactual", "imctime", "actualimc", "timeactual"},
	"simulated_instrument": {"simulatedinstrument", "simulatedinst", "siminst", "hood", "hoodtime", "instrumentsimulated", "simulatedimc", "foggles", "siminstrument"},
	"simulator":            {"simulator", "fstd", "fstdtotaltime", "fstdtime", "simulatortime", "sim", "simtime", "timefstd", "fnpt", "groundsimulator", "simulatedflight", "simulateur", "simulatorzeit", "fstdzeit", "simulador", "simulatore", "sessiontime", "device"},
	"takeoffs_day":         {"takeoffsday", "daytakeoffs", "takeoffday", "todday", "today", "dayto", "decollagesjour", "startstag", "despeguesdia", "decolligiorno", "takeoffs", "takeoff", "starts", "decollages"},
	"takeoffs_night":       {"takeoffsnight", "nighttakeoffs", "takeoffnight", "tonight", "nightto", "decollagesnuit", "startsnacht", "despeguesnoche", "decollinotte"},
	"landings_day":         {"landingsday", "daylandings", "landingday", "ldgday", "dayldg", "ldgsday", "dyland", "atterrissagesjour", "attjour", "landungentag", "aterrizajesdia", "atterraggigiorno", "ldday", "dayld"},
	"landings_night":       {"landingsnight", "nightlandings", "landingnight", "ldgnight", "nightldg", "ldgsnight", "niland", "atterrissagesnuit", "attnuit", "landungennacht", "aterrizajesnoche", "atterragginotte", "ldnight", "nightld"},
	"landings_all": {"landings", "alllandings", "totallandings", "numberoflandings", "noldg", "ldgs", "ldg", "landungen", "anzahllandungen", "landezahl", "atterrissages", "nombredatterrissages", "nbatterrissages", "att", "attero",
		"aterrizajes", "numerodeaterrizajes", "atterraggi", "numeroatterraggi", "landing", "landung", "atterrissage", "landungs"},
	"full_stops_day":   {"fullstopsday", "dayfullstops", "daylandingsfullstop", "fsdaylandings", "landingfullstopday", "fullstops", "fullstoplandings"},
	"full_stops_night": {"fullstopsnight", "nightfullstops", "nightlandingsfullstop", "fsnightlandings", "landingfullstopnight"},
	"holds":            {"holds", "hold", "holding", "attentes", "warteschleifen", "esperas", "attese"},
	"approaches":       {"approaches", "approach", "appr", "instrumentapproaches", "approches", "anfluge", "aproximaciones", "avvicinamenti", "noapproaches", "iap"},
	"hobbs_start":      {"hobbsstart", "hobbsout", "hobbsdepart", "hobbsdebut", "hobbsbeginn", "hobbsinicio", "hobbsinizio", "hobbsvon"},
	"hobbs_end":        {"hobbsend", "hobbsin", "hobbsarrivee", "hobbsfin", "hobbsende", "hobbsfinal", "hobbsfine", "hobbsbis"},
	"tach_start":       {"tachstart", "tachout", "tachostart", "tachodepart", "tachodebut", "horametredepart", "horametredebut", "compteurdepart", "motorstart", "zahlerstart", "tacometroinicio", "tachobeginn"},
	"tach_end":         {"tachend", "tachin", "tachoend", "tachoarrivee", "tachofin", "horametrearrivee", "horametrefin", "compteurarrivee", "motorende", "zahlerende", "tacometrofin", "tachoende"},
	"pic_name": {"picname", "namepic", "namespic", "nameofpic", "pilotincommandname", "commander", "nomcdb", "nomducdb", "nomducommandantdebord", "pilot", "pilote", "nomdupilote", "pilotname", "namedespic", "namepilot", "namedesverantwortlichenpiloten",
		"piloto", "pilota", "nombrepic", "nombredelpiloto", "nomepic", "selectedcrewpic", "pilot1name", "piclastname", "pic", "captain", "commandantdebord", "cdb", "kommandant", "comandante", "commandant"},
	"instructor_name": {"instructorname", "nameinstructor", "instructorsname", "nominstructeur", "nomdelinstructeur", "namefluglehrer", "nombreinstructor", "nomeistruttore", "cfiname", "selectedcrewinstructor", "finame", "lehrername", "instructor", "instructeur", "fluglehrer", "lehrer", "istruttore", "cfi", "fi"},
	"other_names": {"crew", "crewmember", "crewmembers", "person1", "person2", "person3", "copilotname", "namesic", "sicname", "studentname", "student", "begleiter", "besatzung", "equipage", "tripulacion", "equipaggio",
		"passengers", "passagers", "passagiere", "selectedcrewsic", "nomeleve", "eleve", "schuler", "flugschuler", "pax", "otherpilot", "safetypilot", "copilot", "copilote", "kopilot", "sic", "copiloto"},
	"remarks": {"remarks", "remark", "comments", "comment", "notes", "note", "remarksandendorsements", "endorsements", "pilotcomments", "remarques", "remarque", "observations", "observation", "commentaires", "commentaire", "bemerkung",
		"bemerkungen", "anmerkung", "anmerkungen", "kommentar", "notiz", "observaciones", "comentarios", "osservazioni", "commenti", "flightremarks", "instructorcomments", "endorsement", "text", "details", "description"},
	"fstd_type": {"fstdtype", "simtype", "simulatortype", "devicetype", "typefstd", "simulatortyp", "typedesimulateur", "fstdid", "trainingdevice", "fstdqualification", "tiposimulador", "tiposimulatore"},
}

// A headerGuess is what the name of a column may mean, and how surely in percent.
type headerGuess struct {
	field     string
	certainty int
}

// synonymOf finds the fields that a header's words may mean, the surest first.
var synonymOf = sync.OnceValue(func() map[string][]headerGuess {
	all := map[string][]headerGuess{}
	for _, name := range mappingFieldNames() {
		for i, s := range synonyms[name] {
			all[s] = append(all[s], headerGuess{name, 95 - min(i, 15)})
		}
	}
	for _, guesses := range all {
		slices.SortStableFunc(guesses, func(a, b headerGuess) int { return b.certainty - a.certainty })
	}
	return all
})

// meanings are the fields that a column's name may mean: by the whole name, or without what stands in brackets and
// without words such as time, hours, UTC.
func meanings(header string) []headerGuess {
	bare := header
	if i := strings.IndexAny(bare, "([{"); i > 0 {
		bare = bare[:i]
	}
	var found []headerGuess
	for less, key := range []string{folded(header), folded(bare), withoutFiller(folded(bare))} {
		for _, g := range synonymOf()[key] {
			if !slices.ContainsFunc(found, func(f headerGuess) bool { return f.field == g.field }) {
				found = append(found, headerGuess{g.field, g.certainty - 5*less})
			}
		}
	}
	return found
}

// filler are words around the name of a column that change nothing about it.
var filler = []string{"flight", "aircraft", "utc", "zulu", "local", "lt", "hhmm", "hours", "hrs", "min", "minutes", "time", "of", "zeit", "temps", "heures", "std", "ore", "horas"}

func withoutFiller(key string) string {
	for _, word := range filler {
		for _, rest := range []string{strings.TrimPrefix(key, word), strings.TrimSuffix(key, word)} {
			if rest != "" && rest != key && len(synonymOf()[rest]) > 0 {
				return rest
			}
		}
	}
	return key
}
