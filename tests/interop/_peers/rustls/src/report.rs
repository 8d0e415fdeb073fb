//! What the program says of its connections.

use rustls::client::EchStatus;
use rustls::{
    Connection, Error, HandshakeKind, NamedGroup, PeerIncompatible,
    ProtocolVersion,
};

use crate::Options;

/// Writes one line to standard error.
pub fn line(text: &str) {
    eprintln!("{text}");
}

/// Says why there is no connection.
pub fn failed(reason: &str) {
    line(&format!("{{\"failed\":{}}}", quoted(reason)));
}

/// The same, with the configurations for Encrypted ClientHello to retry with.
pub fn refused(error: &Error) {
    if let Error::PeerIncompatible(
        PeerIncompatible::ServerRejectedEncryptedClientHello(configs),
    ) = error
    {
        let count = configs.as_ref().map_or(0, Vec::len);
        line(&format!(
            "{{\"failed\":\"ECH rejected\",\"retryConfigs\":{count}}}"
        ));
        return;
    }
    failed(&error.to_string());
}

/// Says that the other end has ended the connection, and whether rightly.
pub fn ended(clean: bool, error: &str) {
    line(&format!(
        "{{\"ended\":{clean},\"error\":{}}}",
        quoted(error)
    ));
}

/// Says what was negotiated.
pub fn established(conn: &Connection, options: &Options, early: &[u8]) {
    let resumed = conn.handshake_kind() == Some(HandshakeKind::Resumed);
    let mut facts = vec![
        (
            "version",
            nullable(conn.protocol_version().and_then(version)),
        ),
        (
            "cipherSuite",
            nullable(
                conn.negotiated_cipher_suite()
                    .map(|suite| iana(suite.suite())),
            ),
        ),
        (
            "alpnProtocol",
            nullable(
                conn.alpn_protocol()
                    .map(|name| String::from_utf8_lossy(name).to_string()),
            ),
        ),
        ("resumed", resumed.to_string()),
        (
            "peerName",
            nullable(
                conn.peer_certificates()
                    .and_then(|chain| common_name(&chain[0])),
            ),
        ),
        ("exported", nullable(exported(conn, options, None))),
        (
            "exportedWithContext",
            nullable(exported(conn, options, options.get("context"))),
        ),
    ];
    // It does not keep the group of a session of TLS 1.2.
    if let Some(group) = conn.negotiated_key_exchange_group() {
        facts.push(("group", quoted(&group_name(group.name()))));
    }
    match conn {
        Connection::Server(server) => {
            facts.push((
                "serverName",
                nullable(server.server_name().map(str::to_string)),
            ));
            facts.push(("early", quoted(&String::from_utf8_lossy(early))));
        }
        Connection::Client(client) => {
            facts.push((
                "earlyAccepted",
                client.is_early_data_accepted().to_string(),
            ));
            facts.push(("ech", quoted(ech_status(client.ech_status()))));
        }
    }
    let facts: Vec<String> = facts
        .into_iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    line(&format!("{{\"established\":{{{}}}}}", facts.join(",")));
}

fn exported(
    conn: &Connection,
    options: &Options,
    context: Option<&String>,
) -> Option<String> {
    let length = options.get("length")?.parse().ok()?;
    let label = options.get("label")?.as_bytes();
    let context = context.map(|text| text.as_bytes());
    conn.export_keying_material(vec![0u8; length], label, context)
        .ok()
        .map(|bytes| hex(&bytes))
}

fn version(version: ProtocolVersion) -> Option<String> {
    match version {
        ProtocolVersion::TLSv1_2 => Some("TLSv1.2".to_string()),
        ProtocolVersion::TLSv1_3 => Some("TLSv1.3".to_string()),
        _ => None,
    }
}

/// IANA's name of a suite; rustls marks those of TLS 1.3.
pub fn iana(suite: rustls::CipherSuite) -> String {
    format!("{suite:?}").replace("TLS13_", "TLS_")
}

/// IANA's name of a group.
pub fn group_name(group: NamedGroup) -> String {
    match group {
        NamedGroup::X25519 => "x25519".to_string(),
        NamedGroup::secp256r1MLKEM768 => "SecP256r1MLKEM768".to_string(),
        other => format!("{other:?}"),
    }
}

fn ech_status(status: EchStatus) -> &'static str {
    match status {
        EchStatus::NotOffered => "none",
        EchStatus::Grease => "grease",
        EchStatus::Offered => "offered",
        EchStatus::Accepted => "accepted",
        EchStatus::Rejected => "rejected",
    }
}

/// The last commonName in a certificate: that of its subject.
fn common_name(der: &[u8]) -> Option<String> {
    const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];
    let at = der
        .windows(COMMON_NAME.len())
        .rposition(|window| window == COMMON_NAME)?;
    let value = &der[at + COMMON_NAME.len()..];
    let length = usize::from(*value.get(1)?);
    Some(String::from_utf8_lossy(value.get(2..2 + length)?).to_string())
}

fn nullable(text: Option<String>) -> String {
    text.map_or("null".to_string(), |text| quoted(&text))
}

fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', " ");
    format!("\"{escaped}\"")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
