package httpx

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"airside/internal/base/fault"
)

// Produce writes a file and says what it is; name is made of plain ASCII letters.
type Produce func(w io.Writer) (name, mediaType string, err error)

// File answers a file, for an operation that declares Op.Files. It is put together in a temporary file first: what goes
// wrong on the way is answered as a problem, a slow client does not hold the store, and a cut-off download is seen as one.
func File(produce Produce) Answer { return Answer{file: produce} }

func writeFile(w http.ResponseWriter, r *http.Request, a Answer) {
	if err := sendFile(w, a.file, !a.stream); err != nil {
		Fail(w, r, err)
	}
}

// SendFile is File for a page. On an error nothing has been sent.
func SendFile(w http.ResponseWriter, produce Produce) error { return sendFile(w, produce, true) }

func sendFile(w http.ResponseWriter, produce Produce, attached bool) error {
	f, err := os.CreateTemp("", "airside-answer-*")
	if err != nil {
		return fault.Wrap(err, "make a temporary file")
	}
	defer f.Close()
	os.Remove(f.Name()) // it lives as long as it is open
	b := bufio.NewWriterSize(f, 64<<10)
	name, mediaType, err := produce(b)
	var size int64
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		size, err = f.Seek(0, io.SeekCurrent)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fault.Wrap(err, "write the answer to a file")
	}
	if strings.HasPrefix(mediaType, "text/") {
		mediaType += "; charset=utf-8"
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	if attached {
		h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	h.Set("Cache-Control", "private, no-store")
	w.WriteHeader(http.StatusOK)
	if _, err := io.Copy(w, f); err != nil {
		panic(http.ErrAbortHandler) // the client is gone or must not take a part for the whole
	}
	return nil
}

// fileResponse describes an answer that is a file of one of these media types.
func fileResponse(r *huma.Response, types []string) *huma.Response {
	r.Headers["Content-Disposition"] = &huma.Param{Description: "The name of the file",
		Schema: &huma.Schema{Type: "string", Examples: []any{`attachment; filename="logbook-a-keller-2026-11-22.pdf"`}}}
	r.Content = map[string]*huma.MediaType{}
	for _, t := range types {
		r.Content[t] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	}
	return r
}
