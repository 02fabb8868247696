//! Moves keys back into the credentials file.

use super::{not_changed, take_out_of_config};
use crate::aws_files::EditError;
use crate::aws_files::profiles::{FileKind, KeySource};
use crate::aws_files::protection::{self, Entry};
use crate::commands::file_bytes::FileBytes;
use crate::error::{Error, Exit, Hint, Result};
use crate::files::Locked;
use crate::login::key_store::Place;
use crate::output::{print_warning, say};

/// Moves the keys back.
pub(super) fn undo(place: &Place<'_>, config: &mut Locked<'_>, credentials: &mut Locked<'_>) -> Result<()> {
    let Place { store, profile: name, environment } = place;
    let stored = place.look_up(false)?;
    let entry = stored.and_then(|stored| Entry::parse(&stored));
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    let explain = |why| match why {
        EditError::LongTermKeys { .. } => has_other_keys(place),
        why => not_changed(&why, FileKind::Credentials, (name, ""), &aws_files),
    };
    let mut put_back =
        |entry: &Entry| credentials.edit(|old| protection::put_back(old, name, entry).map_err(explain));
    match (&entry, aws_files.chain(name).map(|chain| chain.signer)) {
        (Some(entry), _) => put_back(entry)?,
        // The user has put other keys there, and deleted the entry.
        (None, Ok(KeySource::Keys { .. })) => {}
        (None, _) => return Err(place.is_empty()),
    }
    take_out_of_config(place, entry.as_ref(), config).map_err(|error| {
        error.hint(Hint::command(
            "the keys are back; to clean up the config file",
            "protect",
            name,
            &["--undo"],
        ))
    })?;
    // Another program may have written the file again, from a version without the keys.
    if let Some(entry) = &entry {
        put_back(entry).map_err(|error| error.hint(format!("{} still has the keys", store.title())))?;
    }
    let path = aws_files.credentials_file.display();
    say(&format!("moved the keys of {name} from {} back to {path}", store.title()));
    if entry.is_some()
        && let Err(error) = place.remove()
    {
        let hint = place.how_to_remove("delete the copy");
        print_warning(&format!("a copy of the keys stays in {}: {error}", store.title()), Some(&hint));
    }
    Ok(())
}

fn has_other_keys(place: &Place<'_>) -> Error {
    let (name, store) = (place.profile, place.store.title());
    let what = format!("`{name}` has other keys in the credentials file than in {store}");
    Error::new(Exit::Files, what)
        .hint("to get the stored keys back, delete those in the file first")
        .hint(place.how_to_remove("to keep those in the file, delete the stored ones"))
}
