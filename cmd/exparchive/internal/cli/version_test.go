package cli

import (
	"runtime/debug"
	"testing"
)

// What go install, a build in a checkout, a build of a source archive and one of neither say.
func TestBuild(t *testing.T) {
	checkout := func(modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: "v1.2.4-0.20260105090000-0123456789ab"},
			Settings: []debug.BuildSetting{{Key: "-trimpath", Value: "true"}, {Key: "vcs", Value: "git"},
				{Key: "vcs.revision", Value: "0123"}, {Key: "vcs.time", Value: "2026-01-05T09:00:00Z"},
				{Key: "vcs.modified", Value: modified}}}
	}
	of := func(version string) *debug.BuildInfo { return &debug.BuildInfo{Main: debug.Module{Version: version}} }
	const raw = "$Format:%H %cI %(describe:tags=true)$\n"
	for name, test := range map[string]struct {
		linked   Build
		info     *debug.BuildInfo
		archived string
		want     Build
	}{
		"released": {Build{"v1.2.4", "89ab", "2026-01-04T09:00:00Z", false}, of("(devel)"), raw,
			Build{"v1.2.4", "89ab", "2026-01-04T09:00:00Z", false}},
		"released with changes": {Build{"v1.2.4-dirty", "89ab", "2026-01-04T09:00:00Z", false}, checkout("false"), raw,
			Build{"v1.2.4-dirty", "89ab", "2026-01-04T09:00:00Z", true}},
		"make build": {Build{Version: "v1.2.4"}, checkout("false"), raw,
			Build{"v1.2.4", "0123", "2026-01-05T09:00:00Z", false}},
		"checkout": {Build{}, checkout("true"), raw,
			Build{"v1.2.4-0.20260105090000-0123456789ab", "0123", "2026-01-05T09:00:00Z", true}},
		"go install": {Build{}, of("v1.2.3"), raw, Build{Version: "v1.2.3"}},
		"nothing":    {Build{}, of("(devel)"), raw, Build{Version: "devel"}},
		"no modules": {Build{}, of(""), raw, Build{Version: "devel"}},
		"source archive": {Build{}, of("(devel)"), "4567 2026-01-05T10:00:00+01:00 v1.2.5\n",
			Build{"v1.2.5", "4567", "2026-01-05T10:00:00+01:00", false}},
		"source archive, no tag": {Build{}, of("(devel)"), "4567 2026-01-05T10:00:00+01:00 \n",
			Build{"devel", "4567", "2026-01-05T10:00:00+01:00", false}},
		"archive in a checkout": {Build{}, checkout("false"), "4567 2026-01-05T10:00:00+01:00 v1.2.5\n",
			Build{"v1.2.4-0.20260105090000-0123456789ab", "0123", "2026-01-05T09:00:00Z", false}},
	} {
		if got := buildOf(test.linked, test.info, test.archived); got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
	if got := ProgramVersion(); got == "" {
		t.Error("the version of this program is empty")
	}
}
