package othertools

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A WebServer is another program's that serves a folder until the test ends.
type WebServer struct {
	Address string // of the folder, without a slash at the end
	log     string
	stop    func()
}

// Sent ends the server, and gives how many requests it has answered and how many bytes of bodies it has sent.
func (s *WebServer) Sent(t testing.TB) (requests int, bytes int64) {
	t.Helper()
	s.stop()
	text, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		requests++
		bytes += n
	}
	return requests, bytes
}

// Nginx serves folder by nginx, with more directives of its configuration for the server, in which PORT stands for its
// port. A certificate and its key, if there are such, make it speak TLS and HTTP/2.
func Nginx(t testing.TB, folder, directives, certificate, key string) *WebServer {
	t.Helper()
	program := FindLarge(t, "nginx")
	scheme, tls := "http", ""
	if certificate != "" {
		scheme, tls = "https", " ssl http2"
		directives += fmt.Sprintf("\nssl_certificate %s; ssl_certificate_key %s;", certificate, key)
	}
	return serve(t, func(dir string, port int) *exec.Cmd {
		conf := fmt.Sprintf(`
daemon off; master_process off; worker_processes 1; pid %[1]s/pid; error_log stderr warn;
events { worker_connections 64; }
http {
	log_format sent $body_bytes_sent;
	access_log %[1]s/sent.log sent;
	client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d;
	scgi_temp_path %[1]s/e;
	server { listen 127.0.0.1:%[2]d%[3]s; root %[4]s; %[5]s }
}
`, dir, port, tls, folder, strings.ReplaceAll(directives, "PORT", strconv.Itoa(port)))
		path := filepath.Join(dir, "nginx.conf")
		if err := os.WriteFile(path, []byte(conf), 0o666); err != nil {
			t.Fatal(err)
		}
		return exec.Command(program, "-p", dir, "-c", path, "-e", "stderr")
	}, scheme)
}

// Python serves folder by the server of Python's standard library, which gives no parts of files.
func Python(t testing.TB, folder string) *WebServer {
	t.Helper()
	program := Find(t, "python3")
	return serve(t, func(_ string, port int) *exec.Cmd {
		cmd := exec.Command(program, "-m", "http.server", "--bind", "127.0.0.1", strconv.Itoa(port))
		cmd.Dir = folder
		return cmd
	}, "http")
}

// serve starts a server on a free port, and waits until it listens.
func serve(t testing.TB, command func(dir string, port int) *exec.Cmd, scheme string) *WebServer {
	t.Helper()
	const attempts = 5 // another program may take the port
	for attempt := 1; ; attempt++ {
		dir := t.TempDir()
		port := freePort(t)
		cmd := command(dir, port)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			_ = cmd.Wait()
			close(ended)
		}()
		stop := func() {
			_ = cmd.Process.Kill()
			<-ended
		}
		t.Cleanup(stop)
		address := "127.0.0.1:" + strconv.Itoa(port)
		if listens(address, ended) {
			return &WebServer{scheme + "://" + address, filepath.Join(dir, "sent.log"), stop}
		}
		if stop(); attempt == attempts {
			t.Fatalf("%s: %s", cmd, stderr.String())
		}
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// listens waits until somebody listens, and is false if the server ends before.
func listens(address string, ended <-chan struct{}) bool {
	for {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			select {
			case <-ended: // it is another program's
				return false
			case <-time.After(10 * time.Millisecond):
				return true
			}
		}
		select {
		case <-ended:
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
}
