//! Asks STS who the long-term keys belong to while the code is on its way: the connection is open when
//! the code is there, and bad keys or a wrong clock are known before it is spent.

use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::aws::{Identity, LongTermKeys};
use crate::sts::{Endpoint, Reason, Signer, StsError};

/// The login does not depend on the answer.
pub const TIMEOUT: Duration = Duration::from_secs(3);

/// A GetCallerIdentity on a thread of its own: nobody needs a permission for it.
pub struct IdentityLookup {
    answer: Arc<OnceLock<Result<Identity, StsError>>>,
}

impl IdentityLookup {
    /// For the calling thread, which alone can wait for the answer. `None` if no thread can be started.
    pub fn start(endpoint: &Arc<Endpoint>, keys: &LongTermKeys) -> Option<Self> {
        let answer = Arc::new(OnceLock::new());
        let (endpoint, keys, place) = (Arc::clone(endpoint), keys.clone(), Arc::clone(&answer));
        let waiting = thread::current();
        let ask = move || {
            place.get_or_init(|| endpoint.get_caller_identity(&Signer::Keys(&keys), TIMEOUT));
            waiting.unpark();
        };
        thread::Builder::new().name("identity".to_owned()).spawn(ask).ok()?;
        Some(Self { answer })
    }

    /// The answer that makes every code pointless, if it is there. Any other failure says nothing of the
    /// login: the network may come back, and a policy may forbid this call alone.
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
