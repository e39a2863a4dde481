//! A server that stands before the emulator and does to requests what a test planned: what it lets through is really
//! executed.

mod answers;
mod batch;
mod http;
mod plan;
mod serve;
mod upstream;

pub(crate) use self::answers::Answer;
pub(crate) use self::plan::{Fault, Reply, Request, Rule};
pub(crate) use self::upstream::{ACCESS_KEY, REGION, Upstream};

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};

use self::serve::State;

/// The server; it ends when it is dropped.
pub(crate) struct FaultServer {
    address: SocketAddr,
    state: Arc<State>,
    accepting: Mutex<Option<JoinHandle<()>>>,
    /// Keeps the port while the server is down.
    reserved: Mutex<Option<TcpSocket>>,
}

impl FaultServer {
    /// Without a rule it passes everything on.
    pub(crate) async fn start(upstream: Upstream) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::new(upstream));
        let accepting = Mutex::new(Some(tokio::spawn(accept(listener, Arc::clone(&state)))));
        Self {
            address,
            state,
            accepting,
            reserved: Mutex::default(),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a rule. Of several that meet a request, the first one decides.
    pub(crate) fn plan(&self, rule: Rule) {
        self.state.rules.lock().unwrap().push(rule);
    }

    /// Drops all rules.
    pub(crate) fn heal(&self) {
        self.state.rules.lock().unwrap().clear();
    }

    /// What came in since the last [`forget`](Self::forget), oldest first.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// The requests that write.
    pub(crate) fn writes(&self) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(Request::is_write);
        requests
    }

    pub(crate) fn forget(&self) {
        self.state.requests.lock().unwrap().clear();
    }

    /// From now on, asks the emulator what each request costs.
    pub(crate) fn measure(&self) {
        self.state.measures.store(true, Ordering::Relaxed);
    }

    /// From now on, closes each connection after an answer, and says so.
    pub(crate) fn close_after_each_answer(&self) {
        self.state.closes.store(true, Ordering::Relaxed);
    }

    /// Stops listening and breaks all connections.
    pub(crate) async fn go_down(&self) {
        let accepting = self.accepting.lock().unwrap().take();
        if let Some(accepting) = accepting {
            accepting.abort();
            let _ = accepting.await;
        }
        // Bound without listening: connections are refused, and nobody else gets the port.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        *self.reserved.lock().unwrap() = Some(socket);
    }

    /// Listens again, at the same address.
    pub(crate) fn come_back(&self) {
        let socket = self.reserved.lock().unwrap().take().expect("it went down before");
        let listener = socket.listen(1024).unwrap();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&self.state)));
        *self.accepting.lock().unwrap() = Some(accepting);
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        if let Ok(Some(accepting)) = self.accepting.get_mut() {
            accepting.abort();
        }
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(serve::serve(stream, Arc::clone(&state)));
        while connections.try_join_next().is_some() {}
    }
}
