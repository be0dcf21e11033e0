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
	Stage  Stage  // in which it is asked whether a file keeps it; 0 if it does not bind files
	Remedy string // what to do about a file that breaks it
}

// A Stage is a group of requirements on files. Each says of what it is about that something is so, which can be asked
// only where those of earlier stages hold: what breaks one of them often breaks many of later stages too, and nobody
// has broken those.
type Stage int

// The stages, in the order in which they count.
const (
	StageFile       Stage = iota + 1 // the file and its header
	StageSchema                      // the rows of sqlite_schema
	StagePages                       // where rows lie, and every byte that belongs to none
	StageTypes                       // the columns of rows, and the types of values
	StageValues                      // values, looked at one row at a time
	StageReferences                  // what is inside of values, and what rows refer to
	StageRows                        // what rows say of each other
	StageSeal                        // the digest, and what else was counted and hashed
	StageBlocks                      // the leaf hashes of records
)

// Remedies.
const (
	fixOther    = "this is not a file of that format: check that it is the one you mean"
	fixGetAgain = "the file was cut short or changed on its way: get it again and compare its SHA-256; `exparchive " +
		"recover` takes out what is intact"
	fixChanged = "the content is not what was sealed: do not rely on it, and get the file again from where it was " +
		"published"
	fixMaker = "the program that wrote the file breaks the format: tell its authors; `exparchive recover` takes " +
		"out what is sound"
	fixRemake = "the file was changed on its way, or a tool wrote to it: get it again and compare its SHA-256; " +
		"`exparchive recover` makes it anew of what is intact, with the same digest if that is all"
	fixHeader = "a tool wrote to the file, or it is of another program: check that it is the one you mean; if " +
		"nothing else is wrong with it, `exparchive recover` makes it anew, with the same digest and its " +
		"annotations"
	fixSeal = "seal it with `exparchive seal`, for which it must be named FILE.simexp-live; if it came from " +
		"somebody else, tell them"
	fixNewer   = "the file is newer than this program: get a newer release"
	fixRemove  = "remove the file beside it if it belongs to an older archive of that name"
	fixRename  = "rename the file"
	fixNothing = "" // of requirements that no file shows
)

// Requirements gives the requirements of FORMAT.md in their order.
func Requirements() []Requirement { return slices.Clone(requirements) }

// The requirements that the validator checks, by name.
const (
	sxMagic            = "SX-001"
	sxFileSize         = "SX-002"
	sxPageSize         = "SX-003"
	sxMode             = "SX-004"
	sxReserved         = "SX-005"
	sxVersion          = "SX-011"
	sxSidecar          = "SX-015"
	sxFileName         = "SX-016"
	sxHeader           = "SX-018"
	sxColumns          = "SX-029"
	sxUnknownObject    = "SX-031"
	sxMissingObject    = "SX-032"
	sxObjectText       = "SX-033"
	sxIntegrity        = "SX-035"
	sxPages            = "SX-036"
	sxType             = "SX-040"
	sxUTF8             = "SX-041"
	sxNameLength       = "SX-042"
	sxTextLength       = "SX-043"
	sxJSON             = "SX-044"
	sxJSONDepth        = "SX-045"
	sxJSONForm         = "SX-046"
	sxAbsent           = "SX-047"
	sxRequired         = "SX-048"
	sxAgents           = "SX-050"
	sxCents            = "SX-051"
	sxAccepted         = "SX-052"
	sxPolicies         = "SX-053"
	sxIterationRange   = "SX-054"
	sxTokens           = "SX-055"
	sxLatency          = "SX-056"
	sxExtra            = "SX-057"
	sxExperimentRow    = "SX-060"
	sxSalt             = "SX-061"
	sxNoResult         = "SX-062"
	sxStatus           = "SX-063"
	sxConverged        = "SX-064"
	sxAlways           = "SX-065"
	sxSubject          = "SX-066"
	sxZeroByte         = "SX-067"
	sxNegative         = "SX-068"
	sxSeqGap           = "SX-070"
	sxSeqTwice         = "SX-071"
	sxEventType        = "SX-080"
	sxTypeOrder        = "SX-081"
	sxTypeUnused       = "SX-082"
	sxTypeTwice        = "SX-083"
	sxTypeCount        = "SX-084"
	sxSectionList      = "SX-090"
	sxSectionMissing   = "SX-091"
	sxSectionOrder     = "SX-093"
	sxSectionUnused    = "SX-094"
	sxSectionCut       = "SX-095"
	sxSpanRows         = "SX-100"
	sxSpanEnds         = "SX-101"
	sxSpanCounts       = "SX-102"
	sxSpanBytes        = "SX-103"
	sxAttachmentFolder = "SX-104"
	sxAttachmentName   = "SX-105"
	sxAttachmentOnce   = "SX-106"
	sxProportion       = "SX-107"
	sxNotRecorded      = "SX-108"
	sxPortableName     = "SX-109"
	sxBlockRows        = "SX-120"
	sxBlockLeaves      = "SX-121"
	sxBlockRoot        = "SX-122"
	sxRedactedRecord   = "SX-125"
	sxRedactedField    = "SX-126"
	sxRedactionForm    = "SX-127"
	sxWithheldValue    = "SX-128"
	sxKeyMissing       = "SX-129"
	sxKeyNeedless      = "SX-130"
	sxSaltKept         = "SX-131"
	sxSealRow          = "SX-140"
	sxSealRoot         = "SX-141"
	sxSealCounts       = "SX-148"
	sxAnnotationID     = "SX-150"
	sxAnnotationSum    = "SX-151"
)

// requirements is in the order of FORMAT.md, which says them in full.
var requirements = []Requirement{
	{sxMagic, Must, "file", StageFile, fixOther},
	{sxFileSize, Must, "file", StageFile, fixGetAgain},
	{sxPageSize, Must, "file", StageFile, fixRemake},
	{sxMode, Must, "file", StageFile, fixRemake},
	{sxReserved, Must, "file", StageFile, fixGetAgain},
	{sxVersion, Must, "file", StageFile, fixNewer},
	{sxSidecar, Must, "file", StageFile, fixRemove},
	{sxFileName, Should, "file", StageFile, fixRename},
	{"SX-017", Should, "writer", 0, fixNothing}, // media type
	{sxHeader, Must, "file", StageFile, fixHeader},

	{sxColumns, Must, "file", StageTypes, fixGetAgain},

	{sxUnknownObject, Must, "file", StageSchema, fixOther},
	{sxMissingObject, Must, "file", StageSchema, fixOther},
	{sxObjectText, Must, "file", StageSchema, fixOther},

	{sxIntegrity, Must, "file", StagePages, fixGetAgain},
	{sxPages, Must, "file", StagePages, fixRemake},

	{sxType, Must, "file", StageTypes, fixMaker},
	{sxUTF8, Must, "file", StageTypes, fixMaker},
	{sxNameLength, Must, "file", StageValues, fixMaker},
	{sxTextLength, Must, "file", StageValues, fixMaker},
	{sxJSON, Must, "file", StageValues, fixMaker},
	{sxJSONDepth, Must, "file", StageValues, fixMaker},
	{sxJSONForm, Must, "file", StageValues, fixMaker},
	{sxAbsent, Must, "file", StageValues, fixMaker},
	{sxRequired, Must, "file", StageValues, fixMaker},

	{"SX-049", Must, "reader", 0, fixNothing}, // timestamps are opaque
	{sxAgents, Must, "file", StageReferences, fixMaker},
	{sxCents, Must, "file", StageReferences, fixMaker},
	{sxAccepted, Must, "file", StageReferences, fixMaker},
	{sxPolicies, Must, "file", StageReferences, fixMaker},

	{sxIterationRange, Must, "file", StageValues, fixMaker},
	{sxTokens, Must, "file", StageValues, fixMaker},
	{sxLatency, Must, "file", StageValues, fixMaker},
	{sxExtra, Must, "file", StageReferences, fixMaker},
	{"SX-058", Must, "reader", 0, fixNothing}, // integers are never floats
	{"SX-059", Must, "reader", 0, fixNothing}, // JSON keeps its bytes

	{sxExperimentRow, Must, "file", StageValues, fixMaker},
	{sxSalt, Must, "file", StageValues, fixMaker},
	{sxNoResult, Must, "file", StageValues, fixMaker},
	{sxStatus, Must, "file", StageValues, fixMaker},
	{sxConverged, Must, "file", StageValues, fixMaker},
	{sxAlways, Must, "file", StageRows, fixMaker},
	{sxSubject, Must, "file", StageReferences, fixMaker},
	{sxZeroByte, Must, "file", StageValues, fixMaker},
	{sxNegative, Must, "file", StageValues, fixMaker},

	{sxSeqGap, Must, "file", StageReferences, fixChanged},
	{sxSeqTwice, Must, "file", StageReferences, fixMaker},
	{"SX-072", Must, "reader", 0, fixNothing}, // the experiment is record 0, the result the last one
	{"SX-073", Must, "reader", 0, fixNothing}, // replay in the order of Seq
	{"SX-074", Must, "reader", 0, fixNothing}, // iterations go by number

	{sxEventType, Must, "file", StageReferences, fixMaker},
	{sxTypeOrder, Must, "file", StageReferences, fixMaker},
	{sxTypeUnused, Must, "file", StageReferences, fixMaker},
	{sxTypeTwice, Must, "file", StageReferences, fixMaker},
	{sxTypeCount, Must, "file", StageValues, fixMaker},

	{sxSectionList, Must, "file", StageValues, fixMaker},
	{sxSectionMissing, Must, "file", StageReferences, fixMaker},
	{sxSectionOrder, Must, "file", StageReferences, fixMaker},
	{sxSectionUnused, Must, "file", StageReferences, fixMaker},
	{sxSectionCut, Must, "file", StageReferences, fixMaker},

	{sxSpanRows, Must, "file", StageReferences, fixMaker},
	{sxSpanEnds, Must, "file", StageRows, fixMaker},
	{sxSpanCounts, Must, "file", StageRows, fixMaker},
	{sxSpanBytes, Must, "file", StageRows, fixMaker},

	{sxAttachmentFolder, Must, "file", StageReferences, fixMaker},
	{sxAttachmentName, Must, "file", StageValues, fixMaker},
	{sxAttachmentOnce, Must, "file", StageReferences, fixMaker},
	{sxProportion, Must, "file", StageReferences, fixMaker},
	{sxNotRecorded, Must, "file", StageValues, fixMaker},
	{sxPortableName, Must, "file", StageReferences, fixMaker},

	{"SX-110", Must, "writer", 0, fixNothing}, // entry
	{"SX-111", Must, "writer", 0, fixNothing}, // its integers
	{"SX-112", Must, "writer", 0, fixNothing}, // its numbers
	{"SX-113", Must, "writer", 0, fixNothing}, // its texts
	{"SX-114", Must, "writer", 0, fixNothing}, // commitments
	{"SX-115", Must, "writer", 0, fixNothing}, // commitments in a run with a salt
	{"SX-116", Must, "writer", 0, fixNothing}, // keys
	{"SX-117", Must, "writer", 0, fixNothing}, // leaf hash
	{"SX-118", Must, "writer", 0, fixNothing}, // tree
	{"SX-119", Must, "writer", 0, fixNothing}, // independence of the form

	{sxBlockRows, Must, "file", StageRows, fixMaker},
	{sxBlockLeaves, Must, "file", StageBlocks, fixChanged},
	{sxBlockRoot, Must, "file", StageBlocks, fixChanged},

	{sxRedactedRecord, Must, "file", StageReferences, fixMaker},
	{sxRedactedField, Must, "file", StageReferences, fixMaker},
	{sxRedactionForm, Must, "file", StageValues, fixMaker},
	{sxWithheldValue, Must, "file", StageRows, fixMaker},
	{sxKeyMissing, Must, "file", StageRows, fixMaker},
	{sxKeyNeedless, Must, "file", StageRows, fixMaker},
	{sxSaltKept, Must, "file", StageRows, fixMaker},
	{"SX-132", Must, "reader", 0, fixNothing}, // withheld is shown as such
	{"SX-133", Must, "writer", 0, fixNothing}, // nothing of the value stays

	{sxSealRow, Must, "file", StageFile, fixSeal},

	{sxSealRoot, Must, "file", StageSeal, fixChanged},
	{sxSealCounts, Must, "file", StageSeal, fixChanged},

	{sxAnnotationID, Must, "file", StageReferences, fixMaker},
	{sxAnnotationSum, Must, "file", StageSeal, fixChanged},
	{"SX-152", Must, "writer", 0, fixNothing}, // what an annotation may change
	{"SX-153", Must, "writer", 0, fixNothing}, // origin of a checkpoint
	{"SX-154", Must, "reader", 0, fixNothing}, // what a signature covers
	{"SX-155", Must, "writer", 0, fixNothing}, // signatures of SSH
	{"SX-156", Must, "reader", 0, fixNothing}, // and which of them hold
	{"SX-157", Must, "writer", 0, fixNothing}, // signed notes
	{"SX-158", Must, "reader", 0, fixNothing}, // proofs

	{"SX-160", Must, "reader", 0, fixNothing},   // newer
	{"SX-161", Should, "reader", 0, fixNothing}, // older
	{"SX-162", Must, "reader", 0, fixNothing},   // reading writes nothing
	{"SX-163", Must, "writer", 0, fixNothing},   // only a writer migrates
	{"SX-164", Must, "writer", 0, fixNothing},   // a released schema never changes
	{"SX-165", Should, "reader", 0, fixNothing}, // views

	{"SX-170", Must, "writer", 0, fixNothing},   // name of a live file
	{"SX-171", Must, "writer", 0, fixNothing},   // durability
	{"SX-172", Must, "writer", 0, fixNothing},   // lock
	{"SX-173", Must, "writer", 0, fixNothing},   // content of a live file
	{"SX-174", Must, "reader", 0, fixNothing},   // log
	{"SX-175", Must, "reader", 0, fixNothing},   // log left out
	{"SX-176", Must, "writer", 0, fixNothing},   // sealing
	{"SX-177", Should, "writer", 0, fixNothing}, // spill
	{"SX-178", Must, "writer", 0, fixNothing},   // exclusive recorders
	{"SX-179", Must, "reader", 0, fixNothing},   // and their readers

	{"SX-180", Must, "reader", 0, fixNothing},   // header first
	{"SX-181", Must, "reader", 0, fixNothing},   // schema before any query
	{"SX-182", Must, "reader", 0, fixNothing},   // no code from the file
	{"SX-183", Must, "reader", 0, fixNothing},   // lengths
	{"SX-184", Must, "reader", 0, fixNothing},   // bounded work
	{"SX-185", Must, "reader", 0, fixNothing},   // text is data
	{"SX-186", Must, "reader", 0, fixNothing},   // attachment names
	{"SX-187", Should, "reader", 0, fixNothing}, // member names twice
	{"SX-188", Must, "reader", 0, fixNothing},   // half a file
	{"SX-189", Should, "reader", 0, fixNothing}, // one handle

	{"SX-190", Must, "writer", 0, fixNothing}, // same records, same bytes
	{"SX-191", Must, "writer", 0, fixNothing}, // nothing else in the file
	{"SX-192", May, "writer", 0, fixNothing},  // packing
}

// requirementOf gives the requirement of an ID, which there must be.
func requirementOf(id string) Requirement {
	i := slices.IndexFunc(requirements, func(r Requirement) bool { return r.ID == id })
	return requirements[i]
}
