package castro_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/simexp/exparchive/legacy/castro"
	"github.com/simexp/exparchive/provider"
	"github.com/simexp/exparchive/provider/replay"
)

// Replay every run of an old database.
func Example() {
	ctx := context.Background()
	db, err := castro.Open("results/castro.db", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	runs, err := db.Runs(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, info := range runs {
		run, err := db.Run(ctx, info.ID)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(info.Generation, info.ID)
		if err := provider.Copy(ctx, replay.NewPrinter(os.Stdout, nil), run); err != nil {
			log.Fatal(err)
		}
	}
}
