package archtest

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"airside/internal/base/text"
)

// TestEveryFaultHasItsSentence finds the codes that the product's code makes faults of, and asks the catalogue for them.
func TestEveryFaultHasItsSentence(t *testing.T) {
	codes := map[string]string{} // code → where
	each(t, filepath.Join("..", ".."), func(path string, file *ast.File, set *token.FileSet) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			arg, suffix := -1, ""
			switch f := call.Fun.(type) {
			case *ast.SelectorExpr:
				switch pkg, _ := f.X.(*ast.Ident); {
				case pkg != nil && pkg.Name == "fault" && f.Sel.Name == "New":
					arg = 1
				case pkg != nil && pkg.Name == "fault" && f.Sel.Name == "NotFoundFor":
					arg, suffix = 0, "_not_found"
				case f.Sel.Name == "Bad" && len(call.Args) >= 2:
					arg = 1
				case f.Sel.Name == "Require" && len(call.Args) >= 3:
					arg = 2
				}
			}
			if arg < 0 || arg >= len(call.Args) {
				return true
			}
			if lit, ok := call.Args[arg].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				code, _ := strconv.Unquote(lit.Value)
				codes[code+suffix] = set.Position(lit.Pos()).String()
			}
			return true
		})
		ast.Inspect(file, func(n ast.Node) bool { // fault.Field{Code: "…"}
			kv, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, _ := kv.Key.(*ast.Ident)
			lit, _ := kv.Value.(*ast.BasicLit)
			if key != nil && key.Name == "Code" && lit != nil && lit.Kind == token.STRING && isFaultFile(file) {
				if code, _ := strconv.Unquote(lit.Value); code != "" && code == lower(code) {
					codes[code] = set.Position(lit.Pos()).String()
				}
			}
			return true
		})
	})
	if len(codes) < 60 {
		t.Fatalf("only %d codes found: does the search still work?", len(codes))
	}
	for code, where := range codes {
		if !text.Has(code) {
			t.Errorf("%s: %q has no sentence in package text", where, code)
		}
	}
}

// isFaultFile tells whether a file makes fault.Field literals.
func isFaultFile(file *ast.File) bool {
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if p, ok := s.X.(*ast.Ident); ok && p.Name == "fault" && s.Sel.Name == "Field" {
				found = true
			}
		}
		return !found
	})
	return found
}

func lower(s string) string {
	for _, r := range s {
		if (r < 'a' || r > 'z') && r != '_' && (r < '0' || r > '9') {
			return ""
		}
	}
	return s
}
