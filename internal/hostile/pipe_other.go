//go:build !unix

package hostile

func (m *maker) pipes() {}
