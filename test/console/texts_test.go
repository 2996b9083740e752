package console_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"airside/internal/base/text"
)

var catalogued = regexp.MustCompile(`(?m)^\s*"([a-z][a-z0-9_.]*)":\s`)

// texts are the whole catalogue: by key, English and French.
var texts = sync.OnceValue(func() map[string][2]string {
	all := map[string][2]string{}
	files, err := filepath.Glob("../../internal/base/text/catalogue_*.go")
	if err != nil || len(files) == 0 {
		panic("no catalogue is there")
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		for _, m := range catalogued.FindAllStringSubmatch(string(b), -1) {
			if text.Has(m[1]) {
				all[m[1]] = [2]string{text.Get(text.EN, m[1]), text.Get(text.FR, m[1])}
			}
		}
	}
	return all
})

// consoleKeys are the keys of the texts that only the console shows.
func consoleKeys() []string {
	var keys []string
	files, _ := filepath.Glob("../../internal/base/text/catalogue_console_*.go")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		for _, m := range catalogued.FindAllStringSubmatch(string(b), -1) {
			if strings.Contains(m[1], ".") {
				keys = append(keys, m[1])
			}
		}
	}
	return keys
}
