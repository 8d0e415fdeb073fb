// The interoperability tests' peer on Go's crypto/tls: what arrives goes to
// standard output, what comes on standard input is sent, and what was
// negotiated goes to standard error as one line of JSON a connection.
// Bytes below 0x80 on standard input are commands: q ends the connection,
// w ends writing.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
)

var versions = map[string]uint16{
	"TLSv1": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11,
	"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13,
}

var groups = map[string]tls.CurveID{
	"secp256r1": tls.CurveP256, "secp384r1": tls.CurveP384,
	"secp521r1": tls.CurveP521, "x25519": tls.X25519,
	"X25519MLKEM768":     tls.X25519MLKEM768,
	"SecP256r1MLKEM768":  tls.SecP256r1MLKEM768,
	"SecP384r1MLKEM1024": tls.SecP384r1MLKEM1024,
}

func main() {
	options := map[string]string{}
	for _, arg := range os.Args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		options[name] = value
	}
	config := configure(options)
	input := make(chan []byte)
	go readInput(input)
	if options["role"] == "server" {
		serve(config, options, input)
	} else {
		dial(config, options, input)
	}
}

func configure(options map[string]string) *tls.Config {
	config := &tls.Config{
		MinVersion: versions[options["min"]],
		MaxVersion: versions[options["max"]],
		ServerName: options["servername"],
	}
	if names := options["groups"]; names != "" {
		for _, name := range strings.Split(names, ",") {
			config.CurvePreferences = append(config.CurvePreferences, groups[name])
		}
	}
	if names := options["suites"]; names != "" {
		all := append(tls.CipherSuites(), tls.InsecureCipherSuites()...)
		for _, name := range strings.Split(names, ",") {
			at := slices.IndexFunc(all, func(suite *tls.CipherSuite) bool { return suite.Name == name })
			if at >= 0 {
				config.CipherSuites = append(config.CipherSuites, all[at].ID)
			}
		}
	}
	if names := options["alpn"]; names != "" {
		config.NextProtos = strings.Split(names, ",")
	}
	if options["cert"] != "" {
		pair, err := tls.LoadX509KeyPair(options["cert"], options["key"])
		check(err)
		if options["staple"] != "" {
			pair.OCSPStaple, err = os.ReadFile(options["staple"])
			check(err)
		}
		if list := options["timestamps"]; list != "" {
			for _, text := range strings.Split(list, ",") {
				timestamp, err := hex.DecodeString(text)
				check(err)
				pair.SignedCertificateTimestamps = append(pair.SignedCertificateTimestamps, timestamp)
			}
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if options["ca"] != "" {
		pem, err := os.ReadFile(options["ca"])
		check(err)
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(pem)
		config.ClientCAs = config.RootCAs
	}
	switch options["clientauth"] {
	case "request":
		config.ClientAuth = tls.VerifyClientCertIfGiven
	case "require":
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config
}

func serve(config *tls.Config, options map[string]string, input chan []byte) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	tell(map[string]any{"port": listener.Addr().(*net.TCPAddr).Port})
	for {
		socket, err := listener.Accept()
		check(err)
		carry(tls.Server(socket, config), options, input, true)
	}
}

func dial(config *tls.Config, options map[string]string, input chan []byte) {
	address := "127.0.0.1:" + options["port"]
	if options["resume"] == "true" {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(8)
		first, err := tls.Dial("tcp", address, config)
		check(err)
		// The tickets come before the first byte of data.
		_, err = first.Write([]byte{0x80, 0x0a})
		check(err)
		_, err = first.Read(make([]byte, 1))
		check(err)
		check(first.Close())
	}
	socket, err := net.Dial("tcp", address)
	check(err)
	carry(tls.Client(socket, config), options, input, false)
}

// carry moves bytes both ways until it is told to end the connection.
func carry(conn *tls.Conn, options map[string]string, input chan []byte, server bool) {
	defer conn.Close()
	if err := conn.Handshake(); err != nil {
		tell(map[string]any{"failed": err.Error()})
		return
	}
	report(conn.ConnectionState(), options, server)
	done := make(chan bool)
	go func() {
		_, err := io.Copy(os.Stdout, conn)
		tell(map[string]any{"ended": err == nil, "error": fmt.Sprint(err)})
		close(done)
	}()
	for data := range input {
		if obey(conn, data) {
			break
		}
	}
	conn.Close()
	<-done
}

// obey sends what is payload and does what is not; it says whether that was
// the end.
func obey(conn *tls.Conn, data []byte) bool {
	for len(data) > 0 {
		at := bytes.IndexFunc(data, func(r rune) bool { return r < 0x80 })
		if at < 0 {
			at = len(data)
		}
		conn.Write(data[:at])
		if at == len(data) {
			break
		}
		conn.CloseWrite()
		if data[at] == 'q' {
			return true
		}
		data = data[at+1:]
	}
	return false
}

func report(state tls.ConnectionState, options map[string]string, server bool) {
	facts := map[string]any{
		"version":      versionName(state.Version),
		"cipherSuite":  tls.CipherSuiteName(state.CipherSuite),
		"group":        groupName(state.CurveID),
		"alpnProtocol": nullable(state.NegotiatedProtocol),
		"resumed":      state.DidResume,
	}
	if server {
		facts["serverName"] = nullable(state.ServerName)
	} else {
		timestamps := []string{}
		for _, timestamp := range state.SignedCertificateTimestamps {
			timestamps = append(timestamps, hex.EncodeToString(timestamp))
		}
		facts["timestamps"] = nullable(strings.Join(timestamps, ","))
		facts["ocspResponse"] = nullable(hex.EncodeToString(state.OCSPResponse))
	}
	facts["peerName"] = nil
	if len(state.PeerCertificates) > 0 {
		facts["peerName"] = state.PeerCertificates[0].Subject.CommonName
	}
	length, err := strconv.Atoi(options["length"])
	check(err)
	// In TLS 1.2 it takes the extended master secret.
	for name, context := range map[string][]byte{
		"exported": nil, "exportedWithContext": []byte(options["context"]),
	} {
		material, err := state.ExportKeyingMaterial(options["label"], context, length)
		if err == nil {
			facts[name] = hex.EncodeToString(material)
		}
	}
	if len(state.TLSUnique) > 0 {
		facts["tlsUnique"] = hex.EncodeToString(state.TLSUnique)
	}
	tell(map[string]any{"established": facts})
}

func versionName(version uint16) any {
	for name, known := range versions {
		if known == version {
			return name
		}
	}
	return nil
}

func groupName(id tls.CurveID) any {
	for name, known := range groups {
		if known == id {
			return name
		}
	}
	return nil
}

func readInput(input chan []byte) {
	for {
		buffer := make([]byte, 65536)
		count, err := os.Stdin.Read(buffer)
		if count > 0 {
			input <- buffer[:count]
		}
		if err != nil {
			close(input)
			return
		}
	}
}

func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func tell(facts map[string]any) {
	line, _ := json.Marshal(facts)
	fmt.Fprintln(os.Stderr, string(line))
}

func check(err error) {
	if err != nil {
		tell(map[string]any{"failed": err.Error()})
		os.Exit(1)
	}
}
