//! What can be done before a code is there: the connection is opened, and STS is asked who the keys
//! belong to. After the code only its own call is left to wait for. Decides nothing, says nothing.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::session::{Identity, LongTermKeys};
use crate::sts::{Endpoint, Failure, Reason, Signer};

/// A GetCallerIdentity of the long-term keys, on a thread of its own: no permission is needed for
/// it, and its answer tells keys that are no good and a wrong clock before a code is spent.
pub struct WarmUp {
    endpoint: Arc<Endpoint>,
    keys: LongTermKeys,
    asked: RefCell<Asked>,
}

enum Asked {
    Waiting(Receiver<Result<Identity, Failure>>),
    Answered(Identity),
    Failed(Failure),
    /// Nothing came: there was no thread to be had.
    Nothing,
}

impl WarmUp {
    pub fn start(endpoint: &Arc<Endpoint>, keys: &LongTermKeys) -> Self {
        let (endpoint, keys) = (Arc::clone(endpoint), keys.clone());
        let asked = RefCell::new(Asked::Waiting(ask(&endpoint, &keys)));
        Self { endpoint, keys, asked }
    }

    /// Where the connection was idle for too long: opens another while the code is typed.
    pub fn again(&self) {
        if self.endpoint.is_cold() {
            drop(ask(&self.endpoint, &self.keys));
        }
    }

    /// The answer that makes every code pointless, once it is there. Any other failure says nothing of
    /// the call that counts: the network may come back, and a policy of the way may forbid this call
    /// alone.
    pub fn refusal(&self) -> Option<Failure> {
        if !self.answers_within(Duration::ZERO) {
            return None;
        }
        match &*self.asked.borrow() {
            Asked::Failed(failure) if is_of_the_keys(failure) => Some(failure.clone()),
            Asked::Failed(_) | Asked::Waiting(_) | Asked::Answered(_) | Asked::Nothing => None,
        }
    }

    /// Whether there is an answer, if need be after so long.
    pub fn answers_within(&self, patience: Duration) -> bool {
        let mut asked = self.asked.borrow_mut();
        if let Asked::Waiting(answer) = &*asked {
            match answer.recv_timeout(patience) {
                Ok(answer) => *asked = answer.map_or_else(Asked::Failed, Asked::Answered),
                Err(RecvTimeoutError::Timeout) => return false,
                Err(RecvTimeoutError::Disconnected) => *asked = Asked::Nothing,
            }
        }
        true
    }

    /// Who the keys belong to; waits for the answer (at most 3 s).
    pub fn identity(&self) -> Option<Identity> {
        let mut asked = self.asked.borrow_mut();
        if let Asked::Waiting(answer) = &*asked {
            let answer = answer.recv();
            *asked = answer.map_or(Asked::Nothing, |it| it.map_or_else(Asked::Failed, Asked::Answered));
        }
        match &*asked {
            Asked::Answered(identity) => Some(identity.clone()),
            Asked::Failed(_) | Asked::Waiting(_) | Asked::Nothing => None,
        }
    }
}

/// The login does not depend on the answer.
const TIMEOUT: Duration = Duration::from_secs(3);

fn ask(endpoint: &Arc<Endpoint>, keys: &LongTermKeys) -> Receiver<Result<Identity, Failure>> {
    let (send, answer) = mpsc::channel();
    let (endpoint, keys) = (Arc::clone(endpoint), keys.clone());
    // Where no thread can be had, or nobody waits for the answer any more, nothing is lost.
    let _ = thread::Builder::new().name("identity".to_owned()).spawn(move || {
        let _ = send.send(endpoint.get_caller_identity(&Signer::Keys(&keys), TIMEOUT));
    });
    answer
}

fn is_of_the_keys(failure: &Failure) -> bool {
    let Failure::Refused { reason, .. } = failure else { return false };
    matches!(reason, Reason::InvalidKey | Reason::WrongSecret | Reason::Clock { .. } | Reason::RegionDisabled)
}
