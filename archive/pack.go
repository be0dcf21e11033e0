package archive

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/simexp/exparchive/archive/internal/packed"
	"github.com/simexp/exparchive/internal/fileerr"
)

// Pack writes the packed form of a sealed archive to w: its file in zstd's seekable format
// (https://github.com/facebook/zstd, contrib/seekable_format), which is some five times smaller, which `zstd -d`
// unpacks to the same bytes, and which [Open] reads as it is, a part of it without the rest. What has not changed
// since it was sealed is for the caller to ask. The same archive is packed into the same bytes by every program of a
// release, on every machine. A live file is [ErrNotSealed].
//
// [Archive.Raw] of the packed form gives the file back.
func Pack(ctx context.Context, w io.Writer, a *Archive) error {
	raw, err := a.Raw()
	if err != nil {
		return err
	}
	return packed.Write(ctx, w, raw, raw.Size())
}

var errPackedName = errors.New("only `exparchive pack` makes packed archives; name it without " + PackedSuffix +
	", and pack it")

// CheckName reports that an archive that is not packed is to get a name like those of packed ones.
func CheckName(path string) error {
	if strings.HasSuffix(path, Extension+PackedSuffix) {
		return fileerr.In(path, errPackedName)
	}
	return nil
}
