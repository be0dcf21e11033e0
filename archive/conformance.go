package archive

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
	Binds  string // what it binds: "file", which [Verify] checks, "reader" or "writer"
	Remedy string // what to do about a file that breaks it
}

// Remedies.
const (
	otherFile  = "this is not a file of that format: check that it is the one you mean"
	getAgain   = "the file was cut short or changed on its way: get it again and compare its SHA-256; `exparchive recover` takes out what is intact"
	changed    = "the content is not what was sealed: do not rely on it, and get the file again from where it was published"
	wrongMaker = "the program that wrote the file breaks the format: tell its authors; `exparchive recover` takes out what is sound"
	sealAgain  = "the records are sound, but the file is not in its canonical form: `exparchive export --format jsonl` and `exparchive record` make it anew"
	update     = "the file is newer than this program: get a newer release"
	removeIt   = "remove the file beside it if it belongs to an older archive of that name"
	rename     = "rename the file"
	notAFile   = "" // of requirements that no file shows
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
	{sxMagic, Must, "file", otherFile},
	{sxFileSize, Must, "file", getAgain},
	{sxPageSize, Must, "file", sealAgain},
	{sxMode, Must, "file", sealAgain},
	{sxReserved, Must, "file", getAgain},
	{sxChangeCounter, Must, "file", sealAgain},
	{sxFreePages, Must, "file", sealAgain},
	{sxSchemaCookie, Must, "file", sealAgain},
	{sxAutoVacuum, Must, "file", getAgain},
	{sxEncoding, Must, "file", getAgain},
	{sxVersion, Must, "file", update},
	{sxApplicationID, Must, "file", otherFile},
	{sxExpansion, Must, "file", sealAgain},
	{sxWriterVersion, Must, "file", sealAgain},
	{sxSidecar, Must, "file", removeIt},
	{sxFileName, Should, "file", rename},
	{"SX-017", Should, "writer", notAFile}, // media type

	{sxPageUse, Must, "file", getAgain},
	{sxPageKind, Must, "file", getAgain},
	{sxCells, Must, "file", getAgain},
	{sxKeyOrder, Must, "file", getAgain},
	{sxDivider, Must, "file", sealAgain},
	{sxDepth, Must, "file", getAgain},
	{sxOverflow, Must, "file", getAgain},
	{sxLayout, Must, "file", sealAgain},
	{sxShortest, Must, "file", sealAgain},
	{sxColumns, Must, "file", getAgain},
	{sxIndex, Must, "file", getAgain},

	{sxUnknownObject, Must, "file", otherFile},
	{sxMissingObject, Must, "file", otherFile},
	{sxObjectText, Must, "file", otherFile},
	{sxObjectOrder, Must, "file", sealAgain},
	{sxIntegrity, Must, "file", getAgain},

	{sxType, Must, "file", wrongMaker},
	{sxUTF8, Must, "file", wrongMaker},
	{sxNameLength, Must, "file", wrongMaker},
	{sxTextLength, Must, "file", wrongMaker},
	{sxJSON, Must, "file", wrongMaker},
	{sxJSONDepth, Must, "file", wrongMaker},
	{sxJSONForm, Must, "file", wrongMaker},
	{sxAbsent, Must, "file", wrongMaker},
	{sxRequired, Must, "file", wrongMaker},
	{"SX-049", Must, "reader", notAFile}, // timestamps are opaque
	{sxAgents, Must, "file", wrongMaker},
	{sxCents, Must, "file", wrongMaker},
	{sxAccepted, Must, "file", wrongMaker},
	{sxPolicies, Must, "file", wrongMaker},
	{sxIterationRange, Must, "file", wrongMaker},
	{sxTokens, Must, "file", wrongMaker},
	{sxLatency, Must, "file", wrongMaker},
	{sxExtra, Must, "file", wrongMaker},
	{"SX-058", Must, "reader", notAFile}, // integers are never floats
	{"SX-059", Must, "reader", notAFile}, // JSON keeps its bytes

	{sxExperimentRow, Must, "file", wrongMaker},
	{sxSalt, Must, "file", wrongMaker},
	{sxNoResult, Must, "file", wrongMaker},
	{sxStatus, Must, "file", wrongMaker},
	{sxConverged, Must, "file", wrongMaker},

	{sxSeqGap, Must, "file", changed},
	{sxSeqTwice, Must, "file", wrongMaker},
	{"SX-072", Must, "reader", notAFile}, // the experiment is record 0, the result the last one
	{"SX-073", Must, "reader", notAFile}, // replay in the order of Seq
	{"SX-074", Must, "reader", notAFile}, // iterations go by number

	{sxEventType, Must, "file", wrongMaker},
	{sxTypeOrder, Must, "file", wrongMaker},
	{sxTypeUnused, Must, "file", wrongMaker},
	{sxTypeTwice, Must, "file", wrongMaker},
	{sxTypeCount, Must, "file", wrongMaker},

	{sxSectionList, Must, "file", wrongMaker},
	{sxSectionMissing, Must, "file", wrongMaker},
	{sxSectionHash, Must, "file", changed},
	{sxSectionOrder, Must, "file", wrongMaker},
	{sxSectionUnused, Must, "file", wrongMaker},
	{sxSectionCut, Should, "file", wrongMaker},

	{sxSpanRows, Must, "file", wrongMaker},
	{sxSpanEnds, Must, "file", wrongMaker},
	{sxSpanCounts, Must, "file", wrongMaker},
	{sxSpanBytes, Must, "file", wrongMaker},

	{sxAttachmentName, Must, "file", wrongMaker},
	{sxAttachmentOnce, Must, "file", wrongMaker},

	{"SX-110", Must, "writer", notAFile}, // entry
	{"SX-111", Must, "writer", notAFile}, // its integers
	{"SX-112", Must, "writer", notAFile}, // its numbers
	{"SX-113", Must, "writer", notAFile}, // its texts
	{"SX-114", Must, "writer", notAFile}, // commitments
	{"SX-115", Must, "writer", notAFile}, // commitments in a run with a salt
	{"SX-116", Must, "writer", notAFile}, // keys
	{"SX-117", Must, "writer", notAFile}, // leaf hash
	{"SX-118", Must, "writer", notAFile}, // tree
	{"SX-119", Must, "writer", notAFile}, // independence of the form

	{sxBlockRows, Must, "file", wrongMaker},
	{sxBlockLeaves, Must, "file", changed},
	{sxBlockRoot, Must, "file", changed},

	{sxRedactedRecord, Must, "file", wrongMaker},
	{sxRedactedField, Must, "file", wrongMaker},
	{sxRedactionForm, Must, "file", wrongMaker},
	{sxWithheldValue, Must, "file", wrongMaker},
	{sxKeyMissing, Must, "file", wrongMaker},
	{sxKeyNeedless, Must, "file", wrongMaker},
	{"SX-131", Must, "writer", notAFile}, // the salt is withheld first
	{"SX-132", Must, "reader", notAFile}, // withheld is shown as such
	{"SX-133", Must, "writer", notAFile}, // nothing of the value stays

	{sxSealRow, Must, "file", wrongMaker},
	{sxSealRoot, Must, "file", changed},
	{sxSealRecords, Must, "file", changed},
	{sxSealEvents, Must, "file", changed},
	{sxSealCalls, Must, "file", changed},
	{sxSealIterations, Must, "file", changed},
	{sxSealNotes, Must, "file", changed},
	{sxSealFiles, Must, "file", changed},

	{sxAnnotationID, Must, "file", wrongMaker},
	{sxAnnotationSum, Must, "file", changed},
	{"SX-152", Must, "writer", notAFile}, // what an annotation may change

	{"SX-160", Must, "reader", notAFile},   // newer
	{"SX-161", Should, "reader", notAFile}, // older
	{"SX-162", Must, "reader", notAFile},   // reading writes nothing
	{"SX-163", Must, "writer", notAFile},   // only a writer migrates
	{"SX-164", Must, "writer", notAFile},   // a released schema never changes
	{"SX-165", Should, "reader", notAFile}, // views

	{"SX-170", Must, "writer", notAFile},   // name of a live file
	{"SX-171", Must, "writer", notAFile},   // durability
	{"SX-172", Must, "writer", notAFile},   // lock
	{"SX-173", Must, "writer", notAFile},   // content of a live file
	{"SX-174", Must, "reader", notAFile},   // log
	{"SX-175", Must, "reader", notAFile},   // log left out
	{"SX-176", Must, "writer", notAFile},   // sealing
	{"SX-177", Should, "writer", notAFile}, // spill

	{"SX-180", Must, "reader", notAFile},   // header first
	{"SX-181", Must, "reader", notAFile},   // schema before any query
	{"SX-182", Must, "reader", notAFile},   // no code from the file
	{"SX-183", Must, "reader", notAFile},   // lengths
	{"SX-184", Must, "reader", notAFile},   // bounded work
	{"SX-185", Must, "reader", notAFile},   // text is data
	{"SX-186", Must, "reader", notAFile},   // attachment names
	{"SX-187", Should, "reader", notAFile}, // member names twice
	{"SX-188", Must, "reader", notAFile},   // half a file
	{"SX-189", Should, "reader", notAFile}, // one handle

	{"SX-190", Must, "writer", notAFile}, // same records, same bytes
	{"SX-191", Must, "writer", notAFile}, // nothing else in the file
	{"SX-192", May, "writer", notAFile},  // packing
}

// requirementOf gives the requirement of an ID, which there must be.
func requirementOf(id string) Requirement {
	i := slices.IndexFunc(requirements, func(r Requirement) bool { return r.ID == id })
	return requirements[i]
}
