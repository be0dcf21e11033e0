package rewrite

import (
	"context"
	"slices"

	"github.com/simexp/exparchive/archive"
	"github.com/simexp/exparchive/archive/internal/sqlitefile"
)

// annotated is the suffix of the file that [Edit] works in.
const annotated = "-annotated"

// Annotate adds annotations to the sealed archive at path behind those that it has, and leaves out any that are there
// word for word. If there is nothing to add the file is not touched.
//
// The errors are those of [archive.Open], [archive.ErrNotSealed], [archive.ErrDamaged] if the records are not what was
// sealed, [archive.ErrChanged] if the file was replaced meanwhile, provider.ErrInvalid for an annotation,
// [archive.ErrBusy] while another process changes the same file, and those of the file system. They name the archive
// and say what was being done. In any case the archive is whole.
func Annotate(ctx context.Context, path string, annotations []archive.Annotation) error {
	return Edit(ctx, path, adding(annotations))
}

// Edit is [Annotate] for any change: edit gets the annotations that there are and gives those that there shall be
// instead, or an error, which ends the call. It is called more than once and must not modify what it gets.
func Edit(ctx context.Context, path string, edit func(old []archive.Annotation) ([]archive.Annotation, error)) error {
	return editOn(ctx, sqlitefile.RealSystem, path, edit)
}

func editOn(ctx context.Context, sys *sqlitefile.System, path string,
	edit func([]archive.Annotation) ([]archive.Annotation, error),
) error {
	r, err := newReplacement(sys, path, annotated, func(now content) (content, error) {
		all, err := edit(now.annotations)
		if err != nil {
			return now, err
		}
		for _, a := range all {
			if slices.Contains(now.annotations, a) {
				continue
			}
			if err := a.Validate(); err != nil {
				return now, err
			}
		}
		now.annotations = all
		return now, nil
	})
	if err == nil {
		_, _, err = r.run(ctx)
	}
	return err
}

// adding is the edit that adds those that are not there yet.
func adding(add []archive.Annotation) func(old []archive.Annotation) ([]archive.Annotation, error) {
	return func(old []archive.Annotation) ([]archive.Annotation, error) {
		all := slices.Clone(old)
		for _, a := range add {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
		return all, nil
	}
}
