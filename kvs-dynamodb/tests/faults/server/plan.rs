//! What goes wrong, and with which requests.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::answers::Answer;

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Such as `PutItem`.
    pub(crate) operation: String,
    pub(crate) body: Value,
    /// What the emulator says that it cost, where the server measures.
    pub(crate) capacity: Value,
}

impl Request {
    pub(crate) fn is_write(&self) -> bool {
        !matches!(self.operation.as_str(), "GetItem" | "BatchGetItem" | "Query")
    }
}

/// A fault, and the requests that meet it: all, unless told.
pub(crate) struct Rule {
    filter: Box<dyn Fn(&Request) -> bool + Send>,
    skip: usize,
    times: usize,
    fault: Fault,
}

impl Rule {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            filter: Box::new(|_| true),
            skip: 0,
            times: usize::MAX,
            fault,
        }
    }

    /// Only requests of this operation.
    pub(crate) fn on(self, operation: &'static str) -> Self {
        self.when(move |request| request.operation == operation)
    }

    /// Only such requests.
    pub(crate) fn when(mut self, filter: impl Fn(&Request) -> bool + Send + 'static) -> Self {
        let earlier = self.filter;
        self.filter = Box::new(move |request| earlier(request) && filter(request));
        self
    }

    /// Not the first `skip` of them.
    pub(crate) fn skip(mut self, skip: usize) -> Self {
        self.skip = skip;
        self
    }

    /// Only so many of them.
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// The fault that this request meets, if it does.
    pub(super) fn meets(&mut self, request: &Request) -> Option<Fault> {
        if self.times == 0 || !(self.filter)(request) {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.fault.clone())
    }
}

/// What becomes of a request, and of its answer.
#[derive(Clone)]
pub(crate) struct Fault {
    pub(super) delay: Duration,
    pub(super) forward: Forward,
    pub(super) before: Option<Meanwhile>,
    pub(super) after: Option<Meanwhile>,
    pub(super) reply: Reply,
}

impl Fault {
    /// The request never gets there.
    pub(crate) fn unreached(reply: Reply) -> Self {
        Self::new(Forward::Never, reply)
    }

    /// The request is executed; only then the answer suffers.
    pub(crate) fn applied(reply: Reply) -> Self {
        Self::new(Forward::Once, reply)
    }

    /// An error of the service, instead of execution.
    pub(crate) fn refused(status: u16, code: &str) -> Self {
        Self::unreached(Reply::Instead(Answer::error(status, code, "the fault server says so")))
    }

    /// The request arrives twice, as through a proxy that repeats it; the first answer comes back.
    pub(crate) fn repeated() -> Self {
        Self::new(Forward::Twice, Reply::Unharmed)
    }

    /// Of a batch, the items (or keys) that `leave` tells are given back as not processed.
    pub(crate) fn unprocessed(leave: impl Fn(&Value) -> bool + Send + Sync + 'static) -> Self {
        Self::new(Forward::Partly(Arc::new(leave)), Reply::Unharmed)
    }

    /// Before the request is executed, this is done.
    pub(crate) fn before<F>(mut self, act: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.before = Some(Arc::new(move || Box::pin(act())));
        self
    }

    /// After the request was executed, and before its answer suffers, this is done.
    pub(crate) fn after<F>(mut self, act: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.after = Some(Arc::new(move || Box::pin(act())));
        self
    }

    /// All that happens later.
    pub(crate) fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn new(forward: Forward, reply: Reply) -> Self {
        Self {
            delay: Duration::ZERO,
            forward,
            before: None,
            after: None,
            reply,
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reply.fmt(f)
    }
}

type Meanwhile = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

type Leave = Arc<dyn Fn(&Value) -> bool + Send + Sync>;

type Edit = Arc<dyn Fn(&Request, &mut Value) + Send + Sync>;

#[derive(Clone)]
pub(super) enum Forward {
    Never,
    Once,
    Twice,
    Partly(Leave),
}

/// What the client gets to see.
#[derive(Clone)]
pub(crate) enum Reply {
    /// The answer.
    Unharmed,
    /// A connection that is reset (RST).
    Reset,
    /// A connection that is closed in good order (FIN), without an answer.
    Closed,
    /// Nothing, on a connection that stays open.
    Silence,
    /// Another answer.
    Instead(Answer),
    /// The answer, changed.
    Edited(Edit),
    /// Half of the answer's body, as if that was all.
    Truncated,
    /// Half of the answer's body, then a reset.
    Cut,
    /// The answer's body, a byte at a time with this pause.
    Trickle(Duration),
}

impl Reply {
    pub(crate) fn edited(edit: impl Fn(&Request, &mut Value) + Send + Sync + 'static) -> Self {
        Self::Edited(Arc::new(edit))
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unharmed => "unharmed",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Silence => "silence",
            Self::Instead(answer) => return answer.fmt(f),
            Self::Edited(_) => "edited",
            Self::Truncated => "truncated",
            Self::Cut => "cut",
            Self::Trickle(_) => "trickle",
        })
    }
}
