package scene

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

const hostile = "</title><script>x</script>&\"'\x00\x1b[31m\xff\u202e銀\\input{x}%\n) Tj"

func sample() *Scene {
	s := &Scene{Width: 200 * Pt, Height: 100 * Pt, Title: hostile, Description: "é – €"}
	s.Area(Color{190, 212, 230}, Point{640, 640}, Point{6400, 900}, Point{3000, 4000})
	s.Line(Stroke{Width: 80, Color: Color{0, 80, 140}, Dash: []int{320, 128}}, Point{100, 100}, Point{9000, 3000},
		Point{12000, 300})
	for m := Disc; m <= Cross; m++ {
		s.Mark(m, Point{int(m) * 1500, 5000}, 144, White, Stroke{Width: Pt, Color: Black})
	}
	s.Add(Text{At: Point{6400, 6000}, Text: hostile, Size: 8 * Pt, Anchor: Middle})
	return s
}

// TestSameBytes: files are the same on every processor. Of PNG the pixels are compared, since compression is the
// library's.
func TestSameBytes(t *testing.T) {
	hash := func(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:8]) }
	written := func(f func(io.Writer) error) string {
		var b bytes.Buffer
		if err := f(&b); err != nil {
			t.Fatal(err)
		}
		return hash(b.Bytes())
	}
	s := sample()
	for _, c := range []struct{ name, got, want string }{
		{"SVG", written(s.WriteSVG), "ef3e9d94d7565d96"},
		{"PDF", written(s.WritePDF), "b45b3d50f54ad4b2"},
		{"TikZ", written(s.WriteTikZ), "8396b41fe8d230bc"},
		{"pixels", hash(s.pixels().Pix), "9119b9136442acbb"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, c.got, c.want)
		}
	}
}

// TestHostileText: the SVG is well-formed and has no element of the text's, and no file has a control character of it.
func TestHostileText(t *testing.T) {
	for name, f := range map[string]func(io.Writer) error{"SVG": sample().WriteSVG, "TikZ": sample().WriteTikZ} {
		var b bytes.Buffer
		if err := f(&b); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(b.String(), "\x00\x1b\u202e\ufffd") {
			t.Errorf("%s: has a control character", name)
		}
		if name == "TikZ" {
			if _, body, _ := strings.Cut(b.String(), "\\begin"); strings.Contains(body, `\input`) {
				t.Errorf("TikZ: has a command of the text's")
			}
			continue
		}
		for d := xml.NewDecoder(&b); ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
				t.Error("SVG: has an element of the text's")
			}
		}
	}
}
