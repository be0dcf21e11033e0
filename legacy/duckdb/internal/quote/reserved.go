package quote

import "strings"

// reservedWords are the words that are quoted as identifiers.
var reservedWords = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`
all analyse analyze and any array as asc_p asymmetric both case cast check_p collate column constraint create_p
default deferrable desc_p describe distinct do else end_p except false_p fetch for foreign from grant group_p having
in_p initially intersect into lambda lateral_p leading limit not null_p offset on only or order pivot pivot_longer
pivot_wider placing primary qualify references returning select show some summarize symmetric table then to
trailing true_p union unique unpivot using variadic when where window with
asof_p at_p authorization binary between by collation concurrently cross exists freeze full glob ilike inner_p
is isnull join left like map natural notnull outer_p overlaps positional right similar struct semi anti
tablesample try_cast values verbose`) {
		m[strings.TrimSuffix(w, "_p")] = true
	}
	return m
}()
