import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * The interoperability tests' peer on Java's JSSE: what arrives goes to
 * standard output, what comes on standard input is sent, and what was
 * negotiated goes to standard error as one line of JSON a connection. Bytes
 * below 0x80 on standard input are commands: q ends the connection, w ends
 * writing, K updates the keys.
 */
public class Peer {
  static final List<String> VERSIONS = List.of("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3");
  static final Map<String, String> options = new HashMap<>();

  public static void main(String[] args) throws Exception {
    for (String arg : args) {
      int at = arg.indexOf('=');
      options.put(arg.substring(0, at), arg.substring(at + 1));
    }
    if (options.containsKey("groups")) {
      System.setProperty("jdk.tls.namedGroups", options.get("groups"));
    }
    // Old versions and suites are what we are here for.
    Security.setProperty("jdk.tls.disabledAlgorithms", "");
    if ("false".equals(options.get("tickets"))) {
      System.setProperty("jdk.tls.server.enableSessionTicketExtension", "false");
    }
    System.setProperty("jdk.tls.client.enableStatusRequestExtension",
        options.getOrDefault("requeststaple", "false"));
    SSLContext context = context();
    try {
      if (options.get("role").equals("server")) serve(context);
      else dial(context);
    } catch (Exception error) {
      tell("{\"failed\":\"" + quote(error.toString()) + "\"}");
    }
    System.exit(0);
  }

  static SSLContext context() throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    if (options.containsKey("ca")) {
      trusted.setCertificateEntry("ca", certificates(options.get("ca")).iterator().next());
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    if (options.containsKey("cert")) {
      Collection<? extends Certificate> chain = certificates(options.get("cert"));
      own.setKeyEntry("own", key(chain.iterator().next()), new char[0], chain.toArray(new Certificate[0]));
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(own, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  static Collection<? extends Certificate> certificates(String path) throws Exception {
    try (InputStream file = new FileInputStream(path)) {
      return CertificateFactory.getInstance("X.509").generateCertificates(file);
    }
  }

  static PrivateKey key(Certificate leaf) throws Exception {
    String pem = Files.readString(Path.of(options.get("key")));
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[^-]*-----", ""));
    return KeyFactory.getInstance(leaf.getPublicKey().getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(der));
  }

  static void configure(SSLParameters parameters, boolean server) {
    if (options.containsKey("min")) {
      List<String> versions = VERSIONS.subList(
          VERSIONS.indexOf(options.get("min")), VERSIONS.indexOf(options.get("max")) + 1);
      parameters.setProtocols(versions.toArray(new String[0]));
    }
    if (options.containsKey("suites")) parameters.setCipherSuites(options.get("suites").split(","));
    if (options.containsKey("alpn")) parameters.setApplicationProtocols(options.get("alpn").split(","));
    String auth = options.getOrDefault("clientauth", "none");
    if (server && auth.equals("request")) parameters.setWantClientAuth(true);
    if (server && auth.equals("require")) parameters.setNeedClientAuth(true);
    if (!server && options.containsKey("servername")) {
      parameters.setServerNames(List.of(new SNIHostName(options.get("servername"))));
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
  }

  static void serve(SSLContext context) throws Exception {
    SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory()
        .createServerSocket(0, 16, InetAddress.getByName("127.0.0.1"));
    SSLParameters parameters = listener.getSSLParameters();
    configure(parameters, true);
    listener.setSSLParameters(parameters);
    tell("{\"port\":" + listener.getLocalPort() + "}");
    while (true) {
      SSLSocket socket = (SSLSocket) listener.accept();
      carry(socket, true);
    }
  }

  static SSLSocket connect(SSLContext context) throws Exception {
    int port = Integer.parseInt(options.get("port"));
    Socket plain = new Socket("127.0.0.1", port);
    plain.setTcpNoDelay(true);
    String host = options.getOrDefault("servername", "127.0.0.1");
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true);
    SSLParameters parameters = socket.getSSLParameters();
    configure(parameters, false);
    socket.setSSLParameters(parameters);
    return socket;
  }

  static void dial(SSLContext context) throws Exception {
    if ("true".equals(options.get("resume"))) {
      SSLSocket first = connect(context);
      // The tickets come before the first byte of data.
      first.getOutputStream().write(new byte[] {(byte) 0x80, 0x0a});
      first.getInputStream().read();
      first.close();
    }
    carry(connect(context), false);
  }

  /** Moves bytes both ways until a command ends the connection. */
  static void carry(SSLSocket socket, boolean server) throws Exception {
    // A session that was made before is older than one that is made now.
    Thread.sleep(2);
    long started = System.currentTimeMillis();
    try {
      socket.startHandshake();
    } catch (IOException error) {
      tell("{\"failed\":\"" + quote(error.toString()) + "\"}");
      return;
    }
    report(socket, server, started);
    Thread receiving = new Thread(() -> receive(socket));
    receiving.start();
    OutputStream out = socket.getOutputStream();
    byte[] buffer = new byte[65536];
    for (int count = System.in.read(buffer); count >= 0; count = System.in.read(buffer)) {
      if (obey(socket, out, buffer, count)) break;
    }
    socket.close();
    receiving.join();
  }

  /** Sends what is payload, does what is not; whether that was the end. */
  static boolean obey(SSLSocket socket, OutputStream out, byte[] input, int count) throws IOException {
    int from = 0;
    for (int at = 0; at <= count; at++) {
      if (at < count && input[at] < 0) continue;
      if (at > from) send(out, input, from, at - from);
      from = at + 1;
      if (at == count) break;
      if (input[at] == 'q') return true;
      if (input[at] == 'w') socket.shutdownOutput();
      if (input[at] == 'K') {
        // Another handshake is a KeyUpdate in TLS 1.3.
        socket.startHandshake();
        tell("{\"keyUpdate\":true}");
      }
    }
    return false;
  }

  static void send(OutputStream out, byte[] data, int from, int length) {
    try {
      out.write(data, from, length);
    } catch (IOException error) {
      tell("{\"sending\":\"" + quote(error.toString()) + "\"}");
    }
  }

  static void receive(SSLSocket socket) {
    byte[] buffer = new byte[65536];
    try {
      InputStream in = socket.getInputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        System.out.write(buffer, 0, count);
        System.out.flush();
      }
      tell("{\"ended\":true}");
    } catch (IOException error) {
      tell("{\"ended\":false,\"error\":\"" + quote(error.toString()) + "\"}");
    }
  }

  static void report(SSLSocket socket, boolean server, long started) {
    SSLSession session = socket.getSession();
    List<String> facts = new ArrayList<>();
    facts.add("\"version\":\"" + session.getProtocol() + "\"");
    facts.add("\"cipherSuite\":\"" + session.getCipherSuite() + "\"");
    facts.add("\"alpnProtocol\":" + nullable(socket.getApplicationProtocol()));
    facts.add("\"resumed\":" + (session.getCreationTime() < started));
    String name = null;
    if (server) {
      for (SNIServerName asked : ((ExtendedSSLSession) session).getRequestedServerNames()) {
        if (asked instanceof SNIHostName) name = ((SNIHostName) asked).getAsciiName();
      }
      facts.add("\"serverName\":" + nullable(name));
    }
    if (!server) {
      List<byte[]> staples = ((ExtendedSSLSession) session).getStatusResponses();
      facts.add("\"ocspResponse\":" + (staples.isEmpty() ? "null"
          : nullable(HexFormat.of().formatHex(staples.get(0)))));
    }
    String peer = null;
    try {
      X509Certificate leaf = (X509Certificate) session.getPeerCertificates()[0];
      peer = leaf.getSubjectX500Principal().getName().replaceAll(".*CN=([^,]*).*", "$1");
    } catch (javax.net.ssl.SSLPeerUnverifiedException error) {
      // The other end gave none.
    }
    facts.add("\"peerName\":" + nullable(peer));
    tell("{\"established\":{" + String.join(",", facts) + "}}");
  }

  static String nullable(String text) {
    return text == null || text.isEmpty() ? "null" : "\"" + quote(text) + "\"";
  }

  static String quote(String text) {
    return text.replace("\\", "\\\\").replace("\"", "'").replace("\n", " ");
  }

  static synchronized void tell(String line) {
    System.err.println(line);
  }
}
