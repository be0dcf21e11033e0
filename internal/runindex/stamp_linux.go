package runindex

import "syscall"

// add adds what the system tells beyond size and time.
func (s *Stamp) add(sys any) bool {
	st, ok := sys.(*syscall.Stat_t)
	if ok {
		s.Changed, s.ID = st.Ctim.Nano(), st.Ino
	}
	return ok
}
