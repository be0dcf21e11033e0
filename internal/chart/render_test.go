package chart

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/simexp/exparchive/internal/longtest"
	"github.com/simexp/exparchive/internal/othertools"
	"github.com/simexp/exparchive/internal/scene"
)

var update = flag.Bool("update", false, "write the pictures in testdata anew")

// everything is a figure with all that a figure can have: every style, gaps, crosses, bands and a bar.
func everything() *Figure {
	f := &Figure{Title: "everything", Panels: make([]Panel, 2)}
	lines := &f.Panels[0]
	*lines = Panel{Title: "run-1", X: "iteration", Y: "cost ($)", CrossName: "rejected", FromZero: true}
	for k := range Styles {
		l := Line{Name: fmt.Sprintf("BANK_%c", 'A'+k), Style: k}
		for i := range 12 {
			at := Point{X: i, Y: big.NewRat(int64(100+120*k+900/(i+2)), 10)}
			if i == 5 && k%2 == 0 {
				at.Y = nil
			}
			if i%4 == k%3 && at.Y != nil {
				lines.Crosses = append(lines.Crosses, at)
			}
			l.Points = append(l.Points, at)
		}
		lines.Lines = append(lines.Lines, l)
	}
	sum := Line{Name: "total", Style: Total}
	for i := range 12 {
		sum.Points = append(sum.Points, Point{X: i, Y: big.NewRat(int64(95-3*i), 1)})
	}
	lines.Lines = append(lines.Lines, sum)

	bands := &f.Panels[1]
	*bands = Panel{Title: "run-2", X: "iteration", Y: "samples"}
	for k := range 2 {
		l := Line{Name: fmt.Sprintf("%c, mean", 'A'+k), Style: k}
		b := Band{Name: fmt.Sprintf("%c, least to greatest", 'A'+k), Style: k}
		for _, i := range []int{0, 1, 2, 3, 4, 6, 8, 9, 10} {
			mean := int64(50 - 3*i + 12*k)
			l.Points = append(l.Points, Point{X: i, Y: big.NewRat(mean, 1)})
			b.Spans = append(b.Spans, Span{X: i, Low: big.NewRat(mean-9, 1), High: big.NewRat(mean+11, 1)})
		}
		bands.Lines, bands.Bands = append(bands.Lines, l), append(bands.Bands, b)
	}
	return f
}

// perInch is the resolution of the pictures, that of WritePNG, and side how many pixels a side of a block has, which is
// 3 pt.
const (
	perInch = 192
	side    = 8
)

// Bounds on how far the colours of blocks, from 0 to 255, may be from those of a golden picture. Renderers differ in
// how they smooth edges, by less than a quarter of a pixel along an edge: an eighth of that in a block, at most 8 of
// 255 where one edge crosses it and twice that for the two edges of a line. What is drawn elsewhere, in another colour
// or not at all changes blocks by more, as TestRender_sensitive shows. Of librsvg 2.54 and poppler 22.12 the largest
// difference is 9, the mean 0.17.
const (
	mostInBlock = 24
	mostInMean  = 0.6
)

// blocks gives the mean colour of each block of a picture.
func blocks(img image.Image) *image.RGBA {
	size := img.Bounds().Size()
	small := image.NewRGBA(image.Rect(0, 0, size.X/side, size.Y/side))
	whole := image.NewRGBA(image.Rect(0, 0, size.X, size.Y))
	draw.Draw(whole, whole.Rect, img, img.Bounds().Min, draw.Src)
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			var sum [3]int
			for i := range side * side {
				pixel := whole.Pix[whole.PixOffset(x*side+i%side, y*side+i/side):]
				for k := range sum {
					sum[k] += int(pixel[k])
				}
			}
			const n = side * side
			small.Set(x, y, color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255})
		}
	}
	return small
}

// distance gives the largest and the mean difference between blocks of two pictures, of which one may be a block
// larger.
func distance(a, b *image.RGBA) (most int, mean float64) {
	size := a.Rect.Intersect(b.Rect).Size()
	if d := a.Rect.Size().Sub(size).Add(b.Rect.Size().Sub(size)); max(d.X, d.Y) > 1 || size.X == 0 {
		return 255, 255
	}
	sum := 0
	for y := range size.Y {
		for x := range size.X {
			p, q := a.RGBAAt(x, y), b.RGBAAt(x, y)
			for _, d := range []int{int(p.R) - int(q.R), int(p.G) - int(q.G), int(p.B) - int(q.B)} {
				most = max(most, d, -d)
				sum += max(d, -d)
			}
		}
	}
	return most, float64(sum) / float64(3*size.X*size.Y)
}

// golden gives a picture of testdata, or writes it with -update.
func golden(t *testing.T, name string, now *image.RGBA) *image.RGBA {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		var b bytes.Buffer
		if err := png.Encode(&b, now); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img := decoded(t, data)
	rgba := image.NewRGBA(img.Bounds())
	draw.Draw(rgba, rgba.Rect, img, img.Bounds().Min, draw.Src)
	return rgba
}

func decoded(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func picture(t *testing.T, s *scene.Scene) *image.RGBA {
	t.Helper()
	var b bytes.Buffer
	if err := s.WritePNG(&b); err != nil {
		t.Fatal(err)
	}
	return blocks(decoded(t, b.Bytes()))
}

// run runs a program in a folder.
func run(t *testing.T, dir, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	return out
}

// write writes a file by one of the writers of scenes.
func write(t *testing.T, s *scene.Scene, path string) {
	t.Helper()
	var b bytes.Buffer
	err := map[string]func() error{
		".svg": func() error { return s.WriteSVG(&b) },
		".pdf": func() error { return s.WritePDF(&b) },
		".tex": func() error { return s.WriteTikZ(&b) },
	}[filepath.Ext(path)]()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// page is a LaTeX document whose one page is a.tex.
func page(s *scene.Scene) string {
	length := func(n int) string { return fmt.Sprintf("%d.%02dbp", n/scene.Pt, n%scene.Pt*100/scene.Pt) }
	return "\\documentclass{article}\n\\usepackage{tikz}\n\\begin{document}\n\\pdfhorigin=0pt\\pdfvorigin=0pt" +
		"\\pdfpagewidth=" + length(s.Width) + "\\pdfpageheight=" + length(s.Height) + "\n" +
		"\\setbox0=\\hbox{\\input{a.tex}}\\shipout\\box0\n\\end{document}\n"
}

// rendered gives what another program makes of a scene, as blocks.
func rendered(t *testing.T, s *scene.Scene, format string) *image.RGBA {
	t.Helper()
	dir := t.TempDir()
	poppler := ""
	if format != "svg" {
		poppler = othertools.FindLarge(t, "pdftocairo")
	}
	write(t, s, filepath.Join(dir, "a."+format))
	switch format {
	case "svg":
		resolution := fmt.Sprint(perInch)
		run(t, dir, othertools.FindLarge(t, "rsvg-convert"), "-d", resolution, "-p", resolution, "a.svg", "-o", "a.png")
	case "tex":
		latex := othertools.FindLarge(t, "pdflatex")
		if err := os.WriteFile(filepath.Join(dir, "page.tex"), []byte(page(s)), 0o666); err != nil {
			t.Fatal(err)
		}
		run(t, dir, latex, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "-jobname=a", "page.tex")
		log, err := os.ReadFile(filepath.Join(dir, "a.log"))
		if err != nil || bytes.Contains(log, []byte("\n! ")) || bytes.Contains(log, []byte("Missing character")) {
			t.Errorf("%v\n%s", err, log)
		}
		fallthrough
	case "pdf":
		if said := run(t, dir, poppler, "-r", fmt.Sprint(perInch), "-png", "-singlefile", "a.pdf", "a"); len(said) > 0 {
			t.Errorf("poppler says %s", said)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "a.png"))
	if err != nil {
		t.Fatal(err)
	}
	return blocks(decoded(t, data))
}

// TestRender_png: the picture of the program's own is the golden one.
func TestRender_png(t *testing.T) {
	got := picture(t, everything().Scene())
	if most, _ := distance(got, golden(t, "everything.png", got)); most > 0 {
		t.Errorf("a block differs by %d", most)
	}
}

// TestRender_LaTeX: librsvg, poppler and a real TeX draw the same. TikZ has a golden picture of its own, since text is
// in other fonts.
func TestRender_LaTeX(t *testing.T) {
	s := everything().Scene()
	for _, format := range []string{"svg", "pdf", "tex"} {
		t.Run(format, func(t *testing.T) {
			got := rendered(t, s, format)
			name := "everything.png"
			want := picture(t, s)
			if format == "tex" {
				name, want = "everything.tikz.png", got
			}
			most, mean := distance(got, golden(t, name, want))
			t.Logf("largest %d, mean %.2f", most, mean)
			if most > mostInBlock || mean > mostInMean {
				t.Errorf("blocks differ by %d at most and %.2f in the mean, want at most %d and %.1f",
					most, mean, mostInBlock, mostInMean)
			}
		})
	}
}

// TestRender_sensitive: a thing of each kind that is drawn 2 pt elsewhere, in another colour, without its dashes or not
// at all is past the bounds. The axes and the edges of bands, which are half a point wide, are left out, and so are the
// places of texts.
func TestRender_sensitive(t *testing.T) {
	s := everything().Scene()
	want := golden(t, "everything.png", picture(t, s))
	kinds, tried := map[string]bool{}, map[string]int{}
	for i, item := range s.Items {
		kind, changes := "text", map[string]scene.Item{"left out": scene.Shape{}}
		if x, ok := item.(scene.Shape); ok {
			if x.Stroke.Width < scene.Pt && x.Fill == nil {
				continue
			}
			fill := scene.White
			if x.Fill != nil {
				fill = *x.Fill
			}
			kind = fmt.Sprint(x.Closed, fill, x.Stroke)
			changes = changesOf(x, fill)
		}
		if kinds[kind] || len(kinds) >= longtest.Count(6, 100) {
			continue
		}
		kinds[kind] = true
		for how, change := range changes {
			s.Items[i] = change
			tried[how]++
			if most, mean := distance(picture(t, s), want); most <= mostInBlock && mean <= mostInMean {
				t.Errorf("item %d, %.100q, %s: blocks differ by %d at most and %.2f in the mean",
					i, fmt.Sprint(item), how, most, mean)
			}
		}
		s.Items[i] = item
	}
	for _, how := range []string{"left out", "moved", "recoloured", "solid"} {
		if tried[how] < 2 {
			t.Errorf("%s: tried %d times", how, tried[how])
		}
	}
}

// changesOf gives a shape, filled with a colour unless that is white, as it should not be drawn.
func changesOf(x scene.Shape, fill scene.Color) map[string]scene.Item {
	changes := map[string]scene.Item{"left out": scene.Shape{}}
	moved := x
	moved.Points = nil
	for _, p := range x.Points {
		moved.Points = append(moved.Points, scene.Point{X: p.X, Y: p.Y + 2*scene.Pt})
	}
	changes["moved"] = moved
	turn := func(c scene.Color) scene.Color { return scene.Color{c[1], c[2], c[0]} }
	if turn(fill) != fill || turn(x.Stroke.Color) != x.Stroke.Color {
		other := x
		other.Stroke.Color = turn(x.Stroke.Color)
		if x.Fill != nil {
			other.Fill = new(turn(fill))
		}
		changes["recoloured"] = other
	}
	if len(x.Stroke.Dash) > 0 {
		solid := x
		solid.Stroke.Dash = nil
		changes["solid"] = solid
	}
	return changes
}
