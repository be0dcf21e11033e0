package citation

import (
	"embed"
	"slices"
	"strings"
)

// A Licence is one of those that data and programs are published under most often.
type Licence struct {
	ID   string // of the SPDX list
	Name string
	URL  string // where its text is
}

// licences are sorted by their ids, without regard to capitals, each of which CITATION.cff 1.2.0 knows.
var licences = []Licence{
	{"0BSD", "BSD Zero Clause License", "https://spdx.org/licenses/0BSD.html"},
	{"AGPL-3.0-only", "GNU Affero General Public License v3.0 only", "https://www.gnu.org/licenses/agpl-3.0.html"},
	{"AGPL-3.0-or-later", "GNU Affero General Public License v3.0 or later", "https://www.gnu.org/licenses/agpl-3.0.html"},
	{"Apache-2.0", "Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0"},
	{"BSD-2-Clause", "BSD 2-Clause \"Simplified\" License", "https://opensource.org/licenses/BSD-2-Clause"},
	{"BSD-3-Clause", "BSD 3-Clause \"New\" or \"Revised\" License", "https://opensource.org/licenses/BSD-3-Clause"},
	{"CC-BY-3.0", "Creative Commons Attribution 3.0 Unported", "https://creativecommons.org/licenses/by/3.0/"},
	{"CC-BY-4.0", "Creative Commons Attribution 4.0 International", "https://creativecommons.org/licenses/by/4.0/"},
	{"CC-BY-NC-4.0", "Creative Commons Attribution Non Commercial 4.0 International",
		"https://creativecommons.org/licenses/by-nc/4.0/"},
	{"CC-BY-NC-ND-4.0", "Creative Commons Attribution Non Commercial No Derivatives 4.0 International",
		"https://creativecommons.org/licenses/by-nc-nd/4.0/"},
	{"CC-BY-NC-SA-4.0", "Creative Commons Attribution Non Commercial Share Alike 4.0 International",
		"https://creativecommons.org/licenses/by-nc-sa/4.0/"},
	{"CC-BY-ND-4.0", "Creative Commons Attribution No Derivatives 4.0 International",
		"https://creativecommons.org/licenses/by-nd/4.0/"},
	{"CC-BY-SA-4.0", "Creative Commons Attribution Share Alike 4.0 International",
		"https://creativecommons.org/licenses/by-sa/4.0/"},
	{"CC0-1.0", "Creative Commons Zero v1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/"},
	{"CDLA-Permissive-1.0", "Community Data License Agreement Permissive 1.0",
		"https://cdla.dev/permissive-1-0/"},
	{"CDLA-Sharing-1.0", "Community Data License Agreement Sharing 1.0", "https://cdla.dev/sharing-1-0/"},
	{"EUPL-1.2", "European Union Public License 1.2", "https://eupl.eu/1.2/en/"},
	{"GPL-2.0-only", "GNU General Public License v2.0 only", "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html"},
	{"GPL-2.0-or-later", "GNU General Public License v2.0 or later",
		"https://www.gnu.org/licenses/old-licenses/gpl-2.0.html"},
	{"GPL-3.0-only", "GNU General Public License v3.0 only", "https://www.gnu.org/licenses/gpl-3.0.html"},
	{"GPL-3.0-or-later", "GNU General Public License v3.0 or later", "https://www.gnu.org/licenses/gpl-3.0.html"},
	{"ISC", "ISC License", "https://opensource.org/licenses/ISC"},
	{"LGPL-3.0-only", "GNU Lesser General Public License v3.0 only", "https://www.gnu.org/licenses/lgpl-3.0.html"},
	{"LGPL-3.0-or-later", "GNU Lesser General Public License v3.0 or later",
		"https://www.gnu.org/licenses/lgpl-3.0.html"},
	{"MIT", "MIT License", "https://opensource.org/licenses/MIT"},
	{"MPL-2.0", "Mozilla Public License 2.0", "https://www.mozilla.org/MPL/2.0/"},
	{"ODbL-1.0", "Open Data Commons Open Database License v1.0", "https://opendatacommons.org/licenses/odbl/1-0/"},
	{"ODC-By-1.0", "Open Data Commons Attribution License v1.0", "https://opendatacommons.org/licenses/by/1-0/"},
	{"OGL-UK-3.0", "Open Government Licence v3.0",
		"https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"},
	{"PDDL-1.0", "Open Data Commons Public Domain Dedication & License 1.0",
		"https://opendatacommons.org/licenses/pddl/1-0/"},
	{"Unlicense", "The Unlicense", "https://unlicense.org/"},
}

// FindLicence gives the licence with an id, in capital letters or small ones.
func FindLicence(id string) (Licence, bool) {
	i := slices.IndexFunc(licences, func(l Licence) bool { return strings.EqualFold(l.ID, id) })
	if i < 0 {
		return Licence{}, false
	}
	return licences[i], true
}

// LicenceIDs gives the ids of the licences that are known, in lexical order.
func LicenceIDs() (ids []string) {
	for _, l := range licences {
		ids = append(ids, l.ID)
	}
	return ids
}

// texts has the texts of small licences, as ID.txt. In that of MIT the year and the holders are to be filled in.
//
//go:embed licences/*.txt
var texts embed.FS

// LicenceText gives the text of the work's licence, if it is one of the small ones; else its name and where its text
// is. It is empty for a licence that is not known.
func (w *Work) LicenceText() string {
	l, ok := FindLicence(w.Licence)
	if !ok {
		return ""
	}
	text, err := texts.ReadFile("licences/" + l.ID + ".txt")
	if err != nil {
		return l.Name + " (SPDX: " + l.ID + ")\n\nIts text is at " + l.URL + "\n"
	}
	var holders []string
	for _, a := range w.Authors {
		holders = append(holders, a.Name())
	}
	year := ""
	if w.Date != "" {
		year = w.Date[:4] + " "
	}
	return strings.Replace(string(text), "<year> <copyright holders>", year+strings.Join(holders, ", "), 1)
}
