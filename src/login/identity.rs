//! Asks STS who the long-term keys belong to while the user types the code. That opens the connection early,
//! and reveals invalid keys or a wrong clock before the code is used.

use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::aws::{Identity, LongTermKeys};
use crate::sts::{Endpoint, Reason, Signer, StsError};

/// How much longer than its own call a login waits for the answer: short, since it does not depend on it.
pub const TIMEOUT: Duration = Duration::from_secs(3);

/// A GetCallerIdentity on its own thread. That call needs no permission.
pub struct IdentityLookup {
    answer: Arc<OnceLock<Result<Identity, StsError>>>,
}

impl IdentityLookup {
    /// Starts the call. Only the calling thread can wait for the answer. `None` if no thread can be started.
    pub fn start(endpoint: &Arc<Endpoint>, keys: &LongTermKeys) -> Option<Self> {
        let answer = Arc::new(OnceLock::new());
        let (endpoint, keys, place) = (Arc::clone(endpoint), keys.clone(), Arc::clone(&answer));
        let waiting = thread::current();
        let ask = move || {
            place.get_or_init(|| endpoint.get_caller_identity(&Signer::Keys(&keys)));
            waiting.unpark();
        };
        thread::Builder::new().name("identity".to_owned()).spawn(ask).ok()?;
        Some(Self { answer })
    }

    /// An error that comes with every code, such as an invalid key, if STS has answered. Ignores other
    /// errors: the network may come back, and a policy may forbid only this call.
    pub fn refusal(&self) -> Option<StsError> {
        let failure = self.answer.get()?.as_ref().err()?;
        is_of_the_keys(failure).then(|| failure.clone())
    }

    /// Waits for the answer.
    pub fn identity_within(&self, limit: Duration) -> Option<Identity> {
        let deadline = Instant::now() + limit;
        while self.answer.get().is_none() && Instant::now() < deadline {
            thread::park_timeout(deadline.saturating_duration_since(Instant::now()));
        }
        self.answer.get()?.as_ref().ok().cloned()
    }
}

fn is_of_the_keys(failure: &StsError) -> bool {
    let StsError::Refused { reason, .. } = failure else { return false };
    matches!(reason, Reason::InvalidKey | Reason::WrongSecret | Reason::Clock { .. } | Reason::RegionDisabled)
}
