package jsonl

import (
	"fmt"
	"strconv"

	"github.com/simexp/exparchive/internal/jsontext"
)

// A continue line may stand at the beginning of an input that continues a run. It is no record: it says behind which
// record of the run the lines begin, so that those that are recorded already are known.
const continueType = `"continue"`

// isContinue reports whether a line is meant as a continue line.
func (f *fields) isContinue() bool { return string(f.find("type")) == continueType }

// continueLine takes the line that was split last.
func (r *Reader) continueLine() error {
	runID, records, err := r.fields.continuation()
	if err == nil {
		err = r.onContinue(runID, records)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrContinue, err)
	}
	return nil
}

// continuation reads the members of a continue line, each of which it has to have.
func (f *fields) continuation() (runID string, records int64, err error) {
	for _, m := range f.members {
		switch string(m.Name) {
		case "type", "run_id", "records":
		default:
			return "", 0, fmt.Errorf("%w member %.80q: continue has run_id, records", ErrUnknown, m.Name)
		}
	}
	id, count := f.find("run_id"), f.find("records")
	if jsontext.IsNull(id) || jsontext.IsNull(count) {
		return "", 0, fmt.Errorf("run_id or records: %w", errMissing)
	}
	if runID, err = jsontext.Unquote(id); err != nil || runID == "" {
		return "", 0, fmt.Errorf("run_id: got %s, want a string that is not empty", clip(id))
	}
	if records, err = strconv.ParseInt(string(count), 10, 64); err != nil || records < 0 {
		return "", 0, fmt.Errorf("records: got %s, want a number of records", clip(count))
	}
	return runID, records, nil
}
