//! The interoperability tests' peer on rustls: what arrives goes to standard
//! output, what comes on standard input is sent, and what was negotiated goes
//! to standard error as one line of JSON a connection. Bytes below 0x80 on
//! standard input are commands: q ends the connection, w ends writing, K
//! updates the keys.

mod config;
mod pin;
mod report;

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConnection};

/// The arguments, by name.
pub type Options = HashMap<String, String>;

/// What ends the program.
pub type Failure = Box<dyn Error>;

/// What a connection waits for.
enum Event {
    /// From the socket of the nth connection; empty at its end.
    Net(usize, Vec<u8>),
    /// From standard input; empty at its end.
    Input(Vec<u8>),
}

fn main() {
    let options: Options = std::env::args()
        .skip(1)
        .filter_map(|arg| {
            let (name, value) = arg.split_once('=')?;
            Some((name.to_string(), value.to_string()))
        })
        .collect();
    let (sender, events) = channel();
    let input = sender.clone();
    thread::spawn(move || {
        read_all(io::stdin(), |data| input.send(Event::Input(data)).is_ok())
    });
    let result = match options.get("role").map(String::as_str) {
        Some("server") => serve(&options, sender, events),
        _ => dial(&options, sender, events),
    };
    if let Err(error) = result {
        report::failed(&error.to_string());
        std::process::exit(1);
    }
}

fn serve(
    options: &Options,
    sender: Sender<Event>,
    events: Receiver<Event>,
) -> Result<(), Failure> {
    let config = Arc::new(config::server(options)?);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    report::line(&format!("{{\"port\":{}}}", listener.local_addr()?.port()));
    for nth in 0.. {
        let (socket, _) = listener.accept()?;
        let conn = Connection::Server(ServerConnection::new(config.clone())?);
        Carrier::new(conn, socket, options, nth).run(&sender, &events)?;
    }
    Ok(())
}

fn dial(
    options: &Options,
    sender: Sender<Event>,
    events: Receiver<Event>,
) -> Result<(), Failure> {
    let config = Arc::new(config::client(options)?);
    let port = options.get("port").ok_or("no port")?;
    let address = format!("127.0.0.1:{port}");
    if options.get("resume").is_some_and(|value| value == "true") {
        visit(&config, options, &address)?;
    }
    let mut client = connection(&config, options)?;
    if let Some(text) = options.get("early") {
        let mut early =
            client.early_data().ok_or("no early data is possible")?;
        early.write_all(text.as_bytes())?;
    }
    let socket = TcpStream::connect(address)?;
    Carrier::new(Connection::Client(client), socket, options, 0)
        .run(&sender, &events)
}

fn connection(
    config: &Arc<ClientConfig>,
    options: &Options,
) -> Result<ClientConnection, Failure> {
    let name = options
        .get("servername")
        .map_or("localhost", String::as_str);
    let name = ServerName::try_from(name.to_string())?;
    Ok(ClientConnection::new(config.clone(), name)?)
}

/// Connects once for a ticket, which comes before the first byte of data.
fn visit(
    config: &Arc<ClientConfig>,
    options: &Options,
    address: &str,
) -> Result<(), Failure> {
    let mut conn = connection(config, options)?;
    let mut socket = TcpStream::connect(address)?;
    let mut stream = rustls::Stream::new(&mut conn, &mut socket);
    stream.write_all(&[0x80, 0x0a])?;
    stream.read_exact(&mut [0])?;
    conn.send_close_notify();
    while conn.wants_write() {
        conn.write_tls(&mut socket)?;
    }
    Ok(())
}

/// Moves bytes both ways until it is told to end the connection.
struct Carrier<'a> {
    conn: Connection,
    socket: TcpStream,
    options: &'a Options,
    nth: usize,
    established: bool,
    ended: bool,
    early: Vec<u8>,
}

impl<'a> Carrier<'a> {
    fn new(
        mut conn: Connection,
        socket: TcpStream,
        options: &'a Options,
        nth: usize,
    ) -> Self {
        conn.set_buffer_limit(None);
        let (established, ended, early) = (false, false, Vec::new());
        Carrier {
            conn,
            socket,
            options,
            nth,
            established,
            ended,
            early,
        }
    }

    fn run(
        mut self,
        sender: &Sender<Event>,
        events: &Receiver<Event>,
    ) -> Result<(), Failure> {
        let (socket, sender, nth) =
            (self.socket.try_clone()?, sender.clone(), self.nth);
        thread::spawn(move || {
            read_all(socket, |data| sender.send(Event::Net(nth, data)).is_ok())
        });
        self.flush();
        for event in events {
            let goes_on = match event {
                Event::Net(nth, data) if nth == self.nth => {
                    if let Err(error) = self.take(&data) {
                        self.fail(&error);
                    }
                    !self.ended || self.established
                }
                Event::Net(..) => true,
                Event::Input(data) => self.obey(&data),
            };
            self.flush();
            if !goes_on {
                break;
            }
        }
        // What the other end has sent is read by the thread, so nothing is reset.
        let _ = self.socket.shutdown(Shutdown::Write);
        self.tell_end(false, "closed here");
        Ok(())
    }

    /// Takes what has come from the socket, and its end.
    fn take(&mut self, mut data: &[u8]) -> Result<(), rustls::Error> {
        let at_end = data.is_empty();
        while !self.ended && (at_end || !data.is_empty()) {
            let _ = self.conn.read_tls(&mut data);
            let state = self.conn.process_new_packets()?;
            self.take_early();
            if !self.established && !self.conn.is_handshaking() {
                self.established = true;
                report::established(&self.conn, self.options, &self.early);
            }
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            let _ = self.conn.reader().read_exact(&mut plain);
            let _ = io::stdout()
                .write_all(&plain)
                .and_then(|()| io::stdout().flush());
            if state.peer_has_closed() {
                self.tell_end(true, "");
            }
            if at_end {
                self.fail_unless_done();
                break;
            }
        }
        Ok(())
    }

    fn take_early(&mut self) {
        if let Connection::Server(server) = &mut self.conn {
            if let Some(mut early) = server.early_data() {
                let _ = early.read_to_end(&mut self.early);
            }
        }
    }

    fn fail_unless_done(&mut self) {
        if !self.established {
            report::failed("the connection ended in the handshake");
            self.ended = true;
        }
        self.tell_end(false, "no close_notify");
    }

    fn fail(&mut self, error: &rustls::Error) {
        if self.established {
            self.tell_end(false, &error.to_string());
        } else {
            report::refused(error);
            self.ended = true;
        }
    }

    fn tell_end(&mut self, clean: bool, error: &str) {
        if !self.ended {
            report::ended(clean, error);
        }
        self.ended = true;
    }

    /// Sends what is payload and does what is not; says whether it goes on.
    fn obey(&mut self, data: &[u8]) -> bool {
        let mut rest = data;
        while let Some(at) = rest.iter().position(|byte| *byte < 0x80) {
            let _ = self.conn.writer().write_all(&rest[..at]);
            match rest[at] {
                b'K' => {
                    let updated = self.conn.refresh_traffic_keys().is_ok();
                    report::line(&format!("{{\"keyUpdate\":{updated}}}"));
                }
                b'w' => self.conn.send_close_notify(),
                _ => {
                    self.conn.send_close_notify();
                    return false;
                }
            }
            rest = &rest[at + 1..];
        }
        let _ = self.conn.writer().write_all(rest);
        !data.is_empty()
    }

    fn flush(&mut self) {
        while self.conn.wants_write() {
            if self.conn.write_tls(&mut self.socket).is_err() {
                return;
            }
        }
    }
}

/// Hands over what is read, and at last nothing, as long as that is wanted.
fn read_all(mut from: impl Read, wanted: impl Fn(Vec<u8>) -> bool) {
    let mut buffer = [0; 65536];
    loop {
        let count = from.read(&mut buffer).unwrap_or(0);
        if !wanted(buffer[..count].to_vec()) || count == 0 {
            return;
        }
    }
}
