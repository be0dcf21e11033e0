package types

// Physical is how the values of a type are laid out.
type Physical uint8

// How values are laid out; PhysNone before [Type.Finish].
const (
	PhysNone Physical = iota
	PhysInt8
	PhysInt16
	PhysInt32
	PhysInt64
	PhysUint8 // BOOLEAN too
	PhysUint16
	PhysUint32
	PhysUint64
	PhysFloat
	PhysDouble
	PhysInt128
	PhysUint128
	PhysInterval
	PhysString
	PhysStruct
	PhysList
	PhysArray
	PhysValidity
)

// Width is the size of one stored value in bytes; 0 for strings, nested types and validity.
func (p Physical) Width() int {
	switch p {
	case PhysInt8, PhysUint8:
		return 1
	case PhysInt16, PhysUint16:
		return 2
	case PhysInt32, PhysUint32, PhysFloat:
		return 4
	case PhysInt64, PhysUint64, PhysDouble, PhysList:
		return 8
	case PhysInt128, PhysUint128, PhysInterval:
		return 16
	}
	return 0
}
