package archtest

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"database/sql"

	"airside/internal/base/db/dbtest"
)

// A query is one constant of the product's code that holds SQL.
type query struct{ where, text string }

var (
	statement = regexp.MustCompile(`^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s`)
	bulkHead  = regexp.MustCompile(`(?s)^\s*INSERT INTO \w+ \(([^)]*)\) VALUES\s*$`)
	// foreign are words that one of the two engines does not know, or reads in another way.
	foreign = regexp.MustCompile(`::|\bILIKE\b|\?|\bnow\(|\bSELECT \*|CURRENT_TIMESTAMP|\bFOR UPDATE\b|\bjson_each\b|\bGREATEST\b|= ?ANY ?\(`)
)

// TestQueriesRunOnBothEngines prepares every query constant on SQLite and on PostgreSQL.
func TestQueriesRunOnBothEngines(t *testing.T) {
	queries := queriesOf(t, filepath.Join("..", ".."))
	if len(queries) < 50 {
		t.Fatalf("only %d query constants found: does the search still work?", len(queries))
	}
	for _, q := range queries {
		if w := foreign.FindString(q.text); w != "" {
			t.Errorf("%s: %q is not in the common subset (docs/decisions/0002)", q.where, w)
		}
	}
	for _, driver := range []string{"sqlite", "pgx"} {
		t.Run(driver, func(t *testing.T) {
			pool := openRaw(t, driver)
			for _, q := range queries {
				if driver != "sqlite" && strings.Contains(q.where, "/sqlite_") || driver != "pgx" && strings.Contains(q.where, "/postgres_") {
					continue // a file sqlite_….go asks SQLite about itself, and postgres_….go PostgreSQL
				}
				st, err := pool.PrepareContext(context.Background(), q.text)
				if err != nil {
					t.Errorf("%s: %v\n%s", q.where, err, q.text)
					continue
				}
				st.Close()
			}
		})
	}
}

func openRaw(t *testing.T, driver string) *sql.DB {
	dsn := ""
	if driver == "sqlite" {
		o := dbtest.SQLite(t)
		dbtest.Open(t, o).Close()
		dsn = "file:" + filepath.Join(o.Dir, "airside.db")
	} else {
		dsn = dbtest.PostgresURL(t)
	}
	pool, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func TestForeignWordsAreSeen(t *testing.T) {
	for _, bad := range []string{"SELECT * FROM x", "SELECT a::text", "SELECT now()", "WHERE a ILIKE $1", "a = ?", "id = ANY($1)", "SELECT a FROM b FOR UPDATE"} {
		if !foreign.MatchString(bad) {
			t.Errorf("%q passes", bad)
		}
	}
	if w := foreign.FindString("SELECT count(*), nownow(1) FROM t WHERE a = $1"); w != "" {
		t.Errorf("%q is refused", w)
	}
}

// TestQueriesAreConstants refuses SQL written in the middle of the code, where the test above cannot see it.
func TestQueriesAreConstants(t *testing.T) {
	each(t, filepath.Join("..", ".."), func(path string, file *ast.File, set *token.FileSet) {
		inConst := map[ast.Node]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
				ast.Inspect(d, func(n ast.Node) bool { inConst[n] = true; return true })
			}
			lit, ok := n.(*ast.BasicLit)
			if ok && lit.Kind == token.STRING && !inConst[lit] {
				s, _ := strconv.Unquote(lit.Value)
				// The store's own package composes statements for backups, and says SELECT 1.
				if statement.MatchString(s) && !strings.Contains(path, "internal/base/db/") {
					t.Errorf("%s: SQL belongs into a constant: %.60q", set.Position(lit.Pos()), s)
				}
			}
			return true
		})
	})
}

// each parses the product's Go files, tests left out.
func each(t *testing.T, root string, visit func(path string, file *ast.File, set *token.FileSet)) {
	t.Helper()
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			if strings.Contains(path, "dbtest") || strings.Contains(path, "archtest") {
				return nil
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, src, 0)
			if err != nil {
				return err
			}
			visit(filepath.ToSlash(path), file, set)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// queriesOf collects the query constants, put together where one is built from others of its package.
func queriesOf(t *testing.T, root string) []query {
	t.Helper()
	type constant struct {
		expr        ast.Expr
		name, where string
	}
	packages := map[string]map[string]constant{}
	each(t, root, func(path string, file *ast.File, set *token.FileSet) {
		dir := filepath.Dir(path)
		if packages[dir] == nil {
			packages[dir] = map[string]constant{}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			d, ok := n.(*ast.GenDecl)
			if !ok || d.Tok != token.CONST {
				return true
			}
			for _, s := range d.Specs {
				v := s.(*ast.ValueSpec)
				for i, name := range v.Names {
					if i < len(v.Values) {
						packages[dir][name.Name] = constant{v.Values[i], name.Name, fmt.Sprintf("%s (%s)", set.Position(name.Pos()), name.Name)}
					}
				}
			}
			return true
		})
	})
	var queries []query
	for _, consts := range packages {
		var value func(e ast.Expr) (string, bool)
		value = func(e ast.Expr) (string, bool) {
			switch e := e.(type) {
			case *ast.BasicLit:
				s, err := strconv.Unquote(e.Value)
				return s, err == nil && e.Kind == token.STRING
			case *ast.Ident:
				c, ok := consts[e.Name]
				if !ok {
					return "", false
				}
				return value(c.expr)
			case *ast.BinaryExpr:
				x, ok1 := value(e.X)
				y, ok2 := value(e.Y)
				return x + y, ok1 && ok2
			case *ast.ParenExpr:
				return value(e.X)
			}
			return "", false
		}
		for _, c := range consts {
			text, ok := value(c.expr)
			if !ok || !statement.MatchString(text) || strings.HasSuffix(c.name, "Head") {
				continue // a Head is completed at run time: the store tests of its room run it on both engines
			}
			queries = append(queries, query{c.where, complete(text)})
		}
	}
	return queries
}

// complete gives the head of a bulk insert one row, so that it can be prepared.
func complete(text string) string {
	m := bulkHead.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	marks := make([]string, strings.Count(m[1], ",")+1)
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	return text + " (" + strings.Join(marks, ", ") + ")"
}
