// The interoperability tests' peer for Encrypted ClientHello on Go's crypto/tls:
// one connection, and what became of it as a line of JSON on standard output.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
)

func main() {
	options := map[string]string{}
	for _, arg := range os.Args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		options[name] = value
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13}
	if options["groups"] == "secp384r1" {
		config.CurvePreferences = []tls.CurveID{tls.CurveP384}
	}
	if options["role"] == "server" {
		serve(config, options)
	} else {
		dial(config, options)
	}
}

func serve(config *tls.Config, options map[string]string) {
	for _, file := range strings.Split(options["certs"], ",") {
		pair, err := tls.LoadX509KeyPair(file, file)
		check(err)
		config.Certificates = append(config.Certificates, pair)
	}
	config.EncryptedClientHelloKeys = []tls.EncryptedClientHelloKey{{
		Config:      decode(options["config"]),
		PrivateKey:  decode(options["key"]),
		SendAsRetry: true,
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	tell(map[string]any{"port": listener.Addr().(*net.TCPAddr).Port})
	socket, err := listener.Accept()
	check(err)
	finish(tls.Server(socket, config))
}

func dial(config *tls.Config, options map[string]string) {
	pem, err := os.ReadFile(options["ca"])
	check(err)
	config.RootCAs = x509.NewCertPool()
	config.RootCAs.AppendCertsFromPEM(pem)
	config.ServerName = options["servername"]
	config.EncryptedClientHelloConfigList = decode(options["list"])
	socket, err := net.Dial("tcp", "127.0.0.1:"+options["port"])
	check(err)
	finish(tls.Client(socket, config))
}

func finish(conn *tls.Conn) {
	defer conn.Close()
	if err := conn.Handshake(); err != nil {
		report := map[string]any{"error": err.Error()}
		var rejection *tls.ECHRejectionError
		if errors.As(err, &rejection) {
			report["retry"] = hex.EncodeToString(rejection.RetryConfigList)
		}
		tell(report)
		return
	}
	state := conn.ConnectionState()
	tell(map[string]any{"accepted": state.ECHAccepted, "serverName": state.ServerName})
	buffer := make([]byte, 5)
	if _, err := conn.Read(buffer); err == nil {
		conn.Write(buffer)
	}
}

func decode(text string) []byte {
	bytes, err := hex.DecodeString(text)
	check(err)
	return bytes
}

func tell(report map[string]any) {
	line, err := json.Marshal(report)
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
