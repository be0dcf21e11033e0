// Package dataset writes runs as tables in Parquet files, for engines that ask questions of thousands of runs: DuckDB,
// Spark, pandas.
//
// A dataset is a folder. Each table is a folder in it, with one file a run, its part, in folders that name the
// experiment and the run in the way of Hive; see [Name]:
//
//	README.md
//	runs/experiment=exp1/run=exp1-20260105-090000-75d748/part.parquet
//	costs/experiment=exp1/run=exp1-20260105-090000-75d748/part.parquet
//	…
//
// A run has a part in every table, which may have no rows. A [Writer] is a [provider.Sink] that makes them; each
// appears whole or not at all, that of the table runs last. What is written depends on the run alone, but for what the
// part in runs says of the file that it came from, by which [Current] finds that there is nothing to do.
package dataset
