package disktest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite is C turned into Go: it knows functions as pointers to Go's function values, and memory as numbers.

// A shim is the VFS that SQLite sees. Its memory is Go's, which does not move, and is kept by shims.
type shim struct {
	vfs  sqlite3.Tsqlite3_vfs
	name [40]byte
	real uintptr // the VFS below
	disk *Disk
	tls  *libc.TLS
}

// An openFile is what SQLite holds of a file; the file of the VFS below lies behind it in the same memory.
type openFile struct {
	methods uintptr
	handle  uintptr // in handles
}

const openFileSize = unsafe.Sizeof(openFile{})

// A handle is our side of an open file.
type handle struct {
	disk *Disk
	file int
	path string
	// A log or journal that is new in its folder is flushed together with its name.
	nameToo bool
}

var (
	shims      sync.Map // pointer to the VFS to *shim
	handles    sync.Map // number to *handle
	lastHandle atomic.Uintptr
	lastName   atomic.Int64
	methods    = sqlite3.Tsqlite3_io_methods{FiVersion: 2}
)

// at takes a number for a pointer.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// function takes a number for a function.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }

// number is the reverse of function.
func number[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

type (
	fileCall  = func(tls *libc.TLS, file uintptr) int32
	intCall   = func(tls *libc.TLS, file uintptr, n int32) int32
	ptrCall   = func(tls *libc.TLS, file, p uintptr) int32
	ioCall    = func(tls *libc.TLS, file, buf uintptr, n int32, off int64) int32
	sizeCall  = func(tls *libc.TLS, file uintptr, size int64) int32
	ctlCall   = func(tls *libc.TLS, file uintptr, op int32, arg uintptr) int32
	mapCall   = func(tls *libc.TLS, file uintptr, region, size, extend int32, out uintptr) int32
	lockCall  = func(tls *libc.TLS, file uintptr, offset, n, flags int32) int32
	voidCall  = func(tls *libc.TLS, file uintptr)
	openCall  = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	eraseCall = func(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32
)

// below gives the methods of the file below and the file itself.
func below(file uintptr) (*sqlite3.Tsqlite3_io_methods, uintptr) {
	file += openFileSize
	return at[sqlite3.Tsqlite3_io_methods](at[sqlite3.Tsqlite3_file](file).FpMethods), file
}

func handleOf(file uintptr) *handle {
	h, _ := handles.Load(at[openFile](file).handle)
	return h.(*handle)
}

func init() {
	methods.FxClose = number(closeFile)
	methods.FxRead = number(readFile)
	methods.FxWrite = number(writeFile)
	methods.FxTruncate = number(truncateFile)
	methods.FxSync = number(syncFile)
	methods.FxFileSize = number(func(tls *libc.TLS, file, p uintptr) int32 {
		m, f := below(file)
		return function[ptrCall](m.FxFileSize)(tls, f, p)
	})
	methods.FxLock = number(func(tls *libc.TLS, file uintptr, n int32) int32 {
		m, f := below(file)
		return function[intCall](m.FxLock)(tls, f, n)
	})
	methods.FxUnlock = number(func(tls *libc.TLS, file uintptr, n int32) int32 {
		m, f := below(file)
		return function[intCall](m.FxUnlock)(tls, f, n)
	})
	methods.FxCheckReservedLock = number(func(tls *libc.TLS, file, p uintptr) int32 {
		m, f := below(file)
		return function[ptrCall](m.FxCheckReservedLock)(tls, f, p)
	})
	methods.FxFileControl = number(func(tls *libc.TLS, file uintptr, op int32, arg uintptr) int32 {
		m, f := below(file)
		return function[ctlCall](m.FxFileControl)(tls, f, op, arg)
	})
	methods.FxSectorSize = number(func(tls *libc.TLS, file uintptr) int32 {
		m, f := below(file)
		return function[fileCall](m.FxSectorSize)(tls, f)
	})
	methods.FxDeviceCharacteristics = number(func(tls *libc.TLS, file uintptr) int32 {
		m, f := below(file)
		return function[fileCall](m.FxDeviceCharacteristics)(tls, f)
	})
	methods.FxShmMap = number(func(tls *libc.TLS, file uintptr, region, size, extend int32, out uintptr) int32 {
		h := handleOf(file)
		h.disk.mu.Lock()
		failure := h.disk.call(Shm, h.path)
		h.disk.mu.Unlock()
		if failure.fails() {
			return failure.Code
		}
		m, f := below(file)
		return function[mapCall](m.FxShmMap)(tls, f, region, size, extend, out)
	})
	methods.FxShmLock = number(func(tls *libc.TLS, file uintptr, offset, n, flags int32) int32 {
		m, f := below(file)
		return function[lockCall](m.FxShmLock)(tls, f, offset, n, flags)
	})
	methods.FxShmBarrier = number(func(tls *libc.TLS, file uintptr) {
		m, f := below(file)
		function[voidCall](m.FxShmBarrier)(tls, f)
	})
	methods.FxShmUnmap = number(func(tls *libc.TLS, file uintptr, n int32) int32 {
		m, f := below(file)
		return function[intCall](m.FxShmUnmap)(tls, f, n)
	})
}

func (d *Disk) register() error {
	s := &shim{disk: d, tls: libc.NewTLS()}
	s.real = sqlite3.Xsqlite3_vfs_find(s.tls, 0)
	if s.real == 0 {
		return fmt.Errorf("SQLite has no VFS")
	}
	s.vfs = *at[sqlite3.Tsqlite3_vfs](s.real)
	d.name = fmt.Sprintf("disk%d", lastName.Add(1))
	copy(s.name[:], d.name)
	s.vfs.FpNext = 0
	s.vfs.FzName = uintptr(unsafe.Pointer(&s.name))
	s.vfs.FszOsFile += int32(openFileSize)
	s.vfs.FxOpen = number(openPath)
	s.vfs.FxDelete = number(deletePath)
	d.shim = s
	p := uintptr(unsafe.Pointer(&s.vfs))
	shims.Store(p, s)
	if rc := sqlite3.Xsqlite3_vfs_register(s.tls, p, 0); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("register VFS: code %d", rc)
	}
	return nil
}

func (d *Disk) unregister() error {
	p := uintptr(unsafe.Pointer(&d.shim.vfs))
	rc := sqlite3.Xsqlite3_vfs_unregister(d.shim.tls, p)
	shims.Delete(p)
	d.shim.tls.Close()
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("unregister VFS: code %d", rc)
	}
	return nil
}

func shimOf(vfs uintptr) *shim {
	s, _ := shims.Load(vfs)
	return s.(*shim)
}

func openPath(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	s := shimOf(vfs)
	of := at[openFile](file)
	of.methods = 0
	d := s.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	path := ""
	if name != 0 {
		path = abs(libc.GoString(name))
	}
	if f := d.call(Open, path); f.fails() {
		return f.Code
	}
	_, err := os.Lstat(path)
	isNew := path != "" && os.IsNotExist(err)
	at[sqlite3.Tsqlite3_file](file + openFileSize).FpMethods = 0
	if rc := function[openCall](at[sqlite3.Tsqlite3_vfs](s.real).FxOpen)(tls, s.real, name, file+openFileSize, flags,
		out); rc != sqlite3.SQLITE_OK {
		return rc
	}
	h := &handle{disk: d, path: path}
	if path != "" {
		h.file = d.file(path)
		if isNew {
			d.add(Op{Kind: Create, File: h.file, Path: path})
			h.nameToo = flags&(sqlite3.SQLITE_OPEN_WAL|sqlite3.SQLITE_OPEN_MAIN_JOURNAL) != 0
		}
	}
	of.handle = lastHandle.Add(1)
	handles.Store(of.handle, h)
	of.methods = uintptr(unsafe.Pointer(&methods))
	return sqlite3.SQLITE_OK
}

func deletePath(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32 {
	s := shimOf(vfs)
	d := s.disk
	path := abs(libc.GoString(name))
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.call(Delete, path); f.fails() {
		return f.Code
	}
	rc := function[eraseCall](at[sqlite3.Tsqlite3_vfs](s.real).FxDelete)(tls, s.real, name, 0)
	if rc == sqlite3.SQLITE_OK {
		delete(d.files, path)
		d.add(Op{Kind: Delete, Path: path})
		if syncDir != 0 {
			d.add(Op{Kind: SyncDir, Path: filepath.Dir(path)})
		}
	}
	return rc
}

func closeFile(tls *libc.TLS, file uintptr) int32 {
	m, f := below(file)
	handles.Delete(at[openFile](file).handle)
	return function[fileCall](m.FxClose)(tls, f)
}

func readFile(tls *libc.TLS, file, buf uintptr, n int32, off int64) int32 {
	h := handleOf(file)
	h.disk.mu.Lock()
	failure := h.disk.call(Read, h.path)
	h.disk.mu.Unlock()
	if failure.fails() {
		return failure.Code
	}
	m, f := below(file)
	return function[ioCall](m.FxRead)(tls, f, buf, n, off)
}

func writeFile(tls *libc.TLS, file, buf uintptr, n int32, off int64) int32 {
	h := handleOf(file)
	d := h.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	m, f := below(file)
	write := function[ioCall](m.FxWrite)
	if failure := d.call(Write, h.path); failure.fails() {
		if failure.Short {
			write(tls, f, buf, n/2, off)
		}
		return failure.Code
	}
	if rc := write(tls, f, buf, n, off); rc != sqlite3.SQLITE_OK {
		return rc
	}
	if h.path != "" && !d.quiet {
		d.add(Op{Kind: Write, File: h.file, Path: h.path, Offset: off, Data: slices.Clone(unsafe.Slice(at[byte](buf), n))})
	}
	return sqlite3.SQLITE_OK
}

func truncateFile(tls *libc.TLS, file uintptr, size int64) int32 {
	h := handleOf(file)
	d := h.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if failure := d.call(Truncate, h.path); failure.fails() {
		return failure.Code
	}
	m, f := below(file)
	rc := function[sizeCall](m.FxTruncate)(tls, f, size)
	if rc == sqlite3.SQLITE_OK && h.path != "" {
		d.add(Op{Kind: Truncate, File: h.file, Path: h.path, Offset: size})
	}
	return rc
}

func syncFile(_ *libc.TLS, file uintptr, _ int32) int32 {
	h := handleOf(file)
	d := h.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if failure := d.call(Sync, h.path); failure.fails() {
		return failure.Code
	}
	if h.path != "" {
		d.add(Op{Kind: Sync, File: h.file, Path: h.path})
		if h.nameToo {
			d.add(Op{Kind: SyncDir, Path: filepath.Dir(h.path)})
			h.nameToo = false
		}
	}
	return sqlite3.SQLITE_OK
}
