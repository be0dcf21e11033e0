// Package providertest holds what tests of providers and sinks share: a conformance suite that every
// [provider.Provider] passes ([Test], [Check]), and a fixed run that touches every kind of record ([Sample]); package
// randomrun draws random ones. [TestSink] is the suite of sinks that keep a run.
//
// A test of a provider plays records into a sink, opens what the sink made, and hands both to Test:
//
//	want := providertest.Sample()
//	providertest.Play(t.Context(), writer, want)
//	providertest.Test(t, archive, want)
//
// In a property test Check takes the place of Test:
//
//	rapid.Check(t, func(t *rapid.T) {
//		want := randomrun.Draw(t)
//		...
//		if err := providertest.Check(ctx, archive, want); err != nil {
//			t.Fatal(err)
//		}
//	})
package providertest
