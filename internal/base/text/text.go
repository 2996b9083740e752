// Package text is the one catalogue of what people read: the sentence of every fault, in English and French.
// The files catalogue_*.go hold it by area; a sentence may name arguments in braces: "Scope {scope} is needed."
package text

import (
	"fmt"
	"maps"
	"strings"

	"golang.org/x/text/language"
)

// Lang is a language that Airside speaks.
type Lang int

const (
	EN Lang = iota
	FR
)

// String is the BCP 47 tag.
func (l Lang) String() string { return [...]string{"en", "fr"}[l] }

// entry is a sentence in each language, by Lang.
type entry [2]string

var catalogue = join(problems, fields, kinds, events, platform, web, imports, flights, exports, consoleShell, consoleAccount, accounts, mappings, consoleOperations, consoleSettings, consoleWebhooks, consoleImport, consoleApps, consoleMarket, market, apps, securityFile, tenants, consoleTenant, authorization, consoleAuthorization, licences, consoleBought, consoleLicences)

func join(areas ...map[string]entry) map[string]entry {
	all := map[string]entry{}
	for _, a := range areas {
		maps.Copy(all, a)
	}
	return all
}

// Has tells whether the catalogue holds a sentence for the code.
func Has(code string) bool { _, ok := catalogue[code]; return ok }

// Get returns the sentence of a code; args are key, value, key, value. An unknown code is returned as it is.
func Get(l Lang, code string, args ...any) string {
	e, ok := catalogue[code]
	if !ok {
		return code
	}
	return fill(e[l], args)
}

func fill(s string, args []any) string {
	if len(args) < 2 {
		return s
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", args[i]), fmt.Sprint(args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

var matcher = language.NewMatcher([]language.Tag{language.English, language.French})

// Negotiate picks the language of an Accept-Language header; English when it names neither.
func Negotiate(acceptLanguage string) Lang {
	if acceptLanguage == "" {
		return EN
	}
	_, i := language.MatchStrings(matcher, acceptLanguage)
	return Lang(i)
}
