package liquidity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A policy in the shape of the original project: the bank sets a share of its pool aside before the first tick and
// then releases every payment at once.
type policy struct {
	Version    string     `json:"version"`
	ID         string     `json:"policy_id"`
	Parameters parameters `json:"parameters"`
	Payment    tree       `json:"payment_tree"`
	Bank       tree       `json:"bank_tree"`
}

type parameters struct {
	Share json.Number `json:"initial_liquidity_fraction"`
}

type tree struct {
	Type   string `json:"type"`
	Node   string `json:"node_id"`
	Action string `json:"action"`
}

func newPolicy(id string, share json.Number) policy {
	return policy{
		Version: "2.0", ID: id, Parameters: parameters{share},
		Payment: tree{"action", "release_all", "Release"},
		Bank:    tree{"action", "hold", "NoAction"},
	}
}

// errNoPolicy means that nothing in a response is a policy.
var errNoPolicy = errors.New("the response holds no JSON object")

var errCutOff = errors.New("the JSON object of the response is cut off")

// An answer is what could be read from a response.
type answer struct {
	policy json.RawMessage // nil if there is none
	id     string
	share  Fraction // if faults is empty
	faults []string // why the policy cannot be used
}

// parseResponse reads the response of a model: a JSON object with the members of a policy and perhaps an explanation,
// which is left out of the policy. A fence of three backquotes around it is dropped.
func parseResponse(response string) (answer, error) {
	var a answer
	text := strings.TrimSpace(response)
	if inside, fenced := strings.CutPrefix(text, "```json\n"); fenced {
		text = strings.TrimSpace(strings.TrimSuffix(inside, "```"))
	}
	if !strings.HasPrefix(text, "{") {
		return a, errNoPolicy
	}
	if !json.Valid([]byte(text)) {
		return a, errCutOff
	}
	var p policy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return a, errNoPolicy
	}
	a.policy, a.id = encode(p), p.ID
	share, err := ParseFraction(p.Parameters.Share.String())
	if err != nil {
		a.faults = append(a.faults, "parameters.initial_liquidity_"+err.Error())
	}
	a.share = share
	if p.Payment.Action != "Release" && p.Payment.Action != "Hold" {
		a.faults = append(a.faults, fmt.Sprintf("payment_tree: unknown action %q, want Release or Hold", p.Payment.Action))
	} else if p.Payment.Action == "Hold" {
		a.faults = append(a.faults, "payment_tree: this experiment allows no other action than Release")
	}
	return a, nil
}

// encode gives v as JSON without white space. v must be a value that JSON can hold.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		// only with a payload type of this package that JSON cannot hold
		panic(fmt.Sprintf("liquidity: encoding %T: %v", v, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
