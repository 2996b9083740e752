package logbook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"airside/internal/base/db"
	"airside/internal/base/id"
	"airside/internal/platform/audit"
	"airside/internal/platform/scope"
)

// Upload keeps a file and says what importing it would do; Commit does it, and forgets the file, of which the audit log
// keeps the digest. A file that is not a logbook is refused as a bad field 'file'.
func (s *Service) Upload(ctx context.Context, who scope.Principal, name string, data []byte, o UploadOptions) (Import, error) {
	if err := who.Need(scope.ImportsManage); err != nil {
		return Import{}, err
	}
	fresh, err := s.examine(ctx, who, fileName(name), data, o)
	if err != nil {
		return Import{}, err
	}
	digest := sha256.Sum256(data)
	fresh.ID, fresh.CreatedBy = ID(id.New()), enteredBy(who)
	var r stored
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := tx.Change(string(who.Org))
		if err != nil {
			return err
		}
		r = fresh
		r.CreatedAt, r.UpdatedAt, r.ChangeNo = c.At, c.At, c.No
		if _, err := tx.Exec(insertImport, r.ID, who.Org, r.FileName, r.Format, r.Status, db.Null(r.PilotID), r.MatchPeople,
			db.AsJSON(r.Report), r.Total, r.Created, r.Unchanged, r.CreatedBy, c.At, c.No, db.AsJSON(r.Choices)); err != nil {
			return err
		}
		if _, err := tx.Exec(insertContent, r.ID, who.Org, data); err != nil {
			return err
		}
		tx.Created("imports", string(r.ID))
		return audit.Append(tx, who, "import.upload", "import", string(r.ID),
			map[string]any{"file": r.FileName, "rows": r.Report.Rows, "sha256": hex.EncodeToString(digest[:])})
	})
	if err != nil {
		return Import{}, err
	}
	return r.show(), nil
}

// fileName keeps the last part of what a browser or a shell calls the file.
func fileName(name string) string {
	name = strings.ToValidUTF8(path.Base(strings.ReplaceAll(name, `\`, "/")), "")
	name = strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, name)
	if name == "." || name == "/" {
		name = ""
	}
	return cut(name, 200)
}

// enteredBy is how a record remembers who entered it.
func enteredBy(who scope.Principal) string {
	switch {
	case who.MemberID != "":
		return who.MemberID
	case who.ID != "":
		return who.ID
	}
	return string(who.Kind)
}
