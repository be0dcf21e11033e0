package tree

import "strings"

// Ways to write a lambda, field 202 of LambdaExpression: up to 1.2 and in files for them it is not kept.
const lambdaKeyword = 2

// lambdaArgument is which argument of a function is a lambda; of those that are not listed none is, and an arrow is
// taken for the operator of JSON.
var lambdaArgument = map[string]int{"list_transform": 1, "array_transform": 1, "list_apply": 1, "array_apply": 1,
	"apply": 1, "list_filter": 1, "array_filter": 1, "filter": 1, "list_reduce": 1, "array_reduce": 1, "reduce": 1,
	"invoke": 0}

// arrows calls f for the lambdas below n that are not known to be written with the keyword.
func (n *Node) arrows(f func(lambda *Node)) {
	n.Walk(func(n *Node) {
		var x *Node
		switch n.Class {
		case "StarExpression":
			x = n.Node(204)
		case "FunctionExpression":
			i, takes := lambdaArgument[strings.ToLower(n.Text(200))]
			if args := n.Nodes(202); takes && i < len(args) {
				x = args[i]
			} else if args := n.Nodes(209); takes && i < len(args) {
				x = args[i].Node(101)
			}
		}
		if x != nil && x.Class == "LambdaExpression" && x.Uint(202) != lambdaKeyword {
			f(x)
		}
	})
}

// SayLambda writes the lambdas below n with the keyword if the file does not keep how they were written, which is so in
// files for releases up to 1.2. Releases from 1.3 on know it, and 2.0 has nothing else.
func (n *Node) SayLambda() {
	n.arrows(func(x *Node) {
		if !x.Has(202) && !x.rowOfArrow() {
			x.fields[202] = uint64(lambdaKeyword)
		}
	})
}

// rowOfArrow reports whether the parameters of a lambda are several that were written with an arrow: the row of them
// has a schema then.
func (n *Node) rowOfArrow() bool {
	row := n.Node(200)
	return row != nil && row.Class == "FunctionExpression" && row.Text(201) != ""
}

// HasArrow reports whether a lambda below n is written with an arrow.
func (n *Node) HasArrow() bool {
	found := false
	n.arrows(func(*Node) { found = true })
	return found
}

func (w *writer) lambda(e *Node) string {
	parameters, body := e.Node(200), w.sql(e.Node(201))
	isRow := parameters != nil && parameters.Class == "FunctionExpression"
	if e.Uint(202) == lambdaKeyword || isRow && e.Uint(202) == 0 && !e.rowOfArrow() {
		names := w.sql(parameters)
		if isRow {
			names = strings.Join(append(w.list(parameters.Nodes(202)), w.arguments(parameters.Nodes(209))...), ", ")
		}
		return "(lambda " + names + ": " + body + ")"
	}
	return "(" + w.sql(parameters) + " -> " + body + ")"
}
