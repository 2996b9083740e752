package tenantfile

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"airside/internal/base/fault"
	"airside/internal/platform/scope"
)

// fileName is the document's name in its tenant's folder.
const fileName = "security.yml"

// files keeps each tenant's document in a folder of its own. Nothing outside the folder is read or written: paths are
// made of the organization's id, and links are not followed.
type files struct {
	dir    string
	shared bool // with other processes
	mu     sync.Mutex
	root   *os.Root
	mark   string // of the folder, made with it: what tells a file that was taken away from one that was never here
}

// stamp is what tells that a file was written. Of a file that is not there it is zero.
type stamp struct {
	inode uint64
	size  int64
	wrote int64 // nanoseconds since 1970
	put   int64 // when it came to be in its place
}

// file is a document as it lies in its folder.
type file struct {
	text  []byte
	stamp stamp
	mode  fs.FileMode
	owner *syscall.Stat_t
}

var (
	errChanged = errors.New("tenantfile: somebody else wrote the file meanwhile")
	errBusy    = errors.New("tenantfile: another process is writing")
)

func (f *files) open() (*os.Root, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.root != nil {
		return f.root, nil
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	if f.mark, err = readMark(root); err != nil {
		root.Close()
		return nil, err
	}
	f.root = root
	return root, nil
}

const markName = ".mark"

// readMark reads the folder's mark, and makes one where there is none. Of several processes that do so at once, the first one
// decides, and all read the same.
func readMark(root *os.Root) (string, error) {
	for {
		b, err := root.ReadFile(markName)
		if err == nil && len(b) > 0 {
			return string(b), nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		place := root.Link
		if err == nil { // it is there, and empty
			place = root.Rename
		}
		if err := makeMark(root, place); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
}

// makeMark writes a new mark, and puts it in its place.
func makeMark(root *os.Root, place func(from, to string) error) error {
	text := rand.Text()
	name := markName + "." + text
	defer root.Remove(name)
	if err := newFile(root, name, []byte(text), 0o600); err != nil {
		return err
	}
	return place(name, markName)
}

// newFile writes a file that has reached the disk, in the place of any that is there.
func newFile(root *os.Root, name string, text []byte, mode fs.FileMode) error {
	out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := out.Write(text); err != nil {
		return err
	}
	return out.Sync()
}

func (f *files) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.root != nil {
		f.root.Close()
		f.root = nil
	}
}

// lstat looks at the file itself. A folder or a file that is a link, or anything else than a file, is refused.
func (f *files) lstat(root *os.Root, org scope.OrgID) (fs.FileInfo, error) {
	folder, err := root.Lstat(string(org))
	if err != nil {
		return nil, err
	}
	if !folder.IsDir() {
		return nil, unreadable("security_file_link", org)
	}
	info, err := root.Lstat(path.Join(string(org), fileName))
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return nil, unreadable("security_file_link", org)
	}
	if !info.Mode().IsRegular() {
		return nil, unreadable("security_file_not_a_file", org)
	}
	return info, nil
}

func stampOf(info fs.FileInfo) stamp {
	s := stamp{size: info.Size(), wrote: info.ModTime().UnixNano(), put: changedAt(info)}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = uint64(sys.Ino)
	}
	return s
}

// young tells whether a file was written so lately that more of it may be to come. One that was moved to its place after
// it was written is whole; a time in the future, by a clock that went back, says nothing.
func (s stamp) young() bool {
	age := time.Since(time.Unix(0, s.wrote))
	return s.put == s.wrote && age >= 0 && age < settled
}

// fresh tells whether a further write might not show in the stamp, by how coarse the clocks of file systems are.
func (s stamp) fresh() bool { return time.Since(time.Unix(0, s.put)).Abs() < settled }

// stamp looks at the file without reading it.
func (f *files) stamp(org scope.OrgID) (stamp, error) {
	root, err := f.open()
	if err != nil {
		return stamp{}, err
	}
	info, err := f.lstat(root, org)
	if err != nil {
		return stamp{}, err
	}
	return stampOf(info), nil
}

// read reads a tenant's document. What cannot be read by anybody's fault but ours is a fault that says so; there being no
// file is fs.ErrNotExist.
func (f *files) read(org scope.OrgID) (*file, error) {
	root, err := f.open()
	if err != nil {
		return nil, err
	}
	info, err := f.lstat(root, org)
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxBytes {
		return nil, unreadable("security_file_too_large", org, "max", MaxBytes)
	}
	opened, err := root.OpenFile(path.Join(string(org), fileName), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrPermission) {
		return nil, unreadable("security_file_forbidden", org)
	}
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	now, err := opened.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(info, now) {
		return nil, errChanged
	}
	text, err := io.ReadAll(io.LimitReader(opened, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxBytes {
		return nil, unreadable("security_file_too_large", org, "max", MaxBytes)
	}
	owner, _ := now.Sys().(*syscall.Stat_t)
	return &file{text: text, stamp: stampOf(now), mode: now.Mode().Perm(), owner: owner}, nil
}

// unreadable is what is wrong with a file that cannot be read as a document at all.
func unreadable(code string, org scope.OrgID, args ...any) error {
	return Problems{{Line: 0, Code: code, Args: append([]any{"path", path.Join(string(org), fileName)}, args...)}}
}

// placed is a file that took the place of another, which is kept until done.
type placed struct {
	*file
	undo func() error // has the old one back, if nobody wrote since: it takes no space
	done func()
}

// put replaces the text that was read, or makes the file where old is nil. The new text is on the disk before it takes
// the old one's place. Where somebody else wrote meanwhile, what they wrote stays, and it is errChanged.
func (f *files) put(org scope.OrgID, old *file, text []byte) (placed, error) {
	root, err := f.open()
	if err != nil {
		return placed{}, err
	}
	if err := f.makeFolder(root, org); err != nil {
		return placed{}, err
	}
	folder, err := root.Open(string(org))
	if err != nil {
		return placed{}, err
	}
	defer folder.Close()
	temporary := "." + fileName + "." + strings.ToLower(rand.Text()[:12])
	beside, place := path.Join(string(org), temporary), path.Join(string(org), fileName)
	now, err := f.write(root, beside, text, old)
	if err != nil {
		return placed{}, err
	}
	p := placed{file: now, done: func() { root.Remove(beside) }}
	if old == nil {
		err = root.Link(beside, place)
		p.undo = func() error { return root.Remove(place) }
		if errors.Is(err, fs.ErrExist) {
			err = errChanged
		}
	} else {
		err = f.swap(root, folder, org, temporary, old.text, text)
		p.undo = func() error { return f.swapBack(root, org, temporary, text, old.text) }
	}
	if err == nil {
		err = folder.Sync()
	}
	if err != nil {
		p.done()
		return placed{}, err
	}
	if is, err := f.stamp(org); err == nil && is.inode == now.stamp.inode && is.size == now.stamp.size && is.wrote == now.stamp.wrote {
		now.stamp = is // that it was put there is part of it
	}
	return p, nil
}

func (f *files) swapBack(root *os.Root, org scope.OrgID, temporary string, now, old []byte) error {
	folder, err := root.Open(string(org))
	if err != nil {
		return err
	}
	defer folder.Close()
	return f.swap(root, folder, org, temporary, now, old)
}

// makeFolder makes a tenant's folder durable.
func (f *files) makeFolder(root *os.Root, org scope.OrgID) error {
	err := root.Mkdir(string(org), 0o700)
	if errors.Is(err, fs.ErrExist) {
		info, err := root.Lstat(string(org))
		if err == nil && !info.IsDir() {
			err = unreadable("security_file_link", org)
		}
		return err
	}
	if err != nil {
		return err
	}
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// write writes a new file and has it on the disk, with the mode and, where that is allowed, the owner of the old one.
func (f *files) write(root *os.Root, name string, text []byte, old *file) (*file, error) {
	now := &file{text: text, mode: 0o600}
	if old != nil {
		now.mode, now.owner = old.mode, old.owner
	}
	out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, now.mode)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	if now.owner != nil {
		out.Chown(int(now.owner.Uid), int(now.owner.Gid)) // who is not root may not give files away
	}
	if _, err = out.Write(text); err == nil {
		err = out.Chmod(now.mode)
	}
	if err == nil {
		err = out.Sync()
	}
	var info fs.FileInfo
	if err == nil {
		info, err = out.Stat()
	}
	if err != nil {
		root.Remove(name)
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	now.stamp = stampOf(info)
	return now, nil
}

// swap puts the new file in the place of the old one, and looks then whether the old one was still what had been read:
// so that there is no moment in which somebody else's save could go under. If it was not, both go back.
func (f *files) swap(root *os.Root, folder *os.File, org scope.OrgID, temporary string, old, text []byte) error {
	is := func(want []byte) bool {
		got, err := root.ReadFile(path.Join(string(org), temporary))
		return err == nil && bytes.Equal(got, want)
	}
	err := exchange(folder, temporary, fileName)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		now, err := f.read(org)
		if err != nil || !bytes.Equal(now.text, old) {
			return errChanged
		}
		return root.Rename(path.Join(string(org), temporary), path.Join(string(org), fileName))
	case errors.Is(err, fs.ErrNotExist): // taken away meanwhile
		return errChanged
	case err != nil:
		return err
	case is(old):
		return nil
	}
	if err := exchange(folder, temporary, fileName); err != nil {
		return err
	}
	if !is(text) { // and somebody wrote a third time: theirs is the last
		if err := exchange(folder, temporary, fileName); err != nil {
			return err
		}
	}
	return errChanged
}

// all are the tenants that have a folder.
func (f *files) all() ([]scope.OrgID, error) {
	root, err := f.open()
	if err != nil {
		return nil, err
	}
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	var orgs []scope.OrgID
	for _, name := range names {
		if _, ok := parseUUID(scope.OrgID(name)); ok {
			orgs = append(orgs, scope.OrgID(name))
		}
	}
	return orgs, err
}

// sweep takes away what writes that a crash ended have left. What is none of the texts that are known may be somebody's save,
// which the crash kept from going back to its place: it is set aside for people to look at.
func (f *files) sweep(org scope.OrgID, known ...string) (aside []string) {
	root, err := f.open()
	if err != nil {
		return nil
	}
	d, err := root.Open(string(org))
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(1000)
	for _, name := range names {
		if !strings.HasPrefix(name, "."+fileName+".") {
			continue
		}
		left := path.Join(string(org), name)
		text, err := root.ReadFile(left)
		if _, bad := Parse(text); err != nil || bad != nil || slices.Contains(known, string(text)) {
			root.Remove(left)
			continue
		}
		set := path.Join(string(org), fileName+".lost"+strings.TrimPrefix(name, "."+fileName))
		if root.Rename(left, set) == nil {
			aside = append(aside, set)
		}
	}
	return aside
}

// setAside gives a tenant's file another name.
func (f *files) setAside(org scope.OrgID) error {
	root, err := f.open()
	if err != nil {
		return err
	}
	place := path.Join(string(org), fileName)
	return root.Rename(place, place+".lost."+strings.ToLower(rand.Text()[:12]))
}

// lock keeps other processes of the same folder from writing a tenant's document until the function is called. It is errBusy
// where one of them does. The lock is no part of the tenant's folder, which may not be there.
func (f *files) lock(org scope.OrgID) (unlock func(), err error) {
	if !f.shared {
		return func() {}, nil
	}
	root, err := f.open()
	if err != nil {
		return nil, err
	}
	if err := root.Mkdir(".locks", 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	held, err := root.OpenFile(path.Join(".locks", string(org)), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		held.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errBusy
		}
		return nil, err
	}
	return func() { held.Close() }, nil
}

// storageFailed tells the client that the disk would not take it; other errors it leaves as they are.
func storageFailed(err error) error {
	var code syscall.Errno
	var file *fs.PathError
	var link *os.LinkError
	if errors.As(err, &code) || errors.As(err, &file) || errors.As(err, &link) {
		return fault.New(fault.Unavailable, "storage_unavailable").Because(err)
	}
	return err
}
