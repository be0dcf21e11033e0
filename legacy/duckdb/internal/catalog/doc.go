// Package catalog has what a database holds, by name: schemas, tables, views and the rest, as the file lists them and
// as a log changes them. FORMAT.md describes the list under "catalog".
package catalog
