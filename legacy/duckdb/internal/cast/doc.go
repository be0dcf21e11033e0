// Package cast gives values of one type as values of another, as the engine's CAST does. A cast whose outcome could
// hang on the release, on a setting or on a way of rounding is refused, never guessed.
package cast
