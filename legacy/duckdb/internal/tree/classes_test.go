package tree

import "testing"

func TestClasses(t *testing.T) {
	all := classes()
	for _, name := range []string{"CreateInfo", "Expr", "AlterTableInfo", "QueryNode", "SelectStatement"} {
		if all[name] == nil || len(all[name].fields) == 0 {
			t.Errorf("class %s: got nothing, want its fields", name)
		}
	}
	var check func(where string, k *kind)
	check = func(where string, k *kind) {
		switch k.name {
		case "u", "i", "str", "bool", "f64", "Value", "LogicalType", "*", "[", "map", "pair", "opt":
		default:
			if k.class == nil {
				t.Errorf("%s: class %s is not in the table", where, k.name)
			}
		}
		for _, a := range k.args {
			check(where, a)
		}
	}
	for name, c := range all {
		for _, k := range c.fields {
			check(name, k)
		}
	}
}
