// A peer on Go's crypto/tls that only reads: it says how many bytes came on
// each connection, one line of JSON a connection. As a client it ends its own
// direction first.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

var versions = map[string]uint16{
	"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13,
}

func main() {
	options := map[string]string{}
	for _, arg := range os.Args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		options[name] = value
	}
	version := versions[options["version"]]
	config := &tls.Config{MinVersion: version, MaxVersion: version}
	connections, err := strconv.Atoi(options["count"])
	check(err)
	if options["role"] == "server" {
		serve(config, options, connections)
	} else {
		connect(config, options, connections)
	}
}

func serve(config *tls.Config, options map[string]string, connections int) {
	pair, err := tls.LoadX509KeyPair(options["cert"], options["key"])
	check(err)
	config.Certificates = []tls.Certificate{pair}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	check(err)
	say(map[string]any{"port": listener.Addr().(*net.TCPAddr).Port})
	for range connections {
		conn, err := listener.Accept()
		check(err)
		count(conn)
	}
}

func connect(config *tls.Config, options map[string]string, connections int) {
	pem, err := os.ReadFile(options["ca"])
	check(err)
	config.RootCAs = x509.NewCertPool()
	config.RootCAs.AppendCertsFromPEM(pem)
	config.ServerName = "localhost"
	for range connections {
		conn, err := tls.Dial("tcp", "127.0.0.1:"+options["port"], config)
		check(err)
		check(conn.CloseWrite())
		count(conn)
	}
}

func count(conn net.Conn) {
	total, err := io.Copy(io.Discard, conn)
	conn.Close()
	if err != nil {
		say(map[string]any{"bytes": total, "error": err.Error()})
		return
	}
	say(map[string]any{"bytes": total})
}

func say(what map[string]any) {
	line, err := json.Marshal(what)
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
