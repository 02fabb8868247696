//! The running server, for tests: start, stop, and what it has received. `connection` handles the requests.

use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rustls::{ServerConnection, StreamOwned};

use crate::connection::Shared;
use crate::issue::Issuer;
use crate::model::{Recorded, Reply, Role, User};
use crate::state::{Account, State};
use crate::tls::Certificate;

/// Configures a server.
#[derive(Default)]
pub struct Builder {
    users: Vec<User>,
    roles: Vec<Role>,
    port: u16,
    certificate: Option<Certificate>,
}

/// A running server. Dropping it stops it and closes its connections.
pub struct FakeSts {
    shared: Arc<Shared>,
    address: SocketAddr,
    is_tls: bool,
    acceptor: Option<JoinHandle<()>>,
    /// Connections of our own.
    probes: AtomicUsize,
}

impl Builder {
    pub fn user(mut self, user: User) -> Builder {
        self.users.push(user);
        self
    }

    pub fn role(mut self, role: Role) -> Builder {
        self.roles.push(role);
        self
    }

    /// The port; 0 (the default) is any free port.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// Serves https with this certificate; http without one.
    pub fn tls(mut self, certificate: Certificate) -> Builder {
        self.certificate = Some(certificate);
        self
    }

    /// # Panics
    /// If the port isn't free, or no thread can be started.
    pub fn start(self) -> FakeSts {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
            .unwrap_or_else(|error| panic!("cannot listen on 127.0.0.1:{}: {error}", self.port));
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = State {
            accounts: self.users.into_iter().map(Account::new).collect(),
            roles: self.roles,
            ..State::default()
        };
        let issuer = Issuer::new(Timestamp::now(), address.port());
        let shared = Arc::new(Shared::new(state, issuer));
        let (accepting, certificate) = (Arc::clone(&shared), self.certificate);
        let is_tls = certificate.is_some();
        let acceptor = thread::Builder::new()
            .name("fake-sts".into())
            .spawn(move || accept(&listener, &accepting, certificate.as_ref()))
            .expect("the system has room for another thread");
        FakeSts { shared, address, is_tls, acceptor: Some(acceptor), probes: AtomicUsize::new(0) }
    }
}

impl FakeSts {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// `http://127.0.0.1:PORT`, or `https://…`
    pub fn url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Queues a reply for a call that asks for credentials.
    pub fn script(&self, reply: Reply) {
        self.shared.state().script.push_back(reply);
    }

    /// Queues a reply for a GetCallerIdentity. That has a separate queue, since a client may send it at any
    /// moment of a login.
    pub fn script_identity(&self, reply: Reply) {
        self.shared.state().identity_script.push_back(reply);
    }

    /// Sends the held replies, now and from now on.
    pub fn release(&self) {
        self.shared.state().released = true;
        self.shared.changed.notify_all();
    }

    /// All requests since the start, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.state().requests.clone()
    }

    /// The number of TCP connections since the start.
    ///
    /// # Panics
    /// When the server doesn't accept for three minutes.
    pub fn connections(&self) -> usize {
        // The system connects a client before the server accepts it. So this connects once more, and waits
        // until the server has accepted that connection: the earlier ones are then counted.
        let before = self.shared.accepted().len();
        let probe = TcpStream::connect(self.address).and_then(|probe| probe.local_addr());
        let port = probe.expect("it listens").port();
        let deadline = Instant::now() + Duration::from_secs(180);
        while !self.shared.accepted()[before..].contains(&port) {
            assert!(Instant::now() < deadline, "waited for the server to accept");
            thread::sleep(Duration::from_millis(1));
        }
        let probes = self.probes.fetch_add(1, Ordering::SeqCst) + 1;
        self.shared.accepted().len() - probes
    }

    /// Sets the server's clock this far ahead of the real one (behind if negative). If it is more than 15
    /// min, signatures of clients with a correct clock fail.
    pub fn set_clock_offset(&self, offset: SignedDuration) {
        self.shared.state().clock_offset = offset;
    }

    /// Makes all issued sessions expire now: their next use gets ExpiredToken. Moving the clock can't do
    /// that, since the signature would fail first.
    pub fn expire_sessions(&self) {
        let mut state = self.shared.state();
        let now = state.now();
        for session in state.sessions.values_mut() {
            session.expiration = session.expiration.min(now);
        }
    }
}

impl Drop for FakeSts {
    fn drop(&mut self) {
        self.shared.state().stopping = true;
        self.shared.refusing.store(true, Ordering::SeqCst);
        self.shared.changed.notify_all();
        // The acceptor waits in accept(), so a connection wakes it. If that fails, joining could hang.
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| woken) {
            let _ = acceptor.join();
        }
        for stream in self.shared.streams().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>, certificate: Option<&Certificate>) {
    for stream in listener.incoming() {
        if shared.refusing.load(Ordering::SeqCst) {
            return;
        }
        // An error here means that the client went away before it was accepted.
        let Ok(stream) = stream else { continue };
        let _ = stream.set_nodelay(true);
        let Ok(handle) = stream.try_clone() else {
            continue;
        };
        let port = stream.peer_addr().map_or(0, |peer| peer.port());
        let id = {
            let mut accepted = shared.accepted();
            accepted.push(port);
            accepted.len() - 1
        };
        shared.streams().insert(id, handle);
        let (serving, tls) = (Arc::clone(shared), certificate.map(|own| Arc::clone(&own.config)));
        let spawned = thread::Builder::new().name(format!("fake-sts {id}")).spawn(move || {
            // An error ends only this connection.
            let _ = match tls.map(ServerConnection::new) {
                None => serving.serve(stream),
                Some(Ok(tls)) => serving.serve(StreamOwned::new(tls, stream)),
                Some(Err(error)) => Err(std::io::Error::other(error)),
            };
            serving.streams().remove(&id);
        });
        if spawned.is_err() {
            shared.streams().remove(&id);
        }
    }
}
