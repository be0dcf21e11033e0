package record

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/simexp/exparchive/archive/internal/tables"
	"github.com/simexp/exparchive/provider/digest"
)

const insertBlock = "INSERT OR REPLACE INTO leaf_block (first_seq, root, leaves) VALUES (?, ?, ?)"

// deletePartialBlock removes the block that a sealing which was interrupted wrote before its time.
var deletePartialBlock = fmt.Sprintf("DELETE FROM leaf_block WHERE length(leaves) < %d", digest.BlockSize*tables.LeafPrefix)

// insertBlocks writes rows of leaf_block.
func insertBlocks(ctx context.Context, stmt *sql.Stmt, rows []tables.LeafBlock) error {
	for _, b := range rows {
		if _, err := stmt.ExecContext(ctx, b.First, b.Root[:], b.Leaves); err != nil {
			return err
		}
	}
	return nil
}
