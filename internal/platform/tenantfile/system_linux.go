package tenantfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// exchange has two files of a folder change places, in one step.
func exchange(folder *os.File, a, b string) error {
	fd := int(folder.Fd())
	err := unix.Renameat2(fd, a, fd, b, unix.RENAME_EXCHANGE)
	if err == unix.EINVAL || err == unix.ENOSYS { // a file system that cannot
		return errors.ErrUnsupported
	}
	return err
}

// changedAt is when a file was written or put in its place, in nanoseconds since 1970.
func changedAt(info fs.FileInfo) int64 {
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		return sys.Ctim.Nano()
	}
	return info.ModTime().UnixNano()
}
