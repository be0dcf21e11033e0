package runindex

import "syscall"

// add adds what the system tells beyond size and time without opening the file.
func (s *Stamp) add(sys any) bool {
	data, ok := sys.(*syscall.Win32FileAttributeData)
	if ok {
		s.ID = uint64(data.CreationTime.Nanoseconds())
	}
	return ok
}
