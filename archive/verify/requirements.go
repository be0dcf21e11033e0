package verify

import "slices"

// Level says how binding a requirement of FORMAT.md is (RFC 2119).
type Level string

const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	May    Level = "MAY"
)

// A Requirement is one numbered requirement of FORMAT.md.
type Requirement struct {
	ID     string // such as "SX-044"
	Level  Level
	Binds  string // what it binds: "file", which [File] checks, "reader" or "writer"
	Remedy string // what to do about a file that breaks it
}

// Remedies.
const (
	fixOther     = "this is not a file of that format: check that it is the one you mean"
	fixGetAgain  = "the file was cut short or changed on its way: get it again and compare its SHA-256; `exparchive recover` takes out what is intact"
	fixChanged   = "the content is not what was sealed: do not rely on it, and get the file again from where it was published"
	fixMaker     = "the program that wrote the file breaks the format: tell its authors; `exparchive recover` takes out what is sound"
	fixSealAgain = "the file is not in its canonical form: if nothing else is wrong with it, `exparchive recover` makes it anew, with the same digest and its annotations"
	fixNewer     = "the file is newer than this program: get a newer release"
	fixRemove    = "remove the file beside it if it belongs to an older archive of that name"
	fixRename    = "rename the file"
	fixNothing   = "" // of requirements that no file shows
)

// Requirements gives the requirements of FORMAT.md in their order.
func Requirements() []Requirement { return slices.Clone(requirements) }

// The requirements that the validator checks, by name.
const (
	sxMagic          = "SX-001"
	sxFileSize       = "SX-002"
	sxPageSize       = "SX-003"
	sxMode           = "SX-004"
	sxReserved       = "SX-005"
	sxChangeCounter  = "SX-006"
	sxFreePages      = "SX-007"
	sxSchemaCookie   = "SX-008"
	sxAutoVacuum     = "SX-009"
	sxEncoding       = "SX-010"
	sxVersion        = "SX-011"
	sxApplicationID  = "SX-012"
	sxExpansion      = "SX-013"
	sxWriterVersion  = "SX-014"
	sxSidecar        = "SX-015"
	sxFileName       = "SX-016"
	sxPageUse        = "SX-020"
	sxPageKind       = "SX-021"
	sxCells          = "SX-022"
	sxKeyOrder       = "SX-023"
	sxDivider        = "SX-024"
	sxDepth          = "SX-025"
	sxOverflow       = "SX-026"
	sxLayout         = "SX-027"
	sxShortest       = "SX-028"
	sxColumns        = "SX-029"
	sxIndex          = "SX-030"
	sxUnknownObject  = "SX-031"
	sxMissingObject  = "SX-032"
	sxObjectText     = "SX-033"
	sxObjectOrder    = "SX-034"
	sxIntegrity      = "SX-035"
	sxType           = "SX-040"
	sxUTF8           = "SX-041"
	sxNameLength     = "SX-042"
	sxTextLength     = "SX-043"
	sxJSON           = "SX-044"
	sxJSONDepth      = "SX-045"
	sxJSONForm       = "SX-046"
	sxAbsent         = "SX-047"
	sxRequired       = "SX-048"
	sxAgents         = "SX-050"
	sxCents          = "SX-051"
	sxAccepted       = "SX-052"
	sxPolicies       = "SX-053"
	sxIterationRange = "SX-054"
	sxTokens         = "SX-055"
	sxLatency        = "SX-056"
	sxExtra          = "SX-057"
	sxExperimentRow  = "SX-060"
	sxSalt           = "SX-061"
	sxNoResult       = "SX-062"
	sxStatus         = "SX-063"
	sxConverged      = "SX-064"
	sxSeqGap         = "SX-070"
	sxSeqTwice       = "SX-071"
	sxEventType      = "SX-080"
	sxTypeOrder      = "SX-081"
	sxTypeUnused     = "SX-082"
	sxTypeTwice      = "SX-083"
	sxTypeCount      = "SX-084"
	sxSectionList    = "SX-090"
	sxSectionMissing = "SX-091"
	sxSectionHash    = "SX-092"
	sxSectionOrder   = "SX-093"
	sxSectionUnused  = "SX-094"
	sxSectionCut     = "SX-095"
	sxSpanRows       = "SX-100"
	sxSpanEnds       = "SX-101"
	sxSpanCounts     = "SX-102"
	sxSpanBytes      = "SX-103"
	sxAttachmentName = "SX-105"
	sxAttachmentOnce = "SX-106"
	sxBlockRows      = "SX-120"
	sxBlockLeaves    = "SX-121"
	sxBlockRoot      = "SX-122"
	sxRedactedRecord = "SX-125"
	sxRedactedField  = "SX-126"
	sxRedactionForm  = "SX-127"
	sxWithheldValue  = "SX-128"
	sxKeyMissing     = "SX-129"
	sxKeyNeedless    = "SX-130"
	sxSealRow        = "SX-140"
	sxSealRoot       = "SX-141"
	sxSealRecords    = "SX-142"
	sxSealEvents     = "SX-143"
	sxSealCalls      = "SX-144"
	sxSealIterations = "SX-145"
	sxSealNotes      = "SX-146"
	sxSealFiles      = "SX-147"
	sxAnnotationID   = "SX-150"
	sxAnnotationSum  = "SX-151"
)

// requirements is in the order of FORMAT.md, which says them in full.
var requirements = []Requirement{
	{sxMagic, Must, "file", fixOther},
	{sxFileSize, Must, "file", fixGetAgain},
	{sxPageSize, Must, "file", fixSealAgain},
	{sxMode, Must, "file", fixSealAgain},
	{sxReserved, Must, "file", fixGetAgain},
	{sxChangeCounter, Must, "file", fixSealAgain},
	{sxFreePages, Must, "file", fixSealAgain},
	{sxSchemaCookie, Must, "file", fixSealAgain},
	{sxAutoVacuum, Must, "file", fixGetAgain},
	{sxEncoding, Must, "file", fixGetAgain},
	{sxVersion, Must, "file", fixNewer},
	{sxApplicationID, Must, "file", fixOther},
	{sxExpansion, Must, "file", fixSealAgain},
	{sxWriterVersion, Must, "file", fixSealAgain},
	{sxSidecar, Must, "file", fixRemove},
	{sxFileName, Should, "file", fixRename},
	{"SX-017", Should, "writer", fixNothing}, // media type

	{sxPageUse, Must, "file", fixGetAgain},
	{sxPageKind, Must, "file", fixGetAgain},
	{sxCells, Must, "file", fixGetAgain},
	{sxKeyOrder, Must, "file", fixGetAgain},
	{sxDivider, Must, "file", fixSealAgain},
	{sxDepth, Must, "file", fixGetAgain},
	{sxOverflow, Must, "file", fixGetAgain},
	{sxLayout, Must, "file", fixSealAgain},
	{sxShortest, Must, "file", fixSealAgain},
	{sxColumns, Must, "file", fixGetAgain},
	{sxIndex, Must, "file", fixGetAgain},

	{sxUnknownObject, Must, "file", fixOther},
	{sxMissingObject, Must, "file", fixOther},
	{sxObjectText, Must, "file", fixOther},
	{sxObjectOrder, Must, "file", fixSealAgain},
	{sxIntegrity, Must, "file", fixGetAgain},

	{sxType, Must, "file", fixMaker},
	{sxUTF8, Must, "file", fixMaker},
	{sxNameLength, Must, "file", fixMaker},
	{sxTextLength, Must, "file", fixMaker},
	{sxJSON, Must, "file", fixMaker},
	{sxJSONDepth, Must, "file", fixMaker},
	{sxJSONForm, Must, "file", fixMaker},
	{sxAbsent, Must, "file", fixMaker},
	{sxRequired, Must, "file", fixMaker},
	{"SX-049", Must, "reader", fixNothing}, // timestamps are opaque
	{sxAgents, Must, "file", fixMaker},
	{sxCents, Must, "file", fixMaker},
	{sxAccepted, Must, "file", fixMaker},
	{sxPolicies, Must, "file", fixMaker},
	{sxIterationRange, Must, "file", fixMaker},
	{sxTokens, Must, "file", fixMaker},
	{sxLatency, Must, "file", fixMaker},
	{sxExtra, Must, "file", fixMaker},
	{"SX-058", Must, "reader", fixNothing}, // integers are never floats
	{"SX-059", Must, "reader", fixNothing}, // JSON keeps its bytes

	{sxExperimentRow, Must, "file", fixMaker},
	{sxSalt, Must, "file", fixMaker},
	{sxNoResult, Must, "file", fixMaker},
	{sxStatus, Must, "file", fixMaker},
	{sxConverged, Must, "file", fixMaker},

	{sxSeqGap, Must, "file", fixChanged},
	{sxSeqTwice, Must, "file", fixMaker},
	{"SX-072", Must, "reader", fixNothing}, // the experiment is record 0, the result the last one
	{"SX-073", Must, "reader", fixNothing}, // replay in the order of Seq
	{"SX-074", Must, "reader", fixNothing}, // iterations go by number

	{sxEventType, Must, "file", fixMaker},
	{sxTypeOrder, Must, "file", fixMaker},
	{sxTypeUnused, Must, "file", fixMaker},
	{sxTypeTwice, Must, "file", fixMaker},
	{sxTypeCount, Must, "file", fixMaker},

	{sxSectionList, Must, "file", fixMaker},
	{sxSectionMissing, Must, "file", fixMaker},
	{sxSectionHash, Must, "file", fixChanged},
	{sxSectionOrder, Must, "file", fixMaker},
	{sxSectionUnused, Must, "file", fixMaker},
	{sxSectionCut, Should, "file", fixMaker},

	{sxSpanRows, Must, "file", fixMaker},
	{sxSpanEnds, Must, "file", fixMaker},
	{sxSpanCounts, Must, "file", fixMaker},
	{sxSpanBytes, Must, "file", fixMaker},

	{sxAttachmentName, Must, "file", fixMaker},
	{sxAttachmentOnce, Must, "file", fixMaker},

	{"SX-110", Must, "writer", fixNothing}, // entry
	{"SX-111", Must, "writer", fixNothing}, // its integers
	{"SX-112", Must, "writer", fixNothing}, // its numbers
	{"SX-113", Must, "writer", fixNothing}, // its texts
	{"SX-114", Must, "writer", fixNothing}, // commitments
	{"SX-115", Must, "writer", fixNothing}, // commitments in a run with a salt
	{"SX-116", Must, "writer", fixNothing}, // keys
	{"SX-117", Must, "writer", fixNothing}, // leaf hash
	{"SX-118", Must, "writer", fixNothing}, // tree
	{"SX-119", Must, "writer", fixNothing}, // independence of the form

	{sxBlockRows, Must, "file", fixMaker},
	{sxBlockLeaves, Must, "file", fixChanged},
	{sxBlockRoot, Must, "file", fixChanged},

	{sxRedactedRecord, Must, "file", fixMaker},
	{sxRedactedField, Must, "file", fixMaker},
	{sxRedactionForm, Must, "file", fixMaker},
	{sxWithheldValue, Must, "file", fixMaker},
	{sxKeyMissing, Must, "file", fixMaker},
	{sxKeyNeedless, Must, "file", fixMaker},
	{"SX-131", Must, "writer", fixNothing}, // the salt is withheld first
	{"SX-132", Must, "reader", fixNothing}, // withheld is shown as such
	{"SX-133", Must, "writer", fixNothing}, // nothing of the value stays

	{sxSealRow, Must, "file", fixMaker},
	{sxSealRoot, Must, "file", fixChanged},
	{sxSealRecords, Must, "file", fixChanged},
	{sxSealEvents, Must, "file", fixChanged},
	{sxSealCalls, Must, "file", fixChanged},
	{sxSealIterations, Must, "file", fixChanged},
	{sxSealNotes, Must, "file", fixChanged},
	{sxSealFiles, Must, "file", fixChanged},

	{sxAnnotationID, Must, "file", fixMaker},
	{sxAnnotationSum, Must, "file", fixChanged},
	{"SX-152", Must, "writer", fixNothing}, // what an annotation may change

	{"SX-160", Must, "reader", fixNothing},   // newer
	{"SX-161", Should, "reader", fixNothing}, // older
	{"SX-162", Must, "reader", fixNothing},   // reading writes nothing
	{"SX-163", Must, "writer", fixNothing},   // only a writer migrates
	{"SX-164", Must, "writer", fixNothing},   // a released schema never changes
	{"SX-165", Should, "reader", fixNothing}, // views

	{"SX-170", Must, "writer", fixNothing},   // name of a live file
	{"SX-171", Must, "writer", fixNothing},   // durability
	{"SX-172", Must, "writer", fixNothing},   // lock
	{"SX-173", Must, "writer", fixNothing},   // content of a live file
	{"SX-174", Must, "reader", fixNothing},   // log
	{"SX-175", Must, "reader", fixNothing},   // log left out
	{"SX-176", Must, "writer", fixNothing},   // sealing
	{"SX-177", Should, "writer", fixNothing}, // spill
	{"SX-178", Must, "writer", fixNothing},   // exclusive recorders
	{"SX-179", Must, "reader", fixNothing},   // and their readers

	{"SX-180", Must, "reader", fixNothing},   // header first
	{"SX-181", Must, "reader", fixNothing},   // schema before any query
	{"SX-182", Must, "reader", fixNothing},   // no code from the file
	{"SX-183", Must, "reader", fixNothing},   // lengths
	{"SX-184", Must, "reader", fixNothing},   // bounded work
	{"SX-185", Must, "reader", fixNothing},   // text is data
	{"SX-186", Must, "reader", fixNothing},   // attachment names
	{"SX-187", Should, "reader", fixNothing}, // member names twice
	{"SX-188", Must, "reader", fixNothing},   // half a file
	{"SX-189", Should, "reader", fixNothing}, // one handle

	{"SX-190", Must, "writer", fixNothing}, // same records, same bytes
	{"SX-191", Must, "writer", fixNothing}, // nothing else in the file
	{"SX-192", May, "writer", fixNothing},  // packing
}

// requirementOf gives the requirement of an ID, which there must be.
func requirementOf(id string) Requirement {
	i := slices.IndexFunc(requirements, func(r Requirement) bool { return r.ID == id })
	return requirements[i]
}
