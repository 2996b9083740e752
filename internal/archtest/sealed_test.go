package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatIsSealedCanBeSealedAnew finds the packages that seal under the master key. What one of them forgets to list is
// lost when the key is replaced: so each has a function Sealed, which the server calls. And a text is sealed in the
// transaction that stores it: who seals before may store it when its key is gone already.
func TestWhatIsSealedCanBeSealedAnew(t *testing.T) {
	seals := map[string]string{} // folder → where
	lists, wired := map[string]bool{}, map[string]bool{}
	each(t, filepath.Join("..", ".."), func(name string, file *ast.File, set *token.FileSet) {
		dir := path.Dir(name)
		if strings.HasSuffix(dir, "internal/base/secret") {
			return
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "Sealed" {
				lists[dir] = true
			}
		}
		inTx := sealsInTx(file)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			switch {
			case ok && f.Sel.Name == "Sealed" && strings.HasSuffix(dir, "internal/server"):
				if pkg, ok := f.X.(*ast.Ident); ok {
					wired[pkg.Name] = true
				}
			case isSeal(call):
				where := set.Position(call.Pos()).String()
				seals[dir] = where
				if !inTx[call] {
					t.Errorf("%s: seal in the closure of the Write that stores it", where)
				}
			}
			return true
		})
	})
	if len(seals) < 3 {
		t.Fatalf("only %d packages seal: does the search still work?", len(seals))
	}
	for dir, where := range seals {
		if !lists[dir] {
			t.Errorf("%s: the package has no function Sealed that lists what it seals", where)
		}
		if !wired[path.Base(dir)] {
			t.Errorf("%s: internal/server does not call %s.Sealed", where, path.Base(dir))
		}
	}
}

// isSeal tells whether this seals something for a table, row and column.
func isSeal(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	return ok && f.Sel.Name == "Seal" && len(call.Args) == 4
}

// sealsInTx finds the calls inside a function that is given a transaction.
func sealsInTx(file *ast.File) map[*ast.CallExpr]bool {
	found := map[*ast.CallExpr]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		var f *ast.FuncType
		switch n := n.(type) {
		case *ast.FuncDecl:
			f = n.Type
		case *ast.FuncLit:
			f = n.Type
		}
		if f != nil && takesTx(f) {
			ast.Inspect(n, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && isSeal(call) {
					found[call] = true
				}
				return true
			})
		}
		return true
	})
	return found
}

func takesTx(f *ast.FuncType) bool {
	for _, p := range f.Params.List {
		star, _ := p.Type.(*ast.StarExpr)
		if star == nil {
			continue
		}
		if s, ok := star.X.(*ast.SelectorExpr); ok && s.Sel.Name == "Tx" {
			return true
		}
	}
	return false
}
