package archive

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/simexp/exparchive/provider/digest"
)

// The digest alone says that a run was changed, and not where. So the table leaf_block keeps, for each block of 256 records,
// the root of their subtree, and the first bytes of each leaf hash. The roots of the blocks give the root of the run,
// which proves them; a block proves its records; and the prefixes name the record that differs.

const (
	// leafPrefix is how many bytes of a leaf hash a block keeps.
	leafPrefix = 8

	insertBlock = "INSERT OR REPLACE INTO leaf_block (first_seq, root, leaves) VALUES (?, ?, ?)"
)

// deletePartialBlock removes the block that a sealing which was interrupted wrote before its time.
var deletePartialBlock = fmt.Sprintf("DELETE FROM leaf_block WHERE length(leaves) < %d", digest.BlockSize*leafPrefix)

// A leafBlock is a row of leaf_block.
type leafBlock struct {
	first  int64 // Seq of the first record
	root   digest.Hash
	leaves []byte // leafPrefix bytes of each leaf hash
}

// blocks gathers leaf hashes into blocks.
type blocks struct {
	leaves []byte      // of the block that is not complete
	done   []leafBlock // complete, and not yet written
}

func (b blocks) clone() blocks {
	leaves := make([]byte, len(b.leaves), digest.BlockSize*leafPrefix)
	copy(leaves, b.leaves)
	return blocks{leaves: leaves}
}

// add appends a leaf to tree and to its block.
func (b *blocks) add(tree *digest.Tree, leaf digest.Hash) {
	tree.Add(leaf)
	b.leaves = append(b.leaves, leaf[:leafPrefix]...)
	if tree.Len()%digest.BlockSize == 0 {
		b.done = append(b.done, leafBlock{tree.Len() - digest.BlockSize, tree.Block(), b.leaves})
		b.leaves = make([]byte, 0, digest.BlockSize*leafPrefix)
	}
}

// insert writes the blocks that are complete.
func (b *blocks) insert(ctx context.Context, stmt *sql.Stmt) error {
	for _, d := range b.done {
		if _, err := stmt.ExecContext(ctx, d.first, d.root[:], d.leaves); err != nil {
			return err
		}
	}
	b.done = nil
	return nil
}

// finish writes the last block, if it is not complete. The tree is that of all records.
func (b *blocks) finish(ctx context.Context, tree *digest.Tree, stmt *sql.Stmt) error {
	if len(b.leaves) == 0 {
		return nil
	}
	root := tree.Block()
	_, err := stmt.ExecContext(ctx, tree.Len()-int64(len(b.leaves)/leafPrefix), root[:], b.leaves)
	return err
}
