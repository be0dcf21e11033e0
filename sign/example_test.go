package sign_test

import (
	"context"
	"fmt"
	"log"

	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/digest"
	"github.com/simexp/exparchive/provider/providertest"
	"github.com/simexp/exparchive/sign"
)

// A run is signed by its digest, and whoever has the public key and the run checks both.
func ExampleSignNote() {
	run := providertest.Live([]provider.Record{
		&provider.Start{RunID: "demo-5", Name: "demo", Type: "example"},
		&provider.Result{Status: provider.StatusCompleted},
	})
	signer, verifier, err := sign.NewNoteKey("example.org/lab")
	if err != nil {
		log.Fatal(err)
	}
	checkpoint, err := digest.CheckpointOf(context.Background(), run)
	if err != nil {
		log.Fatal(err)
	}
	note, _, err := sign.SignNote(signer, checkpoint)
	if err != nil {
		log.Fatal(err)
	}
	signed, names, err := sign.OpenNote(note, verifier)
	fmt.Println(signed.Origin, signed.Size, signed.Root == checkpoint.Root, names, err)
	// Output:
	// simexp/demo-5 2 true [example.org/lab] <nil>
}
